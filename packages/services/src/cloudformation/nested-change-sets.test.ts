import { beforeEach, expect, test } from "vitest";
import { createStackCloud, type StackCloud } from "./testing.js";

const thing = (properties: object = {}): object => ({ Type: "Test::Thing", Properties: properties });
const template = (resources: object, rest: object = {}): string => JSON.stringify({ Resources: resources, ...rest });
const CHILD = template({ Inner: thing({ Kind: { "Fn::Sub": "${Kind}${Note}" } }) }, { Parameters: { Kind: { Type: "String", Default: "k" }, Note: { Type: "String", Default: "" } } });
const nested = (Parameters: object, key = "child"): object => ({ Type: "AWS::CloudFormation::Stack", Properties: { TemplateURL: `https://templates.s3.amazonaws.com/${key}.json`, Parameters } });

let cloud: StackCloud;
beforeEach(() => {
  cloud = createStackCloud({ objects: new Map([["templates/child.json", CHILD]]) });
});

async function changeSet(body: string, ChangeSetType: "CREATE" | "UPDATE", ChangeSetName = `${ChangeSetType}-set`) {
  const { Id } = await cloud.aws.cloudformation.CreateChangeSet({ StackName: "web", ChangeSetName, ChangeSetType, TemplateBody: body, IncludeNestedStacks: true });
  await cloud.settle();
  return describe(Id!);
}

const describe = (ChangeSetName: string) => cloud.aws.cloudformation.DescribeChangeSet({ ChangeSetName });
const changesIn = (set: Awaited<ReturnType<typeof describe>>) => set.Changes!.map(({ ResourceChange: change }) => `${change!.Action} ${change!.LogicalResourceId} ${change!.Replacement ?? ""}`.trim());

test("a change set shows what happens in stacks that are to come, and executing it makes them as they were shown", async () => {
  const set = await changeSet(template({ A: thing(), Child: nested({ Note: { Ref: "A" } }) }), "CREATE");
  expect(set).toMatchObject({ Status: "CREATE_COMPLETE", ExecutionStatus: "AVAILABLE", IncludeNestedStacks: true });
  expect(changesIn(set)).toEqual(["Add A", "Add Child"]);
  const inner = await describe(set.Changes![1]!.ResourceChange!.ChangeSetId!);
  expect(changesIn(inner)).toEqual(["Add Inner"]);
  expect(inner).toMatchObject({ ParentChangeSetId: set.ChangeSetId, RootChangeSetId: set.ChangeSetId });
  await expect(cloud.aws.cloudformation.ExecuteChangeSet({ ChangeSetName: inner.ChangeSetId! })).rejects.toThrow("is nested: execute its root change set");
  // What was seen is what is done.
  cloud.objects.set("templates/child.json", CHILD.replace('"k"', '"other"'));
  await cloud.aws.cloudformation.ExecuteChangeSet({ ChangeSetName: set.ChangeSetId! });
  await cloud.settle();
  const { Stacks } = await cloud.aws.cloudformation.DescribeStacks({});
  expect(Stacks!.map((one) => one.StackStatus)).toEqual(["CREATE_COMPLETE", "CREATE_COMPLETE"]);
  expect(Stacks!.find((one) => one.ParentId)!.StackId).toBe(inner.StackId);
  expect(cloud.things().map((one) => one.kind)).toEqual(["plain", `k${cloud.things()[0]!.id}`]);
  expect((await describe(inner.ChangeSetId!)).ExecutionStatus).toBe("EXECUTE_COMPLETE");
  expect(cloud.logs).toEqual([]);
});

test("of stacks that are there it shows those that change, each with its own changes", async () => {
  const body = (kind: string): string => template({ Child: nested({ Kind: kind }), Same: nested({ Note: "same" }) });
  await cloud.aws.cloudformation.CreateStack({ StackName: "web", TemplateBody: body("a") });
  await cloud.settle();
  const set = await changeSet(body("b"), "UPDATE");
  expect(changesIn(set)).toEqual(["Modify Child False"]);
  expect(changesIn(await describe(set.Changes![0]!.ResourceChange!.ChangeSetId!))).toEqual(["Modify Inner True"]);
  await cloud.aws.cloudformation.ExecuteChangeSet({ ChangeSetName: set.ChangeSetId! });
  await cloud.settle();
  expect(cloud.things().map((one) => one.kind).toSorted()).toEqual(["b", "ksame"]);
  const none = await changeSet(body("b"), "UPDATE", "again");
  expect(none).toMatchObject({ Status: "FAILED", StatusReason: expect.stringContaining("didn't contain changes") });
});

test("a nested template that is wrong fails the whole change set, and nothing is left but what failed", async () => {
  const set = await changeSet(template({ Child: nested({ Colour: "red" }) }), "CREATE");
  expect(set).toMatchObject({ Status: "FAILED", ExecutionStatus: "UNAVAILABLE", StatusReason: "Nested change set of Child was not successfully created: Parameters: [Colour] do not exist in the template" });
  const missing = await changeSet(template({ Child: nested({}, "none") }), "CREATE", "missing");
  expect(missing.StatusReason).toContain("S3 error: The specified key does not exist.");
});

test("deleting it forgets what is nested in it, names of stacks too", async () => {
  const set = await changeSet(template({ Child: nested({}) }), "CREATE");
  expect((await cloud.aws.cloudformation.DescribeStacks({})).Stacks).toHaveLength(2);
  await cloud.aws.cloudformation.DeleteChangeSet({ ChangeSetName: set.ChangeSetId! });
  expect((await cloud.aws.cloudformation.DescribeStacks({})).Stacks!.map((one) => one.StackName)).toEqual(["web"]);
});

test("without nested stacks it is an ordinary change set", async () => {
  const set = await changeSet(template({ A: thing() }), "CREATE");
  expect(set).toMatchObject({ Status: "CREATE_COMPLETE", ExecutionStatus: "AVAILABLE", IncludeNestedStacks: false });
});

test("of a template that names itself has an end, and leaves nothing of it", async () => {
  cloud.objects.set("templates/child.json", template({ Again: nested({}), More: nested({}) }));
  const set = await changeSet(template({ Child: nested({}) }), "CREATE");
  expect(set).toMatchObject({ Status: "FAILED", StatusReason: expect.stringContaining("is nested 10 deep already") });
  expect((await cloud.aws.cloudformation.DescribeStacks({})).Stacks!.map((one) => one.StackName)).toEqual(["web"]);
});
