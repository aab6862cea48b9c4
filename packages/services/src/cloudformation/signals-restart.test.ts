/** Waiting for signals, time limits and rolling updates go on after a restart on the same store. */
import type { Backend } from "@hakoniwa/kernel";
import { expect, it } from "vitest";
import { createDisk } from "../testing.js";
import { createSignalStage, type SignalStage } from "./signals-testing.js";
import { createStackCloud } from "./testing.js";

async function restart(stage: SignalStage, backend: Backend): Promise<SignalStage> {
  const start = stage.cloud.now();
  await stage.cloud.close();
  return createSignalStage({ backend, start });
}

const instance = (image: string): object => ({ Type: "AWS::EC2::Instance", Properties: { ImageId: image, InstanceType: "t3.micro" }, CreationPolicy: { ResourceSignal: { Count: 2, Timeout: "PT10M" } } });

it("signals from before a restart count after it", async () => {
  const backend = createDisk();
  let stage = await createSignalStage({ backend });
  await stage.create({ Web: instance(stage.image) });
  await stage.signal("Web", "i-1");
  stage = await restart(stage, backend);
  expect(await stage.status()).toBe("CREATE_IN_PROGRESS");
  await stage.signal("Web", "i-2");
  expect(await stage.status()).toBe("CREATE_COMPLETE");
  expect((await stage.events("Web")).filter((event) => event.includes("Received")).length).toBe(2);
  await stage.cloud.close();
});

it("a time limit ends when it would have without the restart", async () => {
  const backend = createDisk();
  let stage = await createSignalStage({ backend });
  await stage.create({ Web: instance(stage.image) });
  await stage.cloud.advance("6m");
  stage = await restart(stage, backend);
  await stage.cloud.advance("3m");
  expect(await stage.status()).toBe("CREATE_IN_PROGRESS");
  await stage.cloud.advance("2m");
  expect(await stage.events("Web")).toContain("CREATE_FAILED Failed to receive 2 resource signal(s) within the specified duration");
  await stage.cloud.close();
});

it("a rolling update goes on where it was, through a restart at every step", async () => {
  const backend = createDisk();
  let stage = await createSignalStage({ backend });
  const template = (type: string): object => ({
    Launch: { Type: "AWS::EC2::LaunchTemplate", Properties: { LaunchTemplateData: { ImageId: stage.image, InstanceType: type } } },
    Group: {
      Type: "AWS::AutoScaling::AutoScalingGroup",
      Properties: {
        LaunchTemplate: { LaunchTemplateId: { Ref: "Launch" }, Version: { "Fn::GetAtt": ["Launch", "LatestVersionNumber"] } },
        MinSize: "2",
        MaxSize: "3",
        AvailabilityZones: { "Fn::GetAZs": "" },
      },
      UpdatePolicy: { AutoScalingRollingUpdate: { MinInstancesInService: 2, WaitOnResourceSignals: true } },
    },
  });
  await stage.create(template("t3.micro"));
  const group = async () => (await stage.cloud.aws.autoscaling.DescribeAutoScalingGroups({ AutoScalingGroupNames: [await stage.physicalId("Group")] })).AutoScalingGroups[0]!;
  const signalled = new Set((await group()).Instances!.map((each) => each.InstanceId));
  await stage.update(template("t3.small"));
  for (let round = 0; round < 12 && (await stage.status()) === "UPDATE_IN_PROGRESS"; round += 1) {
    stage = await restart(stage, backend);
    await stage.cloud.advance("5s");
    const fresh = (await group()).Instances!.find((each) => each.LifecycleState === "InService" && !signalled.has(each.InstanceId));
    if (!fresh || (await stage.status()) !== "UPDATE_IN_PROGRESS") continue;
    signalled.add(fresh.InstanceId);
    await stage.signal("Group", fresh.InstanceId);
  }
  expect(await stage.status()).toBe("UPDATE_COMPLETE");
  expect((await group()).Instances!.map((each) => each.InstanceType)).toEqual(["t3.small", "t3.small"]);
  expect(await group()).toMatchObject({ MinSize: 2, DesiredCapacity: 2 });
  const told = await stage.events("Group");
  expect(told.filter((event) => event.includes("Rolling update initiated")).length).toBe(1);
  expect(told.filter((event) => event.includes("Successfully terminated")).length).toBe(2);
  await stage.cloud.close();
});

it("a resource that never settles fails after two hours", async () => {
  const cloud = createStackCloud({ seed: 77 });
  await cloud.aws.cloudformation.CreateStack({ StackName: "slow", TemplateBody: JSON.stringify({ Resources: { Slow: { Type: "Test::SlowThing" } } }), OnFailure: "DO_NOTHING" });
  await cloud.advance(119 * 60_000);
  const status = async () => (await cloud.aws.cloudformation.DescribeStacks({ StackName: "slow" })).Stacks![0]!.StackStatus;
  expect(await status()).toBe("CREATE_IN_PROGRESS");
  await cloud.advance(2 * 60_000);
  expect(await status()).toBe("CREATE_FAILED");
  const { StackEvents: events } = await cloud.aws.cloudformation.DescribeStackEvents({ StackName: "slow" });
  expect(events!.find((event) => event.ResourceStatus === "CREATE_FAILED" && event.LogicalResourceId === "Slow")!.ResourceStatusReason).toMatch(
    /^Resource timed out waiting for completion \(RequestToken: [0-9a-f]{32}, HandlerErrorCode: NotStabilized\)$/,
  );
  await cloud.stop();
});
