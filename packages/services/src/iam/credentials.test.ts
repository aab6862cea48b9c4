import { generateKeyPairSync } from "node:crypto";
import type { Caller, Principal } from "@hakoniwa/kernel";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";
import { loginProfiles } from "./state-credentials.js";
import { stepAt, totp } from "./totp.js";

const GLOBAL = { account: "123456789012", region: "global" };
const STEP = 30_000;

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const failure = (code: string, message?: string | RegExp) =>
  expect.objectContaining(message === undefined ? { code } : { code, message: typeof message === "string" ? message : expect.stringMatching(message) });

const ROOT: Principal = { type: "root", account: "123456789012", arn: "arn:aws:iam::123456789012:root", id: "123456789012", name: "root" };
const as = (principal: Principal, accessKeyId?: string) =>
  cloud.core.calls.asyncCalls({ principal, accessKeyId, via: { kind: "user" } } as Caller, "ap-northeast-1");

async function alice(policies: readonly string[] = []) {
  const { User } = await cloud.aws.iam.CreateUser({ UserName: "alice" });
  for (const PolicyArn of policies) await cloud.aws.iam.AttachUserPolicy({ UserName: "alice", PolicyArn });
  return as({ type: "user", account: "123456789012", arn: User!.Arn, id: User!.UserId, name: "alice" });
}

describe("passwords (S3-09, S3-14)", () => {
  test("a password is kept as a hash, and without a policy AWS's own holds", async () => {
    await alice();
    const create = (Password: string) => cloud.aws.iam.CreateLoginProfile({ UserName: "alice", Password, PasswordResetRequired: true });
    await expect(create("Short1!")).rejects.toEqual(failure("PasswordPolicyViolation", /length of 8/));
    await expect(create("onlylowercase")).rejects.toEqual(failure("PasswordPolicyViolation"));
    const { LoginProfile } = await create("Correct-Horse-1");
    expect(LoginProfile).toMatchObject({ UserName: "alice", PasswordResetRequired: true });
    await expect(create("Correct-Horse-1")).rejects.toEqual(failure("EntityAlreadyExists", "Login Profile for user alice already exists."));
    expect(JSON.stringify(cloud.store.reader(GLOBAL)(loginProfiles).list())).not.toContain("Correct");
    await cloud.aws.iam.UpdateLoginProfile({ UserName: "alice", PasswordResetRequired: false });
    expect((await cloud.aws.iam.GetLoginProfile({ UserName: "alice" })).LoginProfile.PasswordResetRequired).toBe(false);
    await expect(cloud.aws.iam.DeleteUser({ UserName: "alice" })).rejects.toEqual(failure("DeleteConflict", "Cannot delete entity, must delete login profile first."));
    await cloud.aws.iam.DeleteLoginProfile({ UserName: "alice" });
    await expect(cloud.aws.iam.GetLoginProfile({ UserName: "alice" })).rejects.toEqual(failure("NoSuchEntity", "Login Profile for User alice cannot be found."));
  });

  test("the account's policy is enforced, and goes back to defaults where a call leaves something out", async () => {
    await alice();
    await expect(cloud.aws.iam.GetAccountPasswordPolicy({})).rejects.toEqual(failure("NoSuchEntity", "The Password Policy with domain name 123456789012 cannot be found."));
    await expect(cloud.aws.iam.UpdateAccountPasswordPolicy({ MinimumPasswordLength: 5 })).rejects.toEqual(failure("ValidationError", /'5' at 'minimumPasswordLength'/));
    await cloud.aws.iam.UpdateAccountPasswordPolicy({ MinimumPasswordLength: 12, RequireSymbols: true, RequireNumbers: true, MaxPasswordAge: 90 });
    expect((await cloud.aws.iam.GetAccountPasswordPolicy({})).PasswordPolicy).toEqual({
      MinimumPasswordLength: 12, RequireSymbols: true, RequireNumbers: true, RequireUppercaseCharacters: false, RequireLowercaseCharacters: false,
      AllowUsersToChangePassword: false, ExpirePasswords: true, MaxPasswordAge: 90,
    });
    const create = (Password: string) => cloud.aws.iam.CreateLoginProfile({ UserName: "alice", Password });
    await expect(create("elevenchars")).rejects.toEqual(failure("PasswordPolicyViolation", /length of 12/));
    await expect(create("twelve-chars")).rejects.toEqual(failure("PasswordPolicyViolation", /number/));
    await expect(create("twelvechars1")).rejects.toEqual(failure("PasswordPolicyViolation", /symbol/));
    await create("twelve-chars-1");
    await cloud.aws.iam.UpdateAccountPasswordPolicy({ RequireUppercaseCharacters: true });
    expect((await cloud.aws.iam.GetAccountPasswordPolicy({})).PasswordPolicy).toMatchObject({ MinimumPasswordLength: 6, RequireSymbols: false, ExpirePasswords: false });
    await cloud.aws.iam.DeleteAccountPasswordPolicy({});
    await expect(cloud.aws.iam.GetAccountPasswordPolicy({})).rejects.toEqual(failure("NoSuchEntity"));
  });

  test("a user changes the own password where the policy lets users, knows the old one, and doesn't reuse it", async () => {
    const user = await alice();
    await cloud.aws.iam.CreateLoginProfile({ UserName: "alice", Password: "First-Password-1" });
    const change = (OldPassword: string, NewPassword: string) => user.iam.ChangePassword({ OldPassword, NewPassword });
    await expect(change("First-Password-1", "Second-Password-2")).rejects.toEqual(failure("AccessDenied", /not authorized to perform: iam:ChangePassword/));
    await cloud.aws.iam.UpdateAccountPasswordPolicy({ AllowUsersToChangePassword: true, PasswordReusePrevention: 2 });
    await expect(change("wrong", "Second-Password-2")).rejects.toEqual(failure("AccessDenied", "The old password was incorrect."));
    await change("First-Password-1", "Second-Password-2");
    await expect(change("Second-Password-2", "First-Password-1")).rejects.toEqual(failure("PasswordPolicyViolation", /reuse/));
    await change("Second-Password-2", "Third-Password-3");
    await change("Third-Password-3", "First-Password-1");
    await expect(as(ROOT).iam.ChangePassword({ OldPassword: "a", NewPassword: "b" })).rejects.toEqual(failure("InvalidUserType"));
  });
});

describe("MFA (S3-15, S3-20)", () => {
  const codes = (seed: string, at: number) => ({ AuthenticationCode1: totp(seed, stepAt(at) - 1), AuthenticationCode2: totp(seed, stepAt(at)) });

  async function device(VirtualMFADeviceName: string) {
    const { VirtualMFADevice } = await cloud.aws.iam.CreateVirtualMFADevice({ VirtualMFADeviceName });
    return { SerialNumber: VirtualMFADevice.SerialNumber, seed: Buffer.from(VirtualMFADevice.Base32StringSeed!).toString() };
  }

  test("codes are those of RFC 6238's table", () => {
    // Its secret is "12345678901234567890" in ASCII; eight digits there, of which ours are the last six.
    const seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    expect([59, 1111111109, 1111111111, 1234567890, 2000000000, 20000000000].map((seconds) => totp(seed, stepAt(seconds * 1000)))).toEqual([
      "287082",
      "081804",
      "050471",
      "005924",
      "279037",
      "353130",
    ]);
  });

  test("a device is enabled by two codes, one after the other", async () => {
    await alice();
    const { SerialNumber, seed } = await device("alices-phone");
    expect(SerialNumber).toBe("arn:aws:iam::123456789012:mfa/alices-phone");
    expect(seed).toMatch(/^[A-Z2-7]{64}$/);
    const enable = (pair: { AuthenticationCode1: string; AuthenticationCode2: string }) => cloud.aws.iam.EnableMFADevice({ UserName: "alice", SerialNumber, ...pair });
    const { AuthenticationCode1, AuthenticationCode2 } = codes(seed, cloud.now());
    await expect(enable({ AuthenticationCode1: AuthenticationCode2, AuthenticationCode2: AuthenticationCode1 })).rejects.toEqual(failure("InvalidAuthenticationCode"));
    await expect(enable({ AuthenticationCode1: "12345", AuthenticationCode2 })).rejects.toEqual(failure("ValidationError"));
    expect((await cloud.aws.iam.ListMFADevices({ UserName: "alice" })).MFADevices).toEqual([]);
    await enable({ AuthenticationCode1, AuthenticationCode2 });
    expect((await cloud.aws.iam.ListMFADevices({ UserName: "alice" })).MFADevices).toMatchObject([{ UserName: "alice", SerialNumber }]);
    expect((await cloud.aws.iam.ListVirtualMFADevices({ AssignmentStatus: "Assigned" })).VirtualMFADevices).toMatchObject([{ SerialNumber, User: { UserName: "alice" } }]);
    expect(JSON.stringify(await cloud.aws.iam.ListVirtualMFADevices({}))).not.toContain("Seed");
    await expect(cloud.aws.iam.DeleteVirtualMFADevice({ SerialNumber })).rejects.toEqual(failure("DeleteConflict", "MFA VirtualDevice in use. Must deactivate first."));
    await expect(cloud.aws.iam.DeleteUser({ UserName: "alice" })).rejects.toEqual(failure("DeleteConflict", "Cannot delete entity, must delete MFA device first."));
    await cloud.aws.iam.DeactivateMFADevice({ UserName: "alice", SerialNumber });
    await cloud.aws.iam.DeleteVirtualMFADevice({ SerialNumber });
    await expect(cloud.aws.iam.GetMFADevice({ SerialNumber })).rejects.toEqual(failure("NoSuchEntity", `VirtualMFADevice with serial number ${SerialNumber} doesn't exist.`));
  });

  test("what STS asks of a device: its code is good for a step around now, and a clock that is off is learned", async () => {
    await alice();
    const { SerialNumber, seed } = await device("alices-phone");
    const { User } = await cloud.aws.iam.GetUser({ UserName: "alice" });
    const principal: Principal = { type: "user", account: "123456789012", arn: User.Arn, id: User.UserId, name: "alice" };
    const shows = (code: string) => cloud.core.calls.facts(GLOBAL).iam.passesMfa(principal, SerialNumber, code, cloud.now());
    const now = () => totp(seed, stepAt(cloud.now()));
    expect(shows(now())).toBe(false);
    await cloud.aws.iam.EnableMFADevice({ UserName: "alice", SerialNumber, ...codes(seed, cloud.now()) });
    const code = now();
    expect(shows(code)).toBe(true);
    await cloud.advance("2m");
    expect(shows(code)).toBe(false);
    const late = cloud.now() - 8 * STEP;
    expect(shows(totp(seed, stepAt(late)))).toBe(false);
    await cloud.aws.iam.ResyncMFADevice({ UserName: "alice", SerialNumber, ...codes(seed, late) });
    expect(shows(totp(seed, stepAt(late)))).toBe(true);
  });

  test("the root user has a device of its own, which the account's figures and report tell (S3-09)", async () => {
    const { SerialNumber, seed } = await device("root-account-mfa-device");
    expect((await cloud.aws.iam.GetAccountSummary({})).SummaryMap).toMatchObject({ AccountMFAEnabled: 0, AccountAccessKeysPresent: 0, MFADevices: 1, MFADevicesInUse: 0 });
    await as(ROOT).iam.EnableMFADevice({ UserName: "root", SerialNumber, ...codes(seed, cloud.now()) });
    expect((await cloud.aws.iam.GetAccountSummary({})).SummaryMap).toMatchObject({ AccountMFAEnabled: 1, MFADevicesInUse: 1 });
    expect((await cloud.aws.iam.ListVirtualMFADevices({})).VirtualMFADevices).toMatchObject([{ User: { Arn: "arn:aws:iam::123456789012:root" } }]);
    await cloud.aws.iam.GenerateCredentialReport({});
    expect((await report())[0]).toMatchObject({ user: "<root_account>", mfa_active: "true", access_key_1_active: "false", password_enabled: "not_supported" });
  });
});

async function report(): Promise<readonly Record<string, string>[]> {
  const { Content } = await cloud.aws.iam.GetCredentialReport({});
  const [head, ...lines] = Buffer.from(Content!).toString().split("\n").map((line) => line.split(","));
  return lines.map((line) => Object.fromEntries(head!.map((column, at) => [column, line[at]!])));
}

describe("keys in use and the credential report (S3-21, S3-22)", () => {
  test("a key's use is noted with service and region, once in fifteen minutes", async () => {
    const user = await alice();
    const { AccessKey } = await cloud.aws.iam.CreateAccessKey({ UserName: "alice" });
    const lastUsed = async () => (await cloud.aws.iam.GetAccessKeyLastUsed({ AccessKeyId: AccessKey.AccessKeyId })).AccessKeyLastUsed!;
    expect(await lastUsed()).toEqual({ ServiceName: "N/A", Region: "N/A" });
    const principal = cloud.core.calls.facts(GLOBAL).iam.accessKey(AccessKey.AccessKeyId)!.principal;
    const keyed = as(principal, AccessKey.AccessKeyId);
    const first = cloud.now();
    await keyed.sts.GetCallerIdentity({});
    await cloud.advance("10m");
    // Denied or not, it was used; but this is within the span.
    await expect(keyed.ec2.DescribeVpcs({})).rejects.toEqual(failure("UnauthorizedOperation"));
    expect(await lastUsed()).toEqual({ LastUsedDate: new Date(first), ServiceName: "sts", Region: "ap-northeast-1" });
    await cloud.advance("10m");
    await expect(keyed.elb.DescribeLoadBalancers({})).rejects.toEqual(failure("AccessDenied"));
    expect(await lastUsed()).toEqual({ LastUsedDate: new Date(cloud.now()), ServiceName: "elasticloadbalancing", Region: "ap-northeast-1" });
    expect(user).toBeDefined();
    await expect(cloud.aws.iam.GetAccessKeyLastUsed({ AccessKeyId: "AKIAAAAAAAAAAAAAAAAA" })).rejects.toEqual(failure("NoSuchEntity"));
  });

  test("a role's last use is told where it was used", async () => {
    const trust = JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" } });
    const { Role } = await cloud.aws.iam.CreateRole({ RoleName: "web", AssumeRolePolicyDocument: trust });
    const lastUsed = async () => (await cloud.aws.iam.GetRole({ RoleName: "web" })).Role.RoleLastUsed;
    expect(await lastUsed()).toEqual({});
    const arn = "arn:aws:sts::123456789012:assumed-role/web/i-1";
    const session = as({ type: "assumed-role", account: "123456789012", arn, id: `${Role.RoleId}:i-1`, name: "web" }, "ASIAAAAAAAAAAAAAAAAA");
    await session.sts.GetCallerIdentity({});
    expect(await lastUsed()).toEqual({ LastUsedDate: new Date(cloud.now()), Region: "ap-northeast-1" });
  });

  test("a report is made once in four hours, tells who has which credentials, and expires", async () => {
    await alice();
    await expect(cloud.aws.iam.GetCredentialReport({})).rejects.toEqual(failure("ReportNotPresent"));
    await cloud.aws.iam.UpdateAccountPasswordPolicy({ MinimumPasswordLength: 8, MaxPasswordAge: 30 });
    await cloud.aws.iam.CreateLoginProfile({ UserName: "alice", Password: "Correct-Horse-1" });
    await cloud.aws.iam.CreateAccessKey({ UserName: "alice" });
    expect(await cloud.aws.iam.GenerateCredentialReport({})).toMatchObject({ State: "STARTED" });
    expect(await cloud.aws.iam.GenerateCredentialReport({})).toEqual({ State: "COMPLETE" });
    const { Content, GeneratedTime, ReportFormat } = await cloud.aws.iam.GetCredentialReport({});
    expect({ GeneratedTime, ReportFormat }).toEqual({ GeneratedTime: new Date(cloud.now()), ReportFormat: "text/csv" });
    expect(Buffer.from(Content!).toString().split("\n")[0]).toBe(
      "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active," +
        "access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service," +
        "access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service," +
        "cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated,additional_credentials_info",
    );
    const rows = await report();
    expect(rows.map((row) => row.user)).toEqual(["<root_account>", "admin", "alice"]);
    expect(rows[1]).toMatchObject({ password_enabled: "false", access_key_1_active: "true", access_key_1_last_used_service: "iam" });
    expect(rows[2]).toMatchObject({
      password_enabled: "true", password_last_used: "no_information", password_last_changed: "2026-01-01T00:00:00+00:00", password_next_rotation: "2026-01-31T00:00:00+00:00",
      mfa_active: "false", access_key_1_active: "true", access_key_1_last_used_date: "N/A", access_key_2_active: "false", access_key_2_last_rotated: "N/A", cert_1_active: "false",
    });
    await cloud.advance("4h");
    await expect(cloud.aws.iam.GetCredentialReport({})).rejects.toEqual(failure("ReportExpired"));
    expect(await cloud.aws.iam.GenerateCredentialReport({})).toMatchObject({ State: "STARTED" });
  });
});

describe("what users upload", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = rsa.publicKey.export({ type: "spki", format: "pem" }).toString();

  test("an SSH public key comes back in both forms with its fingerprint, five a user at most", async () => {
    await alice();
    const upload = (SSHPublicKeyBody: string) => cloud.aws.iam.UploadSSHPublicKey({ UserName: "alice", SSHPublicKeyBody });
    const { SSHPublicKey } = await upload(pem);
    expect(SSHPublicKey).toMatchObject({ SSHPublicKeyId: expect.stringMatching(/^APKA[A-Z0-9]{17}$/), Fingerprint: expect.stringMatching(/^([0-9a-f]{2}:){15}[0-9a-f]{2}$/), Status: "Active" });
    const get = async (Encoding: "SSH" | "PEM") =>
      (await cloud.aws.iam.GetSSHPublicKey({ UserName: "alice", SSHPublicKeyId: SSHPublicKey!.SSHPublicKeyId, Encoding })).SSHPublicKey!.SSHPublicKeyBody;
    expect(await get("PEM")).toBe(pem);
    const ssh = await get("SSH");
    expect(ssh).toMatch(/^ssh-rsa AAAAB3NzaC1yc2E/);
    await expect(upload(`${ssh} alice@laptop`)).rejects.toEqual(failure("DuplicateSSHPublicKey"));
    await expect(upload("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ")).rejects.toEqual(failure("InvalidPublicKey"));
    await expect(upload(`ssh-rsa ${Buffer.from(ssh.slice(8), "base64").subarray(0, 100).toString("base64")}`)).rejects.toEqual(failure("InvalidPublicKey"));
    const small = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({ type: "spki", format: "pem" }).toString();
    await expect(upload(small)).rejects.toEqual(failure("InvalidPublicKey", /1024 bits/));
    await cloud.aws.iam.UpdateSSHPublicKey({ UserName: "alice", SSHPublicKeyId: SSHPublicKey!.SSHPublicKeyId, Status: "Inactive" });
    expect((await cloud.aws.iam.ListSSHPublicKeys({ UserName: "alice" })).SSHPublicKeys).toMatchObject([{ Status: "Inactive" }]);
    await expect(cloud.aws.iam.DeleteUser({ UserName: "alice" })).rejects.toEqual(failure("DeleteConflict", "Cannot delete entity, must remove referenced objects first."));
  });

  test("a renamed user keeps password, devices, keys and certificates", async () => {
    await alice();
    await cloud.aws.iam.CreateLoginProfile({ UserName: "alice", Password: "Correct-Horse-1" });
    await cloud.aws.iam.UploadSSHPublicKey({ UserName: "alice", SSHPublicKeyBody: pem });
    const { VirtualMFADevice } = await cloud.aws.iam.CreateVirtualMFADevice({ VirtualMFADeviceName: "phone" });
    const seed = Buffer.from(VirtualMFADevice.Base32StringSeed!).toString();
    await cloud.aws.iam.EnableMFADevice({
      UserName: "alice", SerialNumber: VirtualMFADevice.SerialNumber,
      AuthenticationCode1: totp(seed, stepAt(cloud.now()) - 1), AuthenticationCode2: totp(seed, stepAt(cloud.now())),
    });
    await cloud.aws.iam.UpdateUser({ UserName: "alice", NewUserName: "carol", NewPath: "/ops/" });
    expect((await cloud.aws.iam.GetUser({ UserName: "carol" })).User.Arn).toBe("arn:aws:iam::123456789012:user/ops/carol");
    expect((await cloud.aws.iam.GetLoginProfile({ UserName: "carol" })).LoginProfile.UserName).toBe("carol");
    expect((await cloud.aws.iam.ListSSHPublicKeys({ UserName: "carol" })).SSHPublicKeys).toHaveLength(1);
    expect((await cloud.aws.iam.ListMFADevices({ UserName: "carol" })).MFADevices).toHaveLength(1);
    await expect(cloud.aws.iam.GetLoginProfile({ UserName: "alice" })).rejects.toEqual(failure("NoSuchEntity", "The user with name alice cannot be found."));
  });
});
