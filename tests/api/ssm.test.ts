/** Parameter Store as the AWS SDK meets it (S1-34). */
import * as ssm from "@aws-sdk/client-ssm";
import { describe, expect, it } from "vitest";
import { useCloud } from "./cloud.js";

const cloud = useCloud();

const put = (Name: string, Value: string, more: Partial<ssm.PutParameterCommandInput> = {}) => cloud.ssm.send(new ssm.PutParameterCommand({ Name, Value, Type: "String", ...more }));
const value = async (Name: string, WithDecryption = false) => (await cloud.ssm.send(new ssm.GetParameterCommand({ Name, WithDecryption }))).Parameter!.Value;

it("values of all types are read by name, version, label and ARN", async () => {
  await put("/app/hosts", "a,b", { Type: "StringList" });
  await put("/app/hosts", "a,b,c", { Type: "StringList", Overwrite: true });
  const { InvalidLabels, ParameterVersion } = await cloud.ssm.send(new ssm.LabelParameterVersionCommand({ Name: "/app/hosts", ParameterVersion: 1, Labels: ["stable", "2nd"] }));
  expect({ InvalidLabels, ParameterVersion }).toEqual({ InvalidLabels: ["2nd"], ParameterVersion: 1 });
  expect(await value("/app/hosts")).toBe("a,b,c");
  expect(await value("/app/hosts:1")).toBe("a,b");
  expect(await value("/app/hosts:stable")).toBe("a,b");
  expect(await value("arn:aws:ssm:ap-northeast-1:123456789012:parameter/app/hosts:stable")).toBe("a,b");
  await put("/app/secret", "hunter2", { Type: "SecureString" });
  expect(await value("/app/secret")).not.toContain("hunter2");
  expect(await value("/app/secret", true)).toBe("hunter2");
});

describe("errors are the SDK's own classes, and all answer 400 as AWS does", () => {
  it.each([
    ["a parameter that isn't there", () => new ssm.GetParameterCommand({ Name: "/nope" }), ssm.ParameterNotFound],
    ["a version that isn't there", () => new ssm.GetParameterCommand({ Name: "/there:7" }), ssm.ParameterVersionNotFound],
    ["a label that isn't there", () => new ssm.GetParameterCommand({ Name: "/there:prod" }), ssm.ParameterVersionNotFound],
    ["a parameter that is there", () => new ssm.PutParameterCommand({ Name: "/there", Value: "x", Type: "String" }), ssm.ParameterAlreadyExists],
    ["a value that doesn't match", () => new ssm.PutParameterCommand({ Name: "/m", Value: "x", Type: "String", AllowedPattern: "^\\d+$" }), ssm.ParameterPatternMismatchException],
    ["a key that isn't there", () => new ssm.PutParameterCommand({ Name: "/k", Value: "x", Type: "SecureString", KeyId: "alias/mine" }), ssm.InvalidKeyId],
    ["sixteen levels", () => new ssm.PutParameterCommand({ Name: "/d".repeat(16), Value: "x", Type: "String" }), ssm.HierarchyLevelLimitExceededException],
    ["a wrong token", () => new ssm.DescribeParametersCommand({ NextToken: "banana" }), ssm.InvalidNextToken],
    ["a wrong filter", () => new ssm.DescribeParametersCommand({ ParameterFilters: [{ Key: "Label", Values: ["x"] }] }), ssm.InvalidFilterKey],
    ["another type", () => new ssm.PutParameterCommand({ Name: "/there", Value: "x", Type: "SecureString", Overwrite: true }), ssm.HierarchyTypeMismatchException],
    ["an unknown policy", () => new ssm.PutParameterCommand({ Name: "/p", Value: "x", Type: "String", Tier: "Advanced", Policies: '[{"Type":"Boom"}]' }), ssm.InvalidPolicyTypeException],
  ] as const)("%s", async (_what, command, kind) => {
    await put("/there", "1", { Overwrite: true });
    const failing = cloud.ssm.send(command() as ssm.GetParameterCommand);
    await expect(failing).rejects.toBeInstanceOf(kind);
    await expect(failing).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
  });
});

it("a hierarchy is walked page by page, and filtered by type and label", async () => {
  for (let i = 0; i < 12; i++) await put(`/tree/${String(i).padStart(2, "0")}`, String(i), { Type: i % 2 ? "SecureString" : "String" });
  const names = async (input: Omit<ssm.GetParametersByPathCommandInput, "Path">) => {
    const seen: string[] = [];
    for await (const page of ssm.paginateGetParametersByPath({ client: cloud.ssm, pageSize: 5 }, { Path: "/tree", ...input })) seen.push(...page.Parameters!.map((each) => each.Name!));
    return seen;
  };
  expect(await names({})).toHaveLength(12);
  expect(await names({ ParameterFilters: [{ Key: "Type", Values: ["SecureString"] }] })).toHaveLength(6);
  await cloud.ssm.send(new ssm.LabelParameterVersionCommand({ Name: "/tree/03", Labels: ["blue"] }));
  expect(await names({ ParameterFilters: [{ Key: "Label", Values: ["blue"] }] })).toEqual(["/tree/03"]);
  const described: string[] = [];
  for await (const page of ssm.paginateDescribeParameters({ client: cloud.ssm, pageSize: 5 }, { ParameterFilters: [{ Key: "Path", Option: "Recursive", Values: ["/tree"] }] })) {
    described.push(...page.Parameters!.map((each) => each.Name!));
  }
  expect(described).toHaveLength(12);
});

it("an expiration that has come takes the parameter, whatever the real clock", async () => {
  const Policies = JSON.stringify([{ Type: "Expiration", Version: "1.0", Attributes: { Timestamp: new Date(Date.now() - 1000).toISOString() } }]);
  await put("/gone", "x", { Tier: "Advanced", Policies });
  await expect.poll(async () => (await cloud.ssm.send(new ssm.DescribeParametersCommand({ ParameterFilters: [{ Key: "Name", Values: ["/gone"] }] }))).Parameters).toEqual([]);
});

it("AWS's public images and regions are read like one's own", async () => {
  const name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-x86_64";
  const { Parameter } = await cloud.ssm.send(new ssm.GetParameterCommand({ Name: name }));
  expect(Parameter).toMatchObject({ Value: expect.stringMatching(/^ami-/), DataType: "aws:ec2:image", ARN: `arn:aws:ssm:ap-northeast-1::parameter${name}` });
  expect(await value("/aws/service/global-infrastructure/regions/ap-northeast-3/longName")).toBe("Asia Pacific (Osaka)");
  await put("/golden-image", Parameter!.Value!, { DataType: "aws:ec2:image" });
  await expect(put(name, "ami-x", { Overwrite: true })).rejects.toMatchObject({ name: "AccessDeniedException" });
});
