/** Instance refreshes, maximum lifetimes and balance between zones, in virtual time. */
import type { AutoscalingTypes } from "@hakoniwa/wire";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Member } from "./state.js";
import { createStage, ZONES, type Stage } from "./testing.js";
import { isTerminating } from "./transitions.js";

let stage: Stage;
const AutoScalingGroupName = "web";

beforeEach(async () => {
  stage = await createStage();
  await stage.cloud.aws.ec2.CreateLaunchTemplate({ LaunchTemplateName: "web", LaunchTemplateData: { ImageId: stage.image, InstanceType: "t3.micro" } });
  await stage.cloud.aws.ec2.CreateLaunchTemplateVersion({ LaunchTemplateName: "web", LaunchTemplateData: { ImageId: stage.image, InstanceType: "t3.small" } });
});

afterEach(async () => {
  const failures = stage.cloud.logs.filter((line) => line.includes("will be tried again"));
  await stage.cloud.close();
  expect(failures).toEqual([]);
});

const version = (number: string): AutoscalingTypes.LaunchTemplateSpecification => ({ LaunchTemplateName: "web", Version: number });
const refresh = async (): Promise<AutoscalingTypes.InstanceRefresh> => (await stage.asg.DescribeInstanceRefreshes({ AutoScalingGroupName })).InstanceRefreshes![0]!;
const types = async (): Promise<readonly string[]> => (await stage.group()).Instances!.filter((i) => i.LifecycleState === "InService").map((i) => i.InstanceType!).sort();
const start = (Preferences: AutoscalingTypes.RefreshPreferences = {}, DesiredConfiguration?: AutoscalingTypes.DesiredConfiguration): Promise<unknown> =>
  stage.asg.StartInstanceRefresh({ AutoScalingGroupName, Preferences: { InstanceWarmup: 60, ...Preferences }, ...(DesiredConfiguration ? { DesiredConfiguration } : {}) });

/** How many served at least, and how many there were at most, leaving ones apart, after every commit. */
async function watch(seconds: number): Promise<{ readonly least: number; readonly most: number }> {
  let [least, most] = [Infinity, 0];
  let watching = true;
  stage.cloud.store.onCommit(() => {
    if (!watching) return;
    const all = stage.cloud.store.all({ account: "123456789012", region: "ap-northeast-1" }, "autoscaling.members") as readonly Member[];
    least = Math.min(least, all.filter(({ lifecycle }) => lifecycle === "InService").length);
    most = Math.max(most, all.filter((member) => !isTerminating(member)).length);
  });
  await stage.cloud.advance(seconds * 1000);
  watching = false;
  return { least, most };
}

describe("an instance refresh", () => {
  it("replaces every instance, a tenth at a time and one at least, each after the one before has warmed up", async () => {
    await stage.create({ LaunchTemplate: version("1"), DesiredCapacity: 3 });
    const before = await stage.instances();
    await start();
    expect(await watch(1)).toEqual({ least: 2, most: 3 });
    expect(await refresh()).toMatchObject({ Status: "InProgress", PercentageComplete: 0, InstancesToUpdate: 3 });
    expect(await watch(70)).toEqual({ least: 2, most: 3 });
    expect(await refresh()).toMatchObject({ Status: "InProgress", PercentageComplete: 33, InstancesToUpdate: 2 });
    await stage.cloud.advance("5m");
    expect(await refresh()).toMatchObject({ Status: "Successful", PercentageComplete: 100, InstancesToUpdate: 0 });
    expect((await stage.instances()).filter((id) => before.includes(id))).toEqual([]);
    expect((await stage.activities()).filter((a) => a.Cause.endsWith("an instance was taken out of service in response to an instance refresh."))).toHaveLength(3);
  });

  it("launches before it terminates where the maximum healthy percentage has room", async () => {
    await stage.create({ LaunchTemplate: version("1"), DesiredCapacity: 4, MaxSize: 4 });
    await start({ MinHealthyPercentage: 100, MaxHealthyPercentage: 125 }, { LaunchTemplate: version("2") });
    expect(await watch(400)).toEqual({ least: 4, most: 5 });
    expect(await refresh()).toMatchObject({ Status: "Successful" });
    expect(await types()).toEqual(Array(4).fill("t3.small"));
    expect(await stage.group()).toMatchObject({ LaunchTemplate: { Version: "2" } });
  });

  it("with a wider minimum goes faster, but never below it", async () => {
    await stage.create({ DesiredCapacity: 10 });
    await start({ MinHealthyPercentage: 50 });
    expect((await watch(130)).least).toBe(5);
    expect(await refresh()).toMatchObject({ Status: "Successful" });
  });

  it("takes out the next only when the balancer has found the last one's successor healthy, even without a warm-up", async () => {
    const { elb } = stage.cloud.aws;
    await elb.CreateLoadBalancer({ LoadBalancerName: "front", Listeners: [{ Protocol: "HTTP", LoadBalancerPort: 80, InstancePort: 80 }], Subnets: [...stage.subnets] });
    await elb.ConfigureHealthCheck({ LoadBalancerName: "front", HealthCheck: { Target: "HTTP:80/", Interval: 10, Timeout: 2, HealthyThreshold: 2, UnhealthyThreshold: 2 } });
    await stage.create({ DesiredCapacity: 2, LoadBalancerNames: ["front"], HealthCheckType: "ELB", HealthCheckGracePeriod: 300 });
    await stage.cloud.advance("1m");
    let least = Infinity;
    const serving = (): number => (stage.cloud.store.all({ account: "123456789012", region: "ap-northeast-1" }, "elb.health") as readonly { readonly state: string }[]).filter(({ state }) => state === "InService").length;
    expect(serving()).toBe(2);
    stage.cloud.store.onCommit(() => (least = Math.min(least, serving())));
    await start({ MinHealthyPercentage: 50, InstanceWarmup: 0 });
    await stage.cloud.advance("5m");
    expect(await refresh()).toMatchObject({ Status: "Successful" });
    expect(least).toBe(1);
  });

  it("rests at its checkpoints", async () => {
    await stage.create({ DesiredCapacity: 4 });
    await start({ MinHealthyPercentage: 0, CheckpointPercentages: [50, 100], CheckpointDelay: 600, InstanceWarmup: 0 });
    await stage.cloud.advance("5m");
    expect(await refresh()).toMatchObject({ Status: "InProgress", PercentageComplete: 50, InstancesToUpdate: 2 });
    await stage.cloud.advance("6m");
    expect(await refresh()).toMatchObject({ Status: "Successful", PercentageComplete: 100 });
  });

  it("skips what matches already, and bakes at the end when asked to", async () => {
    await stage.create({ LaunchTemplate: version("1"), DesiredCapacity: 2 });
    const before = await stage.instances();
    await start({ SkipMatching: true, BakeTime: 300 });
    await stage.cloud.advance("1m");
    expect(await refresh()).toMatchObject({ Status: "Baking" });
    await stage.cloud.advance("5m");
    expect(await refresh()).toMatchObject({ Status: "Successful" });
    expect(await stage.instances()).toEqual(before);
  });

  it("is rolled back to what the group launches from", async () => {
    await stage.create({ LaunchTemplate: version("1"), DesiredCapacity: 3 });
    await start({}, { LaunchTemplate: version("2") });
    await stage.cloud.advance("70s");
    expect(await types()).toContain("t3.small");
    await expect(stage.asg.UpdateAutoScalingGroup({ AutoScalingGroupName, LaunchTemplate: version("2") })).rejects.toMatchObject({ code: "ValidationError" });
    await stage.asg.RollbackInstanceRefresh({ AutoScalingGroupName });
    await stage.cloud.advance("10m");
    expect(await refresh()).toMatchObject({ Status: "RollbackSuccessful", RollbackDetails: { PercentageCompleteOnRollback: 33 } });
    expect(await types()).toEqual(Array(3).fill("t3.micro"));
    expect(await stage.group()).toMatchObject({ LaunchTemplate: { Version: "1" } });
  });

  it("is cancelled, which leaves what it has replaced", async () => {
    await stage.create({ LaunchTemplate: version("1"), DesiredCapacity: 3 });
    await start({}, { LaunchTemplate: version("2") });
    await stage.cloud.advance("1s");
    await stage.asg.CancelInstanceRefresh({ AutoScalingGroupName });
    await stage.cloud.advance("10m");
    expect(await refresh()).toMatchObject({ Status: "Cancelled" });
    expect(await types()).toEqual(["t3.micro", "t3.micro", "t3.small"]);
    await expect(stage.asg.CancelInstanceRefresh({ AutoScalingGroupName })).rejects.toMatchObject({ code: "ActiveInstanceRefreshNotFound" });
  });

  it("waits an hour for protected instances, and fails then, unless told to ignore or replace them", async () => {
    await stage.create({ DesiredCapacity: 1, NewInstancesProtectedFromScaleIn: true });
    await start();
    await stage.cloud.advance("50m");
    expect(await refresh()).toMatchObject({ Status: "InProgress" });
    await stage.cloud.advance("15m");
    expect(await refresh()).toMatchObject({ Status: "Failed" });
    const before = await stage.instances();
    await start({ ScaleInProtectedInstances: "Refresh" });
    await stage.cloud.advance("5m");
    expect(await refresh()).toMatchObject({ Status: "Successful" });
    expect(await stage.instances()).not.toEqual(before);
  });

  it.each([
    ["a second one", async () => { await start(); }, "InstanceRefreshInProgress"],
    ["a rollback without a desired configuration", async () => { await stage.asg.RollbackInstanceRefresh({ AutoScalingGroupName }); }, "IrreversibleInstanceRefresh"],
  ])("refuses %s", async (_, act, code) => {
    await stage.create({ LaunchTemplate: version("1"), DesiredCapacity: 2 });
    await start();
    await expect(act()).rejects.toMatchObject({ code });
  });

  it.each([
    [{ CheckpointPercentages: [50, 20] }, "ascending order"],
    [{ MinHealthyPercentage: 0, MaxHealthyPercentage: 150 }, "can't be greater than 100"],
    [{ MaxHealthyPercentage: 150 }, "MaxHealthyPercentage needs a MinHealthyPercentage."],
    [{ CheckpointDelay: 10 }, "CheckpointDelay needs CheckpointPercentages."],
  ])("refuses the preferences %j", async (preferences, message) => {
    await stage.create();
    await expect(start(preferences)).rejects.toMatchObject({ code: "ValidationError", message: expect.stringContaining(message) as string });
    expect(await refresh()).toBeUndefined();
  });
});

describe("balance between zones", () => {
  const zones = async (): Promise<readonly string[]> => (await stage.group()).Instances!.filter((i) => i.LifecycleState === "InService").map((i) => i.AvailabilityZone).sort();

  it("comes back when a zone is added, launching before it terminates", async () => {
    await stage.create({ DesiredCapacity: 4, MaxSize: 4, VPCZoneIdentifier: stage.subnets[0] });
    expect(await zones()).toEqual(Array(4).fill(ZONES[0]));
    await stage.asg.UpdateAutoScalingGroup({ AutoScalingGroupName, VPCZoneIdentifier: stage.subnets.join(",") });
    const { least, most } = await watch(20);
    expect(least).toBe(4);
    expect(most).toBe(5);
    expect(await zones()).toEqual([ZONES[0], ZONES[0], ZONES[1], ZONES[1]]);
    expect((await stage.activities()).some(({ Cause }) => Cause.includes(`instances were launched to balance instances in zones ${ZONES[1]} with other zones resulting in more than desired number of instances`))).toBe(true);
  });

  it("stays as it is while AZRebalance is suspended", async () => {
    await stage.create({ DesiredCapacity: 4, VPCZoneIdentifier: stage.subnets[0] });
    await stage.asg.SuspendProcesses({ AutoScalingGroupName, ScalingProcesses: ["AZRebalance"] });
    await stage.asg.UpdateAutoScalingGroup({ AutoScalingGroupName, VPCZoneIdentifier: stage.subnets.join(",") });
    await stage.cloud.advance("10m");
    expect(await zones()).toEqual(Array(4).fill(ZONES[0]));
  });

  it("a zone whose subnet is full is left alone, others serve for it, and it gets its share when it has room again", async () => {
    const small = (await stage.cloud.aws.ec2.CreateSubnet({ VpcId: stage.vpc, CidrBlock: "10.0.64.0/28", AvailabilityZone: ZONES[1] })).Subnet!.SubnetId!;
    const taken: string[] = [];
    for (let i = 0; i < 11; i++) taken.push((await stage.cloud.aws.ec2.CreateNetworkInterface({ SubnetId: small })).NetworkInterface!.NetworkInterfaceId!);
    await stage.create({ DesiredCapacity: 4, VPCZoneIdentifier: `${stage.subnets[0]},${small}` });
    await stage.cloud.advance("1m");
    expect(await zones()).toEqual(Array(4).fill(ZONES[0]));
    for (const NetworkInterfaceId of taken) await stage.cloud.aws.ec2.DeleteNetworkInterface({ NetworkInterfaceId });
    await stage.cloud.advance("10m");
    expect(await zones()).toEqual([ZONES[0], ZONES[0], ZONES[1], ZONES[1]]);
  });
});

describe("a mixed group", () => {
  it("launches its types in their order, and the next where EC2 refuses one", async () => {
    const policy = { LaunchTemplate: { LaunchTemplateSpecification: version("1"), Overrides: [{ InstanceType: "z9.nothing" }, { InstanceType: "t3.medium" }] } };
    await stage.create({ MixedInstancesPolicy: policy, DesiredCapacity: 2 });
    expect(await types()).toEqual(["t3.medium", "t3.medium"]);
    expect((await stage.group()).MixedInstancesPolicy).toMatchObject({ ...policy, LaunchTemplate: { LaunchTemplateSpecification: version("1") }, InstancesDistribution: { OnDemandPercentageAboveBaseCapacity: 100 } });
  });

  it("refuses what asks for Spot Instances or weights by name", async () => {
    const policy = (over: object, override: object = {}): AutoscalingTypes.MixedInstancesPolicy => ({
      LaunchTemplate: { LaunchTemplateSpecification: version("1"), Overrides: [{ InstanceType: "t3.micro", ...override }] },
      InstancesDistribution: over,
    });
    await expect(stage.create({ MixedInstancesPolicy: policy({ OnDemandPercentageAboveBaseCapacity: 50 }) })).rejects.toMatchObject({ code: "NotImplemented", message: expect.stringContaining("Spot Instances") as string });
    await expect(stage.create({ MixedInstancesPolicy: policy({}, { WeightedCapacity: "2" }) })).rejects.toMatchObject({ code: "NotImplemented", message: expect.stringContaining("WeightedCapacity") as string });
  });
});
