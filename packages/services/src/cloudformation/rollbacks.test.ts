import { beforeEach, describe, expect, test } from "vitest";
import { createStackCloud, type StackCloud } from "./testing.js";

const thing = (properties: object = {}, rest: object = {}): object => ({ Type: "Test::Thing", Properties: properties, ...rest });
const slow = (properties: object = {}): object => ({ Type: "Test::SlowThing", Properties: properties });
const template = (resources: object, rest: object = {}): string => JSON.stringify({ Resources: resources, ...rest });

let cloud: StackCloud;
beforeEach(() => {
  cloud = createStackCloud();
});

async function create(body: string, more: object = {}): Promise<void> {
  await cloud.aws.cloudformation.CreateStack({ StackName: "web", TemplateBody: body, ...more });
  await cloud.settle();
}

async function update(body: string, more: object = {}): Promise<void> {
  await cloud.aws.cloudformation.UpdateStack({ StackName: "web", TemplateBody: body, ...more });
  await cloud.settle();
}

async function statusOf(name = "web"): Promise<string | undefined> {
  return (await cloud.aws.cloudformation.DescribeStacks({ StackName: name })).Stacks![0]!.StackStatus;
}

async function resources(name = "web"): Promise<Record<string, string>> {
  const { StackResources } = await cloud.aws.cloudformation.DescribeStackResources({ StackName: name });
  return Object.fromEntries(StackResources!.map((one) => [one.LogicalResourceId, one.ResourceStatus]));
}

/** An update of A that can't be taken back: its thing went in the meantime. */
async function stuck(): Promise<void> {
  await create(template({ A: thing({ Size: 1 }), B: thing({ Size: 1 }) }));
  await cloud.aws.cloudformation.UpdateStack({ StackName: "web", TemplateBody: template({ A: thing({ Size: 2 }), B: thing({ Size: 2 }), S: slow() }) });
  await cloud.settle();
  cloud.drop(cloud.things()[0]!.id);
  await cloud.aws.cloudformation.CancelUpdateStack({ StackName: "web" });
  await cloud.settle();
}

describe("a rollback that fails", () => {
  test("ends in UPDATE_ROLLBACK_FAILED, from which nothing but going on leads", async () => {
    await stuck();
    expect(await statusOf()).toBe("UPDATE_ROLLBACK_FAILED");
    expect(await resources()).toMatchObject({ A: "UPDATE_FAILED", B: "UPDATE_COMPLETE" });
    await expect(update(template({ A: thing() }))).rejects.toThrow("is in UPDATE_ROLLBACK_FAILED state and can not be updated.");
    await expect(cloud.aws.cloudformation.RollbackStack({ StackName: "web" })).rejects.toThrow("can not be rolled back");
    // Tried again it fails again.
    await cloud.aws.cloudformation.ContinueUpdateRollback({ StackName: "web" });
    await cloud.settle();
    expect(await statusOf()).toBe("UPDATE_ROLLBACK_FAILED");
  });

  test("goes on when what can't be taken back is skipped, and the stack can be updated again", async () => {
    await stuck();
    await expect(cloud.aws.cloudformation.ContinueUpdateRollback({ StackName: "web", ResourcesToSkip: ["B"] })).rejects.toThrow("the resource B of stack web is not in UPDATE_FAILED state");
    await cloud.aws.cloudformation.ContinueUpdateRollback({ StackName: "web", ResourcesToSkip: ["A"] });
    await cloud.settle();
    expect(await statusOf()).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(await resources()).toMatchObject({ A: "UPDATE_COMPLETE", B: "UPDATE_COMPLETE" });
    expect(cloud.things().map((one) => one.size)).toEqual([1]);
    await update(template({ B: thing({ Size: 7 }) }));
    expect(await statusOf()).toBe("UPDATE_COMPLETE");
    expect(cloud.things().map((one) => one.size)).toEqual([7]);
  });

  test("goes on in nested stacks too, and skips there by Nested.Logical", async () => {
    const child = template({ Inner: thing({ Size: { Ref: "Size" } }) }, { Parameters: { Size: { Type: "Number" } } });
    cloud.objects.set("tpl/child.json", child);
    const body = (size: string, more: object = {}): string => template({ Child: { Type: "AWS::CloudFormation::Stack", Properties: { TemplateURL: "https://tpl.s3.amazonaws.com/child.json", Parameters: { Size: size } } }, ...more });
    await create(body("1"));
    await cloud.aws.cloudformation.UpdateStack({ StackName: "web", TemplateBody: body("2", { S: slow() }) });
    await cloud.settle();
    cloud.drop(cloud.things().find((one) => one.kind === "plain")!.id);
    await cloud.aws.cloudformation.CancelUpdateStack({ StackName: "web" });
    await cloud.settle();
    expect(await statusOf()).toBe("UPDATE_ROLLBACK_FAILED");
    expect(await resources()).toMatchObject({ Child: "UPDATE_FAILED" });
    await cloud.aws.cloudformation.ContinueUpdateRollback({ StackName: "web", ResourcesToSkip: ["Child.Inner"] });
    await cloud.settle();
    expect(await statusOf()).toBe("UPDATE_ROLLBACK_COMPLETE");
    const { StackSummaries } = await cloud.aws.cloudformation.ListStacks({});
    expect(StackSummaries!.map((one) => one.StackStatus)).toEqual(["UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"]);
    expect(cloud.logs).toEqual([]);
  });
});

describe("what failed and was left as it was (DisableRollback)", () => {
  test("RollbackStack takes an update back: what it made, replaced and changed", async () => {
    await create(template({ A: thing({ Size: 1 }), R: thing({ Kind: "old" }) }));
    const before = cloud.things();
    await update(template({ A: thing({ Size: 2 }), R: thing({ Kind: "new" }), N: thing(), Bad: thing({ Size: 13 }, { DependsOn: ["A", "R", "N"] }) }), { DisableRollback: true });
    expect(await statusOf()).toBe("UPDATE_FAILED");
    expect(cloud.things()).toHaveLength(4);
    await cloud.aws.cloudformation.RollbackStack({ StackName: "web" });
    await cloud.settle();
    expect(await statusOf()).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(cloud.things()).toEqual(before);
  });

  test("an update that fails twice rolls back to what was before the first", async () => {
    await create(template({ A: thing({ Size: 1 }), R: thing({ Kind: "old" }) }));
    const before = cloud.things();
    const failing = (size: number, kind: string): string => template({ A: thing({ Size: size }), R: thing({ Kind: kind }), Bad: thing({ Size: 13 }, { DependsOn: ["A", "R"] }) });
    await update(failing(2, "new"), { DisableRollback: true });
    await update(failing(3, "newer"), { DisableRollback: true });
    expect(await statusOf()).toBe("UPDATE_FAILED");
    await update(failing(4, "newest"));
    expect(await statusOf()).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(cloud.things()).toEqual(before);
  });

  test("an update that mends it makes nothing twice, and leaves nothing of what it replaced", async () => {
    await create(template({ R: thing({ Kind: "old" }) }));
    const next = (size: number): string => template({ R: thing({ Kind: "new" }), N: thing(), Bad: thing({ Size: size }, { DependsOn: ["R", "N"] }) });
    await update(next(13), { DisableRollback: true });
    await update(next(12));
    expect(await statusOf()).toBe("UPDATE_COMPLETE");
    expect(cloud.things().map((one) => [one.kind, one.size])).toEqual([["new", 1], ["plain", 1], ["plain", 12]]);
  });

  test("a creation can be mended by an update without rollback, or rolled back", async () => {
    const body = (size: number): string => template({ A: thing(), Bad: thing({ Size: size }, { DependsOn: "A" }) });
    await create(body(13), { DisableRollback: true });
    expect(await statusOf()).toBe("CREATE_FAILED");
    await expect(update(body(1))).rejects.toThrow("is in CREATE_FAILED state and can not be updated.");
    await update(body(1), { DisableRollback: true });
    expect(await statusOf()).toBe("UPDATE_COMPLETE");
    expect(cloud.things()).toHaveLength(2);
    await cloud.aws.cloudformation.DeleteStack({ StackName: "web" });
    await cloud.settle();
    await create(body(13), { DisableRollback: true });
    await cloud.aws.cloudformation.RollbackStack({ StackName: "web" });
    await cloud.settle();
    expect(await statusOf()).toBe("ROLLBACK_COMPLETE");
    expect(cloud.things()).toEqual([]);
  });

  test("nested stacks are taken back too", async () => {
    cloud.objects.set("tpl/child.json", template({ Inner: thing({ Kind: { Ref: "Kind" } }) }, { Parameters: { Kind: { Type: "String" } } }));
    const body = (kind: string, more: object = {}): string => template({ Child: { Type: "AWS::CloudFormation::Stack", Properties: { TemplateURL: "https://tpl.s3.amazonaws.com/child.json", Parameters: { Kind: kind } } }, ...more });
    await create(body("old"));
    const before = cloud.things();
    await update(body("new", { Bad: thing({ Size: 13 }, { DependsOn: "Child" }) }), { DisableRollback: true });
    expect(await statusOf()).toBe("UPDATE_FAILED");
    await cloud.aws.cloudformation.RollbackStack({ StackName: "web" });
    await cloud.settle();
    expect(await statusOf()).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(cloud.things()).toEqual(before);
    await update(body("new", { Bad: thing({ Size: 13 }, { DependsOn: "Child" }) }), { DisableRollback: true });
    await update(body("newer", { Bad: thing({ Size: 1 }, { DependsOn: "Child" }) }));
    expect(await statusOf()).toBe("UPDATE_COMPLETE");
    expect(cloud.things().map((one) => one.kind)).toEqual(["newer", "plain"]);
    expect(cloud.logs).toEqual([]);
  });
});

describe("what a rolled back creation leaves", () => {
  test.each([
    ["Retain", false, 1],
    ["Retain", true, 0],
    ["RetainExceptOnCreate", false, 0],
  ] as const)("with DeletionPolicy %s and RetainExceptOnCreate %s is %s things", async (policy, except, left) => {
    await create(template({ A: thing({}, { DeletionPolicy: policy }), Bad: thing({ Size: 13 }, { DependsOn: "A" }) }), { RetainExceptOnCreate: except });
    expect(await statusOf()).toBe("ROLLBACK_COMPLETE");
    expect(cloud.things()).toHaveLength(left);
  });

  test("retained resources stay when a stack in DELETE_FAILED is deleted", async () => {
    await create(template({ A: thing(), B: thing({}, { DependsOn: "A" }) }));
    const a = cloud.things()[0]!.id;
    await cloud.aws.cloudformation.CreateStack({ StackName: "user", TemplateBody: template({ U: thing({ Uses: [a] }) }) });
    await cloud.settle();
    await cloud.aws.cloudformation.DeleteStack({ StackName: "web" });
    await cloud.advance(6 * 60_000);
    expect(await statusOf()).toBe("DELETE_FAILED");
    await cloud.aws.cloudformation.DeleteStack({ StackName: "web", RetainResources: ["A"] });
    await cloud.settle();
    await expect(statusOf()).rejects.toThrow("does not exist");
    expect(cloud.things()).toHaveLength(2);
  });
});
