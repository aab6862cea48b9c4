/** Update policies of Auto Scaling groups: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-updatepolicy.html */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSignalStage, type SignalStage } from "./signals-testing.js";

let stage: SignalStage;

beforeEach(async () => {
  stage = await createSignalStage();
});

afterEach(() => stage.cloud.close());

interface Web {
  readonly type?: string;
  readonly min?: number;
  readonly max?: number;
  readonly desired?: number;
  readonly update?: object;
  readonly creation?: object;
}

function web({ type = "t3.micro", min = 2, max = 4, desired, update, creation }: Web = {}): object {
  return {
    Launch: { Type: "AWS::EC2::LaunchTemplate", Properties: { LaunchTemplateData: { ImageId: stage.image, InstanceType: type } } },
    Group: {
      Type: "AWS::AutoScaling::AutoScalingGroup",
      Properties: {
        LaunchTemplate: { LaunchTemplateId: { Ref: "Launch" }, Version: { "Fn::GetAtt": ["Launch", "LatestVersionNumber"] } },
        MinSize: String(min),
        MaxSize: String(max),
        ...(desired === undefined ? {} : { DesiredCapacity: String(desired) }),
        AvailabilityZones: { "Fn::GetAZs": "" },
      },
      ...(update ? { UpdatePolicy: update } : {}),
      ...(creation ? { CreationPolicy: creation } : {}),
    },
  };
}

const rolling = (more: object = {}): object => ({ AutoScalingRollingUpdate: { MinInstancesInService: 1, PauseTime: "PT5M", WaitOnResourceSignals: true, ...more } });

async function group() {
  const name = await stage.physicalId("Group");
  return (await stage.cloud.aws.autoscaling.DescribeAutoScalingGroups({ AutoScalingGroupNames: [name] })).AutoScalingGroups[0]!;
}

const serving = async (): Promise<readonly string[]> => (await group()).Instances!.filter((each) => each.LifecycleState === "InService").map((each) => each.InstanceId);
const types = async (): Promise<readonly string[]> => (await group()).Instances!.map((each) => each.InstanceType!).toSorted();

/** Signals for every instance that has not been signalled, until the update is over; at most so often. */
async function signalAll(signalled: Set<string>, status: "SUCCESS" | "FAILURE" = "SUCCESS", rounds = 10): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < rounds && (await stage.status()).endsWith("_IN_PROGRESS"); round += 1) {
    for (const id of await serving()) {
      if (signalled.has(id) || !(await stage.status()).endsWith("_IN_PROGRESS")) continue;
      signalled.add(id);
      await stage.signal("Group", id, status);
    }
    least = Math.min(least, (await serving()).length);
    await stage.cloud.advance("10s");
  }
  return least;
}

describe("a rolling update that waits for signals", () => {
  it("replaces one instance after the other, in AWS's words", async () => {
    await stage.create(web({ update: rolling() }));
    const old = await serving();
    expect(old.length).toBe(2);
    await stage.update(web({ type: "t3.small", update: rolling() }));
    expect(await stage.status()).toBe("UPDATE_IN_PROGRESS");
    const least = await signalAll(new Set(old));
    expect(await stage.status()).toBe("UPDATE_COMPLETE");
    expect(least).toBeGreaterThanOrEqual(1);
    const fresh = await serving();
    expect(await types()).toEqual(["t3.small", "t3.small"]);
    expect((await group()).MinSize).toBe(2);
    const told = (await stage.events("Group")).slice((await stage.events("Group")).indexOf("UPDATE_IN_PROGRESS"));
    const waiting = "UPDATE_IN_PROGRESS New instance(s) added to autoscaling group - Waiting on 1 resource signal(s) with a timeout of PT5M.";
    expect(told).toEqual([
      "UPDATE_IN_PROGRESS",
      "UPDATE_IN_PROGRESS Rolling update initiated. Terminating 2 obsolete instance(s) in batches of 1, while keeping at least 1 instance(s) in service. Waiting on resource signals with a timeout of PT5M when new instances are added to the autoscaling group.",
      `UPDATE_IN_PROGRESS Terminating instance(s) [${old[0]}]; replacing with 1 new instance(s).`,
      `UPDATE_IN_PROGRESS Successfully terminated instance(s) [${old[0]}] (Progress 50%).`,
      waiting,
      `UPDATE_IN_PROGRESS Received SUCCESS signal with UniqueId ${fresh[0]}`,
      `UPDATE_IN_PROGRESS Terminating instance(s) [${old[1]}]; replacing with 1 new instance(s).`,
      `UPDATE_IN_PROGRESS Successfully terminated instance(s) [${old[1]}] (Progress 100%).`,
      waiting,
      `UPDATE_IN_PROGRESS Received SUCCESS signal with UniqueId ${fresh[1]}`,
      "UPDATE_COMPLETE",
    ]);
  });

  it("grows the group for a while when as many as there are must stay in service", async () => {
    const update = rolling({ MinInstancesInService: 2, MaxBatchSize: 2 });
    await stage.create(web({ update }));
    const old = await serving();
    await stage.update(web({ type: "t3.small", update }));
    expect(await stage.events("Group")).toContain("UPDATE_IN_PROGRESS Temporarily setting autoscaling group MinSize and DesiredCapacity to 4.");
    const least = await signalAll(new Set(old));
    expect(least).toBeGreaterThanOrEqual(2);
    expect(await stage.status()).toBe("UPDATE_COMPLETE");
    const told = await stage.events("Group");
    expect(told).toContain("UPDATE_IN_PROGRESS New instance(s) added to autoscaling group - Waiting on 2 resource signal(s) with a timeout of PT5M.");
    expect(told).toContain(`UPDATE_IN_PROGRESS Terminating instance(s) [${old.join(",")}]; replacing with 0 new instance(s).`);
    expect(await types()).toEqual(["t3.small", "t3.small"]);
    expect(await group()).toMatchObject({ MinSize: 2, DesiredCapacity: 2 });
  });

  it("fails at a signal of failure, and rolls the group back as the policy of before says", async () => {
    const before = rolling();
    await stage.create(web({ desired: 2, update: before }));
    const signalled = new Set(await serving());
    await stage.update(web({ desired: 2, type: "t3.small", update: rolling({ PauseTime: "PT1M" }) }));
    await stage.cloud.advance("5s");
    const broken = (await serving()).find((id) => !signalled.has(id))!;
    signalled.add(broken);
    await stage.signal("Group", broken, "FAILURE");
    const told = await stage.events("Group");
    expect(told).toContain(`UPDATE_IN_PROGRESS Received FAILURE signal with UniqueId ${broken}`);
    expect(told).toContain("UPDATE_FAILED Received 1 FAILURE signal(s) out of 2.  Unable to satisfy 100% MinSuccessfulInstancesPercent requirement");
    expect(await stage.status()).toBe("UPDATE_ROLLBACK_IN_PROGRESS");
    await signalAll(signalled);
    expect(await stage.status()).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(await types()).toEqual(["t3.micro", "t3.micro"]);
    expect(await serving()).not.toContain(broken);
    const again = (await stage.events("Group")).filter((event) => event.includes("Rolling update initiated")).at(-1);
    expect(again).toContain("in batches of 1, while keeping at least 1 instance(s) in service. Waiting on resource signals with a timeout of PT5M");
  });

  it("counts what does not come in time as failed", async () => {
    await stage.create(web({ update: rolling() }));
    await stage.update(web({ type: "t3.small", update: rolling() }));
    await stage.cloud.advance("4m");
    expect(await stage.status()).toBe("UPDATE_IN_PROGRESS");
    await stage.cloud.advance("90s");
    const told = await stage.events("Group");
    expect(told).toContain("UPDATE_IN_PROGRESS Failed to receive 1 resource signal(s) for the current batch.  Each resource signal timeout is counted as a FAILURE.");
    expect(told).toContain("UPDATE_FAILED Received 0 SUCCESS signal(s) out of 2.  Unable to satisfy 100% MinSuccessfulInstancesPercent requirement");
  });

  it("goes on without a few of them when MinSuccessfulInstancesPercent says so", async () => {
    const update = rolling({ MinSuccessfulInstancesPercent: 50, PauseTime: "PT1M" });
    await stage.create(web({ update }));
    await stage.update(web({ type: "t3.small", update }));
    await stage.cloud.advance("70s");
    const late = (await stage.events("Group")).filter((event) => event.includes("Failed to receive 1"));
    expect(late.length).toBe(1);
    const first = (await stage.events("Group")).join("\n");
    await signalAll(new Set((await serving()).filter((id) => first.includes(`Terminating instance(s) [${id}]`))));
    expect(await stage.status()).toBe("UPDATE_COMPLETE");
    expect(await types()).toEqual(["t3.small", "t3.small"]);
  });

  it("that is cancelled holds no process off any more, whatever the policy of before says", async () => {
    await stage.create(web());
    await stage.update(web({ type: "t3.small", update: rolling({ SuspendProcesses: ["AlarmNotification"] }) }));
    expect((await group()).SuspendedProcesses!.length).toBe(1);
    await stage.cloud.aws.cloudformation.CancelUpdateStack({ StackName: "web" });
    await stage.cloud.advance("10s");
    expect(await stage.status()).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect((await group()).SuspendedProcesses).toEqual([]);
  });

  it("can be cancelled while it waits", async () => {
    await stage.create(web({ update: rolling() }));
    const signalled = new Set(await serving());
    await stage.update(web({ type: "t3.small", update: rolling() }));
    await stage.cloud.aws.cloudformation.CancelUpdateStack({ StackName: "web" });
    await stage.cloud.settle();
    expect(await stage.events("Group")).toContain("UPDATE_FAILED Resource update cancelled");
    await signalAll(signalled);
    expect(await stage.status()).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(await types()).toEqual(["t3.micro", "t3.micro"]);
  });
});

describe("a rolling update without signals", () => {
  it("pauses after each batch, and suspends processes meanwhile", async () => {
    const update = rolling({ WaitOnResourceSignals: false, PauseTime: "PT10M", SuspendProcesses: ["AlarmNotification", "ScheduledActions"] });
    await stage.create(web({ update }));
    await stage.update(web({ type: "t3.small", update }));
    expect(await stage.events("Group")).toContain("UPDATE_IN_PROGRESS New instance(s) added to autoscaling group - Pausing for PT10M.");
    expect((await group()).SuspendedProcesses!.map((each) => each.ProcessName)).toEqual(["AlarmNotification", "ScheduledActions"]);
    await stage.cloud.advance("9m");
    expect(await types()).toEqual(["t3.micro", "t3.small"]);
    await stage.cloud.advance("2m");
    expect(await types()).toEqual(["t3.small", "t3.small"]);
    expect(await stage.status()).toBe("UPDATE_IN_PROGRESS");
    await stage.cloud.advance("10m");
    expect(await stage.status()).toBe("UPDATE_COMPLETE");
    expect((await group()).SuspendedProcesses).toEqual([]);
  });

  it("replaces all at once when nothing must stay in service", async () => {
    const update = { AutoScalingRollingUpdate: { MaxBatchSize: 10 } };
    await stage.create(web({ min: 3, update }));
    await stage.update(web({ min: 3, type: "t3.small", update }));
    await stage.cloud.advance("10s");
    expect(await stage.status()).toBe("UPDATE_COMPLETE");
    expect((await stage.events("Group")).join("\n")).toContain("Rolling update initiated. Terminating 3 obsolete instance(s) in batches of 3.");
    expect(await types()).toEqual(["t3.small", "t3.small", "t3.small"]);
  });

  it("touches no instance when only sizes change", async () => {
    const update = rolling({ WaitOnResourceSignals: false });
    await stage.create(web({ update }));
    const before = await serving();
    await stage.update(web({ max: 6, update }));
    expect(await stage.status()).toBe("UPDATE_COMPLETE");
    expect(await serving()).toEqual(before);
    expect((await group()).MaxSize).toBe(6);
  });

  it("is refused when more must stay in service than may be", async () => {
    const update = rolling({ MinInstancesInService: 4 });
    await stage.create(web({ update }));
    await stage.update(web({ type: "t3.small", update }));
    expect((await stage.events("Group")).join("\n")).toContain("UPDATE_FAILED MinInstancesInService must be less than the autoscaling group's MaxSize");
  });
});

describe("an update policy", () => {
  it("when there is none, what runs stays as it is", async () => {
    await stage.create(web());
    const before = await serving();
    await stage.update(web({ type: "t3.small" }));
    expect(await stage.status()).toBe("UPDATE_COMPLETE");
    expect(await serving()).toEqual(before);
    expect(await types()).toEqual(["t3.micro", "t3.micro"]);
  });

  it("that alone changed is a change, which the next update goes by", async () => {
    await stage.create(web());
    await stage.update(web({ update: { AutoScalingRollingUpdate: { MaxBatchSize: 2 } } }));
    expect(await stage.status()).toBe("UPDATE_COMPLETE");
    await stage.update(web({ type: "t3.small", update: { AutoScalingRollingUpdate: { MaxBatchSize: 2 } } }));
    await stage.cloud.advance("10s");
    expect(await types()).toEqual(["t3.small", "t3.small"]);
  });

  it("that replaces makes a new group, waits for its signals, and ends the old one", async () => {
    const both = { update: { AutoScalingReplacingUpdate: { WillReplace: true } }, creation: { ResourceSignal: { Count: 2, Timeout: "PT15M" } } };
    await stage.create(web(both));
    await stage.signal("Group", "i-1");
    await stage.signal("Group", "i-2");
    const [name, old] = [await stage.physicalId("Group"), await serving()];
    await stage.update(web({ type: "t3.small", ...both }));
    expect(await stage.status()).toBe("UPDATE_IN_PROGRESS");
    expect((await stage.events("Group")).join("\n")).toContain("Requested update requires the creation of a new physical resource; hence creating one.");
    await stage.signal("Group", "i-3");
    await stage.signal("Group", "i-4");
    await stage.cloud.advance("1m");
    expect(await stage.status()).toBe("UPDATE_COMPLETE");
    expect(await stage.physicalId("Group")).not.toBe(name);
    expect((await serving()).some((id) => old.includes(id))).toBe(false);
    expect((await stage.cloud.aws.autoscaling.DescribeAutoScalingGroups({ AutoScalingGroupNames: [name] })).AutoScalingGroups).toEqual([]);
  });

  it("that replaces keeps the old group when the new one's signals don't come", async () => {
    const both = { update: { AutoScalingReplacingUpdate: { WillReplace: "true" } }, creation: { ResourceSignal: { Count: 1, Timeout: "PT2M" } } };
    await stage.create(web(both));
    await stage.signal("Group", "i-1");
    const [name, old] = [await stage.physicalId("Group"), await serving()];
    await stage.update(web({ type: "t3.small", ...both }));
    await stage.cloud.advance("3m");
    expect(await stage.status()).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(await stage.physicalId("Group")).toBe(name);
    expect(await serving()).toEqual(old);
  });

  it("for scheduled actions leaves sizes alone that the template does not change", async () => {
    const update = { AutoScalingScheduledAction: { IgnoreUnmodifiedGroupSizeProperties: true } };
    await stage.create(web({ desired: 2, update }));
    await stage.cloud.aws.autoscaling.UpdateAutoScalingGroup({ AutoScalingGroupName: await stage.physicalId("Group"), MinSize: 1, DesiredCapacity: 3 });
    await stage.update(web({ desired: 2, max: 5, update }));
    expect(await group()).toMatchObject({ MinSize: 1, MaxSize: 5, DesiredCapacity: 3 });
    await stage.update(web({ desired: 2, max: 6 }));
    expect(await group()).toMatchObject({ MinSize: 2, MaxSize: 6, DesiredCapacity: 2 });
  });

  it.each([
    [{ AutoScalingRollingUpdate: { MaxBatchSize: 0 } }, "The value 0 of MaxBatchSize must be a whole number from 1 to 100"],
    [{ AutoScalingRollingUpdate: { PauseTime: "PT2H" } }, "The value PT2H of PauseTime is longer than 1 hour(s)"],
    [{ AutoScalingRollingUpdate: { SuspendProcesses: ["Naps"] } }, 'The value "Naps" of SuspendProcesses is not one of'],
    [{ AutoScalingRollingUpdate: { MinSuccessfulInstancesPercent: 101 } }, "The value 101 of MinSuccessfulInstancesPercent must be a whole number from 0 to 100"],
    [{ AutoScalingReplacingUpdate: { WillReplace: "maybe" } }, 'The value "maybe" must be true or false'],
    [{ RollingUpdate: {} }, "Encountered unsupported property RollingUpdate in UpdatePolicy"],
  ])("%j is refused before anything is touched", async (update, message) => {
    await expect(stage.create(web({ update }))).rejects.toThrow(message);
  });
});
