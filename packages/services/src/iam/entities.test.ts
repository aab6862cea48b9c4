import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AUTHORITY, CERTIFICATE, EXPIRED, OTHER_KEY, PRIVATE_KEY } from "../../../../tests/api/certificates.js";
import { createTestCloud, type TestCloud } from "../testing.js";

const GLOBAL = { account: "123456789012", region: "global" };

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const failure = (code: string, message?: string | RegExp) =>
  expect.objectContaining(message === undefined ? { code } : { code, message: typeof message === "string" ? message : expect.stringMatching(message) });
const policy = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "s3:*", Resource: "*" }] });
const trust = JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" } });
const READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess";

describe("permissions boundaries", () => {
  test("a user and a role are bounded at creation or later, and the policy knows by whom it is used", async () => {
    const { Policy } = await cloud.aws.iam.CreatePolicy({ PolicyName: "edge", PolicyDocument: policy });
    const PermissionsBoundary = Policy!.Arn!;
    await cloud.aws.iam.CreateUser({ UserName: "alice", PermissionsBoundary });
    await cloud.aws.iam.CreateRole({ RoleName: "web", AssumeRolePolicyDocument: trust });
    await cloud.aws.iam.PutRolePermissionsBoundary({ RoleName: "web", PermissionsBoundary });
    const shown = { PermissionsBoundaryType: "PermissionsBoundaryPolicy", PermissionsBoundaryArn: PermissionsBoundary };
    expect((await cloud.aws.iam.GetUser({ UserName: "alice" })).User.PermissionsBoundary).toEqual(shown);
    expect((await cloud.aws.iam.GetRole({ RoleName: "web" })).Role.PermissionsBoundary).toEqual(shown);
    expect((await cloud.aws.iam.GetPolicy({ PolicyArn: PermissionsBoundary })).Policy).toMatchObject({ AttachmentCount: 0, PermissionsBoundaryUsageCount: 2 });
    const entities = async (PolicyUsageFilter?: "PermissionsBoundary" | "PermissionsPolicy") => {
      const found = await cloud.aws.iam.ListEntitiesForPolicy({ PolicyArn: PermissionsBoundary, PolicyUsageFilter });
      return [...found.PolicyUsers!.map((u) => u.UserName), ...found.PolicyRoles!.map((r) => r.RoleName)];
    };
    expect(await entities()).toEqual(["alice", "web"]);
    expect(await entities("PermissionsBoundary")).toEqual(["alice", "web"]);
    expect(await entities("PermissionsPolicy")).toEqual([]);
    const used = async (PolicyUsageFilter: "PermissionsBoundary" | "PermissionsPolicy") =>
      (await cloud.aws.iam.ListPolicies({ OnlyAttached: true, PolicyUsageFilter })).Policies!.map((p) => p.PolicyName);
    expect(await used("PermissionsBoundary")).toEqual(["edge"]);
    expect(await used("PermissionsPolicy")).toEqual(["AdministratorAccess"]);
    await expect(cloud.aws.iam.DeletePolicy({ PolicyArn: PermissionsBoundary })).rejects.toEqual(failure("DeleteConflict", "Cannot delete a policy attached to entities."));
    await cloud.aws.iam.DeleteUserPermissionsBoundary({ UserName: "alice" });
    await cloud.aws.iam.DeleteRolePermissionsBoundary({ RoleName: "web" });
    expect((await cloud.aws.iam.GetUser({ UserName: "alice" })).User.PermissionsBoundary).toBeUndefined();
    await cloud.aws.iam.DeletePolicy({ PolicyArn: PermissionsBoundary });
  });

  test("who may only make bounded users can give no more, and not take the boundary away", async () => {
    const { Policy } = await cloud.aws.iam.CreatePolicy({ PolicyName: "edge", PolicyDocument: policy });
    const PermissionsBoundary = Policy!.Arn!;
    const delegate = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: ["iam:CreateUser", "iam:AttachUserPolicy"], Resource: "*", Condition: { StringEquals: { "iam:PermissionsBoundary": PermissionsBoundary } } },
        { Effect: "Deny", Action: "iam:DeleteUserPermissionsBoundary", Resource: "*" },
      ],
    });
    const { User } = await cloud.aws.iam.CreateUser({ UserName: "delegate" });
    await cloud.aws.iam.PutUserPolicy({ UserName: "delegate", PolicyName: "p", PolicyDocument: delegate });
    await cloud.aws.iam.CreateUser({ UserName: "free" });
    const principal = { type: "user", account: "123456789012", arn: User!.Arn, id: User!.UserId, name: "delegate" } as const;
    const { iam } = cloud.core.calls.asyncCalls({ principal, accessKeyId: undefined, via: { kind: "user" } }, "ap-northeast-1");
    await expect(iam.CreateUser({ UserName: "bounded" })).rejects.toEqual(failure("AccessDenied", /iam:CreateUser/));
    await iam.CreateUser({ UserName: "bounded", PermissionsBoundary });
    await iam.AttachUserPolicy({ UserName: "bounded", PolicyArn: READ_ONLY });
    await expect(iam.AttachUserPolicy({ UserName: "free", PolicyArn: READ_ONLY })).rejects.toEqual(failure("AccessDenied", /iam:AttachUserPolicy/));
    await expect(iam.DeleteUserPermissionsBoundary({ UserName: "bounded" })).rejects.toEqual(failure("AccessDenied", /explicit deny/));
  });

  test("a boundary that is no policy, or isn't there, is refused", async () => {
    await cloud.aws.iam.CreateUser({ UserName: "alice" });
    const put = (PermissionsBoundary: string) => cloud.aws.iam.PutUserPermissionsBoundary({ UserName: "alice", PermissionsBoundary });
    await expect(put("arn:aws:iam::123456789012:role/web-of-lies")).rejects.toEqual(failure("ValidationError", /for parameter PermissionsBoundary is invalid/));
    await expect(put("arn:aws:iam::123456789012:policy/nope")).rejects.toEqual(
      failure("NoSuchEntity", "Scope ARN: arn:aws:iam::123456789012:policy/nope does not exist or is not attachable."),
    );
  });
});

describe("service-linked roles (S0-16)", () => {
  test.each([
    ["autoscaling.amazonaws.com", undefined, "AWSServiceRoleForAutoScaling"],
    ["autoscaling.amazonaws.com", "web", "AWSServiceRoleForAutoScaling_web"],
    ["elasticloadbalancing.amazonaws.com", undefined, "AWSServiceRoleForElasticLoadBalancing"],
    ["ecs.application-autoscaling.amazonaws.com", undefined, "AWSServiceRoleForApplicationAutoScaling_ECSService"],
  ])("%s with the suffix %s gets %s", async (AWSServiceName, CustomSuffix, name) => {
    const { Role } = await cloud.aws.iam.CreateServiceLinkedRole({ AWSServiceName, CustomSuffix });
    expect(Role).toMatchObject({ RoleName: name, Path: `/aws-service-role/${AWSServiceName}/`, Arn: `arn:aws:iam::123456789012:role/aws-service-role/${AWSServiceName}/${name}` });
    expect(JSON.parse(decodeURIComponent(Role!.AssumeRolePolicyDocument!)).Statement[0].Principal).toEqual({ Service: AWSServiceName });
  });

  test("such a role comes with its policy, is nobody else's to change, and goes by its own call", async () => {
    const AWSServiceName = "autoscaling.amazonaws.com";
    await cloud.aws.iam.CreateServiceLinkedRole({ AWSServiceName });
    const RoleName = "AWSServiceRoleForAutoScaling";
    expect((await cloud.aws.iam.ListAttachedRolePolicies({ RoleName })).AttachedPolicies).toEqual([
      { PolicyName: "AutoScalingServiceRolePolicy", PolicyArn: "arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy" },
    ]);
    await expect(cloud.aws.iam.CreateServiceLinkedRole({ AWSServiceName })).rejects.toEqual(
      failure("InvalidInput", "Service role name AWSServiceRoleForAutoScaling has been taken in this account, please try a different suffix."),
    );
    const protectedRole = failure("UnmodifiableEntity", `Cannot perform the operation on the protected role '${RoleName}' - this role is only modifiable by AWS`);
    for (const attempt of [
      cloud.aws.iam.DeleteRole({ RoleName }),
      cloud.aws.iam.AttachRolePolicy({ RoleName, PolicyArn: READ_ONLY }),
      cloud.aws.iam.PutRolePolicy({ RoleName, PolicyName: "p", PolicyDocument: policy }),
      cloud.aws.iam.UpdateAssumeRolePolicy({ RoleName, PolicyDocument: trust }),
    ]) {
      await expect(attempt).rejects.toEqual(protectedRole);
    }
    const { DeletionTaskId } = await cloud.aws.iam.DeleteServiceLinkedRole({ RoleName });
    expect(await cloud.aws.iam.GetServiceLinkedRoleDeletionStatus({ DeletionTaskId })).toEqual({ Status: "SUCCEEDED" });
    await expect(cloud.aws.iam.GetRole({ RoleName })).rejects.toEqual(failure("NoSuchEntity"));
    await expect(cloud.aws.iam.GetServiceLinkedRoleDeletionStatus({ DeletionTaskId: "task/made-up" })).rejects.toEqual(failure("NoSuchEntity"));
    await expect(cloud.aws.iam.CreateServiceLinkedRole({ AWSServiceName: "toaster.amazonaws.com" })).rejects.toEqual(failure("InvalidInput"));
    await expect(cloud.aws.iam.CreateServiceLinkedRole({ AWSServiceName: "rds.amazonaws.com", CustomSuffix: "a" })).rejects.toEqual(
      failure("InvalidInput", "Custom suffix is not allowed for rds.amazonaws.com"),
    );
  });
});

describe("server certificates (S4-41)", () => {
  const upload = (more: object = {}) =>
    cloud.aws.iam.UploadServerCertificate({ ServerCertificateName: "site", CertificateBody: CERTIFICATE, PrivateKey: PRIVATE_KEY, CertificateChain: AUTHORITY, ...more });

  test("one is uploaded, shown without its key, found by balancers, renamed and deleted", async () => {
    const { ServerCertificateMetadata, Tags } = await upload({ Path: "/cloudfront/", Tags: [{ Key: "env", Value: "test" }] });
    expect(ServerCertificateMetadata).toMatchObject({
      Arn: "arn:aws:iam::123456789012:server-certificate/cloudfront/site", ServerCertificateId: expect.stringMatching(/^ASCA[A-Z0-9]{17}$/),
      Expiration: new Date("2120-01-01T00:00:00Z"),
    });
    expect(Tags).toEqual([{ Key: "env", Value: "test" }]);
    const got = await cloud.aws.iam.GetServerCertificate({ ServerCertificateName: "site" });
    expect(got.ServerCertificate).toMatchObject({ CertificateBody: CERTIFICATE, CertificateChain: AUTHORITY });
    expect(JSON.stringify(got)).not.toContain("PRIVATE");
    const known = cloud.core.calls.facts(GLOBAL).iam;
    expect(known.serverCertificate(ServerCertificateMetadata!.Arn)).toMatchObject({ name: "site", certificate: CERTIFICATE, chain: AUTHORITY, privateKey: PRIVATE_KEY });
    await expect(upload({ ServerCertificateName: "SITE" })).rejects.toEqual(failure("EntityAlreadyExists", "The Server Certificate with name SITE already exists."));
    await cloud.aws.iam.UpdateServerCertificate({ ServerCertificateName: "site", NewServerCertificateName: "shop", NewPath: "/" });
    expect((await cloud.aws.iam.ListServerCertificates({ PathPrefix: "/" })).ServerCertificateMetadataList.map((c) => c.Arn)).toEqual(["arn:aws:iam::123456789012:server-certificate/shop"]);
    expect((await cloud.aws.iam.ListServerCertificates({ PathPrefix: "/cloudfront/" })).ServerCertificateMetadataList).toEqual([]);
    await cloud.aws.iam.UntagServerCertificate({ ServerCertificateName: "shop", TagKeys: ["env"] });
    expect((await cloud.aws.iam.ListServerCertificateTags({ ServerCertificateName: "shop" })).Tags).toEqual([]);
    await cloud.aws.iam.DeleteServerCertificate({ ServerCertificateName: "shop" });
    await expect(cloud.aws.iam.GetServerCertificate({ ServerCertificateName: "shop" })).rejects.toEqual(failure("NoSuchEntity", "The Server Certificate with name shop cannot be found."));
  });

  test.each([
    ["a key of another certificate", { PrivateKey: OTHER_KEY }, "KeyPairMismatch", undefined],
    ["a certificate that is none", { CertificateBody: "hello" }, "MalformedCertificate", "Unable to parse certificate. Please ensure the certificate is in PEM format."],
    ["a broken certificate", { CertificateBody: CERTIFICATE.replace("MII", "MIJ") }, "MalformedCertificate", undefined],
    ["a key that is none", { PrivateKey: CERTIFICATE }, "MalformedCertificate", /private key/],
    ["a chain that leads elsewhere", { CertificateChain: CERTIFICATE }, "MalformedCertificate", /must start with the immediate signing certificate/],
    ["a certificate that has expired", { CertificateBody: EXPIRED }, "MalformedCertificate", /valid at the time/],
    ["a name with a space", { ServerCertificateName: "a b" }, "ValidationError", undefined],
  ])("%s is refused, and nothing is kept", async (_what, more, code, message) => {
    await expect(upload(more)).rejects.toEqual(failure(code, message));
    expect((await cloud.aws.iam.ListServerCertificates({})).ServerCertificateMetadataList).toEqual([]);
  });

  test("X.509 certificates to sign with belong to users, two at most, each once (S3-13)", async () => {
    await cloud.aws.iam.CreateUser({ UserName: "alice" });
    const sign = (CertificateBody: string) => cloud.aws.iam.UploadSigningCertificate({ UserName: "alice", CertificateBody });
    const { Certificate } = await sign(CERTIFICATE);
    expect(Certificate).toMatchObject({ UserName: "alice", Status: "Active", CertificateId: expect.stringMatching(/^[A-Z2-7]{24}$/) });
    await expect(sign(CERTIFICATE)).rejects.toEqual(failure("DuplicateCertificate"));
    await sign(AUTHORITY);
    await expect(sign(EXPIRED)).rejects.toEqual(failure("LimitExceeded", "Cannot exceed quota for SigningCertificatesPerUser: 2"));
    await cloud.aws.iam.UpdateSigningCertificate({ UserName: "alice", CertificateId: Certificate!.CertificateId, Status: "Inactive" });
    expect((await cloud.aws.iam.ListSigningCertificates({ UserName: "alice" })).Certificates.map((c) => c.Status)).toEqual(["Inactive", "Active"]);
    await expect(cloud.aws.iam.DeleteUser({ UserName: "alice" })).rejects.toEqual(failure("DeleteConflict", "Cannot delete entity, must delete certificates first."));
  });
});

describe("the whole account (S3-07, S3-19)", () => {
  test("GetAccountAuthorizationDetails tells all, by kind and page by page", async () => {
    await cloud.aws.iam.CreateGroup({ GroupName: "ops" });
    await cloud.aws.iam.PutGroupPolicy({ GroupName: "ops", PolicyName: "own", PolicyDocument: policy });
    await cloud.aws.iam.AddUserToGroup({ GroupName: "ops", UserName: "admin" });
    await cloud.aws.iam.CreateRole({ RoleName: "web", AssumeRolePolicyDocument: trust });
    await cloud.aws.iam.CreateInstanceProfile({ InstanceProfileName: "web" });
    await cloud.aws.iam.AddRoleToInstanceProfile({ InstanceProfileName: "web", RoleName: "web" });
    const { Policy } = await cloud.aws.iam.CreatePolicy({ PolicyName: "mine", PolicyDocument: policy });
    const all = await cloud.aws.iam.GetAccountAuthorizationDetails({});
    expect(all.UserDetailList).toMatchObject([{ UserName: "admin", GroupList: ["ops"], AttachedManagedPolicies: [{ PolicyName: "AdministratorAccess" }] }]);
    expect(all.GroupDetailList![0]!.GroupPolicyList).toEqual([{ PolicyName: "own", PolicyDocument: encodeURIComponent(policy).replaceAll("*", "%2A") }]);
    expect(all.RoleDetailList).toMatchObject([{ RoleName: "web", InstanceProfileList: [{ InstanceProfileName: "web" }] }]);
    expect(all.Policies!.map((p) => p.Arn)).toEqual([Policy!.Arn, "arn:aws:iam::aws:policy/AdministratorAccess"]);
    expect(all.Policies![0]!.PolicyVersionList).toMatchObject([{ VersionId: "v1", IsDefaultVersion: true, Document: expect.any(String) }]);
    const local = await cloud.aws.iam.GetAccountAuthorizationDetails({ Filter: ["LocalManagedPolicy", "Role"] });
    expect([local.UserDetailList, local.GroupDetailList, local.RoleDetailList!.length, local.Policies!.length]).toEqual([[], [], 1, 1]);
    const pages: number[] = [];
    let Marker: string | undefined;
    do {
      const part = await cloud.aws.iam.GetAccountAuthorizationDetails({ MaxItems: 2, Marker });
      pages.push(part.UserDetailList!.length + part.GroupDetailList!.length + part.RoleDetailList!.length + part.Policies!.length);
      Marker = part.IsTruncated ? part.Marker : undefined;
    } while (Marker);
    expect(pages).toEqual([2, 2, 1]);
    await expect(cloud.aws.iam.GetAccountAuthorizationDetails({ Filter: ["Toaster" as "User"] })).rejects.toEqual(failure("ValidationError", /Toaster/));
  });

  test("quotas of AWS's hold (S3-11)", async () => {
    await cloud.aws.iam.CreateUser({ UserName: "alice" });
    for (let i = 0; i <= 10; i++) await cloud.aws.iam.CreatePolicy({ PolicyName: `p${i}`, PolicyDocument: policy });
    const attach = (i: number) => cloud.aws.iam.AttachUserPolicy({ UserName: "alice", PolicyArn: `arn:aws:iam::123456789012:policy/p${i}` });
    for (let i = 0; i < 10; i++) await attach(i);
    await expect(attach(10)).rejects.toEqual(failure("LimitExceeded", "Cannot exceed quota for PoliciesPerUser: 10"));
    for (let i = 0; i <= 10; i++) await cloud.aws.iam.CreateGroup({ GroupName: `g${i}` });
    const join = (i: number) => cloud.aws.iam.AddUserToGroup({ UserName: "alice", GroupName: `g${i}` });
    for (let i = 0; i < 10; i++) await join(i);
    await expect(join(10)).rejects.toEqual(failure("LimitExceeded", "Cannot exceed quota for GroupsPerUser: 10"));
    const sized = (length: number) => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "s3:*", Resource: `arn:aws:s3:::${"x".repeat(length)}` }] }, undefined, 2);
    const overhead = sized(0).replace(/\s/g, "").length;
    await cloud.aws.iam.PutUserPolicy({ UserName: "alice", PolicyName: "big", PolicyDocument: sized(2048 - overhead) });
    await expect(cloud.aws.iam.PutUserPolicy({ UserName: "alice", PolicyName: "big", PolicyDocument: sized(2049 - overhead) })).rejects.toEqual(failure("LimitExceeded", /2048/));
    await expect(cloud.aws.iam.CreatePolicy({ PolicyName: "big", PolicyDocument: sized(6145 - overhead) })).rejects.toEqual(failure("LimitExceeded", /6144/));
    const tags = Array.from({ length: 51 }, (_, i) => ({ Key: `k${i}`, Value: "" }));
    await expect(cloud.aws.iam.TagUser({ UserName: "alice", Tags: tags })).rejects.toEqual(failure("LimitExceeded"));
  });
});
