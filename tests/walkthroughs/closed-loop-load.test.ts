/** One group of servers behind an Application and a Classic Load Balancer, under load from 32 connections each: no change of the group loses a request, long or short. */
import {
  AttachLoadBalancersCommand, AttachLoadBalancerTargetGroupsCommand, CreateAutoScalingGroupCommand, CreateLaunchConfigurationCommand, DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand, ExecutePolicyCommand, PutScalingPolicyCommand, SetDesiredCapacityCommand, StartInstanceRefreshCommand,
} from "@aws-sdk/client-auto-scaling";
import { DescribeNetworkInterfacesCommand } from "@aws-sdk/client-ec2";
import {
  AttachLoadBalancerToSubnetsCommand, CreateLoadBalancerCommand as CreateClassicCommand, ConfigureHealthCheckCommand, DeregisterInstancesFromLoadBalancerCommand,
  DescribeInstanceHealthCommand, DetachLoadBalancerFromSubnetsCommand, ModifyLoadBalancerAttributesCommand, RegisterInstancesWithLoadBalancerCommand,
} from "@aws-sdk/client-elastic-load-balancing";
import {
  CreateListenerCommand, CreateLoadBalancerCommand, CreateTargetGroupCommand, DeregisterTargetsCommand, DescribeTargetHealthCommand, ElasticLoadBalancingV2Client,
  ModifyTargetGroupAttributesCommand, RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { clientOf, createWorld, LARGE, LARGE_USER_DATA } from "./balanced-world.js";
import { createGarden, until, type Garden } from "./garden.js";
import { countServed, startLoad, type Load } from "./load.js";

const NAME = "web";
/** An interval of AWS's shortest, 5 s, then takes half a second. */
const TIME_SCALE = 10;

describe("a group of servers under load", { timeout: 60_000 }, () => {
  let garden: Garden;
  let elbv2: ElasticLoadBalancingV2Client;
  let targets: string;
  let zones: readonly [string, string];
  let sites: Readonly<Record<"application" | "classic", string>>;
  let loads: Readonly<Record<"application" | "classic", Load>>;
  let downloads: readonly Load[];

  beforeAll(async () => {
    garden = await createGarden({ HAKONIWA_TIME_SCALE: String(TIME_SCALE) });
    const { code, stderr } = await garden.hakoniwa("start");
    expect(code, stderr).toBe(0);
    elbv2 = new ElasticLoadBalancingV2Client(clientOf(garden));
    const { VpcId, subnets, front, web, image } = await createWorld(garden);
    zones = subnets;
    const application = (await elbv2.send(new CreateLoadBalancerCommand({ Name: "application", Subnets: [...subnets], SecurityGroups: [front] }))).LoadBalancers![0]!;
    targets = (await elbv2.send(new CreateTargetGroupCommand({ Name: NAME, Protocol: "HTTP", Port: 80, VpcId, HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 2, HealthyThresholdCount: 2 }))).TargetGroups![0]!.TargetGroupArn!;
    await elbv2.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn: targets, Attributes: [{ Key: "deregistration_delay.timeout_seconds", Value: "20" }] }));
    await elbv2.send(new CreateListenerCommand({ LoadBalancerArn: application.LoadBalancerArn, Protocol: "HTTP", Port: 80, DefaultActions: [{ Type: "forward", TargetGroupArn: targets }] }));
    const Listeners = [{ Protocol: "HTTP", LoadBalancerPort: 80, InstanceProtocol: "HTTP", InstancePort: 80 }];
    const { DNSName } = await garden.elb.send(new CreateClassicCommand({ LoadBalancerName: "classic", Listeners, Subnets: [...subnets], SecurityGroups: [front] }));
    await garden.elb.send(new ConfigureHealthCheckCommand({ LoadBalancerName: "classic", HealthCheck: { Target: "HTTP:80/index.html", Interval: 5, Timeout: 2, HealthyThreshold: 2, UnhealthyThreshold: 2 } }));
    const LoadBalancerAttributes = { ConnectionDraining: { Enabled: true, Timeout: 20 }, CrossZoneLoadBalancing: { Enabled: true } };
    await garden.elb.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerName: "classic", LoadBalancerAttributes }));
    sites = { application: application.DNSName!, classic: DNSName! };
    await garden.autoscaling.send(new CreateLaunchConfigurationCommand({ LaunchConfigurationName: NAME, ImageId: image, InstanceType: "t3.micro", SecurityGroups: [web], UserData: LARGE_USER_DATA }));
    await garden.autoscaling.send(
      new CreateAutoScalingGroupCommand({
        AutoScalingGroupName: NAME, LaunchConfigurationName: NAME, MinSize: 2, MaxSize: 4, VPCZoneIdentifier: subnets.join(","),
        HealthCheckType: "ELB", HealthCheckGracePeriod: 300,
      }),
    );
    await garden.autoscaling.send(new AttachLoadBalancerTargetGroupsCommand({ AutoScalingGroupName: NAME, TargetGroupARNs: [targets] }));
    await garden.autoscaling.send(new AttachLoadBalancersCommand({ AutoScalingGroupName: NAME, LoadBalancerNames: ["classic"] }));
    await serves(2);
  }, 90_000);
  afterAll(() => garden.end(), 60_000);

  beforeEach(() => {
    const load = (name: string): Load => startLoad({ port: garden.httpPort, name }, 32);
    loads = { application: load(sites.application), classic: load(sites.classic) };
    // Each is under way for long enough to meet a server that leaves.
    downloads = Object.values(sites).map((name) => startLoad({ port: garden.httpPort, name }, 1, { path: "/large", linger: 500 }));
  });
  afterEach(async () => {
    await Promise.all([...Object.values(loads), ...downloads].map((load) => load.stop()));
    for (const { failures, served } of downloads) expect([failures, [...served.keys()]], "downloads").toEqual([[], [`${LARGE} characters`]]);
    for (const [name, load] of Object.entries(loads)) {
      expect(load.failures.length, `requests to the ${name} load balancer that failed, e.g. ${JSON.stringify(load.failures[0])}`).toBe(0);
      expect(countServed(load), `requests to the ${name} load balancer`).toBeGreaterThan(200);
    }
  });

  async function healthy(): Promise<Readonly<Record<"application" | "classic", readonly string[]>>> {
    const { TargetHealthDescriptions = [] } = await elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn: targets }));
    const { InstanceStates = [] } = await garden.elb.send(new DescribeInstanceHealthCommand({ LoadBalancerName: "classic" }));
    return {
      application: TargetHealthDescriptions.filter(({ TargetHealth }) => TargetHealth!.State === "healthy").map(({ Target }) => Target!.Id!).sort(),
      classic: InstanceStates.filter(({ State }) => State === "InService").map(({ InstanceId }) => InstanceId!).sort(),
    };
  }

  /** With either balancer; those too that are draining. */
  async function registered(): Promise<readonly string[]> {
    const { TargetHealthDescriptions = [] } = await elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn: targets }));
    const { InstanceStates = [] } = await garden.elb.send(new DescribeInstanceHealthCommand({ LoadBalancerName: "classic" }));
    return [...TargetHealthDescriptions.map(({ Target }) => Target!.Id!), ...InstanceStates.map(({ InstanceId }) => InstanceId!)];
  }

  async function members(): Promise<readonly string[]> {
    const { AutoScalingGroups } = await garden.autoscaling.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [NAME] }));
    return AutoScalingGroups![0]!.Instances!.map(({ InstanceId }) => InstanceId!).sort();
  }

  /** Waits until the group has so many instances, and both balancers find exactly those healthy. */
  function serves(count: number): Promise<readonly string[]> {
    return until(`${count} instances serve`, 40, async () => {
      const [all, found] = [await members(), await healthy()];
      return all.length === count && [found.application, found.classic].every((ids) => ids.join() === all.join()) && all;
    });
  }

  const setDesired = (DesiredCapacity: number) => garden.autoscaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: NAME, DesiredCapacity }));

  it("S2-53 loses no request while each server is deregistered in turn, drains, and is registered again", async () => {
    for (const id of await members()) {
      await elbv2.send(new DeregisterTargetsCommand({ TargetGroupArn: targets, Targets: [{ Id: id }] }));
      await garden.elb.send(new DeregisterInstancesFromLoadBalancerCommand({ LoadBalancerName: "classic", Instances: [{ InstanceId: id }] }));
      await until("it has drained", 20, async () => !(await registered()).includes(id));
      await elbv2.send(new RegisterTargetsCommand({ TargetGroupArn: targets, Targets: [{ Id: id }] }));
      await garden.elb.send(new RegisterInstancesWithLoadBalancerCommand({ LoadBalancerName: "classic", Instances: [{ InstanceId: id }] }));
      await serves(2);
    }
  });

  it("loses no request while the group grows and shrinks by its desired capacity", async () => {
    await setDesired(4);
    await serves(4);
    await setDesired(2);
    await serves(2);
  });

  it("loses no request while policies make the group grow and shrink", async () => {
    const change = async (PolicyName: string, ScalingAdjustment: number): Promise<void> => {
      const policy = { AutoScalingGroupName: NAME, PolicyName };
      await garden.autoscaling.send(new PutScalingPolicyCommand({ ...policy, PolicyType: "SimpleScaling", AdjustmentType: "ChangeInCapacity", ScalingAdjustment, Cooldown: 0 }));
      await garden.autoscaling.send(new ExecutePolicyCommand({ ...policy, HonorCooldown: false }));
    };
    await change("out", 1);
    await serves(3);
    await change("in", -1);
    await serves(2);
  });

  it("loses no request while a zone of the balancer goes and comes back, and while its check changes", async () => {
    const nodes = async (): Promise<number> =>
      (await garden.ec2.send(new DescribeNetworkInterfacesCommand({ Filters: [{ Name: "description", Values: ["ELB classic"] }] }))).NetworkInterfaces!.length;
    const zone = { LoadBalancerName: "classic", Subnets: [zones[1]] };
    await until("it is busy", 20, async () => countServed(loads.classic) > 100);
    await garden.elb.send(new DetachLoadBalancerFromSubnetsCommand(zone));
    await until("its node has gone", 30, async () => (await nodes()) === 1);
    await garden.elb.send(new AttachLoadBalancerToSubnetsCommand(zone));
    await garden.elb.send(new ConfigureHealthCheckCommand({ LoadBalancerName: "classic", HealthCheck: { Target: "TCP:80", Interval: 5, Timeout: 2, HealthyThreshold: 2, UnhealthyThreshold: 2 } }));
    await until("both nodes are there", 20, async () => (await nodes()) === 2);
    await serves(2);
  });

  it("loses no request while an instance refresh replaces every server, without any warm-up", async () => {
    const before = await members();
    const { InstanceRefreshId } = await garden.autoscaling.send(new StartInstanceRefreshCommand({ AutoScalingGroupName: NAME, Preferences: { MinHealthyPercentage: 50, InstanceWarmup: 0 } }));
    await until("the refresh is over", 50, async () => {
      const { InstanceRefreshes } = await garden.autoscaling.send(new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: NAME, InstanceRefreshIds: [InstanceRefreshId!] }));
      return InstanceRefreshes![0]!.Status === "Successful";
    });
    const after = await serves(2);
    expect(after.filter((id) => before.includes(id))).toEqual([]);
  });
});
