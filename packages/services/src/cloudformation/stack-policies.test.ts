import { beforeEach, describe, expect, test } from "vitest";
import { denial } from "./stack-policy.js";
import { createStackCloud, type StackCloud } from "./testing.js";

const policy = (...statements: object[]): string => JSON.stringify({ Statement: statements });
const ALL = { Effect: "Allow", Action: "Update:*", Principal: "*", Resource: "*" };
const deny = (action: string, resource: string): object => ({ Effect: "Deny", Action: action, Principal: "*", Resource: `LogicalResourceId/${resource}` });
const thing = (properties: object = {}): object => ({ Type: "Test::Thing", Properties: properties });
const template = (resources: object): string => JSON.stringify({ Resources: resources });

let cloud: StackCloud;
beforeEach(() => {
  cloud = createStackCloud();
});

async function update(body: string, more: object = {}): Promise<readonly string[]> {
  await cloud.aws.cloudformation.UpdateStack({ StackName: "web", TemplateBody: body, ...more });
  await cloud.settle();
  const { StackEvents } = await cloud.aws.cloudformation.DescribeStackEvents({ StackName: "web" });
  return StackEvents!.map((event) => `${event.LogicalResourceId} ${event.ResourceStatus} ${event.ResourceStatusReason ?? ""}`);
}

async function create(StackPolicyBody?: string): Promise<void> {
  await cloud.aws.cloudformation.CreateStack({ StackName: "web", TemplateBody: template({ A: thing({ Size: 1, Kind: "a" }), B: thing({ Size: 1 }) }), StackPolicyBody });
  await cloud.settle();
}

describe("a stack policy", () => {
  test.each([
    ["a change", "Update:Modify", template({ A: thing({ Size: 2, Kind: "a" }), B: thing({ Size: 2 }) }), "A UPDATE_FAILED Action denied by stack policy: Statement [#2] does not allow [Update:Modify] for resource [LogicalResourceId/A]"],
    ["a replacement", "Update:Replace", template({ A: thing({ Size: 1, Kind: "b" }), B: thing({ Size: 2 }) }), "A UPDATE_FAILED Action denied by stack policy: Statement [#2] does not allow [Update:Replace] for resource [LogicalResourceId/A]"],
    ["a deletion", "Update:Delete", template({ B: thing({ Size: 2 }) }), "web UPDATE_ROLLBACK_IN_PROGRESS Action denied by stack policy: Statement [#2] does not allow [Update:Delete] for resource [LogicalResourceId/A]"],
  ])("keeps a resource from %s, and the update is rolled back", async (_what, action, body, told) => {
    await create(policy(ALL, deny(action, "A")));
    const before = cloud.things();
    expect(await update(body)).toContain(told);
    expect((await cloud.aws.cloudformation.DescribeStacks({ StackName: "web" })).Stacks![0]!.StackStatus).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(cloud.things()).toEqual(before);
  });

  test("gives way during an update that brings its own, and only then", async () => {
    await create();
    await cloud.aws.cloudformation.SetStackPolicy({ StackName: "web", StackPolicyBody: policy(ALL, deny("Update:*", "A")) });
    expect((await cloud.aws.cloudformation.GetStackPolicy({ StackName: "web" })).StackPolicyBody).toBe(policy(ALL, deny("Update:*", "A")));
    await update(template({ A: thing({ Size: 2, Kind: "a" }), B: thing() }), { StackPolicyDuringUpdateBody: policy(ALL) });
    expect(cloud.things()[0]!.size).toBe(2);
    await update(template({ A: thing({ Size: 3, Kind: "a" }), B: thing() }));
    expect(cloud.things()[0]!.size).toBe(2);
  });

  test("read from S3 is the same", async () => {
    cloud.objects.set("policies/p.json", policy(ALL, deny("Update:*", "A")));
    await create();
    await cloud.aws.cloudformation.SetStackPolicy({ StackName: "web", StackPolicyURL: "https://policies.s3.amazonaws.com/p.json" });
    await update(template({ A: thing({ Size: 3, Kind: "a" }), B: thing() }));
    expect(cloud.things()[0]!.size).toBe(1);
  });

  test.each([
    ["no JSON", "{", "it is not JSON"],
    ["no statements", "{}", "it has no Statement"],
    ["another principal", policy({ ...ALL, Principal: "me" }), "statement #1 needs the Principal *"],
    ["another action", policy(ALL, { ...ALL, Action: "ec2:*" }), "statement #2 has the unknown action ec2:*"],
    ["another effect", policy({ ...ALL, Effect: "Maybe" }), 'statement #1 needs the Effect Allow or Deny, not "Maybe"'],
    ["another resource", policy({ ...ALL, Resource: "A" }), "has the resource A, which does not begin with LogicalResourceId/"],
  ])("with %s is refused", async (_what, body, message) => {
    await create();
    await expect(cloud.aws.cloudformation.SetStackPolicy({ StackName: "web", StackPolicyBody: body })).rejects.toThrow(message);
  });

  test("denies what nothing allows, and judges by type, by pattern and by what is left out", () => {
    expect(denial(undefined, "Update:Modify", "A", "T")).toBeUndefined();
    expect(denial(policy(deny("Update:Modify", "A")), "Update:Modify", "B", "T")).toBe("Action denied by stack policy: no statement allows [Update:Modify] for resource [LogicalResourceId/B]");
    const typed = policy(ALL, { Effect: "Deny", Action: "Update:*", Principal: "*", Resource: "*", Condition: { StringLike: { ResourceType: ["AWS::EC2::*"] } } });
    expect(denial(typed, "Update:Delete", "A", "AWS::EC2::VPC")).toContain("Statement [#2]");
    expect(denial(typed, "Update:Delete", "A", "AWS::S3::Bucket")).toBeUndefined();
    const others = policy({ Effect: "Allow", NotAction: "Update:Delete", Principal: "*", NotResource: "LogicalResourceId/Db*" });
    expect(denial(others, "Update:Modify", "Web", "T")).toBeUndefined();
    expect(denial(others, "Update:Delete", "Web", "T")).toBeDefined();
    expect(denial(others, "Update:Modify", "DbMain", "T")).toBeDefined();
  });
});
