/** Policies as the real SDK meets them: who may, who may not, and in which words. */
import { CreateStackCommand, DescribeStacksCommand, waitUntilStackCreateComplete } from "@aws-sdk/client-cloudformation";
import * as ec2 from "@aws-sdk/client-ec2";
import * as iam from "@aws-sdk/client-iam";
import { GetParameterCommand, PutParameterCommand } from "@aws-sdk/client-ssm";
import * as sts from "@aws-sdk/client-sts";
import { beforeAll, describe, expect, it } from "vitest";
import { ACCOUNT, patience, REGION, useCloud, type Clients, type Credentials } from "./cloud.js";

const cloud = useCloud();

const document = (...Statement: readonly object[]): string => JSON.stringify({ Version: "2012-10-17", Statement });
const allow = (Action: string | readonly string[], more: object = {}): object => ({ Effect: "Allow", Action, Resource: "*", ...more });
const deny = (Action: string | readonly string[], more: object = {}): object => ({ ...allow(Action, more), Effect: "Deny" });
const arnOf = (type: string, id: string): string => `arn:aws:ec2:${REGION}:${ACCOUNT}:${type}/${id}`;

/** A user with one embedded policy, and its key. */
async function user(UserName: string, ...statements: readonly object[]): Promise<Clients> {
  await cloud.iam.send(new iam.CreateUserCommand({ UserName }));
  if (statements.length > 0) await grant(UserName, ...statements);
  const { AccessKey } = await cloud.iam.send(new iam.CreateAccessKeyCommand({ UserName }));
  return cloud.as({ accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! });
}

const grant = (UserName: string, ...statements: readonly object[]) =>
  cloud.iam.send(new iam.PutUserPolicyCommand({ UserName, PolicyName: "own", PolicyDocument: document(...statements) }));

const signs = (given: sts.Credentials | undefined): Credentials => ({
  accessKeyId: given!.AccessKeyId!,
  secretAccessKey: given!.SecretAccessKey!,
  sessionToken: given!.SessionToken!,
});

describe("a user (S3-07, S3-19)", () => {
  it("without policies is denied in each protocol's own way, and still knows who it is", async () => {
    const bob = await user("bob");
    await expect(bob.ec2.send(new ec2.DescribeVpcsCommand({}))).rejects.toMatchObject({
      name: "UnauthorizedOperation",
      $metadata: { httpStatusCode: 403 },
      message: expect.stringMatching(
        new RegExp(`^You are not authorized to perform this operation\\. User: arn:aws:iam::${ACCOUNT}:user/bob is not authorized to perform: ec2:DescribeVpcs because no identity-based policy allows the ec2:DescribeVpcs action\\. Encoded authorization failure message: \\S+$`),
      ),
    });
    await expect(bob.iam.send(new iam.GetUserCommand({ UserName: "admin" }))).rejects.toMatchObject({
      name: "AccessDenied",
      $metadata: { httpStatusCode: 403 },
      message: `User: arn:aws:iam::${ACCOUNT}:user/bob is not authorized to perform: iam:GetUser on resource: arn:aws:iam::${ACCOUNT}:user/admin because no identity-based policy allows the iam:GetUser action`,
    });
    await expect(bob.ssm.send(new GetParameterCommand({ Name: "/shop/db" }))).rejects.toMatchObject({ name: "AccessDeniedException", $metadata: { httpStatusCode: 400 } });
    expect((await bob.sts.send(new sts.GetCallerIdentityCommand({}))).Arn).toBe(`arn:aws:iam::${ACCOUNT}:user/bob`);
    await grant("bob", deny("sts:*"));
    expect((await bob.sts.send(new sts.GetCallerIdentityCommand({}))).Arn).toBe(`arn:aws:iam::${ACCOUNT}:user/bob`);
  });

  it("may what its policy names, on what it names, and nothing beside it", async () => {
    await cloud.ssm.send(new PutParameterCommand({ Name: "/shop/db", Type: "String", Value: "1" }));
    await cloud.ssm.send(new PutParameterCommand({ Name: "/bank/db", Type: "String", Value: "2" }));
    const carol = await user("carol", allow("ssm:GetParameter", { Resource: `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/shop/*` }));
    expect((await carol.ssm.send(new GetParameterCommand({ Name: "/shop/db" }))).Parameter!.Value).toBe("1");
    await expect(carol.ssm.send(new GetParameterCommand({ Name: "/bank/db" }))).rejects.toMatchObject({
      message: expect.stringContaining(`on resource: arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/bank/db because no identity-based policy`),
    });
  });

  it("may what its group may, as long as it is in it", async () => {
    const dave = await user("dave");
    await cloud.iam.send(new iam.CreateGroupCommand({ GroupName: "readers" }));
    await cloud.iam.send(new iam.AttachGroupPolicyCommand({ GroupName: "readers", PolicyArn: "arn:aws:iam::aws:policy/ReadOnlyAccess" }));
    await cloud.iam.send(new iam.AddUserToGroupCommand({ GroupName: "readers", UserName: "dave" }));
    expect((await dave.ec2.send(new ec2.DescribeVpcsCommand({}))).Vpcs).toHaveLength(1);
    await expect(dave.ec2.send(new ec2.CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }))).rejects.toMatchObject({ name: "UnauthorizedOperation" });
    await cloud.iam.send(new iam.RemoveUserFromGroupCommand({ GroupName: "readers", UserName: "dave" }));
    await expect(dave.ec2.send(new ec2.DescribeVpcsCommand({}))).rejects.toMatchObject({ name: "UnauthorizedOperation" });
  });

  it("is stopped by an explicit deny, whatever allows", async () => {
    const erin = await user("erin", deny("ec2:CreateVpc"));
    await cloud.iam.send(new iam.AttachUserPolicyCommand({ UserName: "erin", PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess" }));
    expect((await erin.ec2.send(new ec2.DescribeVpcsCommand({}))).Vpcs).toHaveLength(1);
    await expect(erin.ec2.send(new ec2.CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }))).rejects.toMatchObject({
      message: expect.stringMatching(/is not authorized to perform: ec2:CreateVpc on resource: \S+:vpc\/\* with an explicit deny in an identity-based policy/),
    });
  });

  it("can't get beyond its permissions boundary", async () => {
    const { Policy } = await cloud.iam.send(new iam.CreatePolicyCommand({ PolicyName: "edge", PolicyDocument: document(allow("ec2:Describe*")) }));
    const frank = await user("frank", allow("*"));
    await cloud.iam.send(new iam.PutUserPermissionsBoundaryCommand({ UserName: "frank", PermissionsBoundary: Policy!.Arn! }));
    expect((await frank.ec2.send(new ec2.DescribeVpcsCommand({}))).Vpcs).toHaveLength(1);
    await expect(frank.iam.send(new iam.ListUsersCommand({}))).rejects.toMatchObject({ message: expect.stringContaining("because no permissions boundary allows the iam:ListUsers action") });
  });

  it("is asked for what the request says of itself: region, address, client (S3-16)", async () => {
    const elsewhere = { Condition: { StringNotEquals: { "aws:RequestedRegion": REGION } } };
    const gina = await user("gina", allow("ec2:DescribeVpcs", { Condition: { IpAddress: { "aws:SourceIp": "127.0.0.0/8" }, StringLike: { "aws:UserAgent": "*aws-sdk-js*" } } }), deny("*", elsewhere));
    expect((await gina.ec2.send(new ec2.DescribeVpcsCommand({}))).Vpcs).toHaveLength(1);
    await grant("gina", allow("ec2:DescribeVpcs", { Condition: { IpAddress: { "aws:SourceIp": "192.0.2.0/24" } } }));
    await expect(gina.ec2.send(new ec2.DescribeVpcsCommand({}))).rejects.toMatchObject({ name: "UnauthorizedOperation" });
  });

  it("hears whether it may before it hears whether a dry run would do", async () => {
    const hugo = await user("hugo", allow("ec2:CreateVpc"));
    const dry = (client: Clients) => client.ec2.send(new ec2.CreateVpcCommand({ CidrBlock: "10.0.0.0/16", DryRun: true }));
    await expect(dry(hugo)).rejects.toMatchObject({ name: "DryRunOperation" });
    await grant("hugo", deny("ec2:CreateVpc"));
    await expect(dry(hugo)).rejects.toMatchObject({ name: "UnauthorizedOperation" });
  });

  it("needs iam:PassRole to hand a role to an instance", async () => {
    const trust = document({ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" });
    const { Role } = await cloud.iam.send(new iam.CreateRoleCommand({ RoleName: "web", AssumeRolePolicyDocument: trust }));
    await cloud.iam.send(new iam.CreateInstanceProfileCommand({ InstanceProfileName: "web" }));
    await cloud.iam.send(new iam.AddRoleToInstanceProfileCommand({ InstanceProfileName: "web", RoleName: "web" }));
    const { Images } = await cloud.ec2.send(new ec2.DescribeImagesCommand({ Owners: ["amazon"] }));
    const ivan = await user("ivan", allow("ec2:*"));
    const { LaunchTemplate } = await ivan.ec2.send(
      new ec2.CreateLaunchTemplateCommand({ LaunchTemplateName: "web", LaunchTemplateData: { ImageId: Images![0]!.ImageId!, InstanceType: "t3.micro", IamInstanceProfile: { Name: "web" } } }),
    );
    const direct = { ImageId: Images![0]!.ImageId!, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, DryRun: true } as const;
    const byTemplate = { LaunchTemplate: { LaunchTemplateId: LaunchTemplate!.LaunchTemplateId! }, MinCount: 1, MaxCount: 1, DryRun: true };
    const refused = { name: "UnauthorizedOperation", message: expect.stringContaining(`is not authorized to perform: iam:PassRole on resource: ${Role!.Arn}`) };
    await expect(ivan.ec2.send(new ec2.RunInstancesCommand(direct))).rejects.toMatchObject({ name: "DryRunOperation" });
    await expect(ivan.ec2.send(new ec2.RunInstancesCommand({ ...direct, IamInstanceProfile: { Name: "web" } }))).rejects.toMatchObject(refused);
    await expect(ivan.ec2.send(new ec2.RunInstancesCommand(byTemplate))).rejects.toMatchObject(refused);
    await grant("ivan", allow("ec2:*"), allow("iam:PassRole", { Resource: Role!.Arn, Condition: { StringEquals: { "iam:PassedToService": "ec2.amazonaws.com" } } }));
    await expect(ivan.ec2.send(new ec2.RunInstancesCommand({ ...direct, IamInstanceProfile: { Name: "web" } }))).rejects.toMatchObject({ name: "DryRunOperation" });
    await expect(ivan.ec2.send(new ec2.RunInstancesCommand(byTemplate))).rejects.toMatchObject({ name: "DryRunOperation" });
  });
});

describe("tags decide", () => {
  it("by what the request brings", async () => {
    const judy = await user("judy", allow(["ec2:CreateVpc", "ec2:CreateTags"], { Condition: { StringEquals: { "aws:RequestTag/team": "web" } } }));
    const create = (team: string) =>
      judy.ec2.send(new ec2.CreateVpcCommand({ CidrBlock: "10.0.0.0/16", DryRun: true, TagSpecifications: [{ ResourceType: "vpc", Tags: [{ Key: "team", Value: team }] }] }));
    await expect(create("web")).rejects.toMatchObject({ name: "DryRunOperation" });
    await expect(create("db")).rejects.toMatchObject({ name: "UnauthorizedOperation" });
  });

  it("by what the resource has, against what the user has", async () => {
    const mine = await vpc("web");
    const others = await vpc("db");
    const kate = await user("kate", allow("ec2:DeleteVpc", { Condition: { StringEquals: { "aws:ResourceTag/team": "${aws:PrincipalTag/team}" } } }));
    await cloud.iam.send(new iam.TagUserCommand({ UserName: "kate", Tags: [{ Key: "team", Value: "web" }] }));
    await expect(kate.ec2.send(new ec2.DeleteVpcCommand({ VpcId: others }))).rejects.toMatchObject({ name: "UnauthorizedOperation", message: expect.stringContaining(arnOf("vpc", others)) });
    await expect(kate.ec2.send(new ec2.DeleteVpcCommand({ VpcId: mine }))).resolves.toBeDefined();
  });

  async function vpc(team: string): Promise<string> {
    const { Vpc } = await cloud.ec2.send(new ec2.CreateVpcCommand({ CidrBlock: "10.1.0.0/16", TagSpecifications: [{ ResourceType: "vpc", Tags: [{ Key: "team", Value: team }] }] }));
    return Vpc!.VpcId!;
  }
});

describe("a role's session (S3-17, S3-18)", () => {
  const RoleArn = `arn:aws:iam::${ACCOUNT}:role/reader`;
  beforeAll(async () => {
    const trust = document({ Effect: "Allow", Principal: { AWS: ACCOUNT }, Action: "sts:AssumeRole" });
    await cloud.iam.send(new iam.CreateRoleCommand({ RoleName: "reader", AssumeRolePolicyDocument: trust }));
    await cloud.iam.send(new iam.AttachRolePolicyCommand({ RoleName: "reader", PolicyArn: "arn:aws:iam::aws:policy/ReadOnlyAccess" }));
  });
  const assume = async (by: Clients, Policy?: string) => by.sts.send(new sts.AssumeRoleCommand({ RoleArn, RoleSessionName: "me", Policy }));

  it("is for those whose policies let them assume it", async () => {
    const lena = await user("lena");
    await expect(assume(lena)).rejects.toMatchObject({ name: "AccessDenied", message: expect.stringContaining(`is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`) });
    await grant("lena", allow("sts:AssumeRole", { Resource: RoleArn }));
    const session = cloud.as(signs((await assume(lena)).Credentials));
    expect((await session.sts.send(new sts.GetCallerIdentityCommand({}))).Arn).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/reader/me`);
    expect((await session.ec2.send(new ec2.DescribeVpcsCommand({}))).Vpcs!.length).toBeGreaterThan(0);
    await expect(session.ec2.send(new ec2.CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }))).rejects.toMatchObject({ message: expect.stringContaining(`User: arn:aws:sts::${ACCOUNT}:assumed-role/reader/me is not`) });
  });

  it("is narrowed by its own policy, which adds nothing", async () => {
    const narrow = cloud.as(signs((await assume(cloud, document(allow(["ec2:DescribeVpcs", "ec2:CreateVpc"])))).Credentials));
    expect((await narrow.ec2.send(new ec2.DescribeVpcsCommand({}))).Vpcs!.length).toBeGreaterThan(0);
    await expect(narrow.ec2.send(new ec2.DescribeSubnetsCommand({}))).rejects.toMatchObject({ message: expect.stringContaining("because no session policy allows") });
    await expect(narrow.ec2.send(new ec2.CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }))).rejects.toMatchObject({ message: expect.stringContaining("because no identity-based policy allows") });
  });

  it("ends with its role", async () => {
    const trust = document({ Effect: "Allow", Principal: { AWS: ACCOUNT }, Action: "sts:AssumeRole" });
    const { Role } = await cloud.iam.send(new iam.CreateRoleCommand({ RoleName: "brief", AssumeRolePolicyDocument: trust }));
    const { Credentials: given } = await cloud.sts.send(new sts.AssumeRoleCommand({ RoleArn: Role!.Arn, RoleSessionName: "me" }));
    const session = cloud.as(signs(given));
    expect((await session.sts.send(new sts.GetCallerIdentityCommand({}))).Account).toBe(ACCOUNT);
    await cloud.iam.send(new iam.DeleteRoleCommand({ RoleName: "brief" }));
    await expect(session.sts.send(new sts.GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: "InvalidClientTokenId" });
  });
});

describe("a stack", () => {
  const TemplateBody = JSON.stringify({ Resources: { Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.9.0.0/16" } } } });

  it("does what its creator may, and no more", async () => {
    const mona = await user("mona", allow("cloudformation:*"), allow("ec2:Describe*"));
    await mona.cloudformation.send(new CreateStackCommand({ StackName: "mona", TemplateBody, OnFailure: "DO_NOTHING" }));
    await expect(waitUntilStackCreateComplete({ client: cloud.cloudformation, ...patience }, { StackName: "mona" })).rejects.toBeDefined();
    const { Stacks } = await cloud.cloudformation.send(new DescribeStacksCommand({ StackName: "mona" }));
    expect(Stacks![0]!.StackStatus).toBe("CREATE_FAILED");
  });

  it("may what only a service may ask for its creator", async () => {
    const nina = await user("nina", allow("cloudformation:*"), allow("ec2:*", { Condition: { "ForAnyValue:StringEquals": { "aws:CalledVia": "cloudformation.amazonaws.com" } } }));
    await expect(nina.ec2.send(new ec2.CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }))).rejects.toMatchObject({ name: "UnauthorizedOperation" });
    await nina.cloudformation.send(new CreateStackCommand({ StackName: "nina", TemplateBody }));
    await waitUntilStackCreateComplete({ client: cloud.cloudformation, ...patience }, { StackName: "nina" });
  });
});
