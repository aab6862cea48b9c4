/** Lifecycle hooks, standby, attaching and detaching, in virtual time. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createStage, type Stage } from "./testing.js";

let stage: Stage;

beforeEach(async () => {
  stage = await createStage();
});

afterEach(async () => {
  const failures = stage.cloud.logs.filter((line) => line.includes("will be tried again"));
  await stage.cloud.close();
  expect(failures).toEqual([]);
});

const LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING";
const TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING";
const hook = (over: object = {}): { LifecycleHookName: string; LifecycleTransition: string; HeartbeatTimeout: number } => ({ LifecycleHookName: "prepare", LifecycleTransition: LAUNCHING, HeartbeatTimeout: 300, ...over });

describe("a launching hook", () => {
  it("holds an instance in Pending:Wait until its action is completed", async () => {
    await stage.create({ DesiredCapacity: 1, LifecycleHookSpecificationList: [hook()] });
    const [id] = await stage.instances();
    await stage.cloud.advance("2m");
    expect(await stage.lifecycles()).toEqual(["Pending:Wait Healthy"]);
    expect((await stage.activities())[0]).toMatchObject({ StatusCode: "MidLifecycleAction", Progress: 60 });
    await stage.asg.CompleteLifecycleAction({ AutoScalingGroupName: "web", LifecycleHookName: "prepare", InstanceId: id!, LifecycleActionResult: "CONTINUE" });
    await stage.cloud.advance("1s");
    expect(await stage.lifecycles()).toEqual(["InService Healthy"]);
    await expect(
      stage.asg.CompleteLifecycleAction({ AutoScalingGroupName: "web", LifecycleHookName: "prepare", InstanceId: id!, LifecycleActionResult: "CONTINUE" }),
    ).rejects.toMatchObject({ code: "ValidationError", message: `No active Lifecycle Action found with instance ID ${id}` });
  });

  it("that nobody answers does what it says by default: ABANDON ends the instance, and another is launched later", async () => {
    await stage.create({ DesiredCapacity: 1, LifecycleHookSpecificationList: [hook()] });
    const [first] = await stage.instances();
    await stage.cloud.advance("298s");
    expect(await stage.lifecycles()).toEqual(["Pending:Wait Healthy"]);
    await stage.cloud.advance("30s");
    expect(await stage.ec2State(first!)).toBe("terminated");
    const abandoned = (await stage.activities()).find(({ Description }) => Description === `Launching a new EC2 instance: ${first}`);
    expect(abandoned).toMatchObject({ StatusCode: "Cancelled", StatusMessage: expect.stringMatching(/was abandoned: Heartbeat Timeout$/) as string });
    expect(await stage.instances()).toHaveLength(1);
    expect(await stage.instances()).not.toContain(first);
  });

  it("with CONTINUE by default lets it pass", async () => {
    await stage.create({ DesiredCapacity: 1, LifecycleHookSpecificationList: [hook({ DefaultResult: "CONTINUE" })] });
    await stage.cloud.advance("301s");
    expect(await stage.lifecycles()).toEqual(["InService Healthy"]);
  });

  it("is prolonged by heartbeats, up to its global timeout", async () => {
    await stage.create({ DesiredCapacity: 1, LifecycleHookSpecificationList: [hook({ HeartbeatTimeout: 30, DefaultResult: "CONTINUE" })] });
    const [id] = await stage.instances();
    const beat = (): Promise<unknown> => stage.asg.RecordLifecycleActionHeartbeat({ AutoScalingGroupName: "web", LifecycleHookName: "prepare", InstanceId: id! });
    for (let passed = 1; passed < 2981; passed += 20) {
      expect(await stage.lifecycles()).toEqual(["Pending:Wait Healthy"]);
      await beat();
      await stage.cloud.advance("20s");
    }
    await stage.cloud.advance("20s");
    expect(await stage.lifecycles()).toEqual(["InService Healthy"]);
    expect((await stage.asg.DescribeLifecycleHooks({ AutoScalingGroupName: "web" })).LifecycleHooks).toMatchObject([{ GlobalTimeout: 3000, HeartbeatTimeout: 30 }]);
  });
});

describe("a terminating hook", () => {
  beforeEach(() => stage.create({ DesiredCapacity: 1, MaxSize: 1, LifecycleHookSpecificationList: [hook({ LifecycleHookName: "save", LifecycleTransition: TERMINATING })] }));

  it("holds the instance alive, while its replacement comes", async () => {
    const [id] = await stage.instances();
    await stage.asg.SetInstanceHealth({ InstanceId: id!, HealthStatus: "Unhealthy" });
    await stage.cloud.advance("5s");
    expect(await stage.lifecycles()).toEqual(["Terminating:Wait Unhealthy", "InService Healthy"]);
    expect(await stage.ec2State(id!)).toBe("running");
    await stage.asg.CompleteLifecycleAction({ AutoScalingGroupName: "web", LifecycleHookName: "save", InstanceId: id!, LifecycleActionResult: "ABANDON" });
    await stage.cloud.advance("5s");
    expect(await stage.lifecycles()).toEqual(["InService Healthy"]);
    expect(await stage.ec2State(id!)).toBe("terminated");
  });

  it("is not heeded when the group is deleted by force", async () => {
    const [id] = await stage.instances();
    await stage.asg.DeleteAutoScalingGroup({ AutoScalingGroupName: "web", ForceDelete: true });
    await stage.cloud.advance("5s");
    expect(await stage.group()).toBeUndefined();
    expect(await stage.ec2State(id!)).toBe("terminated");
  });
});

it.each([
  ["a heartbeat of 10 seconds", { HeartbeatTimeout: 10 }, "HeartbeatTimeout '10' must be between 30 and 7200 seconds."],
  ["an unknown transition", { LifecycleTransition: "autoscaling:NOTHING" }, "autoscaling:NOTHING"],
  ["an unknown result", { DefaultResult: "MAYBE" }, "DefaultResult 'MAYBE' is not valid: it must be CONTINUE or ABANDON."],
])("a hook with %s is refused", async (_, over, message) => {
  await stage.create();
  await expect(stage.asg.PutLifecycleHook({ AutoScalingGroupName: "web", ...hook(over) })).rejects.toMatchObject({ code: "ValidationError", message: expect.stringContaining(message) as string });
  expect((await stage.asg.DescribeLifecycleHooks({ AutoScalingGroupName: "web" })).LifecycleHooks).toEqual([]);
});

describe("standby", () => {
  it("takes an instance out of service and brings it back, with the capacity following", async () => {
    await stage.create({ DesiredCapacity: 2 });
    const [id] = await stage.instances();
    const { Activities } = await stage.asg.EnterStandby({ AutoScalingGroupName: "web", InstanceIds: [id!], ShouldDecrementDesiredCapacity: true });
    expect(Activities).toMatchObject([
      { Description: `Moving EC2 instance to Standby: ${id}`, StatusCode: "InProgress", Progress: 50, Cause: `At 2026-01-01T00:00:01Z instance ${id} was moved to standby in response to a user request, shrinking the capacity from 2 to 1.` },
    ]);
    await stage.cloud.advance("1m");
    expect([...(await stage.lifecycles())].sort()).toEqual(["InService Healthy", "Standby Healthy"]);
    expect((await stage.group()).DesiredCapacity).toBe(1);
    await stage.cloud.aws.ec2.StopInstances({ InstanceIds: [id!] });
    await stage.cloud.advance("5m");
    expect([...(await stage.lifecycles())].sort()).toEqual(["InService Healthy", "Standby Healthy"]);
    await stage.cloud.aws.ec2.StartInstances({ InstanceIds: [id!] });
    await stage.cloud.advance("1m");
    await stage.asg.ExitStandby({ AutoScalingGroupName: "web", InstanceIds: [id!] });
    await stage.cloud.advance("1s");
    expect(await stage.lifecycles()).toEqual(["InService Healthy", "InService Healthy"]);
    expect((await stage.group()).DesiredCapacity).toBe(2);
  });

  it("without decrement is filled by another instance, and leaving it may not exceed the maximum", async () => {
    await stage.create({ DesiredCapacity: 1, MaxSize: 1 });
    const [id] = await stage.instances();
    await stage.asg.EnterStandby({ AutoScalingGroupName: "web", InstanceIds: [id!], ShouldDecrementDesiredCapacity: false });
    await stage.cloud.advance("5s");
    expect([...(await stage.lifecycles())].sort()).toEqual(["InService Healthy", "Standby Healthy"]);
    await expect(stage.asg.ExitStandby({ AutoScalingGroupName: "web", InstanceIds: [id!] })).rejects.toMatchObject({ code: "ValidationError" });
  });

  it("may not violate the minimum", async () => {
    await stage.create({ MinSize: 1, DesiredCapacity: 1 });
    const [id] = await stage.instances();
    await expect(stage.asg.EnterStandby({ AutoScalingGroupName: "web", InstanceIds: [id!], ShouldDecrementDesiredCapacity: true })).rejects.toMatchObject({
      code: "ValidationError",
      message: "AutoScalingGroup web has min-size=1, max-size=10, and desired-size=1. Moving instances to standby without replacement will violate the group's min size constraint.",
    });
  });
});

describe("an instance", () => {
  it("detached lives on without its group; attached to it again it serves again", async () => {
    await stage.create({ DesiredCapacity: 1 });
    const [id] = await stage.instances();
    await stage.asg.DetachInstances({ AutoScalingGroupName: "web", InstanceIds: [id!], ShouldDecrementDesiredCapacity: true });
    await stage.cloud.advance("1m");
    expect(await stage.instances()).toEqual([]);
    expect(await stage.ec2State(id!)).toBe("running");
    const groupTag = async (): Promise<boolean> => {
      const { Tags } = await stage.cloud.aws.ec2.DescribeTags({ Filters: [{ Name: "resource-id", Values: [id!] }] });
      return Tags!.some(({ Key }) => Key === "aws:autoscaling:groupName");
    };
    expect(await groupTag()).toBe(false);
    await stage.asg.AttachInstances({ AutoScalingGroupName: "web", InstanceIds: [id!] });
    await stage.cloud.advance("1s");
    expect(await groupTag()).toBe(true);
    expect(await stage.lifecycles()).toEqual(["InService Healthy"]);
    expect(await stage.group()).toMatchObject({ DesiredCapacity: 1 });
    expect((await stage.activities())[0]).toMatchObject({ Description: `Attaching an existing EC2 instance: ${id}`, StatusCode: "Successful" });
  });

  it.each([
    ["that does not exist", "i-0123456789abcdef0", "Invalid Instance ID(s): [i-0123456789abcdef0]"],
    ["of the group itself", "own", "is already part of AutoScalingGroup:web."],
  ])("%s can't be attached", async (_, which, message) => {
    await stage.create({ DesiredCapacity: 1 });
    const id = which === "own" ? (await stage.instances())[0]! : which;
    await expect(stage.asg.AttachInstances({ AutoScalingGroupName: "web", InstanceIds: [id] })).rejects.toMatchObject({ code: "ValidationError", message: expect.stringContaining(message) as string });
    expect((await stage.group()).DesiredCapacity).toBe(1);
  });
});
