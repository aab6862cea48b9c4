/** IAM as the AWS SDK meets it: credentials that really sign, errors as the SDK's own classes, and pages. */
import { generateKeyPairSync } from "node:crypto";
import * as iam from "@aws-sdk/client-iam";
import { DescribeVpcsCommand } from "@aws-sdk/client-ec2";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { describe, expect, it } from "vitest";
import { stepAt, totp } from "../../packages/services/src/iam/totp.js";
import { AUTHORITY, CERTIFICATE, OTHER_KEY, PRIVATE_KEY } from "./certificates.js";
import { ACCOUNT, useCloud } from "./cloud.js";

const cloud = useCloud();

const trust = (Service: string) => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole" }] });
const policy = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "ec2:Describe*", Resource: "*" }] });

async function userWithKey(UserName: string) {
  const { User } = await cloud.iam.send(new iam.CreateUserCommand({ UserName }));
  const { AccessKey } = await cloud.iam.send(new iam.CreateAccessKeyCommand({ UserName }));
  return { User: User!, AccessKey: AccessKey!, clients: cloud.as({ accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! }) };
}

describe("access keys (S3-12, S3-21)", () => {
  it("sign while they are active, tell their last use, and are rotated two at a time", async () => {
    const { User, AccessKey, clients } = await userWithKey("rotating");
    const AccessKeyId = AccessKey.AccessKeyId!;
    const lastUsed = async () => (await cloud.iam.send(new iam.GetAccessKeyLastUsedCommand({ AccessKeyId }))).AccessKeyLastUsed!;
    expect(await lastUsed()).toEqual({ ServiceName: "N/A", Region: "N/A" });
    const before = Math.floor(Date.now() / 1000) * 1000;
    expect((await clients.sts.send(new GetCallerIdentityCommand({}))).Arn).toBe(User.Arn);
    const use = await lastUsed();
    expect(use).toMatchObject({ ServiceName: "sts", Region: "ap-northeast-1" });
    expect(use.LastUsedDate!.getTime()).toBeGreaterThanOrEqual(before);

    await cloud.iam.send(new iam.CreateAccessKeyCommand({ UserName: "rotating" }));
    await expect(cloud.iam.send(new iam.CreateAccessKeyCommand({ UserName: "rotating" }))).rejects.toBeInstanceOf(iam.LimitExceededException);
    await cloud.iam.send(new iam.UpdateAccessKeyCommand({ UserName: "rotating", AccessKeyId, Status: "Inactive" }));
    await expect(clients.sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: "InvalidClientTokenId", $metadata: { httpStatusCode: 403 } });
    await cloud.iam.send(new iam.UpdateAccessKeyCommand({ UserName: "rotating", AccessKeyId, Status: "Active" }));
    expect((await clients.sts.send(new GetCallerIdentityCommand({}))).UserId).toBe(User.UserId);
    await cloud.iam.send(new iam.DeleteAccessKeyCommand({ UserName: "rotating", AccessKeyId }));
    await expect(clients.sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: "InvalidClientTokenId" });
  });

  it("follow their user to a new name and path", async () => {
    const { clients } = await userWithKey("before");
    await cloud.iam.send(new iam.UpdateUserCommand({ UserName: "before", NewUserName: "after", NewPath: "/ops/" }));
    expect((await clients.sts.send(new GetCallerIdentityCommand({}))).Arn).toBe(`arn:aws:iam::${ACCOUNT}:user/ops/after`);
    await expect(clients.ec2.send(new DescribeVpcsCommand({}))).rejects.toMatchObject({ name: "UnauthorizedOperation" });
  });
});

describe("errors are the SDK's own classes, with AWS's words and statuses", () => {
  it.each([
    ["a user that isn't there", () => new iam.GetUserCommand({ UserName: "nobody" }), iam.NoSuchEntityException, "The user with name nobody cannot be found.", 404],
    ["a user that is there", () => new iam.CreateUserCommand({ UserName: "Admin" }), iam.EntityAlreadyExistsException, "User with name Admin already exists.", 409],
    ["a user with keys", () => new iam.DeleteUserCommand({ UserName: "admin" }), iam.DeleteConflictException, "Cannot delete entity, must delete access keys first.", 409],
    ["a role that isn't there", () => new iam.GetRoleCommand({ RoleName: "nope" }), iam.NoSuchEntityException, "The role with name nope cannot be found.", 404],
    ["a group that isn't there", () => new iam.GetGroupCommand({ GroupName: "nope" }), iam.NoSuchEntityException, "The group with name nope cannot be found.", 404],
    ["a policy that is no JSON", () => new iam.CreatePolicyCommand({ PolicyName: "p", PolicyDocument: "{" }), iam.MalformedPolicyDocumentException, undefined, 400],
    ["no password policy", () => new iam.GetAccountPasswordPolicyCommand({}), iam.NoSuchEntityException, `The Password Policy with domain name ${ACCOUNT} cannot be found.`, 404],
    ["no report", () => new iam.GetCredentialReportCommand({}), iam.CredentialReportNotPresentException, undefined, 410],
    ["a weak password", () => new iam.CreateLoginProfileCommand({ UserName: "admin", Password: "weak" }), iam.PasswordPolicyViolationException, undefined, 400],
  ] as const)("%s", async (_what, command, kind, message, httpStatusCode) => {
    const failing = cloud.iam.send(command() as iam.GetUserCommand);
    await expect(failing).rejects.toBeInstanceOf(kind);
    await expect(failing).rejects.toMatchObject({ ...(message === undefined ? {} : { message }), $metadata: { httpStatusCode } });
  });

  it("an operation that is not here says so", async () => {
    await expect(cloud.iam.send(new iam.CreateServiceSpecificCredentialCommand({ UserName: "admin", ServiceName: "codecommit.amazonaws.com" }))).rejects.toMatchObject({
      name: "NotImplemented",
      $metadata: { httpStatusCode: 501 },
    });
  });
});

it("an MFA device is enabled by the codes that its seed makes (S3-15)", async () => {
  await cloud.iam.send(new iam.CreateUserCommand({ UserName: "mfa-user" }));
  const { VirtualMFADevice } = await cloud.iam.send(new iam.CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: "mfa-user" }));
  const SerialNumber = VirtualMFADevice!.SerialNumber!;
  const seed = Buffer.from(VirtualMFADevice!.Base32StringSeed!).toString();
  const now = stepAt(Date.now());
  const enable = (first: number, second: number) =>
    cloud.iam.send(new iam.EnableMFADeviceCommand({ UserName: "mfa-user", SerialNumber, AuthenticationCode1: totp(seed, first), AuthenticationCode2: totp(seed, second) }));
  await expect(enable(now - 50, now - 49)).rejects.toBeInstanceOf(iam.InvalidAuthenticationCodeException);
  await enable(now - 1, now);
  expect((await cloud.iam.send(new iam.ListMFADevicesCommand({ UserName: "mfa-user" }))).MFADevices!.map((device) => device.SerialNumber)).toEqual([SerialNumber]);
});

it("a server certificate's key must match (S4-41)", async () => {
  const upload = (PrivateKey: string) =>
    cloud.iam.send(new iam.UploadServerCertificateCommand({ ServerCertificateName: "site", CertificateBody: CERTIFICATE, PrivateKey, CertificateChain: AUTHORITY }));
  await expect(upload(OTHER_KEY)).rejects.toBeInstanceOf(iam.KeyPairMismatchException);
  expect((await upload(PRIVATE_KEY)).ServerCertificateMetadata!.Expiration).toEqual(new Date("2120-01-01T00:00:00Z"));
  expect((await cloud.iam.send(new iam.GetServerCertificateCommand({ ServerCertificateName: "site" }))).ServerCertificate!.CertificateBody).toBe(CERTIFICATE);
});

it("an SSH public key comes back in the form that is asked for", async () => {
  await cloud.iam.send(new iam.CreateUserCommand({ UserName: "ssh-user" }));
  const pem = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ type: "spki", format: "pem" }).toString();
  const { SSHPublicKey } = await cloud.iam.send(new iam.UploadSSHPublicKeyCommand({ UserName: "ssh-user", SSHPublicKeyBody: pem }));
  const get = { UserName: "ssh-user", SSHPublicKeyId: SSHPublicKey!.SSHPublicKeyId!, Encoding: "PEM" } as const;
  expect((await cloud.iam.send(new iam.GetSSHPublicKeyCommand(get))).SSHPublicKey!.SSHPublicKeyBody).toBe(pem);
});

it("the credential report is a CSV table of every user (S3-09, S3-21)", async () => {
  expect((await cloud.iam.send(new iam.GenerateCredentialReportCommand({}))).State).toBe("STARTED");
  const { Content, ReportFormat } = await cloud.iam.send(new iam.GetCredentialReportCommand({}));
  const [head, root, ...users] = Buffer.from(Content!).toString().split("\n").map((line) => line.split(","));
  expect(ReportFormat).toBe("text/csv");
  expect(root!.slice(0, 2)).toEqual(["<root_account>", `arn:aws:iam::${ACCOUNT}:root`]);
  expect(users.map(([name]) => name)).toContain("admin");
  expect(new Set([root!, ...users].map((line) => line.length))).toEqual(new Set([head!.length]));
});

describe("roles and policies (S3-17, S3-19)", () => {
  it("a service-linked role is its service's, and lists page through what there is", async () => {
    const { Role } = await cloud.iam.send(new iam.CreateServiceLinkedRoleCommand({ AWSServiceName: "elasticloadbalancing.amazonaws.com" }));
    expect(Role!.RoleName).toBe("AWSServiceRoleForElasticLoadBalancing");
    await expect(cloud.iam.send(new iam.DeleteRoleCommand({ RoleName: Role!.RoleName }))).rejects.toBeInstanceOf(iam.UnmodifiableEntityException);
    for (let i = 0; i < 5; i++) await cloud.iam.send(new iam.CreateRoleCommand({ RoleName: `r${i}`, Path: "/paged/", AssumeRolePolicyDocument: trust("ec2.amazonaws.com") }));
    const seen: string[] = [];
    for await (const { Roles } of iam.paginateListRoles({ client: cloud.iam, pageSize: 2 }, { PathPrefix: "/paged/" })) seen.push(...Roles!.map((role) => role.RoleName!));
    expect(seen).toEqual(["r0", "r1", "r2", "r3", "r4"]);
    const details: string[] = [];
    for await (const { RoleDetailList } of iam.paginateGetAccountAuthorizationDetails({ client: cloud.iam, pageSize: 2 }, { Filter: ["Role"] })) {
      details.push(...RoleDetailList!.map((role) => role.RoleName!));
    }
    expect(details).toEqual(["AWSServiceRoleForElasticLoadBalancing", "r0", "r1", "r2", "r3", "r4"]);
  });

  it("a boundary is told with its user, and holds its policy", async () => {
    const { Policy } = await cloud.iam.send(new iam.CreatePolicyCommand({ PolicyName: "edge", PolicyDocument: policy }));
    const { User } = await cloud.iam.send(new iam.CreateUserCommand({ UserName: "bounded", PermissionsBoundary: Policy!.Arn! }));
    expect(User!.PermissionsBoundary).toEqual({ PermissionsBoundaryType: "PermissionsBoundaryPolicy", PermissionsBoundaryArn: Policy!.Arn });
    await expect(cloud.iam.send(new iam.DeletePolicyCommand({ PolicyArn: Policy!.Arn! }))).rejects.toBeInstanceOf(iam.DeleteConflictException);
    await cloud.iam.send(new iam.DeleteUserPermissionsBoundaryCommand({ UserName: "bounded" }));
    await cloud.iam.send(new iam.DeletePolicyCommand({ PolicyArn: Policy!.Arn! }));
  });
});

it("a user's own password is changed by the user who signs, and never comes back (S3-14)", async () => {
  const { clients } = await userWithKey("console-user");
  await cloud.iam.send(new iam.UpdateAccountPasswordPolicyCommand({ MinimumPasswordLength: 10, AllowUsersToChangePassword: true, PasswordReusePrevention: 1 }));
  await cloud.iam.send(new iam.CreateLoginProfileCommand({ UserName: "console-user", Password: "first-password", PasswordResetRequired: true }));
  const change = (OldPassword: string, NewPassword: string) => clients.iam.send(new iam.ChangePasswordCommand({ OldPassword, NewPassword }));
  await expect(change("first-password", "short")).rejects.toBeInstanceOf(iam.PasswordPolicyViolationException);
  await expect(change("first-password", "first-password")).rejects.toBeInstanceOf(iam.PasswordPolicyViolationException);
  await expect(change("not-the-first", "second-password")).rejects.toMatchObject({ name: "AccessDenied" });
  await change("first-password", "second-password");
  expect((await cloud.iam.send(new iam.GetLoginProfileCommand({ UserName: "console-user" }))).LoginProfile).toMatchObject({ PasswordResetRequired: false });
});
