/** Templates in S3, as the caller may read them, and topics that hear of a stack: on the whole cloud. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";
import { locate } from "./template-source.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
  await cloud.aws.s3.CreateBucket({ Bucket: "my.templates", CreateBucketConfiguration: { LocationConstraint: "ap-northeast-1" } });
});
afterEach(() => cloud.close());

const URL_OF = (key: string): string => `https://s3.ap-northeast-1.amazonaws.com/my.templates/${key}`;
const parameter = (value: string, rest: object = {}): string => JSON.stringify({ Resources: { P: { Type: "AWS::SSM::Parameter", Properties: { Name: "/made", Type: "String", Value: value } } }, ...rest });

function put(Key: string, text: string) {
  return cloud.aws.s3.PutObject({ Bucket: "my.templates", Key, Body: chunks(text), ContentLength: Buffer.byteLength(text) });
}

async function* chunks(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}

async function stack(name = "s") {
  return (await cloud.aws.cloudformation.DescribeStacks({ StackName: name })).Stacks![0]!;
}

describe("TemplateURL", () => {
  test.each([
    ["https://my-bucket.s3.ap-northeast-1.amazonaws.com/a/b.yaml", { Bucket: "my-bucket", Key: "a/b.yaml" }],
    ["https://my.bucket.s3.amazonaws.com/a%20b.yaml?versionId=v1", { Bucket: "my.bucket", Key: "a b.yaml", VersionId: "v1" }],
    ["https://s3.amazonaws.com/my-bucket/a/b.yaml", { Bucket: "my-bucket", Key: "a/b.yaml" }],
    ["https://s3-us-west-2.amazonaws.com/my-bucket/b", { Bucket: "my-bucket", Key: "b" }],
    ["https://my-bucket.s3.dualstack.us-east-1.amazonaws.com/b", { Bucket: "my-bucket", Key: "b" }],
    ["http://127.0.0.1:4566/my-bucket/b", { Bucket: "my-bucket", Key: "b" }],
  ])("%s is S3's", (url, expected) => {
    expect(locate(url)).toEqual(expected);
  });

  test.each(["s3://my-bucket/b", "https://example.com/my-bucket/b", "https://s3.amazonaws.com.example.com/b/c", "ftp://s3.amazonaws.com/b/c", "https://s3.amazonaws.com/", "https://s3.amazonaws.com/b/%zz", "nothing"])("%s is not", (url) => {
    expect(() => locate(url)).toThrow("TemplateURL must be a supported URL.");
  });

  test("leads to templates longer than a body may be, in every operation that takes one", async () => {
    const long = (value: string): string => parameter(value, { Metadata: { Filler: "x".repeat(60_000) } });
    await put("long.json", long("one"));
    const { cloudformation } = cloud.aws;
    const TemplateURL = URL_OF("long.json");
    await expect(cloudformation.CreateStack({ StackName: "s", TemplateBody: long("one") })).rejects.toThrow("Member must have length less than or equal to 51200");
    expect((await cloudformation.ValidateTemplate({ TemplateURL })).Parameters).toEqual([]);
    expect((await cloudformation.GetTemplateSummary({ TemplateURL })).ResourceTypes).toEqual(["AWS::SSM::Parameter"]);
    await cloudformation.CreateStack({ StackName: "s", TemplateURL });
    await cloud.settle();
    expect((await stack()).StackStatus).toBe("CREATE_COMPLETE");
    await put("long.json", long("two"));
    await cloudformation.UpdateStack({ StackName: "s", TemplateURL });
    await cloud.settle();
    expect((await cloud.aws.ssm.GetParameter({ Name: "/made" })).Parameter!.Value).toBe("two");
    await put("long.json", long("three"));
    const { Id } = await cloudformation.CreateChangeSet({ StackName: "s", ChangeSetName: "c", TemplateURL });
    // What was seen is what is executed, whatever the object is by then.
    await put("long.json", long("four"));
    await cloudformation.ExecuteChangeSet({ ChangeSetName: Id! });
    await cloud.settle();
    expect((await cloud.aws.ssm.GetParameter({ Name: "/made" })).Parameter!.Value).toBe("three");
    expect((await cloudformation.GetTemplate({ StackName: "s" })).TemplateBody).toBe(long("three"));
  });

  test("names a version", async () => {
    await cloud.aws.s3.PutBucketVersioning({ Bucket: "my.templates", VersioningConfiguration: { Status: "Enabled" } });
    const { VersionId } = await put("t.json", parameter("one"));
    await put("t.json", parameter("two"));
    await cloud.aws.cloudformation.CreateStack({ StackName: "s", TemplateURL: `${URL_OF("t.json")}?versionId=${VersionId}` });
    await cloud.settle();
    expect((await cloud.aws.ssm.GetParameter({ Name: "/made" })).Parameter!.Value).toBe("one");
  });

  test("is read as the caller: who may not read the object gets S3's answer, and nothing is made", async () => {
    await put("t.json", parameter("one"));
    const user = await cloud.aws.iam.CreateUser({ UserName: "builder" });
    const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["cloudformation:*", "ssm:*"], Resource: "*" }] });
    await cloud.aws.iam.PutUserPolicy({ UserName: "builder", PolicyName: "p", PolicyDocument });
    const principal = { type: "user", account: "123456789012", arn: user.User!.Arn, id: user.User!.UserId, name: "builder" } as const;
    const aws = cloud.core.calls.asyncCalls({ principal, accessKeyId: "AKIA", via: { kind: "user" } }, "ap-northeast-1");
    await expect(aws.cloudformation.CreateStack({ StackName: "s", TemplateURL: URL_OF("t.json") })).rejects.toMatchObject({ code: "ValidationError", message: expect.stringMatching(/^S3 error: .*\nFor more information check http:/s) });
    await expect(stack()).rejects.toThrow("does not exist");
  });

  test.each([
    ["an object that is not there", URL_OF("none.json"), "S3 error: The specified key does not exist."],
    ["a bucket that is not there", "https://no-such-bucket-here.s3.amazonaws.com/t.json", "S3 error: The specified bucket does not exist"],
    ["more than 1 MB", URL_OF("huge.json"), "Template may not exceed 1000000 bytes in size."],
  ])("with %s is refused", async (_what, TemplateURL, message) => {
    await put("huge.json", parameter("x".repeat(1_000_000)));
    await expect(cloud.aws.cloudformation.CreateStack({ StackName: "s", TemplateURL })).rejects.toThrow(message);
  });
});

describe("NotificationARNs", () => {
  test("hear of every event of the stack once", async () => {
    const { TopicArn } = await cloud.aws.sns.CreateTopic({ Name: "events" });
    await cloud.aws.sns.Subscribe({ TopicArn: TopicArn!, Protocol: "sms", Endpoint: "+81312345678" });
    await cloud.aws.cloudformation.CreateStack({ StackName: "s", TemplateBody: parameter("one"), NotificationARNs: [TopicArn!] });
    await cloud.settle();
    const told = cloud.core.calls.facts({ account: "123456789012", region: "ap-northeast-1" }).sns.mails().map(({ body }) => [/LogicalResourceId='(.*)'/, /ResourceStatus='(.*)'/].map((part) => part.exec(body)?.[1]).join(" "));
    // A standard topic promises no order.
    expect(told.toSorted()).toEqual(["P CREATE_COMPLETE", "P CREATE_IN_PROGRESS", "P CREATE_IN_PROGRESS", "s CREATE_COMPLETE", "s CREATE_IN_PROGRESS"]);
    expect((await stack()).NotificationARNs).toEqual([TopicArn]);
  });

  test("that are gone hold nothing up", async () => {
    await cloud.aws.cloudformation.CreateStack({ StackName: "s", TemplateBody: parameter("one"), NotificationARNs: ["arn:aws:sns:ap-northeast-1:123456789012:none"] });
    await cloud.settle();
    expect((await stack()).StackStatus).toBe("CREATE_COMPLETE");
  });
});

describe("{{resolve:ssm:…}}", () => {
  const reading = (reference: unknown, more: object = {}): string => JSON.stringify({ Resources: { T: { Type: "AWS::SNS::Topic", Properties: { DisplayName: reference } }, ...more } });

  async function builder() {
    const { User } = await cloud.aws.iam.CreateUser({ UserName: "builder" });
    const Statement = [{ Effect: "Allow", Action: ["cloudformation:*", "sns:*"], Resource: "*" }];
    await cloud.aws.iam.PutUserPolicy({ UserName: "builder", PolicyName: "p", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }) });
    const principal = { type: "user", account: "123456789012", arn: User!.Arn, id: User!.UserId, name: "builder" } as const;
    return cloud.core.calls.asyncCalls({ principal, accessKeyId: "AKIA", via: { kind: "user" } }, "ap-northeast-1");
  }

  test("is read as the caller", async () => {
    await cloud.aws.ssm.PutParameter({ Name: "/plan", Value: "great", Type: "String" });
    await cloud.aws.cloudformation.CreateStack({ StackName: "s", TemplateBody: reading("{{resolve:ssm:/plan}}") });
    await cloud.settle();
    const { Topics } = await cloud.aws.sns.ListTopics({});
    expect((await cloud.aws.sns.GetTopicAttributes({ TopicArn: Topics![0]!.TopicArn! })).Attributes!["DisplayName"]).toBe("great");
    const limited = await builder();
    await expect(limited.cloudformation.CreateStack({ StackName: "t", TemplateBody: reading("{{resolve:ssm:/plan}}") })).rejects.toMatchObject({ code: expect.stringContaining("AccessDenied") });
  });

  test("can't be put together from what resources are called, past the caller's permissions", async () => {
    await cloud.aws.ssm.PutParameter({ Name: "plan", Value: "great", Type: "String" });
    const limited = await builder();
    const named = { N: { Type: "AWS::SNS::Topic", Properties: { TopicName: "plan" } } };
    await limited.cloudformation.CreateStack({ StackName: "t", TemplateBody: reading({ "Fn::Sub": "{{resolve:ssm:${N.TopicName}}}" }, named) });
    await cloud.settle();
    const { StackEvents } = await cloud.aws.cloudformation.DescribeStackEvents({ StackName: "t" });
    expect(StackEvents!.map((event) => event.ResourceStatusReason)).toContain("Parameters: [ssm:plan] cannot be found.");
    expect((await stack("t")).StackStatus).toBe("ROLLBACK_COMPLETE");
  });
});
