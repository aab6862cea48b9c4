import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";
import { encryptionKeys, versionKey, versions } from "./state.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const put = (Name: string, Value: string, more: object = {}) => cloud.aws.ssm.PutParameter({ Name, Value, Type: "String", ...more });
const failure = (code: string, message?: RegExp) => expect.objectContaining({ code, ...(message ? { message: expect.stringMatching(message) } : {}) });

describe("Parameter Store holds what applications connect with (S1-34)", () => {
  test("a parameter is read as it was put, by name, version and ARN", async () => {
    await put("/app/db/host", "10.0.0.5");
    await put("/app/db/host", "10.0.0.6", { Overwrite: true });
    const { Parameter } = await cloud.aws.ssm.GetParameter({ Name: "/app/db/host" });
    expect(Parameter).toMatchObject({ Value: "10.0.0.6", Version: 2, Type: "String", DataType: "text", ARN: "arn:aws:ssm:ap-northeast-1:123456789012:parameter/app/db/host" });
    expect((await cloud.aws.ssm.GetParameter({ Name: "/app/db/host:1" })).Parameter).toMatchObject({ Value: "10.0.0.5", Selector: ":1" });
    expect((await cloud.aws.ssm.GetParameter({ Name: Parameter!.ARN! })).Parameter!.Name).toBe("/app/db/host");
    await put("plain", "x");
    expect((await cloud.aws.ssm.GetParameter({ Name: "arn:aws:ssm:ap-northeast-1:123456789012:parameter/plain" })).Parameter!.Name).toBe("plain");
  });

  test("a SecureString lies encrypted and is shown only with decryption", async () => {
    await put("/app/db/password", "hunter2", { Type: "SecureString" });
    const sealed = (await cloud.aws.ssm.GetParameter({ Name: "/app/db/password" })).Parameter!.Value!;
    expect(sealed).not.toContain("hunter2");
    const scope = { account: "123456789012", region: "ap-northeast-1" };
    expect(JSON.stringify(cloud.store.all(scope, "*"))).not.toContain("hunter2");
    expect(cloud.store.reader(scope)(versions).get(versionKey("/app/db/password", 1))!.keyId).toBe("alias/aws/ssm");
    expect(cloud.store.reader(scope)(encryptionKeys).list()).toHaveLength(1);
    expect((await cloud.aws.ssm.GetParameter({ Name: "/app/db/password", WithDecryption: true })).Parameter!.Value).toBe("hunter2");
    expect(cloud.core.calls.facts(scope).ssm.parameter("/app/db/password")).toBeUndefined();
  });

  test("regions keep their own", async () => {
    await put("only-tokyo", "1");
    await expect(cloud.in("us-east-1").ssm.GetParameter({ Name: "only-tokyo" })).rejects.toEqual(failure("ParameterNotFound"));
  });

  test("what exists is overwritten only on request", async () => {
    await put("once", "1");
    await expect(put("once", "2")).rejects.toEqual(failure("ParameterAlreadyExists", /set the overwrite option/));
    await expect(put("once", "2", { Overwrite: true, Tags: [{ Key: "a", Value: "b" }] })).rejects.toEqual(failure("ValidationException", /can't be used together/));
  });

  test.each([
    ["/aws/mine", "AccessDeniedException"],
    ["aws-mine", "ValidationException"],
    ["SSM-mine", "ValidationException"],
    ["no/first/slash", "ValidationException"],
    ["/with space", "ValidationException"],
    ["/empty//part", "ValidationException"],
    [`/${Array.from({ length: 16 }, () => "d").join("/")}`, "HierarchyLevelLimitExceededException"],
  ])("the name %s is refused", async (name, code) => {
    await expect(put(name, "x")).rejects.toEqual(failure(code));
  });

  test("a Standard value has 4 KB at most, an Advanced one 8, and there is no way back", async () => {
    await put("full", "x".repeat(4096));
    await expect(put("more", "x".repeat(4097))).rejects.toEqual(failure("ValidationException", /maximum parameter value of 4096/));
    expect(await put("more", "x".repeat(4097), { Tier: "Intelligent-Tiering" })).toEqual({ Version: 1, Tier: "Advanced" });
    await expect(put("more", "x", { Tier: "Standard", Overwrite: true })).rejects.toEqual(failure("ValidationException", /can't downgrade/));
  });

  test("a value must match its AllowedPattern, and a pattern that never ends is refused soon", async () => {
    await put("port", "80", { AllowedPattern: "^\\d+$" });
    await expect(put("port", "http", { AllowedPattern: "^\\d+$", Overwrite: true })).rejects.toEqual(failure("ParameterPatternMismatchException"));
    await expect(put("bad", "x", { AllowedPattern: "(" })).rejects.toEqual(failure("InvalidAllowedPatternException"));
    await expect(put("evil", `${"a".repeat(60)}!`, { AllowedPattern: "^(a+)+$" })).rejects.toEqual(failure("InvalidAllowedPatternException"));
  });

  test("GetParameters tells which names it does not know", async () => {
    await put("a", "1");
    const answer = await cloud.aws.ssm.GetParameters({ Names: ["a", "b", "a:9"] });
    expect(answer.Parameters!.map((p) => p.Name)).toEqual(["a"]);
    expect(answer.InvalidParameters).toEqual(["b", "a:9"]);
    await expect(cloud.aws.ssm.GetParameters({ Names: Array.from({ length: 11 }, (_, i) => `n${i}`) })).rejects.toEqual(failure("ValidationException"));
  });

  test("a path is walked one level or whole, page by page, each parameter once", async () => {
    for (let i = 0; i < 23; i++) await put(`/tree/${String(i).padStart(2, "0")}`, String(i));
    await put("/tree/deep/leaf", "x");
    await put("/treehouse", "x");
    const seen: string[] = [];
    let NextToken: string | undefined;
    do {
      const answer = await cloud.aws.ssm.GetParametersByPath({ Path: "/tree", Recursive: true, NextToken });
      expect(answer.Parameters!.length).toBeLessThanOrEqual(10);
      seen.push(...answer.Parameters!.map((p) => p.Name!));
      NextToken = answer.NextToken;
    } while (NextToken);
    expect(new Set(seen).size).toBe(24);
    expect(seen).toHaveLength(24);
    const shallow = await cloud.aws.ssm.GetParametersByPath({ Path: "/tree/deep/" });
    expect(shallow.Parameters!.map((p) => p.Name)).toEqual(["/tree/deep/leaf"]);
    await expect(cloud.aws.ssm.GetParametersByPath({ Path: "/tree", NextToken: "garbage" })).rejects.toEqual(failure("InvalidNextToken"));
  });

  test("AWS's public images are parameters too", async () => {
    const images = cloud.core.calls.facts({ account: "123456789012", region: "ap-northeast-1" }).ec2.publicImageParameters();
    const [name, image] = [...images][0]!;
    expect((await cloud.aws.ssm.GetParameter({ Name: name })).Parameter).toMatchObject({
      Value: image,
      Version: 1,
      DataType: "aws:ec2:image",
      ARN: `arn:aws:ssm:ap-northeast-1::parameter${name}`,
    });
    const { Parameters } = await cloud.aws.ssm.GetParametersByPath({ Path: name.slice(0, name.lastIndexOf("/")) });
    expect(Parameters!.map((p) => p.Name)).toContain(name);
    expect(cloud.core.calls.facts({ account: "123456789012", region: "ap-northeast-1" }).ssm.parameter(name)!.value).toBe(image);
  });

  test("history keeps a hundred versions; deleting forgets them all", async () => {
    for (let i = 1; i <= 101; i++) await put("counter", String(i), { Overwrite: true });
    await expect(cloud.aws.ssm.GetParameter({ Name: "counter:1" })).rejects.toEqual(failure("ParameterVersionNotFound"));
    const first = await cloud.aws.ssm.GetParameterHistory({ Name: "counter" });
    expect(first.Parameters!.map((p) => p.Version)).toEqual(Array.from({ length: 50 }, (_, i) => i + 2));
    expect(first.NextToken).toBeDefined();
    await cloud.aws.ssm.DeleteParameter({ Name: "counter" });
    await expect(cloud.aws.ssm.GetParameterHistory({ Name: "counter" })).rejects.toEqual(failure("ParameterNotFound"));
    expect((await put("counter", "again")).Version).toBe(1);
    expect(await cloud.aws.ssm.DeleteParameters({ Names: ["counter", "gone"] })).toEqual({ DeletedParameters: ["counter"], InvalidParameters: ["gone"] });
  });

  test("DescribeParameters filters by name, type, path and tag, and never shows values", async () => {
    await put("/a/one", "s3cret", { Tags: [{ Key: "env", Value: "prod" }] });
    await put("/a/b/two", "2", { Type: "StringList" });
    const names = async (Key: string, Values?: string[], Option?: string) =>
      (await cloud.aws.ssm.DescribeParameters({ ParameterFilters: [{ Key, Values, Option }] })).Parameters!.map((p) => p.Name);
    expect(await names("tag:env", ["prod"])).toEqual(["/a/one"]);
    expect(await names("tag:constructor")).toEqual([]);
    expect(await names("Type", ["StringList"])).toEqual(["/a/b/two"]);
    expect(await names("Path", ["/a"], "OneLevel")).toEqual(["/a/one"]);
    expect(await names("Path", ["/a"], "Recursive")).toEqual(["/a/b/two", "/a/one"]);
    expect(await names("Name", ["two"], "Contains")).toEqual(["/a/b/two"]);
    expect(JSON.stringify(await cloud.aws.ssm.DescribeParameters({}))).not.toContain("s3cret");
    await expect(names("Colour", ["red"])).rejects.toEqual(failure("InvalidFilterKey"));
  });

  test("tags come and go", async () => {
    await put("tagged", "1", { Tags: [{ Key: "a", Value: "1" }] });
    const resource = { ResourceType: "Parameter", ResourceId: "tagged" } as const;
    await cloud.aws.ssm.AddTagsToResource({ ...resource, Tags: [{ Key: "b", Value: "2" }] });
    await cloud.aws.ssm.RemoveTagsFromResource({ ...resource, TagKeys: ["a"] });
    expect((await cloud.aws.ssm.ListTagsForResource(resource)).TagList).toEqual([{ Key: "b", Value: "2" }]);
    await expect(cloud.aws.ssm.AddTagsToResource({ ...resource, Tags: [{ Key: "aws:x", Value: "" }] })).rejects.toEqual(failure("ValidationException"));
    await expect(cloud.aws.ssm.ListTagsForResource({ ...resource, ResourceId: "nowhere" })).rejects.toEqual(failure("InvalidResourceId"));
  });

  test("labels name versions: they move, are refused one by one, and are read by", async () => {
    for (const value of ["1", "2", "3"]) await put("/app/key", value, { Overwrite: true });
    const label = (Labels: string[], ParameterVersion?: number) => cloud.aws.ssm.LabelParameterVersion({ Name: "/app/key", Labels, ParameterVersion });
    expect(await label(["prod", "1st", "awsome", "SSM.x", "a b", "good_1.x-y"], 1)).toEqual({ InvalidLabels: ["1st", "awsome", "SSM.x", "a b"], ParameterVersion: 1 });
    expect((await cloud.aws.ssm.GetParameter({ Name: "/app/key:prod" })).Parameter).toMatchObject({ Value: "1", Version: 1, Selector: ":prod" });
    expect(await label(["prod"])).toEqual({ InvalidLabels: [], ParameterVersion: 3 });
    expect((await cloud.aws.ssm.GetParameter({ Name: "/app/key:prod" })).Parameter!.Value).toBe("3");
    const history = (await cloud.aws.ssm.GetParameterHistory({ Name: "/app/key" })).Parameters!;
    expect(history.map((version) => version.Labels)).toEqual([["good_1.x-y"], [], ["prod"]]);
    await put("/app/key", "4", { Overwrite: true });
    const byLabel = await cloud.aws.ssm.GetParametersByPath({ Path: "/app", ParameterFilters: [{ Key: "Label", Values: ["prod"] }] });
    expect(byLabel.Parameters).toMatchObject([{ Value: "3", Version: 3 }]);
    expect(await cloud.aws.ssm.UnlabelParameterVersion({ Name: "/app/key", ParameterVersion: 3, Labels: ["prod", "never"] })).toEqual({ RemovedLabels: ["prod"], InvalidLabels: ["never"] });
    await expect(cloud.aws.ssm.GetParameter({ Name: "/app/key:prod" })).rejects.toEqual(failure("ParameterVersionNotFound", /version label prod of \/app\/key/));
    await label(Array.from({ length: 9 }, (_, i) => `l${i}`), 1);
    await expect(label(["one-too-many"], 1)).rejects.toEqual(failure("ParameterVersionLabelLimitExceeded"));
    await expect(label(["x"], 99)).rejects.toEqual(failure("ParameterVersionNotFound"));
    await expect(label(["x".repeat(101)])).rejects.toEqual(failure("ValidationException"));
    expect((await cloud.aws.ssm.GetParameters({ Names: ["/app/key:l1", "/app/key:gone"] })).InvalidParameters).toEqual(["/app/key:gone"]);
  });

  test("the oldest of a hundred versions stays while it has a label", async () => {
    for (let i = 1; i <= 100; i++) await put("counter", String(i), { Overwrite: true });
    await cloud.aws.ssm.LabelParameterVersion({ Name: "counter", ParameterVersion: 1, Labels: ["keep"] });
    await expect(put("counter", "101", { Overwrite: true })).rejects.toEqual(
      failure("ParameterMaxVersionLimitExceeded", /^You attempted to create a new version of counter by calling .* Version 1, the oldest version, can't be deleted because it has a label/),
    );
    await cloud.aws.ssm.LabelParameterVersion({ Name: "counter", ParameterVersion: 50, Labels: ["keep"] });
    expect((await put("counter", "101", { Overwrite: true })).Version).toBe(101);
    await expect(cloud.aws.ssm.GetParameter({ Name: "counter:1" })).rejects.toEqual(failure("ParameterVersionNotFound"));
  });

  const expiration = (at: number) => JSON.stringify([{ Type: "Expiration", Version: "1.0", Attributes: { Timestamp: new Date(at).toISOString() } }]);

  test("a parameter with an Expiration policy is deleted in its time, also when a later version says nothing of it", async () => {
    await expect(put("soon", "1", { Policies: expiration(cloud.now()) })).rejects.toEqual(failure("ValidationException", /advanced-tier/));
    expect(await put("soon", "1", { Tier: "Intelligent-Tiering", Policies: expiration(cloud.now() + 3_600_000) })).toEqual({ Version: 1, Tier: "Advanced" });
    await put("soon", "2", { Overwrite: true });
    await put("later", "1", { Tier: "Advanced", Policies: expiration(cloud.now() + 3_600_000) });
    const described = (await cloud.aws.ssm.DescribeParameters({ ParameterFilters: [{ Key: "Name", Values: ["soon"] }] })).Parameters![0]!;
    expect(described.Policies).toEqual([{ PolicyType: "Expiration", PolicyStatus: "Pending", PolicyText: expiration(cloud.now() + 3_600_000).slice(1, -1) }]);
    await cloud.advance("59m");
    await put("later", "2", { Overwrite: true, Policies: "[]" });
    expect((await cloud.aws.ssm.GetParameter({ Name: "soon" })).Parameter!.Value).toBe("2");
    await cloud.advance("2m");
    await expect(cloud.aws.ssm.GetParameter({ Name: "soon" })).rejects.toEqual(failure("ParameterNotFound"));
    expect((await cloud.aws.ssm.GetParameter({ Name: "later" })).Parameter!.Value).toBe("2");
  });

  test.each([
    ["no JSON", "hello", "ValidationException"],
    ["an unknown type", '[{"Type":"Explosion","Version":"1.0"}]', "InvalidPolicyTypeException"],
    ["no time", '[{"Type":"Expiration","Version":"1.0","Attributes":{"Timestamp":"soon"}}]', "InvalidPolicyAttributeException"],
    ["two of a kind", JSON.stringify([1, 2].map(() => ({ Type: "Expiration", Version: "1.0", Attributes: { Timestamp: "2030-01-01T00:00:00Z" } }))), "IncompatiblePolicyException"],
    ["a notification, which nobody would hear", '[{"Type":"NoChangeNotification","Version":"1.0","Attributes":{"After":"20","Unit":"Days"}}]', "NotImplemented"],
  ])("policies with %s are refused", async (_what, Policies, code) => {
    await expect(put("p", "1", { Tier: "Advanced", Policies })).rejects.toEqual(failure(code));
    expect((await cloud.aws.ssm.DescribeParameters({})).Parameters).toEqual([]);
  });

  test("an AMI's parameter holds an image that is there", async () => {
    const [, image] = [...cloud.core.calls.facts({ account: "123456789012", region: "ap-northeast-1" }).ec2.publicImageParameters()][0]!;
    await put("/golden", image, { DataType: "aws:ec2:image" });
    expect((await cloud.aws.ssm.GetParameter({ Name: "/golden" })).Parameter).toMatchObject({ DataType: "aws:ec2:image", Value: image });
    await expect(put("/other", "ami-0123456789abcdef0", { DataType: "aws:ec2:image" })).rejects.toEqual(failure("ValidationException", /ami-0123456789abcdef0/));
    await expect(put("/other", "hello", { DataType: "aws:ec2:image" })).rejects.toEqual(failure("ValidationException", /not an AMI ID/));
    await expect(put("/other", image, { DataType: "aws:ec2:image", Type: "SecureString" })).rejects.toEqual(failure("ValidationException"));
  });

  test("an update keeps what it doesn't give, an empty text takes it away, and the type stays", async () => {
    await put("port", "80", { AllowedPattern: "^\\d+$", Description: "where it listens" });
    await expect(put("port", "http", { Overwrite: true })).rejects.toEqual(failure("ParameterPatternMismatchException"));
    await put("port", "81", { Overwrite: true });
    const described = async () => (await cloud.aws.ssm.DescribeParameters({})).Parameters![0]!;
    expect(await described()).toMatchObject({ AllowedPattern: "^\\d+$", Description: "where it listens", Version: 2 });
    await put("port", "http", { Overwrite: true, AllowedPattern: "", Description: "" });
    expect((await described()).AllowedPattern).toBeUndefined();
    await expect(put("port", "x", { Overwrite: true, Type: "SecureString" })).rejects.toEqual(failure("HierarchyTypeMismatchException"));
    await expect(put("nested", "{{ssm:port}}")).rejects.toEqual(failure("ValidationException", /nest another parameter/));
    expect((await put("  trimmed  ", "x")).Version).toBe(1);
    expect((await cloud.aws.ssm.GetParameter({ Name: " trimmed " })).Parameter!.Name).toBe("trimmed");
  });

  test("a key that isn't there is refused, as are keys for what isn't secret", async () => {
    await expect(put("s", "x", { Type: "SecureString", KeyId: "alias/mine" })).rejects.toEqual(failure("InvalidKeyId"));
    await expect(put("s", "x", { KeyId: "alias/aws/ssm" })).rejects.toEqual(failure("ValidationException", /SecureString type parameter only/));
  });

  test("AWS's regions are parameters too, to read only", async () => {
    const path = "/aws/service/global-infrastructure/regions";
    const regions = await cloud.aws.ssm.GetParametersByPath({ Path: path });
    expect(regions.Parameters!.map((parameter) => parameter.Value)).toContain("ap-northeast-3");
    expect((await cloud.aws.ssm.GetParameter({ Name: `${path}/ap-northeast-1/longName` })).Parameter).toMatchObject({
      Value: "Asia Pacific (Tokyo)",
      ARN: `arn:aws:ssm:ap-northeast-1::parameter${path}/ap-northeast-1/longName`,
    });
    await expect(put(`${path}/mars-north-1`, "x")).rejects.toEqual(failure("AccessDeniedException"));
  });

  test("DescribeParameters' options hold for each filter", async () => {
    await put("/web/port", "80", { Tags: [{ Key: "env", Value: "production" }] });
    await put("/web/key", "k", { Type: "SecureString", Tier: "Advanced" });
    const names = async (Key: string, Option: string | undefined, ...Values: string[]) =>
      (await cloud.aws.ssm.DescribeParameters({ ParameterFilters: [{ Key, Option, Values }] })).Parameters!.map((p) => p.Name);
    expect(await names("tag:env", "BeginsWith", "prod")).toEqual(["/web/port"]);
    expect(await names("Tier", "BeginsWith", "Adv")).toEqual(["/web/key"]);
    expect(await names("KeyId", "BeginsWith", "alias/aws")).toEqual(["/web/key"]);
    expect(await names("Name", "BeginsWith", "/web/p")).toEqual(["/web/port"]);
    expect(await names("DataType", undefined, "text")).toHaveLength(2);
    await expect(names("Type", "Contains", "x")).rejects.toEqual(failure("InvalidFilterOption"));
    await expect(names("Label", "Equals", "x")).rejects.toEqual(failure("InvalidFilterKey"));
    await expect(cloud.aws.ssm.DescribeParameters({ Shared: true })).rejects.toEqual(failure("NotImplemented"));
  });

  test("policies may ask for a parameter's tags, its path, and whether it is overwritten (S3-16, S3-19)", async () => {
    await put("/app/one", "1", { Tags: [{ Key: "team", Value: "web" }] });
    await put("/app/two", "2");
    const { User } = await cloud.aws.iam.CreateUser({ UserName: "reader" });
    const statement = (Action: string, Resource: string, Condition: object) => ({ Effect: "Allow", Action, Resource, Condition });
    const PolicyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        statement("ssm:GetParameter", "*", { StringEquals: { "aws:ResourceTag/team": "web" } }),
        statement("ssm:PutParameter", "arn:aws:ssm:*:*:parameter/app/*", { StringEquals: { "ssm:Overwrite": "false" } }),
        statement("ssm:GetParametersByPath", "arn:aws:ssm:*:*:parameter/app", { StringEquals: { "ssm:Recursive": "false" } }),
      ],
    });
    await cloud.aws.iam.PutUserPolicy({ UserName: "reader", PolicyName: "p", PolicyDocument });
    const principal = { type: "user", account: "123456789012", arn: User!.Arn, id: User!.UserId, name: "reader" } as const;
    const { ssm } = cloud.core.calls.asyncCalls({ principal, accessKeyId: undefined, via: { kind: "user" } }, "ap-northeast-1");
    expect((await ssm.GetParameter({ Name: "/app/one:1" })).Parameter!.Value).toBe("1");
    await expect(ssm.GetParameter({ Name: "/app/two" })).rejects.toEqual(
      failure("AccessDeniedException", /not authorized to perform: ssm:GetParameter on resource: arn:aws:ssm:ap-northeast-1:123456789012:parameter\/app\/two/),
    );
    await ssm.PutParameter({ Name: "/app/three", Value: "3", Type: "String" });
    await expect(ssm.PutParameter({ Name: "/app/three", Value: "4", Type: "String", Overwrite: true })).rejects.toEqual(failure("AccessDeniedException"));
    expect((await ssm.GetParametersByPath({ Path: "/app" })).Parameters).toHaveLength(3);
    await expect(ssm.GetParametersByPath({ Path: "/app", Recursive: true })).rejects.toEqual(failure("AccessDeniedException"));
  });
});
