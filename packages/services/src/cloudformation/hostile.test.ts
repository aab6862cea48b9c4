/** Templates and values that mean harm, on the whole cloud: secrets that would show, stacks without end. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";
import { receiveWaitSignal } from "./wait-signals.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const SECRET = "hunter2-0123456789";
const parameter = (properties: object): object => ({ Type: "AWS::SSM::Parameter", Properties: { Type: "String", ...properties } });

async function created(TemplateBody: string, Parameters: Readonly<Record<string, string>> = {}) {
  await cloud.aws.cloudformation.CreateStack({ StackName: "web", TemplateBody, Parameters: given(Parameters) });
  await cloud.settle();
  return (await cloud.aws.cloudformation.DescribeStacks({ StackName: "web" })).Stacks![0]!;
}

function given(parameters: Readonly<Record<string, string>>) {
  return Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue }));
}

describe("a reference to a secret", () => {
  const REFERENCE = "{{resolve:ssm-secure:/secret}}";
  beforeEach(async () => {
    await cloud.aws.ssm.PutParameter({ Name: "/secret", Type: "SecureString", Value: SECRET });
  });

  test.each([
    ["that comes as a parameter's value", { Ref: "Note" }],
    ["that a function puts together", { "Fn::Join": ["", ["{{resolve:ssm-", "secure:/secret}}"]] }],
  ])("%s is filled in only where CloudFormation takes secrets", async (_how, Value) => {
    const stack = await created(JSON.stringify({ Parameters: { Note: { Type: "String" } }, Resources: { P: parameter({ Name: "/shown", Value }) } }), { Note: REFERENCE });
    expect(stack.StackStatus).toBe("ROLLBACK_COMPLETE");
    const { StackEvents } = await cloud.aws.cloudformation.DescribeStackEvents({ StackName: "web" });
    expect(StackEvents!.map((event) => event.ResourceStatusReason)).toContain("SSM Secure reference is not supported in: [AWS::SSM::Parameter/Properties/Value]");
    await expect(cloud.aws.ssm.GetParameter({ Name: "/shown" })).rejects.toThrow();
  });
});

describe("the value of a NoEcho parameter", () => {
  const TEMPLATE = JSON.stringify({ Parameters: { Password: { Type: "String", NoEcho: true } }, Resources: { P: parameter({ Name: "/kept", Value: { Ref: "Password" } }) } });

  test("is not shown by a change set, neither the old one nor the new one", async () => {
    await created(TEMPLATE, { Password: SECRET });
    await cloud.aws.cloudformation.CreateChangeSet({ StackName: "web", ChangeSetName: "next", TemplateBody: TEMPLATE, Parameters: given({ Password: "another-secret" }) });
    const shown = JSON.stringify(await cloud.aws.cloudformation.DescribeChangeSet({ StackName: "web", ChangeSetName: "next", IncludePropertyValues: true }));
    expect(shown).not.toContain(SECRET);
    expect(shown).not.toContain("another-secret");
    expect(shown).toContain("****");
  });

  test.each([
    ["done", "x"],
    ["taken back", { Ref: "Refused" }],
  ])("is not shown by what an update that replaces its resource tells, %s", async (_how, Value) => {
    await created(TEMPLATE, { Password: SECRET });
    const next = TEMPLATE.replace("/kept", "/other").replace('"Parameters":{', '"Parameters":{"Refused":{"Type":"String","Default":"{{resolve:ssm-secure:/none}}"},').replace('"Resources":{', `"Resources":{"Next":${JSON.stringify({ ...parameter({ Name: "/next", Value }), DependsOn: "P" })},`);
    await cloud.aws.cloudformation.UpdateStack({ StackName: "web", TemplateBody: next, Parameters: given({ Password: "another-secret" }) });
    await cloud.settle();
    const events = (await cloud.aws.cloudformation.DescribeStackEvents({ StackName: "web" })).StackEvents!;
    expect(events[0]!.ResourceStatus).toBe(typeof Value === "string" ? "UPDATE_COMPLETE" : "UPDATE_ROLLBACK_COMPLETE");
    expect(events.some((event) => event.LogicalResourceId === "P" && event.ResourceStatus === "DELETE_COMPLETE")).toBe(true);
    expect(JSON.stringify(events)).not.toContain(SECRET);
    expect(JSON.stringify(events)).not.toContain("another-secret");
  });

  test("is not shown by drift", async () => {
    await created(TEMPLATE, { Password: SECRET });
    await cloud.aws.ssm.PutParameter({ Name: "/kept", Value: "changed by hand", Overwrite: true });
    const { StackResourceDrift: drift } = await cloud.aws.cloudformation.DetectStackResourceDrift({ StackName: "web", LogicalResourceId: "P" });
    expect(drift!.StackResourceDriftStatus).toBe("MODIFIED");
    expect(JSON.stringify(drift)).not.toContain(SECRET);
    const all = await cloud.aws.cloudformation.DescribeStackResourceDrifts({ StackName: "web" });
    expect(JSON.stringify(all)).toContain("****");
    expect(JSON.stringify(all)).not.toContain(SECRET);
  });
});

describe("a template that names itself", () => {
  const NAME = "https://my-templates.s3.ap-northeast-1.amazonaws.com/self.json";
  async function stored(children: number): Promise<string> {
    const child = { Type: "AWS::CloudFormation::Stack", Properties: { TemplateURL: NAME } };
    const body = JSON.stringify({ Resources: Object.fromEntries(Array.from({ length: children }, (_, i) => [`Child${i}`, child])) });
    await cloud.aws.s3.CreateBucket({ Bucket: "my-templates", CreateBucketConfiguration: { LocationConstraint: "ap-northeast-1" } });
    await cloud.aws.s3.PutObject({ Bucket: "my-templates", Key: "self.json", Body: chunks(body), ContentLength: Buffer.byteLength(body) });
    return body;
  }

  async function* chunks(text: string): AsyncIterable<Uint8Array> {
    yield Buffer.from(text);
  }

  test.each([300, 30, 3])("ends in failure and is taken back, though it does so %i times", { timeout: 30_000 }, async (times) => {
    const stack = await created(await stored(times));
    expect(stack.StackStatus).toBe("ROLLBACK_COMPLETE");
    expect((await cloud.aws.cloudformation.DescribeStacks({})).Stacks).toHaveLength(1);
  });

  test("makes no change sets without end either", { timeout: 60_000 }, async () => {
    const TemplateBody = await stored(150);
    await cloud.aws.cloudformation.CreateChangeSet({ StackName: "web", ChangeSetName: "all", ChangeSetType: "CREATE", TemplateBody, IncludeNestedStacks: true });
    await cloud.settle();
    const set = await cloud.aws.cloudformation.DescribeChangeSet({ StackName: "web", ChangeSetName: "all" });
    expect(set).toMatchObject({ Status: "FAILED", StatusReason: expect.stringContaining("nested 10 deep already") });
  });
});

test("signals to handles of accounts that are not there leave nothing behind", () => {
  const before = cloud.store.scopes().length;
  for (let account = 100_000_000_000; account < 100_000_000_050; account++) {
    const target = `/${encodeURIComponent(`arn:aws:cloudformation:xx-nowhere-1:${account}:stack/web/00000000-0000-0000-0000-000000000000/Handle`)}?Expires=1&Signature=x`;
    expect(receiveWaitSignal(cloud.store, 0, { method: "PUT", region: "xx-nowhere-1", target, contentType: undefined, body: Buffer.from("{}") }).status).toBe(403);
  }
  expect(cloud.store.scopes()).toHaveLength(before);
});
