/** Auto Scaling on the whole cloud, on paper and in virtual time. */
import type { AutoscalingTypes } from "@hakoniwa/wire";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDisk, createTestCloud, type TestCloud } from "../testing.js";

const ZONES = ["ap-northeast-1a", "ap-northeast-1c"];

let cloud: TestCloud;
let subnets: readonly string[];
let image: string;

beforeEach(async () => {
  cloud = await createTestCloud();
  await prepare();
});

/** A VPC with two subnets, a launch configuration and a balancer. */
async function prepare(): Promise<void> {
  const { aws } = cloud;
  const vpc = (await aws.ec2.CreateVpc({ CidrBlock: "10.0.0.0/16" })).Vpc!.VpcId!;
  const subnet = async (number: number): Promise<string> =>
    (await aws.ec2.CreateSubnet({ VpcId: vpc, CidrBlock: `10.0.${number}.0/24`, AvailabilityZone: ZONES[number]! })).Subnet!.SubnetId!;
  subnets = [await subnet(0), await subnet(1)];
  const gateway = (await aws.ec2.CreateInternetGateway({})).InternetGateway!.InternetGatewayId!;
  await aws.ec2.AttachInternetGateway({ InternetGatewayId: gateway, VpcId: vpc });
  image = (await aws.ec2.DescribeImages({ Owners: ["amazon"] })).Images![0]!.ImageId!;
  const group = (await aws.ec2.CreateSecurityGroup({ GroupName: "web", Description: "web", VpcId: vpc })).GroupId!;
  await aws.autoscaling.CreateLaunchConfiguration({ LaunchConfigurationName: "web", ImageId: image, InstanceType: "t3.micro", SecurityGroups: [group], AssociatePublicIpAddress: false });
  await aws.elb.CreateLoadBalancer({
    LoadBalancerName: "front",
    Listeners: [{ Protocol: "HTTP", LoadBalancerPort: 80, InstancePort: 80 }],
    Subnets: subnets,
  });
  await aws.elb.ConfigureHealthCheck({
    LoadBalancerName: "front",
    HealthCheck: { Target: "HTTP:80/index.html", Interval: 5, Timeout: 2, UnhealthyThreshold: 2, HealthyThreshold: 2 },
  });
}

afterEach(async () => {
  const failures = cloud.logs.filter((line) => line.includes("will be tried again"));
  await cloud.close();
  expect(failures).toEqual([]);
});

/** The group of the fourth article: one instance, the balancer attached, health type ELB. */
async function create(over: Partial<AutoscalingTypes.CreateAutoScalingGroupType> = {}): Promise<void> {
  await cloud.aws.autoscaling.CreateAutoScalingGroup({
    AutoScalingGroupName: "web",
    LaunchConfigurationName: "web",
    MinSize: 1,
    MaxSize: 1,
    VPCZoneIdentifier: subnets.join(","),
    LoadBalancerNames: ["front"],
    HealthCheckType: "ELB",
    HealthCheckGracePeriod: 60,
    Tags: [{ Key: "Name", Value: "web-server", PropagateAtLaunch: true }, { Key: "team", Value: "four", PropagateAtLaunch: false }],
    ...over,
  });
  await cloud.advance("1s");
}

async function group(): Promise<AutoscalingTypes.AutoScalingGroup> {
  return (await cloud.aws.autoscaling.DescribeAutoScalingGroups({ AutoScalingGroupNames: ["web"] })).AutoScalingGroups[0]!;
}

async function instances(): Promise<readonly string[]> {
  return (await group()).Instances!.map((i) => i.InstanceId);
}

async function lifecycle(): Promise<readonly string[]> {
  return (await group()).Instances!.map((i) => `${i.LifecycleState} ${i.HealthStatus}`);
}

/** Newest first. */
async function activities(): Promise<readonly AutoscalingTypes.Activity[]> {
  return (await cloud.aws.autoscaling.DescribeScalingActivities({ AutoScalingGroupName: "web" })).Activities;
}

async function balancerHealth(): Promise<readonly string[]> {
  const { InstanceStates } = await cloud.aws.elb.DescribeInstanceHealth({ LoadBalancerName: "front" });
  return InstanceStates!.map((s) => `${s.InstanceId} ${s.State}`);
}

async function stateOf(id: string): Promise<string> {
  const { Reservations } = await cloud.aws.ec2.DescribeInstances({ InstanceIds: [id] });
  return Reservations![0]!.Instances![0]!.State!.Name!;
}

describe("a new group", () => {
  it("launches its instance, takes it into service and registers it (S4-29, S4-30, S4-31)", async () => {
    await create();
    const [id] = await instances();
    expect(await lifecycle()).toEqual(["InService Healthy"]);
    await cloud.advance("10s");
    expect(await balancerHealth()).toEqual([`${id} InService`]);
    const { Reservations } = await cloud.aws.ec2.DescribeInstances({ InstanceIds: [id!] });
    const made = Reservations![0]!.Instances![0]!;
    expect(made).toMatchObject({ ImageId: image, InstanceType: "t3.micro", SubnetId: subnets[0] });
    expect(made.PublicIpAddress).toBeUndefined();
    expect(made.Tags).toEqual(expect.arrayContaining([{ Key: "Name", Value: "web-server" }, { Key: "aws:autoscaling:groupName", Value: "web" }]));
    expect(made.Tags!.some((tag) => tag.Key === "team")).toBe(false);
  });

  it("tells what it did in AWS's words", async () => {
    await create();
    const [id] = await instances();
    expect(await activities()).toEqual([
      expect.objectContaining({
        Description: `Launching a new EC2 instance: ${id}`,
        Cause:
          "At 2026-01-01T00:00:00Z a user request created an AutoScalingGroup changing the desired capacity from 0 to 1.  " +
          "At 2026-01-01T00:00:00Z an instance was started in response to a difference between desired and actual capacity, increasing the capacity from 0 to 1.",
        StatusCode: "Successful",
        Progress: 100,
      }),
    ]);
  });

  it("spreads its instances over the zones (S2-51)", async () => {
    await create({ MaxSize: 4, DesiredCapacity: 4 });
    const zones = (await group()).Instances!.map((i) => i.AvailabilityZone);
    expect(zones.sort()).toEqual([ZONES[0], ZONES[0], ZONES[1], ZONES[1]]);
    await cloud.advance("15s");
    expect((await balancerHealth()).map((line) => line.split(" ")[1])).toEqual(Array(4).fill("InService"));
  });

  it("comes to rest: time that passes writes nothing", async () => {
    await create();
    expect(await lifecycle()).toEqual(["InService Healthy"]);
    await cloud.advance("10m");
    const written: string[] = [];
    cloud.store.onCommit((changes) => written.push(...changes.map(({ table }) => table).filter((table) => /^(autoscaling|elb|ec2)\./.test(table))));
    await cloud.advance("30m");
    expect(written).toEqual([]);
  });

  it("launches from a launch template, the version that is the default at that time", async () => {
    await cloud.aws.ec2.CreateLaunchTemplate({ LaunchTemplateName: "web", LaunchTemplateData: { ImageId: image, InstanceType: "t3.small" } });
    await create({ LaunchConfigurationName: undefined, LaunchTemplate: { LaunchTemplateName: "web" } });
    const [made] = (await group()).Instances!;
    expect(made).toMatchObject({ InstanceType: "t3.small", LaunchTemplate: { LaunchTemplateName: "web", Version: "1" } });
    expect(await lifecycle()).toEqual(["InService Healthy"]);
  });
});

describe("an instance that dies (S4-33)", () => {
  let dead: string;

  beforeEach(async () => {
    await create();
    await cloud.advance("2m");
    dead = (await instances())[0]!;
  });

  it("terminated through the API is dropped by the balancer and replaced, without waiting for a grace period", async () => {
    await cloud.aws.ec2.TerminateInstances({ InstanceIds: [dead] });
    await cloud.advance("15s");
    const [fresh, ...more] = await instances();
    expect(more).toEqual([]);
    expect(fresh).not.toBe(dead);
    expect(await balancerHealth()).toEqual([`${fresh} InService`]);
    expect((await activities()).map((a) => `${a.StatusCode} ${a.Description} | ${a.Cause.replace(/At \S+ /g, "")}`).slice(0, 2).sort()).toEqual([
      `Successful Launching a new EC2 instance: ${fresh} | an instance was launched in response to an unhealthy instance needing to be replaced.`,
      `Successful Terminating EC2 instance: ${dead} | an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped.`,
    ]);
  });

  it("stopped by hand is terminated and replaced", async () => {
    await cloud.aws.ec2.StopInstances({ InstanceIds: [dead] });
    await cloud.advance("15s");
    expect(await stateOf(dead)).toBe("terminated");
    expect(await lifecycle()).toEqual(["InService Healthy"]);
    expect(await instances()).not.toContain(dead);
  });

  it("whose web server fails is replaced once its balancer says so", async () => {
    cloud.paper.fail(dead, "connection refused");
    await cloud.advance("4s");
    expect(await instances()).toEqual([dead]);
    await cloud.advance("12s");
    expect(await stateOf(dead)).toBe("terminated");
    expect(await lifecycle()).toEqual(["InService Healthy"]);
    expect((await activities()).find((a) => a.Description?.startsWith("Terminating"))!.Cause).toMatch(/an instance was taken out of service in response to an ELB system health check failure\.$/);
  });

  it("by the user's word (SetInstanceHealth) is replaced", async () => {
    await cloud.aws.autoscaling.SetInstanceHealth({ InstanceId: dead, HealthStatus: "Unhealthy" });
    await cloud.advance("5s");
    expect(await stateOf(dead)).toBe("terminated");
    expect(await lifecycle()).toEqual(["InService Healthy"]);
  });

  it("is not replaced while ReplaceUnhealthy is suspended, and is when it is resumed", async () => {
    await cloud.aws.autoscaling.SuspendProcesses({ AutoScalingGroupName: "web", ScalingProcesses: ["ReplaceUnhealthy"] });
    await cloud.aws.ec2.TerminateInstances({ InstanceIds: [dead] });
    await cloud.advance("1m");
    expect(await lifecycle()).toEqual(["InService Unhealthy"]);
    await cloud.aws.autoscaling.ResumeProcesses({ AutoScalingGroupName: "web" });
    await cloud.advance("5s");
    expect(await lifecycle()).toEqual(["InService Healthy"]);
  });
});

it("an instance whose checks fail from the start lives until its grace period is over (S4-30)", async () => {
  await create({ HealthCheckGracePeriod: 300 });
  const [id] = await instances();
  cloud.paper.fail(id!, "HTTP 404");
  await cloud.advance("4m");
  expect(await instances()).toEqual([id]);
  await cloud.advance("90s");
  expect(await instances()).not.toContain(id);
  expect(await lifecycle()).toEqual(["InService Healthy"]);
});

it("a restart of the whole cloud replaces nothing: a healthy instance has its grace period again to come back", async () => {
  await cloud.close();
  const backend = createDisk();
  cloud = await createTestCloud({ backend });
  await prepare();
  await create();
  await cloud.advance("10m");
  const before = await instances();
  const start = cloud.now() + 3_600_000;
  await cloud.close();

  cloud = await createTestCloud({ backend, start, seed: 2 });
  cloud.paper.fail(before[0]!, "connection refused");
  await cloud.advance("40s");
  expect(await instances()).toEqual(before);
  cloud.paper.mend(before[0]!);
  await cloud.advance("5m");
  expect(await instances()).toEqual(before);
  expect(await balancerHealth()).toEqual([`${before[0]} InService`]);
});

describe("capacity", () => {
  it("grows and shrinks by SetDesiredCapacity, within the bounds", async () => {
    await create({ MaxSize: 3 });
    await cloud.aws.autoscaling.SetDesiredCapacity({ AutoScalingGroupName: "web", DesiredCapacity: 3 });
    await cloud.advance("1s");
    expect(await lifecycle()).toHaveLength(3);
    await cloud.aws.autoscaling.SetDesiredCapacity({ AutoScalingGroupName: "web", DesiredCapacity: 1 });
    await cloud.advance("5s");
    expect(await lifecycle()).toEqual(["InService Healthy"]);
    expect(await balancerHealth()).toHaveLength(1);
    expect((await activities())[0]!.Cause).toMatch(/explicitly set group desired capacity changing the desired capacity from 3 to 1\..*shrinking the capacity from 3 to 1\..*was selected for termination\.$/);
    await expect(cloud.aws.autoscaling.SetDesiredCapacity({ AutoScalingGroupName: "web", DesiredCapacity: 4 })).rejects.toMatchObject({
      code: "ValidationError",
      message: "New SetDesiredCapacity value 4 is above max value 3 for the AutoScalingGroup.",
    });
  });

  it("follows bounds that pass it", async () => {
    await create({ MaxSize: 3 });
    await cloud.aws.autoscaling.UpdateAutoScalingGroup({ AutoScalingGroupName: "web", MinSize: 2 });
    await cloud.advance("1s");
    expect((await group()).DesiredCapacity).toBe(2);
    expect(await lifecycle()).toHaveLength(2);
  });

  it("shrinks with TerminateInstanceInAutoScalingGroup when asked to, else the instance is replaced", async () => {
    await create({ MinSize: 0, MaxSize: 2, DesiredCapacity: 2 });
    const [first, second] = await instances();
    const { Activity } = await cloud.aws.autoscaling.TerminateInstanceInAutoScalingGroup({ InstanceId: first!, ShouldDecrementDesiredCapacity: true });
    expect(Activity).toMatchObject({ Description: `Terminating EC2 instance: ${first}`, StatusCode: "InProgress" });
    await cloud.advance("5s");
    expect(await instances()).toEqual([second]);
    await cloud.aws.autoscaling.TerminateInstanceInAutoScalingGroup({ InstanceId: second!, ShouldDecrementDesiredCapacity: false });
    await cloud.advance("5s");
    expect(await instances()).not.toContain(second);
    expect(await lifecycle()).toEqual(["InService Healthy"]);
  });

  it("that can't be launched is tried again, later and later, and every try is an activity", async () => {
    await cloud.aws.autoscaling.CreateLaunchConfiguration({ LaunchConfigurationName: "broken", ImageId: image, InstanceType: "t3.micro", IamInstanceProfile: "nobody" });
    await create({ LaunchConfigurationName: "broken" });
    expect(await instances()).toEqual([]);
    await cloud.advance("35s");
    const tries = await activities();
    expect(tries.map((a) => a.StatusCode)).toEqual(["Failed", "Failed", "Failed"]);
    expect(tries[0]!.StatusMessage).toMatch(/Launching EC2 instance failed\.$/);
    await cloud.aws.autoscaling.UpdateAutoScalingGroup({ AutoScalingGroupName: "web", LaunchConfigurationName: "web" });
    await cloud.advance("1s");
    expect(await lifecycle()).toEqual(["InService Healthy"]);
  });
});

describe("balancers of a group", () => {
  it("attached later get its instances, detached lose them", async () => {
    await create({ LoadBalancerNames: [], HealthCheckType: "EC2" });
    expect(await balancerHealth()).toEqual([]);
    await cloud.aws.autoscaling.AttachLoadBalancers({ AutoScalingGroupName: "web", LoadBalancerNames: ["front"] });
    await cloud.settle();
    expect(await balancerHealth()).toHaveLength(1);
    await cloud.aws.autoscaling.DetachLoadBalancers({ AutoScalingGroupName: "web", LoadBalancerNames: ["front"] });
    await cloud.settle();
    expect(await balancerHealth()).toEqual([]);
  });

  it("leave an instance alone that the user deregistered (S2-53)", async () => {
    await create({ HealthCheckType: "EC2" });
    const [id] = await instances();
    await cloud.advance("15s");
    expect(await balancerHealth()).toEqual([`${id} InService`]);
    await cloud.aws.elb.DeregisterInstancesFromLoadBalancer({ LoadBalancerName: "front", Instances: [{ InstanceId: id! }] });
    await cloud.advance("1m");
    expect(await balancerHealth()).toEqual([]);
    expect(await instances()).toEqual([id]);
  });
});

describe("deleting", () => {
  it("a group with instances needs force, and takes them along", async () => {
    await create();
    const [id] = await instances();
    await expect(cloud.aws.autoscaling.DeleteAutoScalingGroup({ AutoScalingGroupName: "web" })).rejects.toMatchObject({ code: "ResourceInUse" });
    await cloud.aws.autoscaling.DeleteAutoScalingGroup({ AutoScalingGroupName: "web", ForceDelete: true });
    expect((await group()).Status).toBe("Delete in progress");
    await cloud.advance("5s");
    expect(await group()).toBeUndefined();
    expect(await stateOf(id!)).toBe("terminated");
    expect(await balancerHealth()).toEqual([]);
    const { Activities } = await cloud.aws.autoscaling.DescribeScalingActivities({ AutoScalingGroupName: "web", IncludeDeletedGroups: true });
    expect(Activities).toHaveLength(2);
  });

  it("a launch configuration in use is refused", async () => {
    await create();
    await expect(cloud.aws.autoscaling.DeleteLaunchConfiguration({ LaunchConfigurationName: "web" })).rejects.toMatchObject({
      code: "ResourceInUse",
      message: "Cannot delete launch configuration web because it is attached to AutoScalingGroup web",
    });
  });
});

describe("what can't be is refused by name", () => {
  it.each([
    ["a maximum below the minimum", { MinSize: 2, MaxSize: 1 }, "ValidationError", "Max bound, 1, must be greater than or equal to min bound, 2"],
    ["a desired capacity outside", { DesiredCapacity: 5 }, "ValidationError", "Desired capacity:5 must be between the specified min size:1 and max size:1"],
    ["no place", { VPCZoneIdentifier: undefined }, "ValidationError", "At least one Availability Zone or VPC Subnet is required."],
    ["an unknown subnet", { VPCZoneIdentifier: "subnet-0123456789abcdef0" }, "ValidationError", "subnet-0123456789abcdef0"],
    ["an unknown balancer", { LoadBalancerNames: ["nowhere"] }, "ValidationError", "nowhere"],
    ["an unknown launch configuration", { LaunchConfigurationName: "nothing" }, "ValidationError", "nothing"],
    ["nothing to launch from", { LaunchConfigurationName: undefined }, "ValidationError", "LaunchTemplate"],
    ["an unknown health check", { HealthCheckType: "PING" }, "ValidationError", "PING"],
    ["an unknown termination policy", { TerminationPolicies: ["Random"] }, "ValidationError", "Random"],
    ["what is not there yet", { CapacityReservationSpecification: { CapacityReservationPreference: "none" } }, "NotImplemented", "CapacityReservationSpecification"],
  ] as const)("%s", async (_, over, code, text) => {
    await expect(create(over)).rejects.toMatchObject({ code, message: expect.stringContaining(text) as string });
  });

  it("a second group, or launch configuration, of the same name", async () => {
    await create();
    await expect(create()).rejects.toMatchObject({ code: "AlreadyExists" });
    await expect(cloud.aws.autoscaling.CreateLaunchConfiguration({ LaunchConfigurationName: "web", ImageId: image, InstanceType: "t3.micro" })).rejects.toMatchObject({ code: "AlreadyExists" });
  });

  it("an image that does not exist", async () => {
    await expect(cloud.aws.autoscaling.CreateLaunchConfiguration({ LaunchConfigurationName: "x", ImageId: "ami-0123456789abcdef0", InstanceType: "t3.micro" })).rejects.toMatchObject({
      code: "ValidationError",
      message: expect.stringContaining("ami-0123456789abcdef0") as string,
    });
  });
});

it("tags are shown, changed and filtered by", async () => {
  await create();
  await cloud.aws.autoscaling.CreateOrUpdateTags({ Tags: [{ ResourceId: "web", ResourceType: "auto-scaling-group", Key: "team", Value: "five", PropagateAtLaunch: true }] });
  const { Tags } = await cloud.aws.autoscaling.DescribeTags({ Filters: [{ Name: "key", Values: ["team"] }] });
  expect(Tags).toEqual([{ ResourceId: "web", ResourceType: "auto-scaling-group", Key: "team", Value: "five", PropagateAtLaunch: true }]);
  const found = async (value: string): Promise<number> =>
    (await cloud.aws.autoscaling.DescribeAutoScalingGroups({ Filters: [{ Name: "tag:team", Values: [value] }] })).AutoScalingGroups.length;
  expect([await found("five"), await found("four")]).toEqual([1, 0]);
  await cloud.aws.autoscaling.DeleteTags({ Tags: [{ ResourceId: "web", ResourceType: "auto-scaling-group", Key: "team" }] });
  expect((await group()).Tags!.map((tag) => tag.Key)).toEqual(["Name"]);
});
