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
});
