import type { Caller } from "@hakoniwa/kernel";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const failure = (code: string, message?: string) => expect.objectContaining(message === undefined ? { code } : { code, message });
const policy = (more: object = {}) => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "*", ...more }] });
const trustOf = (Principal: unknown) => JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Principal, Action: "sts:AssumeRole" } });
const EC2 = trustOf({ Service: "ec2.amazonaws.com" });
const ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess";

/** Calls as a user, by the key's facts, as the endpoint would. */
async function as(userName: string) {
  const { AccessKey } = await cloud.aws.iam.CreateAccessKey({ UserName: userName });
  const { principal } = cloud.core.calls.facts({ account: "123456789012", region: "global" }).iam.accessKey(AccessKey.AccessKeyId)!;
  const caller: Caller = { principal, accessKeyId: AccessKey.AccessKeyId, via: { kind: "user" } };
  return cloud.core.calls.asyncCalls(caller, "ap-northeast-1");
}

describe("users and their keys (S3-07, S3-12)", () => {
  test("a user has an id and an ARN with its path, and names that differ in case only are one", async () => {
    const { User } = await cloud.aws.iam.CreateUser({ UserName: "Alice", Path: "/ops/", Tags: [{ Key: "team", Value: "web" }] });
    expect(User).toMatchObject({ Arn: "arn:aws:iam::123456789012:user/ops/Alice", UserId: expect.stringMatching(/^AIDA[A-Z0-9]{17}$/) });
    await expect(cloud.aws.iam.CreateUser({ UserName: "alice" })).rejects.toEqual(failure("EntityAlreadyExists", "User with name alice already exists."));
    await expect(cloud.aws.iam.GetUser({ UserName: "bob" })).rejects.toEqual(failure("NoSuchEntity", "The user with name bob cannot be found."));
    await expect(cloud.aws.iam.CreateUser({ UserName: "a b" })).rejects.toEqual(failure("ValidationError"));
    expect((await cloud.aws.iam.ListUsers({ PathPrefix: "/ops/" })).Users.map((user) => user.UserName)).toEqual(["Alice"]);
    expect((await cloud.in("us-east-1").iam.GetUser({ UserName: "Alice" })).User.Tags).toEqual([{ Key: "team", Value: "web" }]);
  });

  test("a user has two access keys at most, and their secrets are told once", async () => {
    await cloud.aws.iam.CreateUser({ UserName: "alice" });
    const { AccessKey } = await cloud.aws.iam.CreateAccessKey({ UserName: "alice" });
    expect(AccessKey.AccessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/);
    expect(AccessKey.SecretAccessKey).toHaveLength(40);
    await cloud.aws.iam.CreateAccessKey({ UserName: "alice" });
    await expect(cloud.aws.iam.CreateAccessKey({ UserName: "alice" })).rejects.toEqual(failure("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2"));
    const listed = await cloud.aws.iam.ListAccessKeys({ UserName: "alice" });
    expect(listed.AccessKeyMetadata).toHaveLength(2);
    expect(JSON.stringify(listed)).not.toContain(AccessKey.SecretAccessKey);
    await cloud.aws.iam.UpdateAccessKey({ UserName: "alice", AccessKeyId: AccessKey.AccessKeyId, Status: "Inactive" });
    expect(cloud.core.calls.facts({ account: "123456789012", region: "global" }).iam.accessKey(AccessKey.AccessKeyId)!.active).toBe(false);
    await expect(cloud.aws.iam.DeleteAccessKey({ UserName: "admin", AccessKeyId: AccessKey.AccessKeyId })).rejects.toEqual(failure("NoSuchEntity"));
  });

  test("a user is deleted only when nothing hangs on it", async () => {
    await cloud.aws.iam.CreateUser({ UserName: "alice" });
    await cloud.aws.iam.CreateGroup({ GroupName: "ops" });
    const { AccessKey } = await cloud.aws.iam.CreateAccessKey({ UserName: "alice" });
    await cloud.aws.iam.AddUserToGroup({ UserName: "alice", GroupName: "ops" });
    await cloud.aws.iam.AttachUserPolicy({ UserName: "alice", PolicyArn: ADMIN });
    await cloud.aws.iam.PutUserPolicy({ UserName: "alice", PolicyName: "p", PolicyDocument: policy() });
    const remove = () => cloud.aws.iam.DeleteUser({ UserName: "alice" });
    await expect(remove()).rejects.toEqual(failure("DeleteConflict", "Cannot delete entity, must delete access keys first."));
    await cloud.aws.iam.DeleteAccessKey({ UserName: "alice", AccessKeyId: AccessKey.AccessKeyId });
    await expect(remove()).rejects.toEqual(failure("DeleteConflict", "Cannot delete entity, must remove users from group first."));
    await cloud.aws.iam.RemoveUserFromGroup({ UserName: "alice", GroupName: "ops" });
    await expect(remove()).rejects.toEqual(failure("DeleteConflict", "Cannot delete entity, must detach all policies first."));
    await cloud.aws.iam.DetachUserPolicy({ UserName: "alice", PolicyArn: ADMIN });
    await expect(remove()).rejects.toEqual(failure("DeleteConflict", "Cannot delete entity, must delete policies first."));
    await cloud.aws.iam.DeleteUserPolicy({ UserName: "alice", PolicyName: "p" });
    await remove();
    expect((await cloud.aws.iam.ListUsers({})).Users.map((user) => user.UserName)).toEqual(["admin"]);
  });

  test("a renamed user keeps its id, keys and groups", async () => {
    await cloud.aws.iam.CreateUser({ UserName: "alice" });
    await cloud.aws.iam.CreateAccessKey({ UserName: "alice" });
    await cloud.aws.iam.CreateGroup({ GroupName: "ops" });
    await cloud.aws.iam.AddUserToGroup({ UserName: "alice", GroupName: "ops" });
    await cloud.aws.iam.UpdateUser({ UserName: "alice", NewUserName: "Alice" });
    expect((await cloud.aws.iam.ListAccessKeys({ UserName: "Alice" })).AccessKeyMetadata).toHaveLength(1);
    expect((await cloud.aws.iam.GetGroup({ GroupName: "ops" })).Users.map((user) => user.UserName)).toEqual(["Alice"]);
  });
});

describe("who may (S3-08, S3-17)", () => {
  test("a user without policies is denied in AWS's words; AdministratorAccess, also through a group, allows", async () => {
    await cloud.aws.iam.CreateUser({ UserName: "alice" });
    await cloud.aws.iam.CreateGroup({ GroupName: "admins" });
    await cloud.aws.iam.AttachGroupPolicy({ GroupName: "admins", PolicyArn: ADMIN });
    const alice = await as("alice");
    await expect(alice.iam.ListUsers({})).rejects.toEqual(
      failure("AccessDenied", "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::123456789012:user/ because no identity-based policy allows the iam:ListUsers action"),
    );
    await cloud.aws.iam.AddUserToGroup({ UserName: "alice", GroupName: "admins" });
    expect((await alice.iam.GetUser({})).User.UserName).toBe("alice");
    await cloud.aws.iam.RemoveUserFromGroup({ UserName: "alice", GroupName: "admins" });
    await expect(alice.iam.GetUser({})).rejects.toEqual(failure("AccessDenied"));
  });

  test("policies don't bind the root user", async () => {
    const principal = { type: "root", account: "123456789012", arn: "arn:aws:iam::123456789012:root", id: "123456789012", name: "root" } as const;
    const root = cloud.core.calls.asyncCalls({ principal, accessKeyId: undefined, via: { kind: "user" } }, "ap-northeast-1");
    expect((await root.iam.ListUsers({})).Users).toHaveLength(1);
  });
});

describe("roles for instances (S0-12, S0-13, S1-33)", () => {
  test("a role with the SSM policy goes into an instance profile, which EC2 can know", async () => {
    const { Role } = await cloud.aws.iam.CreateRole({ RoleName: "web", AssumeRolePolicyDocument: EC2 });
    expect(Role.RoleId).toMatch(/^AROA[A-Z0-9]{17}$/);
    expect(JSON.parse(decodeURIComponent(Role.AssumeRolePolicyDocument!))).toEqual(JSON.parse(EC2));
    for (const arn of ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore", "arn:aws:iam::aws:policy/service-role/AmazonEC2RoleforSSM"]) {
      await cloud.aws.iam.AttachRolePolicy({ RoleName: "web", PolicyArn: arn });
    }
    const { InstanceProfile } = await cloud.aws.iam.CreateInstanceProfile({ InstanceProfileName: "web" });
    await cloud.aws.iam.AddRoleToInstanceProfile({ InstanceProfileName: "web", RoleName: "web" });
    const { iam } = cloud.core.calls.facts({ account: "123456789012", region: "ap-northeast-1" });
    for (const key of ["web", InstanceProfile.Arn]) expect(iam.instanceProfile(key)).toMatchObject({ id: InstanceProfile.InstanceProfileId, roles: ["web"] });
    expect(iam.instanceProfile("arn:aws:iam::999999999999:instance-profile/web")).toBeUndefined();
    expect(iam.role(Role.Arn)!.name).toBe("web");
    await cloud.aws.iam.CreateRole({ RoleName: "other", AssumeRolePolicyDocument: EC2 });
    await expect(cloud.aws.iam.AddRoleToInstanceProfile({ InstanceProfileName: "web", RoleName: "other" })).rejects.toEqual(
      failure("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"),
    );
    await expect(cloud.aws.iam.DeleteRole({ RoleName: "web" })).rejects.toEqual(failure("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first."));
    await expect(cloud.aws.iam.DeleteInstanceProfile({ InstanceProfileName: "web" })).rejects.toEqual(failure("DeleteConflict"));
    await expect(cloud.aws.iam.AttachRolePolicy({ RoleName: "web", PolicyArn: "arn:aws:iam::aws:policy/Nope" })).rejects.toEqual(
      failure("NoSuchEntity", "Policy arn:aws:iam::aws:policy/Nope does not exist or is not attachable."),
    );
  });

  test.each([
    ["no JSON", "{", "identity"],
    ["no action", JSON.stringify({ Statement: { Effect: "Allow", Resource: "*" } }), "identity"],
    ["a principal", policy({ Principal: "*" }), "identity"],
    ["an action of no vendor", policy({ Action: "GetObject" }), "identity"],
    ["a resource that is no ARN", policy({ Resource: "bucket" }), "identity"],
    ["an unknown element", policy({ Colour: "red" }), "identity"],
    ["an unknown effect", policy({ Effect: "Maybe" }), "identity"],
    ["a trust policy with a resource", policy({ Principal: "*" }), "trust"],
    ["a trust policy for nobody", JSON.stringify({ Statement: { Effect: "Allow", Action: "sts:AssumeRole" } }), "trust"],
    ["a principal that is none", trustOf({ AWS: "alice" }), "trust"],
  ])("a document with %s is malformed", async (_what, document, kind) => {
    const made =
      kind === "trust"
        ? cloud.aws.iam.CreateRole({ RoleName: "r", AssumeRolePolicyDocument: document })
        : cloud.aws.iam.CreatePolicy({ PolicyName: "p", PolicyDocument: document });
    await expect(made).rejects.toEqual(failure("MalformedPolicyDocument"));
  });
});

describe("managed and embedded policies", () => {
  test("a policy has five versions at most; numbers are not used again; the default one stays", async () => {
    const { Policy } = await cloud.aws.iam.CreatePolicy({ PolicyName: "p", PolicyDocument: policy(), Description: "reads" });
    const PolicyArn = Policy!.Arn!;
    for (let i = 2; i <= 5; i++) await cloud.aws.iam.CreatePolicyVersion({ PolicyArn, PolicyDocument: policy({ Sid: `V${i}` }), SetAsDefault: i === 5 });
    await expect(cloud.aws.iam.CreatePolicyVersion({ PolicyArn, PolicyDocument: policy() })).rejects.toEqual(failure("LimitExceeded"));
    await expect(cloud.aws.iam.DeletePolicyVersion({ PolicyArn, VersionId: "v5" })).rejects.toEqual(failure("DeleteConflict"));
    await cloud.aws.iam.DeletePolicyVersion({ PolicyArn, VersionId: "v4" });
    expect((await cloud.aws.iam.CreatePolicyVersion({ PolicyArn, PolicyDocument: policy() })).PolicyVersion!.VersionId).toBe("v6");
    const { PolicyVersion } = await cloud.aws.iam.GetPolicyVersion({ PolicyArn, VersionId: "v5" });
    expect(PolicyVersion!.IsDefaultVersion).toBe(true);
    expect(decodeURIComponent(PolicyVersion!.Document!)).toBe(policy({ Sid: "V5" }));
    await cloud.aws.iam.AttachUserPolicy({ UserName: "admin", PolicyArn });
    expect((await cloud.aws.iam.GetPolicy({ PolicyArn })).Policy!.AttachmentCount).toBe(1);
    expect((await cloud.aws.iam.ListEntitiesForPolicy({ PolicyArn })).PolicyUsers!.map((user) => user.UserName)).toEqual(["admin"]);
    await expect(cloud.aws.iam.DeletePolicy({ PolicyArn })).rejects.toEqual(failure("DeleteConflict", "Cannot delete a policy attached to entities."));
  });

  test("AWS's policies are listed and read, and nobody changes them", async () => {
    const { Policies } = await cloud.aws.iam.ListPolicies({ Scope: "AWS" });
    expect(Policies!.map((p) => p.PolicyName)).toContain("AmazonEC2RoleforSSM");
    expect((await cloud.aws.iam.ListPolicies({ Scope: "AWS", OnlyAttached: true })).Policies!.map((p) => p.Arn)).toEqual([ADMIN]);
    await expect(cloud.aws.iam.DeletePolicy({ PolicyArn: ADMIN })).rejects.toEqual(failure("AccessDenied"));
  });

  test("an embedded policy comes back encoded as it was given, whatever its name", async () => {
    await cloud.aws.iam.CreateRole({ RoleName: "r", AssumeRolePolicyDocument: EC2 });
    const document = policy({ Condition: { StringLike: { "aws:UserAgent": "it's (a) *!" } } });
    await cloud.aws.iam.PutRolePolicy({ RoleName: "r", PolicyName: "__proto__", PolicyDocument: document });
    const { PolicyDocument } = await cloud.aws.iam.GetRolePolicy({ RoleName: "r", PolicyName: "__proto__" });
    expect(PolicyDocument).not.toMatch(/[ "'()*!]/);
    expect(decodeURIComponent(PolicyDocument)).toBe(document);
    expect((await cloud.aws.iam.ListRolePolicies({ RoleName: "r" })).PolicyNames).toEqual(["__proto__"]);
    await expect(cloud.aws.iam.GetRolePolicy({ RoleName: "r", PolicyName: "constructor" })).rejects.toEqual(failure("NoSuchEntity"));
    await cloud.aws.iam.DeleteRolePolicy({ RoleName: "r", PolicyName: "__proto__" });
    await cloud.aws.iam.DeleteRole({ RoleName: "r" });
  });
});

test("an account has one alias (S3-04)", async () => {
  await cloud.aws.iam.CreateAccountAlias({ AccountAlias: "first" });
  await cloud.aws.iam.CreateAccountAlias({ AccountAlias: "second" });
  expect((await cloud.aws.iam.ListAccountAliases({})).AccountAliases).toEqual(["second"]);
  await expect(cloud.aws.iam.CreateAccountAlias({ AccountAlias: "123456789012" })).rejects.toEqual(failure("ValidationError"));
  expect((await cloud.aws.iam.GetAccountSummary({})).SummaryMap).toMatchObject({ Users: 1, AccessKeysPerUserQuota: 2 });
});
