import { beforeEach, describe, expect, test } from "vitest";
import { createStackCloud, type StackCloud } from "./testing.js";

const thing = (properties: object = {}, rest: object = {}): object => ({ Type: "Test::Thing", Properties: properties, ...rest });
const template = (resources: object, rest: object = {}): string => JSON.stringify({ Resources: resources, ...rest });

let cloud: StackCloud;
let made = 0;
beforeEach(() => {
  cloud = createStackCloud();
  made = 0;
});

async function create(body: string, more: object = {}): Promise<void> {
  await cloud.aws.cloudformation.CreateStack({ StackName: "web", TemplateBody: body, ...more });
  await cloud.settle();
}

async function changeSet(body: string, more: object = {}) {
  const { Id } = await cloud.aws.cloudformation.CreateChangeSet({ StackName: "web", ChangeSetName: `c${++made}`, TemplateBody: body, ...more });
  return cloud.aws.cloudformation.DescribeChangeSet({ ChangeSetName: Id!, IncludePropertyValues: true });
}

async function execute(id: string | undefined, more: object = {}): Promise<void> {
  await cloud.aws.cloudformation.ExecuteChangeSet({ ChangeSetName: id!, ...more });
  await cloud.settle();
}

async function statusOf(name = "web"): Promise<string | undefined> {
  return (await cloud.aws.cloudformation.DescribeStacks({ StackName: name })).Stacks![0]!.StackStatus;
}

describe("what a change set says", () => {
  test("follows replacements through references, and says where each change comes from", async () => {
    const body = (kind: string, size: unknown): string =>
      template(
        { A: thing({ Kind: kind }), B: thing({ Uses: [{ Ref: "A" }] }), C: thing({ Size: size }), D: thing({ Name: { "Fn::GetAtt": ["B", "Arn"] } }), E: thing() },
        { Parameters: { Size: { Type: "Number", Default: 1 } } },
      );
    await create(body("old", { Ref: "Size" }));
    const { Changes } = await changeSet(body("new", { Ref: "Size" }), { Parameters: [{ ParameterKey: "Size", ParameterValue: "2" }] });
    const shown = Changes!.map(({ ResourceChange: change }) => ({
      id: change!.LogicalResourceId,
      replacement: change!.Replacement,
      policy: change!.PolicyAction,
      details: change!.Details!.map((detail) => [detail.Target!.Name, detail.Target!.RequiresRecreation, detail.Evaluation, detail.ChangeSource, detail.CausingEntity]),
    }));
    expect(shown).toEqual([
      { id: "A", replacement: "True", policy: "ReplaceAndDelete", details: [["Kind", "Always", "Static", "DirectModification", undefined]] },
      { id: "B", replacement: "False", policy: undefined, details: [["Uses", "Never", "Dynamic", "ResourceReference", "A"]] },
      { id: "C", replacement: "False", policy: undefined, details: [["Size", "Never", "Static", "ParameterReference", "Size"]] },
      { id: "D", replacement: "Conditional", policy: "ReplaceAndDelete", details: [["Name", "Always", "Dynamic", "ResourceAttribute", "B.Arn"]] },
    ]);
    expect(Changes![1]!.ResourceChange!.AfterContext).toBe('{"Properties":{"Uses":["{{changeSet:KNOWN_AFTER_APPLY}}"]}}');
    expect(Changes![2]!.ResourceChange).toMatchObject({ BeforeContext: '{"Properties":{"Size":1}}', AfterContext: '{"Properties":{"Size":2}}' });
  });

  test("names what is removed with what becomes of it, and what only changed its policies", async () => {
    await create(template({ A: thing({}, { DeletionPolicy: "Retain" }), B: thing(), C: thing() }));
    const { Changes } = await changeSet(template({ C: thing({}, { UpdateReplacePolicy: "Retain", Metadata: { note: 1 } }), N: thing() }));
    expect(Changes!.map(({ ResourceChange: change }) => [change!.Action, change!.LogicalResourceId, change!.PolicyAction, change!.Scope, change!.Replacement])).toEqual([
      ["Modify", "C", undefined, ["Metadata", "UpdateReplacePolicy"], "False"],
      ["Add", "N", undefined, [], undefined],
      ["Remove", "A", "Retain", [], undefined],
      ["Remove", "B", "Delete", [], undefined],
    ]);
  });

  test("is nothing when nothing changes: it fails, and can't be executed", async () => {
    await create(template({ A: thing() }));
    const empty = await changeSet(template({ A: thing() }));
    expect(empty).toMatchObject({ Status: "FAILED", ExecutionStatus: "UNAVAILABLE", StatusReason: "The submitted information didn't contain changes. Submit different information to create a change set." });
    await expect(execute(empty.ChangeSetId)).rejects.toMatchObject({ code: "InvalidChangeSetStatusException", message: `ChangeSet [${empty.ChangeSetId}] cannot be executed in its current status of [FAILED]` });
  });
});

describe("executing", () => {
  test("makes the others obsolete, as does any other update", async () => {
    await create(template({ A: thing() }));
    const first = await changeSet(template({ A: thing({ Size: 2 }) }));
    const second = await changeSet(template({ A: thing({ Size: 3 }) }));
    await execute(first.ChangeSetId);
    expect(cloud.things()[0]!.size).toBe(2);
    await expect(execute(second.ChangeSetId)).rejects.toThrow(`ChangeSet [${second.ChangeSetId}] cannot be executed in its current execution status of [OBSOLETE]`);
    const third = await changeSet(template({ A: thing({ Size: 4 }) }));
    await cloud.aws.cloudformation.UpdateStack({ StackName: "web", TemplateBody: template({ A: thing({ Size: 5 }) }) });
    await cloud.settle();
    await expect(execute(third.ChangeSetId)).rejects.toThrow("[OBSOLETE]");
  });

  test("with DisableRollback leaves a failure as it is", async () => {
    await create(template({ A: thing() }));
    const { ChangeSetId } = await changeSet(template({ A: thing({ Size: 2 }), Bad: thing({ Size: 13 }, { DependsOn: "A" }) }));
    await execute(ChangeSetId, { DisableRollback: true });
    expect(await statusOf()).toBe("UPDATE_FAILED");
  });
});

describe("importing", () => {
  const body = (more: object = {}): string => template({ A: thing(), Old: thing({ Size: 3 }, { DeletionPolicy: "Retain" }), ...more });

  async function outside(): Promise<string> {
    await cloud.aws.cloudformation.CreateStack({ StackName: "other", TemplateBody: template({ X: thing({ Size: 3 }, { DeletionPolicy: "Retain" }) }) });
    await cloud.settle();
    const { id } = cloud.things().at(-1)!;
    await cloud.aws.cloudformation.DeleteStack({ StackName: "other" });
    await cloud.settle();
    return id;
  }

  const naming = (Id: string): object => ({ ChangeSetType: "IMPORT", ResourcesToImport: [{ ResourceType: "Test::Thing", LogicalResourceId: "Old", ResourceIdentifier: { Id } }] });

  test("takes in a resource that exists, which from then on is the stack's", async () => {
    await create(template({ A: thing() }));
    const id = await outside();
    const { Changes, ChangeSetId } = await changeSet(body(), naming(id));
    expect(Changes!.map(({ ResourceChange: change }) => [change!.Action, change!.LogicalResourceId, change!.PhysicalResourceId])).toEqual([["Import", "Old", id]]);
    await execute(ChangeSetId);
    expect(await statusOf()).toBe("IMPORT_COMPLETE");
    const { StackResources } = await cloud.aws.cloudformation.DescribeStackResources({ StackName: "web", LogicalResourceId: "Old" });
    expect(StackResources![0]).toMatchObject({ PhysicalResourceId: id, ResourceStatus: "IMPORT_COMPLETE" });
    expect(cloud.things()).toHaveLength(2);
    await cloud.aws.cloudformation.UpdateStack({ StackName: "web", TemplateBody: template({ A: thing(), Old: thing({ Size: 9 }, { DeletionPolicy: "Delete" }) }) });
    await cloud.settle();
    expect(cloud.things().find((one) => one.id === id)!.size).toBe(9);
    await cloud.aws.cloudformation.DeleteStack({ StackName: "web" });
    await cloud.settle();
    expect(cloud.things()).toEqual([]);
  });

  test("of what is not there is rolled back, and nothing is touched", async () => {
    await create(template({ A: thing() }));
    const { ChangeSetId } = await changeSet(body(), naming("thing-none"));
    await execute(ChangeSetId);
    expect(await statusOf()).toBe("IMPORT_ROLLBACK_COMPLETE");
    expect((await cloud.aws.cloudformation.DescribeStackResources({ StackName: "web" })).StackResources!.map((one) => one.LogicalResourceId)).toEqual(["A"]);
    expect(cloud.things()).toHaveLength(1);
  });

  test("leaves what was taken in to a later update that fails as it was", async () => {
    const id = await outside();
    const things = cloud.things();
    const { ChangeSetId } = await changeSet(template({ Old: thing({ Size: 3 }, { DeletionPolicy: "RetainExceptOnCreate" }) }), naming(id));
    await execute(ChangeSetId);
    await cloud.aws.cloudformation.UpdateStack({ StackName: "web", TemplateBody: template({ Old: thing({ Size: 4 }, { DeletionPolicy: "RetainExceptOnCreate" }), Bad: thing({ Size: 13 }, { DependsOn: "Old" }) }) });
    await cloud.settle();
    expect(await statusOf()).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(cloud.things()).toEqual(things);
  });

  test("makes a stack out of nothing but what exists", async () => {
    const id = await outside();
    const { ChangeSetId } = await changeSet(template({ Old: thing({ Size: 3 }, { DeletionPolicy: "Retain" }) }), naming(id));
    await execute(ChangeSetId);
    expect(await statusOf()).toBe("IMPORT_COMPLETE");
  });

  test.each([
    ["other changes too", (id: string) => changeSet(body({ N: thing() }), naming(id)), "You have modified resources [N] in your template that are not being imported."],
    ["no DeletionPolicy", (id: string) => changeSet(template({ A: thing(), Old: thing() }), naming(id)), "Resources [Old] to import must have the DeletionPolicy attribute specified in the template."],
    ["another key", () => changeSet(body(), { ChangeSetType: "IMPORT", ResourcesToImport: [{ ResourceType: "Test::Thing", LogicalResourceId: "Old", ResourceIdentifier: { Name: "x" } }] }), "must have exactly the keys [Id]"],
    ["a resource of another stack", () => changeSet(body(), naming(cloud.things()[0]!.id)), "already exists in stack"],
    ["nothing to import", () => changeSet(body(), { ChangeSetType: "IMPORT" }), "ResourcesToImport must name at least one resource"],
  ])("is refused with %s", async (_what, attempt, message) => {
    await create(template({ A: thing() }));
    const id = await outside();
    await expect(attempt(id)).rejects.toThrow(message);
  });
});
