import type { Caller } from "@hakoniwa/kernel";
import { serviceCaller } from "@hakoniwa/kernel";
import { afterEach, beforeEach, expect, test } from "vitest";
import { stepAt, totp } from "../iam/totp.js";
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
  const { principal, session: own } = sts().credentials(accessKeyId)!;
  return { principal, accessKeyId, via: { kind: "user" }, session: own };
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

test("names and durations are checked, and a role's own longest session too", async () => {
  const RoleArn = await role("deploy", { AWS: "*" });
  await expect(cloud.aws.sts.AssumeRole({ RoleArn: "deploy", RoleSessionName: "ci" })).rejects.toEqual(failure("ValidationError", /deploy is invalid/));
  await expect(cloud.aws.sts.AssumeRole({ RoleArn, RoleSessionName: "c i" })).rejects.toEqual(failure("ValidationError", /roleSessionName/));
  await expect(cloud.aws.sts.AssumeRole({ RoleArn, RoleSessionName: "ci", DurationSeconds: 899 })).rejects.toEqual(failure("ValidationError", /durationSeconds/));
  await expect(cloud.aws.sts.AssumeRole({ RoleArn, RoleSessionName: "ci", DurationSeconds: 7200 })).rejects.toEqual(failure("ValidationError", /MaxSessionDuration/));
  await expect(cloud.aws.sts.AssumeRole({ RoleArn, RoleSessionName: "ci", Policy: "{}" })).rejects.toEqual(failure("MalformedPolicyDocument"));
  await expect(cloud.aws.sts.AssumeRole({ RoleArn, RoleSessionName: "ci", PolicyArns: [{ arn: "arn:aws:iam::aws:policy/None" }] })).rejects.toEqual(failure("MalformedPolicyDocument", /None/));
});

const allowing = (...Action: string[]): string => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: "*" }] });

test("a session's policies narrow what its role may (S3-19)", async () => {
  const RoleArn = await role("deploy", { AWS: "*" });
  await cloud.aws.iam.AttachRolePolicy({ RoleName: "deploy", PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess" });
  const { Credentials, PackedPolicySize } = await cloud.aws.sts.AssumeRole({ RoleArn, RoleSessionName: "ci", Policy: allowing("iam:ListUsers") });
  expect(PackedPolicySize).toBeGreaterThan(0);
  const narrowed = by(session(Credentials!.AccessKeyId));
  expect((await narrowed.iam.ListUsers({})).Users).toHaveLength(1);
  await expect(narrowed.iam.ListRoles({})).rejects.toEqual(failure("AccessDenied", /because no session policy allows the iam:ListRoles action/));
});

test("tags and source identity go along, transitive tags through chained roles too", async () => {
  const trusting = { Action: ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"] };
  const first = await role("first", { AWS: "*" }, trusting);
  const second = await role("second", { AWS: "*" }, { ...trusting, Condition: { StringEquals: { "aws:PrincipalTag/team": "web" } } });
  const Tags = [{ Key: "team", Value: "web" }, { Key: "cost", Value: "1" }];
  await expect(cloud.aws.sts.AssumeRole({ RoleArn: second, RoleSessionName: "me" })).rejects.toEqual(failure("AccessDenied"));
  const one = await cloud.aws.sts.AssumeRole({ RoleArn: first, RoleSessionName: "me", Tags, TransitiveTagKeys: ["team"], SourceIdentity: "ann" });
  const chained = by(session(one.Credentials!.AccessKeyId));
  const two = await chained.sts.AssumeRole({ RoleArn: second, RoleSessionName: "me" });
  expect(session(two.Credentials!.AccessKeyId).session).toMatchObject({ tags: { team: "web" }, transitive: ["team"], sourceIdentity: "ann", chained: true });
  await expect(chained.sts.AssumeRole({ RoleArn: second, RoleSessionName: "me", DurationSeconds: 3601 })).rejects.toEqual(failure("ValidationError", /role chaining/));
  await expect(chained.sts.AssumeRole({ RoleArn: second, RoleSessionName: "me", Tags: [{ Key: "Team", Value: "db" }] })).rejects.toEqual(failure("InvalidParameterValue", /conflicts with a transitive tag/));
  await expect(chained.sts.AssumeRole({ RoleArn: second, RoleSessionName: "me", SourceIdentity: "bob" })).rejects.toEqual(failure("AccessDenied", /source identity/));
  // Tags need the trust policy's leave.
  const plain = await role("plain", { AWS: "*" });
  await expect(cloud.aws.sts.AssumeRole({ RoleArn: plain, RoleSessionName: "me", Tags })).rejects.toEqual(failure("AccessDenied", /sts:TagSession/));
});

test("a trust policy may ask for an external id", async () => {
  const RoleArn = await role("vendor", { AWS: "*" }, { Condition: { StringEquals: { "sts:ExternalId": "42" } } });
  await expect(cloud.aws.sts.AssumeRole({ RoleArn, RoleSessionName: "me" })).rejects.toEqual(failure("AccessDenied", /not authorized to perform: sts:AssumeRole on resource: \S+role\/vendor$/));
  await expect(cloud.aws.sts.AssumeRole({ RoleArn, RoleSessionName: "me", ExternalId: "43" })).rejects.toEqual(failure("AccessDenied"));
  expect((await cloud.aws.sts.AssumeRole({ RoleArn, RoleSessionName: "me", ExternalId: "42" })).Credentials).toBeDefined();
});

test("a code of one's own MFA device opens what asks for it (S3-15, S3-20)", async () => {
  const { VirtualMFADevice } = await cloud.aws.iam.CreateVirtualMFADevice({ VirtualMFADeviceName: "phone" });
  const seed = Buffer.from(VirtualMFADevice!.Base32StringSeed!).toString();
  const SerialNumber = VirtualMFADevice!.SerialNumber!;
  const code = (steps: number): string => totp(seed, stepAt(cloud.now()) + steps);
  await cloud.aws.iam.EnableMFADevice({ UserName: "admin", SerialNumber, AuthenticationCode1: code(-1), AuthenticationCode2: code(0) });
  const RoleArn = await role("careful", { AWS: "*" }, { Condition: { Bool: { "aws:MultiFactorAuthPresent": "true" } } });
  await expect(cloud.aws.sts.AssumeRole({ RoleArn, RoleSessionName: "me" })).rejects.toEqual(failure("AccessDenied"));
  const wrong = code(0) === "000000" ? "000001" : "000000";
  await expect(cloud.aws.sts.AssumeRole({ RoleArn, RoleSessionName: "me", SerialNumber, TokenCode: wrong })).rejects.toEqual(failure("AccessDenied", /MultiFactorAuthentication failed/));
  expect((await cloud.aws.sts.AssumeRole({ RoleArn, RoleSessionName: "me", SerialNumber, TokenCode: code(0) })).Credentials).toBeDefined();
  // A session token with it may call IAM, one without may not.
  const proven = await cloud.aws.sts.GetSessionToken({ SerialNumber, TokenCode: code(0) });
  expect((await by(session(proven.Credentials!.AccessKeyId)).iam.ListUsers({})).Users).toHaveLength(1);
  const plain = await cloud.aws.sts.GetSessionToken({});
  await expect(by(session(plain.Credentials!.AccessKeyId)).iam.ListUsers({})).rejects.toEqual(failure("InvalidClientTokenId"));
});

test("a federated user may what both its user and its policy allow, and nothing without one", async () => {
  const fed = await cloud.aws.sts.GetFederationToken({ Name: "guest", Policy: allowing("ec2:DescribeVpcs") });
  expect(fed.FederatedUser).toEqual({ FederatedUserId: "123456789012:guest", Arn: "arn:aws:sts::123456789012:federated-user/guest" });
  const guest = by(session(fed.Credentials!.AccessKeyId));
  expect((await guest.ec2.DescribeVpcs({})).Vpcs).toHaveLength(1);
  await expect(guest.ec2.DescribeSubnets({})).rejects.toEqual(failure("UnauthorizedOperation", /no session policy allows/));
  const bare = await cloud.aws.sts.GetFederationToken({ Name: "bare" });
  await expect(by(session(bare.Credentials!.AccessKeyId)).ec2.DescribeVpcs({})).rejects.toEqual(failure("UnauthorizedOperation"));
});

test("EC2 gets a role's credentials for an instance, for six hours whatever the role's own limit", async () => {
  const RoleArn = await role("web", { Service: "ec2.amazonaws.com" });
  const ec2 = by(serviceCaller("ec2", "123456789012"));
  const { Credentials } = await ec2.sts.AssumeRole({ RoleArn, RoleSessionName: "i-0123456789abcdef0", DurationSeconds: 21600 });
  const arn = "arn:aws:sts::123456789012:assumed-role/web/i-0123456789abcdef0";
  expect(sts().newestOf(arn)).toMatchObject({ accessKeyId: Credentials!.AccessKeyId, principal: { arn } });
  const other = await role("other", { Service: "lambda.amazonaws.com" });
  await expect(ec2.sts.AssumeRole({ RoleArn: other, RoleSessionName: "i-0123456789abcdef0" })).rejects.toEqual(failure("AccessDenied"));
});

test("an encoded authorization failure message is decoded for those who may, and a forged one is not", async () => {
  const alice = await user("alice");
  const denied = await by(alice).ec2.CreateVpc({ CidrBlock: "10.0.0.0/16" }).catch((error: Error) => error.message);
  const [, EncodedMessage = ""] = /Encoded authorization failure message: (\S+)$/.exec(denied as string) ?? [];
  const { DecodedMessage } = await cloud.aws.sts.DecodeAuthorizationMessage({ EncodedMessage });
  expect(JSON.parse(DecodedMessage!)).toMatchObject({ allowed: false, explicitDeny: false, context: { principal: { arn: alice.principal.arn }, action: "ec2:CreateVpc" } });
  await expect(cloud.aws.sts.DecodeAuthorizationMessage({ EncodedMessage: `${EncodedMessage.slice(0, -2)}AA` })).rejects.toEqual(failure("InvalidAuthorizationMessageException"));
  await expect(by(alice).sts.DecodeAuthorizationMessage({ EncodedMessage })).rejects.toEqual(failure("AccessDenied"));
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
