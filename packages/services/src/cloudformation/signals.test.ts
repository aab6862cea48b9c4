/** Creation policies and SignalResource: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-creationpolicy.html */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSignalStage, type SignalStage } from "./signals-testing.js";

let stage: SignalStage;

beforeEach(async () => {
  stage = await createSignalStage();
});

afterEach(() => stage.cloud.close());

const instance = (policy: object): object => ({ Type: "AWS::EC2::Instance", Properties: { ImageId: stage.image, InstanceType: "t3.micro" }, CreationPolicy: policy });

function group(policy: object, size = 2): object {
  return {
    Launch: { Type: "AWS::AutoScaling::LaunchConfiguration", Properties: { ImageId: stage.image, InstanceType: "t3.micro" } },
    Group: {
      Type: "AWS::AutoScaling::AutoScalingGroup",
      Properties: { LaunchConfigurationName: { Ref: "Launch" }, MinSize: String(size), MaxSize: "9", AvailabilityZones: { "Fn::GetAZs": "" } },
      CreationPolicy: policy,
    },
  };
}

describe("an instance with a creation policy", () => {
  it("is complete with as many signals as it counts, each told of in the events", async () => {
    await stage.create({ Web: instance({ ResourceSignal: { Count: 2, Timeout: "PT5M" } }) });
    expect(await stage.status()).toBe("CREATE_IN_PROGRESS");
    await stage.signal("Web", "first");
    expect(await stage.status()).toBe("CREATE_IN_PROGRESS");
    await stage.signal("Web", "second");
    expect(await stage.status()).toBe("CREATE_COMPLETE");
    expect(await stage.events("Web")).toEqual([
      "CREATE_IN_PROGRESS",
      "CREATE_IN_PROGRESS Resource creation Initiated",
      "CREATE_IN_PROGRESS Received SUCCESS signal with UniqueId first",
      "CREATE_IN_PROGRESS Received SUCCESS signal with UniqueId second",
      "CREATE_COMPLETE",
    ]);
  });

  it("fails when the signals don't come in time, and not before", async () => {
    await stage.create({ Web: instance({ ResourceSignal: { Count: 3, Timeout: "PT10M30S" } }) });
    await stage.signal("Web", "only");
    await stage.cloud.advance("10m");
    expect(await stage.status()).toBe("CREATE_IN_PROGRESS");
    await stage.cloud.advance("40s");
    expect(await stage.events("Web")).toContain("CREATE_FAILED Failed to receive 2 resource signal(s) within the specified duration");
    expect(await stage.status()).toBe("ROLLBACK_COMPLETE");
  });

  it("fails at the first signal of failure", async () => {
    await stage.create({ Web: instance({ ResourceSignal: { Count: 2, Timeout: "PT15M" } }) });
    await stage.signal("Web", "i-1");
    await stage.signal("Web", "i-2", "FAILURE");
    expect(await stage.events("Web")).toContain("CREATE_FAILED Received FAILURE signal with UniqueId i-2");
    expect(await stage.events()).toContain("ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Web]. Rollback requested by user.");
  });

  it("is waited for again when an update puts another in its place, and the old one stays until then", async () => {
    const template = (image: string): object => ({ Web: { Type: "AWS::EC2::Instance", Properties: { ImageId: image, InstanceType: "t3.micro" }, CreationPolicy: { ResourceSignal: { Timeout: "PT5M" } } } });
    await stage.create(template(stage.image));
    await stage.signal("Web", "i-1");
    const old = await stage.physicalId("Web");
    const other = (await stage.cloud.aws.ec2.DescribeImages({ Owners: ["amazon"] })).Images!.map((each) => each.ImageId!).find((id) => id !== stage.image)!;
    await stage.update(template(other));
    expect(await stage.status()).toBe("UPDATE_IN_PROGRESS");
    await stage.signal("Web", "i-2", "FAILURE");
    await stage.cloud.advance("10s");
    expect(await stage.events("Web")).toContain("UPDATE_FAILED Received FAILURE signal with UniqueId i-2");
    expect(await stage.status()).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(await stage.physicalId("Web")).toBe(old);
    await stage.update(template(other));
    await stage.signal("Web", "i-3");
    await stage.cloud.advance("10s");
    expect(await stage.status()).toBe("UPDATE_COMPLETE");
    expect(await stage.physicalId("Web")).not.toBe(old);
  });

  it("takes its numbers from parameters, and five minutes and one signal when it says nothing", async () => {
    const Parameters = { Wait: { Type: "String", Default: "PT7M" } };
    await stage.create({ Parameters, Resources: { Web: instance({ ResourceSignal: { Timeout: { Ref: "Wait" } } }), Quick: instance({ ResourceSignal: {} }) } }, { OnFailure: "DO_NOTHING" });
    await stage.signal("Quick", "i-1");
    await stage.cloud.advance("6m");
    expect(await stage.status()).toBe("CREATE_IN_PROGRESS");
    await stage.cloud.advance("2m");
    expect(await stage.events("Web")).toContain("CREATE_FAILED Failed to receive 1 resource signal(s) within the specified duration");
  });
});

describe("a group with a creation policy", () => {
  it("waits for its instances' signals", async () => {
    await stage.create(group({ ResourceSignal: { Count: 2, Timeout: "PT15M" } }));
    await stage.signal("Group", "i-1");
    await stage.signal("Group", "i-2");
    expect(await stage.status()).toBe("CREATE_COMPLETE");
    expect((await stage.events("Group")).slice(-3)).toEqual([
      "CREATE_IN_PROGRESS Received SUCCESS signal with UniqueId i-1",
      "CREATE_IN_PROGRESS Received SUCCESS signal with UniqueId i-2",
      "CREATE_COMPLETE",
    ]);
  });

  it("may lose some of them when MinSuccessfulInstancesPercent says so", async () => {
    const policy = { AutoScalingCreationPolicy: { MinSuccessfulInstancesPercent: 50 }, ResourceSignal: { Count: "3", Timeout: "PT15M" } };
    await stage.create(group(policy, 3));
    await stage.signal("Group", "i-1", "FAILURE");
    await stage.signal("Group", "i-2");
    expect(await stage.status()).toBe("CREATE_IN_PROGRESS");
    await stage.signal("Group", "i-3");
    expect(await stage.status()).toBe("CREATE_COMPLETE");
  });

  it("fails as soon as too many failed", async () => {
    await stage.create(group({ ResourceSignal: { Count: 2, Timeout: "PT15M" } }));
    await stage.signal("Group", "i-1", "FAILURE");
    expect((await stage.events("Group")).filter((event) => event.includes("FAILURE"))).toEqual([
      "CREATE_IN_PROGRESS Received FAILURE signal with UniqueId i-1",
      "CREATE_FAILED Received 1 FAILURE signal(s) out of 2.  Unable to satisfy 100% MinSuccessfulInstancesPercent requirement",
    ]);
  });

  it("counts what does not come in time as failed", async () => {
    await stage.create(group({ ResourceSignal: { Count: 2, Timeout: "PT15M" } }));
    await stage.signal("Group", "i-1");
    await stage.cloud.advance("16m");
    const told = await stage.events("Group");
    expect(told).toContain("CREATE_IN_PROGRESS Failed to receive 1 resource signal(s) for the current batch.  Each resource signal timeout is counted as a FAILURE.");
    expect(told).toContain("CREATE_FAILED Received 1 SUCCESS signal(s) out of 2.  Unable to satisfy 100% MinSuccessfulInstancesPercent requirement");
  });
});

describe("SignalResource", () => {
  const attempt = (StackName: string, LogicalResourceId: string, Status: "SUCCESS" | "FAILURE" = "SUCCESS", UniqueId = "i-1"): Promise<unknown> =>
    stage.cloud.aws.cloudformation.SignalResource({ StackName, LogicalResourceId, UniqueId, Status });

  it("is refused in AWS's words where nothing waits", async () => {
    const bucket = { Type: "AWS::S3::Bucket" };
    await stage.create({ Bucket: bucket, Waiting: { ...instance({ ResourceSignal: { Timeout: "PT5M" } }), DependsOn: "Bucket" } });
    await expect(attempt("none", "Web")).rejects.toThrow("Stack none does not exist");
    await expect(attempt("web", "Other")).rejects.toThrow("Resource Other does not exist for stack web");
    await expect(attempt("web", "Bucket")).rejects.toThrow("Resource Bucket is of type AWS::S3::Bucket and cannot be signaled");
    await stage.signal("Waiting", "i-0");
    const id = (await stage.cloud.aws.cloudformation.DescribeStacks({ StackName: "web" })).Stacks![0]!.StackId!;
    await expect(attempt("web", "Waiting")).rejects.toThrow(`Stack ${id} is in CREATE_COMPLETE state and cannot be signaled`);
  });

  it("takes a signal once, and afterwards only its failure", async () => {
    await stage.create({ Web: instance({ ResourceSignal: { Count: 2, Timeout: "PT5M" } }) });
    await stage.signal("Web", "i-1");
    await expect(attempt("web", "Web")).rejects.toThrow("Signal with ID i-1 for resource Web already exists. Signals may only be updated with a FAILURE status.");
    await stage.signal("Web", "i-1", "FAILURE");
    expect(await stage.events("Web")).toContain("CREATE_FAILED Received FAILURE signal with UniqueId i-1");
  });

  it("is refused for a resource that is done while the stack goes on", async () => {
    await stage.create({ Web: instance({ ResourceSignal: { Timeout: "PT5M" } }), Next: { ...instance({ ResourceSignal: { Timeout: "PT5M" } }), DependsOn: "Web" } });
    await stage.signal("Web", "i-1");
    await expect(attempt("web", "Web", "SUCCESS", "i-2")).rejects.toThrow("Resource Web is in CREATE_COMPLETE state and cannot be signaled");
  });
});

it.each([
  [{ ResourceSignal: { Count: -1 } }, "The value -1 of Count must be a whole number of at least 0 [/Resources/Web/CreationPolicy/ResourceSignal/Count]"],
  [{ ResourceSignal: { Timeout: "5 minutes" } }, 'The value "5 minutes" of Timeout must be an ISO 8601 duration such as PT5M'],
  [{ ResourceSignal: { Timeout: "PT13H" } }, "The value PT13H of Timeout is longer than 12 hour(s)"],
  [{ ResourceSignal: { Signals: 1 } }, "Encountered unsupported property Signals in ResourceSignal"],
  [{ AutoScalingCreationPolicy: { MinSuccessfulInstancesPercent: 50 } }, "AutoScalingCreationPolicy is not supported for resource type AWS::EC2::Instance"],
])("a creation policy %j is refused before anything is touched", async (policy, message) => {
  await expect(stage.create({ Web: instance(policy) })).rejects.toThrow(message);
  expect((await stage.cloud.aws.cloudformation.ListStacks({})).StackSummaries).toEqual([]);
});
