import { bytes } from "@hakoniwa/kernel";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeEach(async () => void (cloud = await createTestCloud()));
afterEach(() => cloud.close());

const template = (properties: object) =>
  JSON.stringify({
    Resources: {
      Logs: { Type: "AWS::S3::Bucket", Properties: properties },
      Policy: {
        Type: "AWS::S3::BucketPolicy",
        Properties: {
          Bucket: { Ref: "Logs" },
          PolicyDocument: {
            Version: "2012-10-17",
            Statement: [{ Effect: "Allow", Principal: { Service: "delivery.logs.amazonaws.com" }, Action: "s3:PutObject", Resource: { "Fn::Sub": "${Logs.Arn}/*" } }],
          },
        },
      },
    },
    Outputs: { Name: { Value: { Ref: "Logs" } }, Domain: { Value: { "Fn::GetAtt": ["Logs", "RegionalDomainName"] } } },
  });
const deploy = async (verb: "CreateStack" | "UpdateStack", properties: object) => {
  await cloud.aws.cloudformation[verb]({ StackName: "Web", TemplateBody: template(properties) });
  await cloud.settle();
  return (await cloud.aws.cloudformation.DescribeStacks({ StackName: "Web" })).Stacks![0]!;
};

it("a stack makes a bucket with its settings, changes them in place, and takes back what it no longer says", async () => {
  const stack = await deploy("CreateStack", {
    VersioningConfiguration: { Status: "Enabled" },
    Tags: [{ Key: "team", Value: "web" }],
    LifecycleConfiguration: { Rules: [{ Id: "old", Status: "Enabled", Prefix: "logs/", ExpirationInDays: 30 }] },
    CorsConfiguration: { CorsRules: [{ AllowedMethods: ["GET"], AllowedOrigins: ["*"], MaxAge: 60 }] },
  });
  expect(stack.StackStatus).toBe("CREATE_COMPLETE");
  const [{ OutputValue: Bucket = "" } = {}, { OutputValue: domain } = {}] = [...stack.Outputs!].sort((a, b) => (b.OutputKey! < a.OutputKey! ? -1 : 1));
  expect(Bucket).toMatch(/^web-logs-[a-z0-9]+$/);
  expect(domain).toBe(`${Bucket}.s3.ap-northeast-1.amazonaws.com`);
  expect((await cloud.aws.s3.GetBucketTagging({ Bucket })).TagSet).toEqual(expect.arrayContaining([{ Key: "team", Value: "web" }, { Key: "aws:cloudformation:logical-id", Value: "Logs" }]));
  expect((await cloud.aws.s3.GetBucketLifecycleConfiguration({ Bucket })).Rules).toMatchObject([{ ID: "old", Filter: { Prefix: "logs/" }, Expiration: { Days: 30 } }]);
  expect((await cloud.aws.s3.GetBucketPolicyStatus({ Bucket })).PolicyStatus).toEqual({ IsPublic: false });

  expect((await deploy("UpdateStack", { Tags: [{ Key: "team", Value: "web" }] })).StackStatus).toBe("UPDATE_COMPLETE");
  expect(await cloud.aws.s3.GetBucketVersioning({ Bucket })).toEqual({ Status: "Suspended" });
  await expect(cloud.aws.s3.GetBucketLifecycleConfiguration({ Bucket })).rejects.toMatchObject({ code: "NoSuchLifecycleConfiguration" });
  await expect(cloud.aws.s3.GetBucketCors({ Bucket })).rejects.toMatchObject({ code: "NoSuchCORSConfiguration" });
});

it("a stack's own tags stay when a user tags the bucket, and can't be given or taken", async () => {
  await deploy("CreateStack", { BucketName: "tagged", Tags: [{ Key: "team", Value: "web" }] });
  const { TagSet } = await cloud.aws.s3.GetBucketTagging({ Bucket: "tagged" });
  const put = (TagSet: { Key: string; Value: string }[]) => cloud.aws.s3.PutBucketTagging({ Bucket: "tagged", Tagging: { TagSet } });
  const system = TagSet.filter(({ Key }) => Key.startsWith("aws:"));
  await expect(put([{ Key: "team", Value: "ops" }])).rejects.toMatchObject({ code: "InvalidTag", message: "System tags cannot be removed by requester" });
  await expect(put([...system, { Key: "aws:mine", Value: "x" }])).rejects.toMatchObject({ message: "System tags cannot be added/updated by requester" });
  await expect(cloud.aws.s3.DeleteBucketTagging({ Bucket: "tagged" })).rejects.toMatchObject({ code: "InvalidTag" });
  expect((await cloud.aws.s3.GetBucketTagging({ Bucket: "tagged" })).TagSet).toEqual(TagSet);
  await put([...system, { Key: "team", Value: "ops" }]);
  expect((await deploy("UpdateStack", { BucketName: "tagged", Tags: [{ Key: "team", Value: "net" }] })).StackStatus).toBe("UPDATE_COMPLETE");
});

it("a website of a stack is configured, changed and taken back", async () => {
  const Bucket = "homepage";
  await deploy("CreateStack", {
    BucketName: Bucket,
    WebsiteConfiguration: { IndexDocument: "index.html", ErrorDocument: "404.html", RoutingRules: [{ RoutingRuleCondition: { KeyPrefixEquals: "old/" }, RedirectRule: { ReplaceKeyPrefixWith: "new/" } }] },
  });
  expect(await cloud.aws.s3.GetBucketWebsite({ Bucket })).toMatchObject({
    IndexDocument: { Suffix: "index.html" }, ErrorDocument: { Key: "404.html" }, RoutingRules: [{ Condition: { KeyPrefixEquals: "old/" }, Redirect: { ReplaceKeyPrefixWith: "new/" } }],
  });
  expect((await deploy("UpdateStack", { BucketName: Bucket })).StackStatus).toBe("UPDATE_COMPLETE");
  await expect(cloud.aws.s3.GetBucketWebsite({ Bucket })).rejects.toMatchObject({ code: "NoSuchWebsiteConfiguration" });
});

it("a stack can't delete a bucket that holds something, and says so", async () => {
  await deploy("CreateStack", { BucketName: "kept" });
  await cloud.aws.s3.PutObject({ Bucket: "kept", Key: "a", Body: bytes("a") });
  await cloud.aws.cloudformation.DeleteStack({ StackName: "Web" });
  await cloud.settle();
  const [stack] = (await cloud.aws.cloudformation.DescribeStacks({ StackName: "Web" })).Stacks!;
  expect(stack).toMatchObject({ StackStatus: "DELETE_FAILED" });
  await cloud.aws.s3.DeleteObject({ Bucket: "kept", Key: "a" });
  await cloud.aws.cloudformation.DeleteStack({ StackName: "Web" });
  await cloud.settle();
  expect((await cloud.aws.s3.ListBuckets({})).Buckets).toEqual([]);
});

it("a property that is not carried out is refused by name", async () => {
  await expect(deploy("CreateStack", { AccelerateConfiguration: { AccelerationStatus: "Enabled" } })).resolves.toMatchObject({ StackStatus: expect.stringMatching(/^ROLLBACK/) });
  const events = (await cloud.aws.cloudformation.DescribeStackEvents({ StackName: "Web" })).StackEvents!;
  expect(events.map((event) => event.ResourceStatusReason ?? "").join()).toContain("AccelerateConfiguration of AWS::S3::Bucket");
});
