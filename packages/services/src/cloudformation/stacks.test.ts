import { describe, expect, test } from "vitest";
import { createStackCloud, type StackCloud } from "./testing.js";

const NAME = "web";

function template(resources: object, rest: object = {}): string {
  return JSON.stringify({ Resources: resources, ...rest });
}

const thing = (properties: object = {}, rest: object = {}): object => ({ Type: "Test::Thing", Properties: properties, ...rest });
const slow = (properties: object = {}, rest: object = {}): object => ({ Type: "Test::SlowThing", Properties: properties, ...rest });

async function create(cloud: StackCloud, body: string, more: object = {}): Promise<string> {
  const { StackId: id } = await cloud.aws.cloudformation.CreateStack({ StackName: NAME, TemplateBody: body, ...more });
  await cloud.settle();
  return id!;
}

async function update(cloud: StackCloud, body: string, more: object = {}): Promise<void> {
  await cloud.aws.cloudformation.UpdateStack({ StackName: NAME, TemplateBody: body, ...more });
  await cloud.settle();
}

async function stack(cloud: StackCloud, name = NAME) {
  return (await cloud.aws.cloudformation.DescribeStacks({ StackName: name })).Stacks![0]!;
}

/** Oldest first: `Web CREATE_IN_PROGRESS reason`. */
async function history(cloud: StackCloud, name = NAME): Promise<readonly string[]> {
  const { StackEvents: events } = await cloud.aws.cloudformation.DescribeStackEvents({ StackName: name });
  return events!.toReversed().map((event) => [event.LogicalResourceId, event.ResourceStatus, event.ResourceStatusReason].filter(Boolean).join(" "));
}

describe("creating a stack", () => {
  test("tells of each resource in AWS's order and ends in CREATE_COMPLETE with its outputs", async () => {
    const cloud = createStackCloud();
    await create(
      cloud,
      template(
        { A: thing(), B: thing({ Uses: [{ Ref: "A" }] }) },
        { Outputs: { Made: { Value: { "Fn::Sub": "${B.Arn} uses ${A}" }, Export: { Name: { "Fn::Sub": "${AWS::StackName}-made" } } } } },
      ),
    );
    expect(await history(cloud)).toEqual([
      "web CREATE_IN_PROGRESS User Initiated",
      "A CREATE_IN_PROGRESS",
      "A CREATE_IN_PROGRESS Resource creation Initiated",
      "A CREATE_COMPLETE",
      "B CREATE_IN_PROGRESS",
      "B CREATE_IN_PROGRESS Resource creation Initiated",
      "B CREATE_COMPLETE",
      "web CREATE_COMPLETE",
    ]);
    const [a, b] = cloud.things();
    expect(a!.name).toMatch(/^web-A-[A-Z0-9]{12}$/);
    expect((await stack(cloud)).Outputs).toEqual([{ OutputKey: "Made", OutputValue: `arn:thing/${b!.name} uses ${a!.id}`, Description: undefined, ExportName: "web-made" }]);
    expect((await cloud.aws.cloudformation.ListExports({})).Exports?.map((one) => one.Name)).toEqual(["web-made"]);
  });

  test("makes its calls as the stack's caller, forwarded by CloudFormation", async () => {
    const cloud = createStackCloud();
    await create(cloud, template({ A: thing(), B: { Type: "Test::AsyncThing" } }));
    expect(cloud.things().map((one) => [one.madeBy, one.via])).toEqual([
      ["admin", "forwarded"],
      ["admin", "forwarded"],
    ]);
  });

  test("waits for what has not settled, and starts what does not depend on it", async () => {
    const cloud = createStackCloud();
    await create(cloud, template({ A: slow(), B: thing({}, { DependsOn: "A" }), C: thing() }));
    expect((await stack(cloud)).StackStatus).toBe("CREATE_IN_PROGRESS");
    expect(cloud.things().map((one) => one.kind)).toEqual(["slow", "plain"]);
    cloud.makeReady();
    await cloud.settle();
    expect((await stack(cloud)).StackStatus).toBe("CREATE_COMPLETE");
    expect(cloud.things()).toHaveLength(3);
  });

  test("rolls everything back when one resource fails, and cancels what was under way", async () => {
    const cloud = createStackCloud();
    await create(cloud, template({ A: thing(), S: slow(), Bad: thing({ Size: 13, Uses: [{ Ref: "A" }] }) }));
    const told = await history(cloud);
    expect(told).toContain("S CREATE_FAILED Resource creation cancelled");
    expect(told.find((line) => line.startsWith("Bad CREATE_FAILED"))).toMatch(/Resource handler returned message: "13 is not a size" \(RequestToken: .*HandlerErrorCode: InvalidRequest\)/);
    expect(told).toContain("web ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Bad]. Rollback requested by user.");
    expect(told.at(-1)).toBe("web ROLLBACK_COMPLETE");
    expect(cloud.things()).toEqual([]);
  });

  test.each([
    ["DO_NOTHING", "CREATE_FAILED", 1],
    ["DELETE", "DELETE_COMPLETE", 0],
  ] as const)("OnFailure %s ends in %s", async (onFailure, status, left) => {
    const cloud = createStackCloud();
    const id = await create(cloud, template({ A: thing(), Bad: thing({ Size: 13, Uses: [{ Ref: "A" }] }) }), { OnFailure: onFailure });
    expect((await stack(cloud, id)).StackStatus).toBe(status);
    expect(cloud.things()).toHaveLength(left);
  });

  test("gives up after TimeoutInMinutes", async () => {
    const cloud = createStackCloud();
    await create(cloud, template({ A: slow() }), { TimeoutInMinutes: 2 });
    await cloud.advance(119_000);
    expect((await stack(cloud)).StackStatus).toBe("CREATE_IN_PROGRESS");
    await cloud.advance(2_000);
    expect((await stack(cloud)).StackStatus).toBe("ROLLBACK_COMPLETE");
    expect(cloud.things()).toEqual([]);
  });

  test("a name is taken until the stack is deleted, and the same ClientRequestToken means the same stack", async () => {
    const cloud = createStackCloud();
    const id = await create(cloud, template({ A: thing() }), { ClientRequestToken: "t1" });
    expect(await create(cloud, template({ A: thing() }), { ClientRequestToken: "t1" })).toBe(id);
    await expect(create(cloud, template({ A: thing() }))).rejects.toMatchObject({ code: "AlreadyExistsException", message: "Stack [web] already exists" });
  });

  test("nothing is touched when the template or the request is wrong", async () => {
    const cloud = createStackCloud();
    const attempt = (body: string, more: object = {}): Promise<string> => create(cloud, body, more);
    await expect(attempt(template({ A: { Type: "AWS::X::Y" } }))).rejects.toMatchObject({ code: "ValidationError", message: expect.stringMatching(/^Template format error: Unrecognized resource types: \[AWS::X::Y\] \[\/Resources\/A\/Type, line \d+, column \d+\]$/) as string });
    await expect(attempt(template({ A: thing({ Size: "many" }) }))).rejects.toThrow('#/Size: expected type: Integer, found: String "many" [/Resources/A/Properties/Size, line 1,');
    await expect(attempt(template({ A: thing() }), { StackName: "1web" })).rejects.toThrow("'stackName' failed to satisfy constraint");
    await expect(attempt("x".repeat(51_201))).rejects.toThrow("less than or equal to 51200");
    await expect(cloud.aws.cloudformation.CreateStack({ StackName: "s3", TemplateURL: "https://example.com/t.yaml" })).rejects.toThrow("TemplateURL must be a supported URL.");
    await expect(attempt(template({ A: thing() }), { NotificationARNs: ["arn:aws:sns:x"] })).rejects.toThrow('"arn:aws:sns:x" in NotificationARNs is not the ARN of an SNS topic');
    expect((await cloud.aws.cloudformation.ListStacks({})).StackSummaries).toEqual([]);
  });

  test("NoEcho values are shown nowhere", async () => {
    const cloud = createStackCloud();
    const body = template({ A: thing({ Name: { Ref: "Secret" } }) }, { Parameters: { Secret: { Type: "String", NoEcho: true } } });
    await create(cloud, body, { Parameters: [{ ParameterKey: "Secret", ParameterValue: "hunter2" }] });
    expect(cloud.things()[0]!.name).toBe("hunter2");
    expect(JSON.stringify([await stack(cloud), await cloud.aws.cloudformation.DescribeStackEvents({ StackName: NAME })])).not.toContain("hunter2");
  });
});

describe("updating a stack", () => {
  test("changes in place, replaces, adds and removes, and cleans up at the end", async () => {
    const cloud = createStackCloud();
    await create(cloud, template({ Base: thing({ Kind: "one" }), Sized: thing({ Size: 1 }), Same: thing(), Old: thing({ Uses: [{ Ref: "Base" }] }) }));
    const before = new Map(cloud.things().map((one) => [one.name.split("-")[1], one.id]));
    await update(cloud, template({ Base: thing({ Kind: "two" }), Sized: thing({ Size: 2 }), Same: thing(), New: thing({ Uses: [{ Ref: "Base" }] }) }));
    const told = await history(cloud);
    expect(told.slice(told.indexOf("web UPDATE_IN_PROGRESS User Initiated"))).toEqual([
      "web UPDATE_IN_PROGRESS User Initiated",
      "Base UPDATE_IN_PROGRESS Requested update requires the creation of a new physical resource; hence creating one.",
      "Base UPDATE_IN_PROGRESS Resource creation Initiated",
      "Base UPDATE_COMPLETE",
      "Sized UPDATE_IN_PROGRESS",
      "Sized UPDATE_COMPLETE",
      "New CREATE_IN_PROGRESS",
      "New CREATE_IN_PROGRESS Resource creation Initiated",
      "New CREATE_COMPLETE",
      "web UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
      "Old DELETE_IN_PROGRESS",
      "Old DELETE_COMPLETE",
      "Base DELETE_IN_PROGRESS",
      "Base DELETE_COMPLETE",
      "web UPDATE_COMPLETE",
    ]);
    const after = new Map(cloud.things().map((one) => [one.name.split("-")[1], one.id]));
    expect([...after.keys()].toSorted()).toEqual(["Base", "New", "Same", "Sized"]);
    expect(after.get("Base")).not.toBe(before.get("Base"));
    expect(after.get("Sized")).toBe(before.get("Sized"));
    expect((await cloud.aws.cloudformation.DescribeStackResources({ StackName: NAME })).StackResources!.map((one) => one.LogicalResourceId)).toEqual(["Base", "New", "Same", "Sized"]);
  });

  test("that fails gives every resource back what it had", async () => {
    const cloud = createStackCloud();
    await create(cloud, template({ Base: thing({ Kind: "one" }), Sized: thing({ Size: 1 }), Last: thing({ Size: 5 }, { DependsOn: ["Base", "Sized"] }) }));
    const before = cloud.things();
    await update(cloud, template({ Base: thing({ Kind: "two" }), Sized: thing({ Size: 2 }), New: thing(), Last: thing({ Size: 13 }, { DependsOn: ["Base", "Sized", "New"] }) }));
    const told = await history(cloud);
    expect(told).toContain("web UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to update: [Last]. ");
    expect(told).toContain("web UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS");
    expect(told.at(-1)).toBe("web UPDATE_ROLLBACK_COMPLETE");
    expect(cloud.things()).toEqual(before);
    await update(cloud, template({ Base: thing({ Kind: "one" }), Sized: thing({ Size: 3 }), Last: thing({ Size: 5 }, { DependsOn: ["Base", "Sized"] }) }));
    expect((await stack(cloud)).StackStatus).toBe("UPDATE_COMPLETE");
    expect(cloud.things().map((one) => one.size)).toEqual([1, 3, 5]);
  });

  test("makes what was removed anew, with another name and token (S4-35: NAT gateway to NAT instance and back)", async () => {
    const cloud = createStackCloud();
    const body = template({ A: thing(), B: { Type: "Test::AsyncThing" }, C: slow() });
    await create(cloud, body);
    cloud.makeReady();
    await cloud.settle();
    const before = cloud.things().map((one) => one.name);
    await update(cloud, template({ Other: thing() }));
    await update(cloud, body);
    cloud.makeReady();
    await cloud.settle();
    expect((await stack(cloud)).StackStatus).toBe("UPDATE_COMPLETE");
    expect(cloud.things()).toHaveLength(3);
    expect(cloud.things().filter((one) => before.includes(one.name))).toEqual([]);
  });

  test("without changes is refused, and so is one while another goes on", async () => {
    const cloud = createStackCloud();
    await create(cloud, template({ A: thing() }));
    await expect(update(cloud, template({ A: thing() }))).rejects.toMatchObject({ code: "ValidationError", message: "No updates are to be performed." });
    await update(cloud, template({ A: thing(), B: slow() }));
    await expect(update(cloud, template({ A: thing() }))).rejects.toThrow(/is in UPDATE_IN_PROGRESS state and can not be updated/);
    await expect(cloud.aws.cloudformation.DeleteStack({ StackName: NAME })).rejects.toThrow("cannot be deleted while in status UPDATE_IN_PROGRESS");
  });

  test("uses the previous template and parameters when asked to", async () => {
    const cloud = createStackCloud();
    const body = template({ A: thing({ Size: { Ref: "Size" }, Name: { Ref: "Name" } }) }, { Parameters: { Size: { Type: "Number", MaxValue: 9 }, Name: { Type: "String" } } });
    await create(cloud, body, { Parameters: [{ ParameterKey: "Size", ParameterValue: "2" }, { ParameterKey: "Name", ParameterValue: "n" }] });
    const parameters = (size: string) => ({ Parameters: [{ ParameterKey: "Size", ParameterValue: size }, { ParameterKey: "Name", UsePreviousValue: true }] });
    await cloud.aws.cloudformation.UpdateStack({ StackName: NAME, UsePreviousTemplate: true, ...parameters("3") });
    await cloud.settle();
    expect(cloud.things().map((one) => [one.name, one.size])).toEqual([["n", 3]]);
    await expect(cloud.aws.cloudformation.UpdateStack({ StackName: NAME, UsePreviousTemplate: true, ...parameters("10") })).rejects.toThrow("Parameter 'Size' must be a number not greater than 9");
  });

  test("can be cancelled while it goes on", async () => {
    const cloud = createStackCloud();
    await create(cloud, template({ A: thing() }));
    const before = cloud.things();
    await expect(cloud.aws.cloudformation.CancelUpdateStack({ StackName: NAME })).rejects.toThrow("CancelUpdateStack cannot be called from current stack status");
    await update(cloud, template({ A: thing({ Size: 2 }), S: slow() }));
    await cloud.aws.cloudformation.CancelUpdateStack({ StackName: NAME });
    await cloud.settle();
    expect(await history(cloud)).toContain("S CREATE_FAILED Resource creation cancelled");
    expect((await stack(cloud)).StackStatus).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(cloud.things()).toEqual(before);
  });

  test("keeps what its policies retain", async () => {
    const cloud = createStackCloud();
    await create(cloud, template({ Kept: thing({}, { DeletionPolicy: "Retain" }), Swapped: thing({ Kind: "a" }, { UpdateReplacePolicy: "Retain" }), Other: thing() }));
    await update(cloud, template({ Swapped: thing({ Kind: "b" }, { UpdateReplacePolicy: "Retain" }), Other: thing() }));
    expect(await history(cloud)).toContain("Kept DELETE_SKIPPED");
    expect(cloud.things()).toHaveLength(4);
  });
});

describe("deleting a stack", () => {
  test("deletes in the reverse order; afterwards it is known by its id only", async () => {
    const cloud = createStackCloud();
    const id = await create(cloud, template({ A: thing(), B: thing({ Uses: [{ Ref: "A" }] }), C: thing({ Uses: [{ Ref: "B" }] }) }));
    await cloud.aws.cloudformation.DeleteStack({ StackName: NAME });
    await cloud.settle();
    expect(cloud.things()).toEqual([]);
    expect((await history(cloud, id)).filter((line) => line.endsWith("DELETE_COMPLETE"))).toEqual(["C DELETE_COMPLETE", "B DELETE_COMPLETE", "A DELETE_COMPLETE", "web DELETE_COMPLETE"]);
    await expect(stack(cloud)).rejects.toMatchObject({ code: "ValidationError", message: "Stack with id web does not exist" });
    expect((await stack(cloud, id)).StackStatus).toBe("DELETE_COMPLETE");
    await cloud.aws.cloudformation.DeleteStack({ StackName: NAME });
  });

  test("waits a while for what others still use, then fails, and can be tried again", async () => {
    const cloud = createStackCloud();
    const id = await create(cloud, template({ A: thing({ Name: "a" }) }));
    const user = (await (cloud.aws as unknown as { things: { Make(input: object): Promise<{ Id: string }> } }).things.Make({ Name: "user", Kind: "x", Size: 1, Uses: [cloud.things()[0]!.id], Ready: true })).Id;
    await cloud.aws.cloudformation.DeleteStack({ StackName: NAME });
    await cloud.advance(60_000);
    expect((await stack(cloud)).StackStatus).toBe("DELETE_IN_PROGRESS");
    await cloud.advance(300_000);
    expect(await stack(cloud)).toMatchObject({ StackStatus: "DELETE_FAILED", StackStatusReason: "The following resource(s) failed to delete: [A]. " });
    await (cloud.aws as unknown as { things: { Drop(input: object): Promise<object> } }).things.Drop({ Id: user });
    await cloud.aws.cloudformation.DeleteStack({ StackName: NAME });
    await cloud.settle();
    expect((await stack(cloud, id)).StackStatus).toBe("DELETE_COMPLETE");
  });

  test("is refused under termination protection, and while another stack imports from it", async () => {
    const cloud = createStackCloud();
    await create(cloud, template({ A: thing() }, { Outputs: { Id: { Value: { Ref: "A" }, Export: { Name: "a-id" } } } }), { EnableTerminationProtection: true });
    await expect(cloud.aws.cloudformation.DeleteStack({ StackName: NAME })).rejects.toThrow("Stack [web] cannot be deleted while TerminationProtection is enabled");
    await cloud.aws.cloudformation.UpdateTerminationProtection({ StackName: NAME, EnableTerminationProtection: false });
    await cloud.aws.cloudformation.CreateStack({ StackName: "importer", TemplateBody: template({ B: thing({ Uses: [{ "Fn::ImportValue": "a-id" }] }) }) });
    await cloud.settle();
    await expect(cloud.aws.cloudformation.DeleteStack({ StackName: NAME })).rejects.toThrow("Export a-id cannot be deleted as it is in use by importer");
    expect((await cloud.aws.cloudformation.ListImports({ ExportName: "a-id" })).Imports).toEqual(["importer"]);
  });

  test("while it is being created deletes what was made so far", async () => {
    const cloud = createStackCloud();
    const id = await create(cloud, template({ A: thing(), S: slow() }));
    await cloud.aws.cloudformation.DeleteStack({ StackName: NAME });
    await cloud.settle();
    expect((await stack(cloud, id)).StackStatus).toBe("DELETE_COMPLETE");
    expect(cloud.things()).toEqual([]);
  });
});

describe("change sets", () => {
  test("create and update a stack as `aws cloudformation deploy` does", async () => {
    const cloud = createStackCloud();
    const { cloudformation } = cloud.aws;
    const deploy = async (type: "CREATE" | "UPDATE", body: string) => {
      const { Id: id } = await cloudformation.CreateChangeSet({ StackName: NAME, ChangeSetName: `c${type}${body.length}`, ChangeSetType: type, TemplateBody: body });
      return (await cloudformation.DescribeChangeSet({ ChangeSetName: id! }));
    };
    const first = await deploy("CREATE", template({ A: thing() }));
    expect(first).toMatchObject({ Status: "CREATE_COMPLETE", ExecutionStatus: "AVAILABLE", Changes: [{ ResourceChange: { Action: "Add", LogicalResourceId: "A" } }] });
    expect((await stack(cloud)).StackStatus).toBe("REVIEW_IN_PROGRESS");
    await cloudformation.ExecuteChangeSet({ ChangeSetName: first.ChangeSetId! });
    await cloud.settle();
    expect((await stack(cloud)).StackStatus).toBe("CREATE_COMPLETE");
    await expect(cloudformation.ExecuteChangeSet({ ChangeSetName: first.ChangeSetId! })).rejects.toMatchObject({ code: "InvalidChangeSetStatusException" });
    const second = await deploy("UPDATE", template({ A: thing({ Kind: "new" }) }));
    expect(second.Changes).toMatchObject([{ ResourceChange: { Action: "Modify", Replacement: "True", Scope: ["Properties"] } }]);
    await cloudformation.ExecuteChangeSet({ ChangeSetName: second.ChangeSetId! });
    await cloud.settle();
    expect((await stack(cloud)).StackStatus).toBe("UPDATE_COMPLETE");
    expect(await deploy("UPDATE", template({ A: thing({ Kind: "new" }, { DependsOn: [] }) }))).toMatchObject({ Status: "FAILED", StatusReason: expect.stringContaining("didn't contain changes") });
  });

  test("a stack that was only reviewed can be deleted", async () => {
    const cloud = createStackCloud();
    await cloud.aws.cloudformation.CreateChangeSet({ StackName: NAME, ChangeSetName: "c", ChangeSetType: "CREATE", TemplateBody: template({ A: thing() }) });
    await cloud.aws.cloudformation.DeleteStack({ StackName: NAME });
    await cloud.settle();
    await expect(stack(cloud)).rejects.toThrow("does not exist");
    expect(cloud.logs).toEqual([]);
  });
});
