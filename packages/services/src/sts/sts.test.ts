import type { Caller } from "@hakoniwa/kernel";
import { serviceCaller } from "@hakoniwa/kernel";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const failure = (code: string, message?: RegExp) => expect.objectContaining({ code, ...(message ? { message: expect.stringMatching(message) } : {}) });
const sts = () => cloud.core.calls.facts({ account: "123456789012", region: "global" }).sts;
const by = (caller: Caller) => cloud.core.calls.asyncCalls(caller, "ap-northeast-1");

async function role(RoleName: string, Principal: unknown, more: object = {}): Promise<string> {
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal, Action: "sts:AssumeRole", ...more }] });
  return (await cloud.aws.iam.CreateRole({ RoleName, AssumeRolePolicyDocument })).Role.Arn;
}

async function user(UserName: string): Promise<Caller> {
  const { User } = await cloud.aws.iam.CreateUser({ UserName });
  return { principal: { type: "user", account: "123456789012", arn: User!.Arn, id: User!.UserId, name: UserName }, accessKeyId: undefined, via: { kind: "user" } };
}

function session(accessKeyId: string): Caller {
  return { principal: sts().credentials(accessKeyId)!.principal, accessKeyId, via: { kind: "user" } };
}

test("an assumed role gives key, secret, token and expiry, and acts as the role (S3-17, S3-18)", async () => {
  const RoleArn = await role("deploy", { AWS: "arn:aws:iam::123456789012:root" });
  const { Credentials, AssumedRoleUser } = await cloud.aws.sts.AssumeRole({ RoleArn, RoleSessionName: "ci" });
  expect(Credentials!.AccessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
  expect(Credentials!.Expiration.getTime() - cloud.now()).toBe(3_600_000);
  expect(sts().credentials(Credentials!.AccessKeyId)).toMatchObject({ secret: Credentials!.SecretAccessKey, sessionToken: Credentials!.SessionToken });
  const deploy = by(session(Credentials!.AccessKeyId));
  expect(await deploy.sts.GetCallerIdentity({})).toEqual({ Account: "123456789012", Arn: AssumedRoleUser!.Arn, UserId: AssumedRoleUser!.AssumedRoleId });
  expect(AssumedRoleUser!.Arn).toBe("arn:aws:sts::123456789012:assumed-role/deploy/ci");
  await expect(deploy.iam.ListUsers({})).rejects.toEqual(failure("AccessDenied", /assumed-role\/deploy\/ci is not authorized/));
  await cloud.aws.iam.AttachRolePolicy({ RoleName: "deploy", PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess" });
  expect((await deploy.iam.ListUsers({})).Users).toHaveLength(1);
});

test("a role made anew under the same name does not inherit the old one's sessions", async () => {
  const RoleArn = await role("deploy", { AWS: "123456789012" });
  const { Credentials } = await cloud.aws.sts.AssumeRole({ RoleArn, RoleSessionName: "ci" });
  await cloud.aws.iam.DeleteRole({ RoleName: "deploy" });
  await role("deploy", { AWS: "123456789012" });
  await cloud.aws.iam.AttachRolePolicy({ RoleName: "deploy", PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess" });
  await expect(by(session(Credentials!.AccessKeyId)).iam.ListUsers({})).rejects.toEqual(failure("AccessDenied"));
});

test("the trust policy decides who may assume", async () => {
  const alice = await user("alice");
  const named = await role("named", { AWS: alice.principal.arn });
  const account = await role("account", { AWS: "arn:aws:iam::123456789012:root" });
  const ec2 = await role("ec2", { Service: "ec2.amazonaws.com" });
  const conditional = await role("conditional", { AWS: alice.principal.arn }, { Condition: { Bool: { "aws:MultiFactorAuthPresent": "true" } } });
  const assume = (caller: Caller, RoleArn: string) => by(caller).sts.AssumeRole({ RoleArn, RoleSessionName: "me" });
  expect((await assume(alice, named)).Credentials).toBeDefined();
  // Trusting the account leaves it to alice's own policies, and she has none.
  await expect(assume(alice, account)).rejects.toEqual(failure("AccessDenied"));
  await expect(assume(alice, conditional)).rejects.toEqual(failure("AccessDenied"));
  // An administrator may all that policies allow, but not what a trust policy withholds.
  await expect(cloud.aws.sts.AssumeRole({ RoleArn: named, RoleSessionName: "me" })).rejects.toEqual(failure("AccessDenied"));
  await expect(cloud.aws.sts.AssumeRole({ RoleArn: ec2, RoleSessionName: "me" })).rejects.toEqual(failure("AccessDenied"));
  expect((await assume(serviceCaller("ec2", "123456789012"), ec2)).Credentials).toBeDefined();
  await expect(cloud.aws.sts.AssumeRole({ RoleArn: "arn:aws:iam::123456789012:role/none", RoleSessionName: "me" })).rejects.toEqual(failure("AccessDenied"));
});

test("what would narrow a session is refused, not ignored", async () => {
  const RoleArn = await role("deploy", { AWS: "*" });
  await expect(cloud.aws.sts.AssumeRole({ RoleArn, RoleSessionName: "ci", Policy: "{}" })).rejects.toEqual(failure("NotImplemented", /Policy/));
  await expect(cloud.aws.sts.AssumeRole({ RoleArn, RoleSessionName: "c i" })).rejects.toEqual(failure("ValidationError"));
  await expect(cloud.aws.sts.AssumeRole({ RoleArn, RoleSessionName: "ci", DurationSeconds: 899 })).rejects.toEqual(failure("ValidationError"));
  await expect(cloud.aws.sts.AssumeRole({ RoleArn, RoleSessionName: "ci", DurationSeconds: 7200 })).rejects.toEqual(failure("ValidationError", /MaxSessionDuration/));
});

test("GetSessionToken gives a user temporary keys for itself, and a day after expiry they are swept (S3-18)", async () => {
  const { Credentials } = await cloud.aws.sts.GetSessionToken({ DurationSeconds: 900 });
  const mine = session(Credentials!.AccessKeyId);
  expect((await by(mine).sts.GetCallerIdentity({})).Arn).toBe("arn:aws:iam::123456789012:user/admin");
  await expect(by(mine).sts.GetSessionToken({})).rejects.toEqual(failure("AccessDenied"));
  expect((await cloud.aws.sts.GetAccessKeyInfo({ AccessKeyId: Credentials!.AccessKeyId })).Account).toBe("123456789012");
  await cloud.advance("25h");
  await cloud.aws.sts.GetSessionToken({});
  expect(sts().credentials(Credentials!.AccessKeyId)).toBeUndefined();
});
