import { describe, expect, test } from "vitest";
import { createStackCloud, type StackCloud } from "./testing.js";

const URL = "https://templates.s3.ap-northeast-1.amazonaws.com/child.json";

const thing = (properties: object = {}, rest: object = {}): object => ({ Type: "Test::Thing", Properties: properties, ...rest });
const slow = (properties: object = {}): object => ({ Type: "Test::SlowThing", Properties: properties });
const template = (resources: object, rest: object = {}): string => JSON.stringify({ Resources: resources, ...rest });
const nested = (properties: object = {}, rest: object = {}): object => ({ Type: "AWS::CloudFormation::Stack", Properties: { TemplateURL: URL, ...properties }, ...rest });

/** A child with one thing of the size and kind that its parent says, and its ARN as an output. */
const child = (resources: object = {}): string =>
  template(
    { Inner: thing({ Size: { Ref: "Size" }, Kind: { Ref: "Kind" } }), ...resources },
    { Parameters: { Size: { Type: "Number", Default: 1 }, Kind: { Type: "String", Default: "plain" } }, Outputs: { Made: { Value: { "Fn::GetAtt": ["Inner", "Arn"] } } } },
  );

function cloudWith(body = child()): StackCloud {
  const cloud = createStackCloud();
  cloud.objects.set("templates/child.json", body);
  return cloud;
}

async function create(cloud: StackCloud, body: string, more: object = {}): Promise<string> {
  const { StackId: id } = await cloud.aws.cloudformation.CreateStack({ StackName: "web", TemplateBody: body, ...more });
  await cloud.settle();
  return id!;
}

async function update(cloud: StackCloud, body: string, more: object = {}): Promise<void> {
  await cloud.aws.cloudformation.UpdateStack({ StackName: "web", TemplateBody: body, ...more });
  await cloud.settle();
}

async function stack(cloud: StackCloud, name = "web") {
  return (await cloud.aws.cloudformation.DescribeStacks({ StackName: name })).Stacks![0]!;
}

async function childId(cloud: StackCloud, logicalId = "Child"): Promise<string> {
  const { StackResources } = await cloud.aws.cloudformation.DescribeStackResources({ StackName: "web", LogicalResourceId: logicalId });
  return StackResources![0]!.PhysicalResourceId!;
}

async function history(cloud: StackCloud, name: string): Promise<readonly string[]> {
  const { StackEvents } = await cloud.aws.cloudformation.DescribeStackEvents({ StackName: name });
  return StackEvents!.toReversed().map((event) => [event.LogicalResourceId, event.ResourceStatus, event.ResourceStatusReason].filter(Boolean).join(" "));
}

/** Statuses that a stack went through. */
async function statuses(cloud: StackCloud, id: string): Promise<readonly (string | undefined)[]> {
  const { StackEvents } = await cloud.aws.cloudformation.DescribeStackEvents({ StackName: id });
  return StackEvents!.toReversed().filter((event) => event.PhysicalResourceId === id).map((event) => event.ResourceStatus);
}

describe("a nested stack", () => {
  test("comes with its parent: parameters go in, outputs come out, and each knows the other", async () => {
    const cloud = cloudWith();
    const id = await create(cloud, template({ Child: nested({ Parameters: { Size: "5" }, Tags: [{ Key: "own", Value: "1" }] }), After: thing({ Name: { "Fn::GetAtt": ["Child", "Outputs.Made"] } }) }), { Tags: [{ Key: "team", Value: "a" }] });
    expect((await stack(cloud)).StackStatus).toBe("CREATE_COMPLETE");
    const inner = await stack(cloud, await childId(cloud));
    expect(inner).toMatchObject({ StackStatus: "CREATE_COMPLETE", ParentId: id, RootId: id, Parameters: [{ ParameterKey: "Size", ParameterValue: "5" }, { ParameterKey: "Kind" }] });
    expect(inner.StackName).toMatch(/^web-Child-[A-Z0-9]{12}$/);
    expect(inner.Tags).toEqual([{ Key: "team", Value: "a" }, { Key: "own", Value: "1" }]);
    const [made, after] = cloud.things();
    expect(made!.size).toBe(5);
    expect(after!.name).toBe(`arn:thing/${made!.name}`);
    expect(await history(cloud, "web")).toEqual([
      "web CREATE_IN_PROGRESS User Initiated",
      "Child CREATE_IN_PROGRESS",
      "Child CREATE_IN_PROGRESS Resource creation Initiated",
      "Child CREATE_COMPLETE",
      "After CREATE_IN_PROGRESS",
      "After CREATE_IN_PROGRESS Resource creation Initiated",
      "After CREATE_COMPLETE",
      "web CREATE_COMPLETE",
    ]);
    expect(cloud.logs).toEqual([]);
  });

  test("that fails rolls its parent back, with its reason, and nothing is left of either", async () => {
    const cloud = cloudWith(child({ Bad: thing({ Size: 13, Uses: [{ Ref: "Inner" }] }) }));
    await create(cloud, template({ Child: nested() }));
    const id = await childId(cloud);
    expect((await stack(cloud)).StackStatus).toBe("ROLLBACK_COMPLETE");
    expect(await history(cloud, "web")).toContain(`Child CREATE_FAILED Embedded stack ${id} was not successfully created: The following resource(s) failed to create: [Bad]. `);
    expect((await statuses(cloud, id)).at(-1)).toBe("DELETE_COMPLETE");
    expect(cloud.things()).toEqual([]);
  });

  test.each([
    ["a template that is not there", { TemplateURL: "https://templates.s3.amazonaws.com/none" }, "S3 error: The specified key does not exist.\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"],
    ["a URL that is none of S3's", { TemplateURL: "s3://templates/child.json" }, "TemplateURL must be a supported URL."],
    ["a parameter that it does not have", { Parameters: { Colour: "red" } }, "Parameters: [Colour] do not exist in the template"],
    ["a parameter's bad value", { Parameters: { Size: "big" } }, "Parameter 'Size' must be a number"],
  ])("with %s fails in its parent", async (_what, properties, reason) => {
    const cloud = cloudWith();
    await create(cloud, template({ Child: nested(properties) }));
    expect(await history(cloud, "web")).toContain(`Child CREATE_FAILED ${reason}`);
    expect((await stack(cloud)).StackStatus).toBe("ROLLBACK_COMPLETE");
  });

  test("is updated with its parent, and cleans up only when its parent is sure", async () => {
    const cloud = cloudWith();
    const body = (kind: string, more: object = {}): string => template({ Child: nested({ Parameters: { Kind: kind } }), ...more });
    await create(cloud, body("old"));
    const id = await childId(cloud);
    await cloud.aws.cloudformation.UpdateStack({ StackName: "web", TemplateBody: body("new", { Slow: slow() }) });
    await cloud.settle();
    // The parent still waits for its slow resource: the replaced one is kept.
    expect((await stack(cloud, id)).StackStatus).toBe("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
    expect(cloud.things().map((one) => one.kind).toSorted()).toEqual(["new", "old", "slow"]);
    cloud.makeReady();
    await cloud.settle();
    expect((await stack(cloud)).StackStatus).toBe("UPDATE_COMPLETE");
    expect((await stack(cloud, id)).StackStatus).toBe("UPDATE_COMPLETE");
    expect(cloud.things().map((one) => one.kind).toSorted()).toEqual(["new", "slow"]);
    expect(await statuses(cloud, id)).toEqual(["CREATE_IN_PROGRESS", "CREATE_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE"]);
  });

  test("rolls back with its parent: what its own update replaced is there again", async () => {
    const cloud = cloudWith();
    const body = (kind: string, more: object = {}): string => template({ Child: nested({ Parameters: { Kind: kind } }), ...more });
    await create(cloud, body("old"));
    const id = await childId(cloud);
    const before = cloud.things();
    await update(cloud, body("new", { Bad: thing({ Size: 13 }, { DependsOn: "Child" }) }));
    expect((await stack(cloud)).StackStatus).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect((await statuses(cloud, id)).slice(2)).toEqual([
      "UPDATE_IN_PROGRESS",
      "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
      "UPDATE_ROLLBACK_IN_PROGRESS",
      "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
      "UPDATE_ROLLBACK_COMPLETE",
    ]);
    expect(cloud.things()).toEqual(before);
    expect((await stack(cloud, id)).Outputs![0]!.OutputValue).toBe(`arn:thing/${before[0]!.name}`);
    expect((await stack(cloud, id)).Parameters).toContainEqual(expect.objectContaining({ ParameterKey: "Kind", ParameterValue: "old" }));
    expect(cloud.logs).toEqual([]);
  });

  test("whose own update fails takes its parent back with it", async () => {
    const cloud = cloudWith();
    await create(cloud, template({ Child: nested({ Parameters: { Size: "2" } }) }));
    const id = await childId(cloud);
    await update(cloud, template({ Child: nested({ Parameters: { Size: "13" } }) }));
    expect((await stack(cloud)).StackStatus).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect((await stack(cloud, id)).StackStatus).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect((await history(cloud, "web")).find((line) => line.startsWith("Child UPDATE_FAILED"))).toMatch(
      /Embedded stack .* was not successfully updated\. Currently in UPDATE_ROLLBACK_IN_PROGRESS with reason: The following resource\(s\) failed to update: \[Inner\]\. $/,
    );
    expect(cloud.things().map((one) => one.size)).toEqual([2]);
  });

  test("that is still at its update is stopped when something beside it fails", async () => {
    const cloud = cloudWith(child({ Slow: slow({ Kind: { Ref: "Kind" } }) }));
    const body = (kind: string, more: object = {}): string => template({ Child: nested({ Parameters: { Kind: kind } }), ...more });
    await create(cloud, body("old"));
    cloud.makeReady();
    await cloud.settle();
    const before = cloud.things();
    await update(cloud, body("new", { Bad: thing({ Size: 13 }) }));
    expect((await stack(cloud)).StackStatus).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect((await stack(cloud, await childId(cloud))).StackStatus).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(cloud.things()).toEqual(before);
  });

  test("is asked for an output that it does not have", async () => {
    const cloud = cloudWith();
    await create(cloud, template({ Child: nested(), After: thing({ Name: { "Fn::GetAtt": ["Child", "Outputs.Nope"] } }) }));
    const told = await history(cloud, "web");
    expect(told.find((line) => line.startsWith("After CREATE_FAILED"))).toMatch(/^After CREATE_FAILED Output 'Nope' not found in stack 'arn:aws:cloudformation:.*'$/);
  });

  test("takes a new template from the same URL when its parent is updated without a change", async () => {
    const cloud = cloudWith();
    const body = template({ Child: nested() });
    await create(cloud, body);
    cloud.objects.set("templates/child.json", child({ More: thing() }));
    await update(cloud, body);
    expect(cloud.things()).toHaveLength(2);
    expect((await stack(cloud)).StackStatus).toBe("UPDATE_COMPLETE");
    // The same once more changes nothing in the child, which is not an operation of its own.
    const operations = (await statuses(cloud, await childId(cloud))).length;
    await update(cloud, body);
    expect(await statuses(cloud, await childId(cloud))).toHaveLength(operations);
  });

  test("goes with its parent, and when it leaves the template", async () => {
    const cloud = cloudWith();
    await create(cloud, template({ Child: nested(), Other: thing() }));
    const id = await childId(cloud);
    await update(cloud, template({ Other: thing() }));
    expect((await stack(cloud, id)).StackStatus).toBe("DELETE_COMPLETE");
    expect(cloud.things()).toHaveLength(1);
    await update(cloud, template({ Child: nested(), Other: thing() }));
    await cloud.aws.cloudformation.DeleteStack({ StackName: "web" });
    await cloud.settle();
    expect(cloud.things()).toEqual([]);
    expect((await cloud.aws.cloudformation.ListStacks({})).StackSummaries!.map((one) => one.StackStatus)).toEqual(["DELETE_COMPLETE", "DELETE_COMPLETE", "DELETE_COMPLETE"]);
  });

  test("that can't be deleted leaves its parent in DELETE_FAILED, and a forced deletion leaves it behind", async () => {
    const cloud = cloudWith();
    const id = await create(cloud, template({ Child: nested() }));
    // Somebody else uses what is inside.
    const inner = cloud.things()[0]!.id;
    await cloud.aws.cloudformation.CreateStack({ StackName: "user", TemplateBody: template({ User: thing({ Uses: [inner] }) }) });
    await cloud.settle();
    await cloud.aws.cloudformation.DeleteStack({ StackName: "web" });
    await cloud.advance(6 * 60_000);
    expect((await stack(cloud, id)).StackStatus).toBe("DELETE_FAILED");
    expect((await history(cloud, "web")).find((line) => line.startsWith("Child DELETE_FAILED"))).toMatch(/was not successfully deleted: The following resource\(s\) failed to delete: \[Inner\]\. $/);
    await expect(cloud.aws.cloudformation.DeleteStack({ StackName: "user", DeletionMode: "FORCE_DELETE_STACK" })).rejects.toThrow("only when the stack is in the DELETE_FAILED state");
    await cloud.aws.cloudformation.DeleteStack({ StackName: "web", DeletionMode: "FORCE_DELETE_STACK" });
    await cloud.advance(6 * 60_000);
    expect((await stack(cloud, id)).StackStatus).toBe("DELETE_COMPLETE");
    expect(cloud.things()).toHaveLength(2);
  });

  test("in a stack in a stack works through all of them, but not without end", async () => {
    const cloud = cloudWith();
    cloud.objects.set("templates/middle.json", template({ Grand: nested({ Parameters: { Kind: { Ref: "Kind" } } }) }, { Parameters: { Kind: { Type: "String" } }, Outputs: { Made: { Value: { "Fn::GetAtt": "Grand.Outputs.Made" } } } }));
    const middle = (kind: string, more: object = {}): string => template({ Child: nested({ TemplateURL: "http://127.0.0.1:4566/templates/middle.json", Parameters: { Kind: kind } }), ...more }, { Outputs: { Made: { Value: { "Fn::GetAtt": "Child.Outputs.Made" } } } });
    const root = await create(cloud, middle("a"));
    expect((await stack(cloud)).Outputs![0]!.OutputValue).toBe(`arn:thing/${cloud.things()[0]!.name}`);
    const before = cloud.things();
    await update(cloud, middle("b", { Bad: thing({ Size: 13 }, { DependsOn: "Child" }) }));
    expect((await stack(cloud)).StackStatus).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(cloud.things()).toEqual(before);
    await update(cloud, middle("c"));
    expect(cloud.things().map((one) => one.kind)).toEqual(["c"]);
    const all = (await cloud.aws.cloudformation.DescribeStacks({})).Stacks!;
    expect(all.map((one) => [one.StackStatus, one.RootId === undefined || one.RootId === root])).toEqual(Array.from({ length: 3 }, () => ["UPDATE_COMPLETE", true]));
    await cloud.aws.cloudformation.DeleteStack({ StackName: "web" });
    await cloud.settle();
    expect(cloud.things()).toEqual([]);

    cloud.objects.set("templates/child.json", template({ Again: nested() }));
    await create(cloud, template({ Child: nested() }));
    expect((await stack(cloud)).StackStatus).toBe("ROLLBACK_COMPLETE");
    expect(cloud.things()).toEqual([]);
  });

  test("needs what its own template needs: capabilities come from the root", async () => {
    const cloud = cloudWith(template({ Inner: thing() }, { Transform: "AWS::LanguageExtensions" }));
    await create(cloud, template({ Child: nested() }));
    expect(await history(cloud, "web")).toContain("Child CREATE_FAILED Requires capabilities : [CAPABILITY_AUTO_EXPAND]");
    await cloud.aws.cloudformation.DeleteStack({ StackName: "web" });
    await cloud.settle();
    await create(cloud, template({ Child: nested() }), { Capabilities: ["CAPABILITY_AUTO_EXPAND"] });
    expect((await stack(cloud)).StackStatus).toBe("CREATE_COMPLETE");
  });

  test("is protected by its root, and what is for whole trees is refused on it", async () => {
    const cloud = cloudWith();
    await create(cloud, template({ Child: nested() }), { EnableTerminationProtection: true });
    const id = await childId(cloud);
    const { cloudformation } = cloud.aws;
    await expect(cloudformation.DeleteStack({ StackName: id })).rejects.toThrow("cannot be deleted while TerminationProtection is enabled");
    await expect(cloudformation.UpdateTerminationProtection({ StackName: id, EnableTerminationProtection: false })).rejects.toThrow("UpdateTerminationProtection cannot be called on a nested stack. Call it on its root stack web.");
    await expect(cloudformation.CancelUpdateStack({ StackName: id })).rejects.toThrow("cannot be called on a nested stack");
  });
});
