import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";
import { statementSpans } from "./policy/positions.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const document = (...Statement: readonly object[]): string => JSON.stringify({ Version: "2012-10-17", Statement });
const allow = (Action: string | readonly string[], more: object = {}): object => ({ Effect: "Allow", Action, Resource: "*", ...more });
const ANN = "arn:aws:iam::123456789012:user/ann";
const failure = (code: string, message?: RegExp) => expect.objectContaining({ code, ...(message ? { message: expect.stringMatching(message) } : {}) });

async function ann(...statements: readonly object[]): Promise<void> {
  await cloud.aws.iam.CreateUser({ UserName: "ann", Tags: [{ Key: "team", Value: "web" }] });
  await cloud.aws.iam.PutUserPolicy({ UserName: "ann", PolicyName: "own", PolicyDocument: document(...statements) });
}

test("a simulation tells what a user may, by which statement, and what it would have to know", async () => {
  await ann(allow("ec2:Describe*"), { Effect: "Deny", Action: "ec2:DescribeVpcs", Resource: "*" }, allow("s3:GetObject", { Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } }));
  const { EvaluationResults } = await cloud.aws.iam.SimulatePrincipalPolicy({ PolicySourceArn: ANN, ActionNames: ["ec2:DescribeSubnets", "ec2:DescribeVpcs", "s3:GetObject"] });
  expect(EvaluationResults!.map((result) => [result.EvalActionName, result.EvalDecision, result.MissingContextValues])).toEqual([
    ["ec2:DescribeSubnets", "allowed", []],
    ["ec2:DescribeVpcs", "explicitDeny", []],
    ["s3:GetObject", "implicitDeny", ["aws:SourceIp"]],
  ]);
  expect(EvaluationResults![0]!.MatchedStatements).toEqual([
    { SourcePolicyId: "user_ann_own", SourcePolicyType: "user", StartPosition: { Line: 1, Column: 38 }, EndPosition: { Line: 1, Column: 96 } },
  ]);
  expect(EvaluationResults![1]!.MatchedStatements).toMatchObject([{ StartPosition: { Column: 97 } }]);
});

test("a simulation says the same as the enforcement", async () => {
  await ann(allow("ec2:Describe*", { Condition: { StringEquals: { "aws:PrincipalTag/team": "web", "aws:username": "ann" } } }));
  const principal = { type: "user" as const, account: "123456789012", arn: ANN, id: (await cloud.aws.iam.GetUser({ UserName: "ann" })).User.UserId, name: "ann" };
  const real = cloud.core.calls.asyncCalls({ principal, accessKeyId: undefined, via: { kind: "user" } }, "ap-northeast-1");
  const simulated = async (action: string) =>
    (await cloud.aws.iam.SimulatePrincipalPolicy({ PolicySourceArn: ANN, ActionNames: [action] })).EvaluationResults![0]!.EvalDecision;
  expect([await simulated("ec2:DescribeVpcs"), await simulated("ec2:CreateVpc")]).toEqual(["allowed", "implicitDeny"]);
  await expect(real.ec2.DescribeVpcs({})).resolves.toBeDefined();
  await expect(real.ec2.CreateVpc({ CidrBlock: "10.0.0.0/16" })).rejects.toEqual(failure("UnauthorizedOperation"));
});

test("a boundary is told of, whether it is the user's or given", async () => {
  await ann(allow("*"));
  await cloud.aws.iam.CreatePolicy({ PolicyName: "edge", PolicyDocument: document(allow("ec2:*")) });
  await cloud.aws.iam.PutUserPermissionsBoundary({ UserName: "ann", PermissionsBoundary: "arn:aws:iam::123456789012:policy/edge" });
  const decisions = async (more: object) =>
    (await cloud.aws.iam.SimulatePrincipalPolicy({ PolicySourceArn: ANN, ActionNames: ["ec2:RunInstances", "s3:PutObject"], ...more })).EvaluationResults!.map((result) => [
      result.EvalDecision,
      result.PermissionsBoundaryDecisionDetail!.AllowedByPermissionsBoundary,
    ]);
  expect(await decisions({})).toEqual([["allowed", true], ["implicitDeny", false]]);
  expect(await decisions({ PermissionsBoundaryPolicyInputList: [document(allow("s3:*"))] })).toEqual([["implicitDeny", false], ["allowed", true]]);
});

test("custom policies are judged with the context that is given, resource by resource, in pages", async () => {
  const input = {
    PolicyInputList: [document(allow("s3:GetObject", { Resource: "arn:aws:s3:::home/${aws:username}/*" }))],
    ActionNames: ["s3:GetObject"],
    ResourceArns: ["arn:aws:s3:::home/ann/a", "arn:aws:s3:::home/bob/a"],
    ContextEntries: [{ ContextKeyName: "aws:username", ContextKeyValues: ["ann"], ContextKeyType: "string" as const }],
  };
  const { EvaluationResults, IsTruncated, Marker } = await cloud.aws.iam.SimulateCustomPolicy({ ...input, MaxItems: 1 });
  const rest = await cloud.aws.iam.SimulateCustomPolicy({ ...input, Marker });
  expect([EvaluationResults!.length, IsTruncated, rest.IsTruncated]).toEqual([1, true, false]);
  expect([...EvaluationResults!, ...rest.EvaluationResults!].map((result) => [result.EvalResourceName, result.EvalDecision])).toEqual([
    ["arn:aws:s3:::home/ann/a", "allowed"],
    ["arn:aws:s3:::home/bob/a", "implicitDeny"],
  ]);
});

test("a resource's policy counts for its caller", async () => {
  const ResourcePolicy = document({ Effect: "Allow", Principal: { AWS: ANN }, Action: "s3:GetObject", Resource: "arn:aws:s3:::site/*" });
  const input = { PolicyInputList: [document(allow("ec2:*"))], ActionNames: ["s3:GetObject"], ResourceArns: ["arn:aws:s3:::site/a"], ResourcePolicy };
  const decision = async (CallerArn: string) => (await cloud.aws.iam.SimulateCustomPolicy({ ...input, CallerArn })).EvaluationResults![0]!.EvalDecision;
  expect([await decision(ANN), await decision("arn:aws:iam::123456789012:user/bob")]).toEqual(["allowed", "implicitDeny"]);
  await expect(cloud.aws.iam.SimulateCustomPolicy(input)).rejects.toEqual(failure("InvalidInput", /CallerArn/));
});

test("context keys are those of conditions and of variables", async () => {
  const PolicyInputList = [
    document(allow("s3:*", { Resource: "arn:aws:s3:::${aws:username}", Condition: { Bool: { "aws:SecureTransport": "true" }, StringLike: { "AWS:username": "${aws:PrincipalTag/team, 'x'}*" } } })),
  ];
  expect(await cloud.aws.iam.GetContextKeysForCustomPolicy({ PolicyInputList })).toEqual({ ContextKeyNames: ["aws:SecureTransport", "AWS:username", "aws:PrincipalTag/team"] });
  await ann(allow("*", { Condition: { NumericLessThan: { "aws:MultiFactorAuthAge": "3600" } } }));
  expect(await cloud.aws.iam.GetContextKeysForPrincipalPolicy({ PolicySourceArn: ANN })).toEqual({ ContextKeyNames: ["aws:MultiFactorAuthAge"] });
});

test("what can't be simulated is refused by name", async () => {
  await expect(cloud.aws.iam.SimulateCustomPolicy({ PolicyInputList: ["{"], ActionNames: ["s3:GetObject"] })).rejects.toEqual(failure("InvalidInput", /PolicyInputList\.1/));
  await expect(cloud.aws.iam.SimulateCustomPolicy({ PolicyInputList: [document(allow("*"))], ActionNames: ["GetObject"] })).rejects.toEqual(failure("InvalidInput", /GetObject/));
  await expect(cloud.aws.iam.SimulatePrincipalPolicy({ PolicySourceArn: ANN, ActionNames: ["s3:GetObject"] })).rejects.toEqual(failure("NoSuchEntity", /ann/));
});

test("a document with an operator that there is none of is malformed, and so is a trust policy about anything else than assuming", async () => {
  const PolicyDocument = document(allow("*", { Condition: { StringEqual: { "aws:username": "ann" } } }));
  await expect(cloud.aws.iam.CreatePolicy({ PolicyName: "p", PolicyDocument })).rejects.toEqual(failure("MalformedPolicyDocument", /Invalid Condition type : StringEqual\./));
  const AssumeRolePolicyDocument = document({ Effect: "Allow", Principal: "*", Action: "s3:GetObject" });
  await expect(cloud.aws.iam.CreateRole({ RoleName: "r", AssumeRolePolicyDocument })).rejects.toEqual(failure("MalformedPolicyDocument", /only specify STS AssumeRole actions/));
});

test("statements are found in documents of any layout", () => {
  const text = '{\n  "Version": "2012-10-17", "Id": "Statement",\n  "Statement": [\n    { "Sid": "a}{\\"", "Condition": { "Bool": {} } },\n    { "Sid": "b" }\n  ]\n}';
  expect(statementSpans(text)).toEqual([
    { start: { line: 4, column: 5 }, end: { line: 4, column: 52 } },
    { start: { line: 5, column: 5 }, end: { line: 5, column: 19 } },
  ]);
  expect(statementSpans('{"Statement":{"Effect":"Allow"}}')).toEqual([{ start: { line: 1, column: 14 }, end: { line: 1, column: 32 } }]);
});
