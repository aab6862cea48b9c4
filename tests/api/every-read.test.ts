/** Every Describe, List and Get operation that asks for nothing, on a new account and on one with something of each kind. */
import { generateKeyPairSync } from "node:crypto";
import * as acm from "@aws-sdk/client-acm";
import * as autoscaling from "@aws-sdk/client-auto-scaling";
import * as cloudformation from "@aws-sdk/client-cloudformation";
import * as cloudwatch from "@aws-sdk/client-cloudwatch";
import * as logs from "@aws-sdk/client-cloudwatch-logs";
import * as ec2 from "@aws-sdk/client-ec2";
import * as ecr from "@aws-sdk/client-ecr";
import * as elb from "@aws-sdk/client-elastic-load-balancing";
import * as elbv2 from "@aws-sdk/client-elastic-load-balancing-v2";
import * as iam from "@aws-sdk/client-iam";
import * as s3 from "@aws-sdk/client-s3";
import * as sns from "@aws-sdk/client-sns";
import * as ssm from "@aws-sdk/client-ssm";
import * as sts from "@aws-sdk/client-sts";
import { services } from "@hakoniwa/services";
import { MODELS, type ServiceId } from "@hakoniwa/wire";
import { beforeAll, describe, expect, it } from "vitest";
import { stepAt, totp } from "../../packages/services/src/iam/totp.js";
import { CERTIFICATE, PRIVATE_KEY } from "./certificates.js";
import { patience, useCloud, type Clients } from "./cloud.js";
import { someConnections, type Connections } from "./connections.js";
import { questionsAboutAlarms, someAlarms } from "./some-alarms.js";
import { questionsAboutBalancers, someBalancer, type Balancer } from "./some-balancer.js";
import { NEVER_SET, questionAboutS3, someBucket } from "./some-bucket.js";
import { questionsAboutCertificates, someCertificate, type Certificate } from "./some-certificate.js";
import { LOG_GROUP, questionsAboutLogs, someLogs } from "./some-logs.js";
import { questionsAboutRepositories, someRepository, WITHOUT_IMAGES } from "./some-repository.js";
import { questionsAboutScaling, someScaling } from "./some-scaling.js";
import { questionsAboutStacks, someDrift, type Stacks } from "./some-stacks.js";
import { synthesize } from "./synthesis.js";

const SDK: Readonly<Record<keyof Clients, object>> = { acm, autoscaling, cloudformation, cloudwatch, ec2, ecr, elb, elbv2, iam, logs, s3, sns, ssm, sts };

/** What these ask for is there only once somebody made it: AWS's error until then. */
const ABSENT: Readonly<Record<string, string>> = {
  "iam:GetLoginProfile": "NoSuchEntityException",
  "iam:GetAccountPasswordPolicy": "NoSuchEntityException",
  "iam:GetCredentialReport": "CredentialReportNotPresentException",
};

/** What these ask about; the ids stand for what is made before. */
type Ids = Readonly<Record<"vpc" | "interface" | "instance" | "parameter" | "changeSet" | "accessKey" | "image" | "snapshot" | "volume" | "mfaDevice" | "sshKey" | "roleDeletion" | "upload" | "subscription" | keyof Connections | keyof Balancer | keyof Certificate | keyof Stacks, string>>;

/** These ask for nothing in AWS's model, and yet for something in its words. */
const NEED_MORE: Readonly<Record<string, (ids: Ids) => object>> = {
  "cloudformation:GetTemplate": () => ({ StackName: "minimal" }),
  "cloudformation:GetTemplateSummary": () => ({ StackName: "minimal" }),
  "cloudformation:DescribeStackResources": () => ({ StackName: "minimal" }),
  "ec2:DescribeLaunchTemplateVersions": () => ({ LaunchTemplateName: "lt-hakoniwa-minimal" }),
  "elbv2:DescribeListeners": ({ balancer }) => ({ LoadBalancerArn: balancer }),
  "elbv2:DescribeRules": ({ listener }) => ({ ListenerArn: listener }),
  "logs:DescribeLogStreams": () => ({ logGroupName: LOG_GROUP }),
};

const POLICY = "arn:aws:iam::aws:policy/AdministratorAccess";
const OWN_POLICY = "arn:aws:iam::123456789012:policy/own";
const DEPENDS = JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Action: "s3:*", Resource: "*", Condition: { StringEquals: { "aws:username": "ann" } } } });
const ABOUT: Readonly<Record<string, (ids: Ids) => object>> = {
  ...questionsAboutAlarms,
  ...questionsAboutBalancers,
  ...questionsAboutCertificates,
  ...questionsAboutLogs,
  ...questionsAboutRepositories,
  ...questionsAboutScaling,
  ...questionsAboutStacks,
  "sts:GetFederationToken": () => ({ Name: "guest", Policy: DEPENDS }),
  "sts:GetAccessKeyInfo": ({ accessKey }) => ({ AccessKeyId: accessKey }),
  "ec2:DescribeVpcAttribute": ({ vpc }) => ({ VpcId: vpc, Attribute: "enableDnsSupport" }),
  "ec2:DescribeNetworkInterfaceAttribute": (ids) => ({ NetworkInterfaceId: ids.interface, Attribute: "sourceDestCheck" }),
  "ec2:DescribeInstanceAttribute": ({ instance }) => ({ InstanceId: instance, Attribute: "instanceType" }),
  "ec2:GetSubnetCidrReservations": (ids) => ({ SubnetId: ids.reservedSubnet }),
  "ec2:GetSecurityGroupsForVpc": (ids) => ({ VpcId: ids.connectedVpc }),
  "ec2:DescribeStaleSecurityGroups": (ids) => ({ VpcId: ids.connectedVpc }),
  "ec2:DescribeSecurityGroupReferences": (ids) => ({ GroupId: [ids.referencedGroup] }),
  "ec2:GetManagedPrefixListEntries": (ids) => ({ PrefixListId: ids.prefixList }),
  "ec2:GetManagedPrefixListAssociations": (ids) => ({ PrefixListId: ids.prefixList }),
  "ec2:GetConsoleOutput": ({ instance }) => ({ InstanceId: instance }),
  "ec2:GetPasswordData": ({ instance }) => ({ InstanceId: instance }),
  "ec2:GetLaunchTemplateData": ({ instance }) => ({ InstanceId: instance }),
  "ec2:GetInstanceTypesFromInstanceRequirements": () => ({
    ArchitectureTypes: ["x86_64"],
    VirtualizationTypes: ["hvm"],
    InstanceRequirements: { VCpuCount: { Min: 2 }, MemoryMiB: { Min: 4096 } },
  }),
  "ec2:DescribeImageAttribute": ({ image }) => ({ ImageId: image, Attribute: "blockDeviceMapping" }),
  "ec2:DescribeSnapshotAttribute": ({ snapshot }) => ({ SnapshotId: snapshot, Attribute: "createVolumePermission" }),
  "ec2:DescribeVolumeAttribute": ({ volume }) => ({ VolumeId: volume, Attribute: "autoEnableIO" }),
  "elb:DescribeInstanceHealth": () => ({ LoadBalancerName: "elb-hakoniwa-minimal" }),
  "elb:DescribeLoadBalancerAttributes": () => ({ LoadBalancerName: "elb-hakoniwa-minimal" }),
  "elb:DescribeTags": () => ({ LoadBalancerNames: ["elb-hakoniwa-minimal"] }),
  "ssm:GetParameter": ({ parameter }) => ({ Name: parameter }),
  "ssm:GetParameters": ({ parameter }) => ({ Names: [parameter] }),
  "ssm:GetParametersByPath": () => ({ Path: "/aws/service/ami-amazon-linux-latest" }),
  "ssm:GetParameterHistory": ({ parameter }) => ({ Name: parameter }),
  "ssm:ListTagsForResource": ({ parameter }) => ({ ResourceType: "Parameter", ResourceId: parameter }),
  "iam:GetGroup": () => ({ GroupName: "engineers" }),
  "iam:GetRole": () => ({ RoleName: "web" }),
  "iam:GetPolicy": () => ({ PolicyArn: POLICY }),
  "iam:GetPolicyVersion": () => ({ PolicyArn: POLICY, VersionId: "v1" }),
  "iam:ListPolicyVersions": () => ({ PolicyArn: POLICY }),
  "iam:ListEntitiesForPolicy": () => ({ PolicyArn: POLICY }),
  "iam:ListPolicyTags": () => ({ PolicyArn: OWN_POLICY }),
  "iam:GetInstanceProfile": () => ({ InstanceProfileName: "web" }),
  "iam:ListInstanceProfileTags": () => ({ InstanceProfileName: "web" }),
  "iam:ListInstanceProfilesForRole": () => ({ RoleName: "web" }),
  "iam:ListGroupsForUser": () => ({ UserName: "admin" }),
  "iam:ListUserTags": () => ({ UserName: "admin" }),
  "iam:ListRoleTags": () => ({ RoleName: "web" }),
  "iam:ListAttachedUserPolicies": () => ({ UserName: "admin" }),
  "iam:ListAttachedGroupPolicies": () => ({ GroupName: "engineers" }),
  "iam:ListAttachedRolePolicies": () => ({ RoleName: "web" }),
  "iam:GetUserPolicy": () => ({ UserName: "admin", PolicyName: "inline" }),
  "iam:GetGroupPolicy": () => ({ GroupName: "engineers", PolicyName: "inline" }),
  "iam:GetRolePolicy": () => ({ RoleName: "web", PolicyName: "inline" }),
  "iam:ListUserPolicies": () => ({ UserName: "admin" }),
  "iam:ListGroupPolicies": () => ({ GroupName: "engineers" }),
  "iam:ListRolePolicies": () => ({ RoleName: "web" }),
  "iam:GetAccessKeyLastUsed": ({ accessKey }) => ({ AccessKeyId: accessKey }),
  "iam:GetMFADevice": ({ mfaDevice }) => ({ SerialNumber: mfaDevice }),
  "iam:ListMFADeviceTags": ({ mfaDevice }) => ({ SerialNumber: mfaDevice }),
  "iam:GetServerCertificate": () => ({ ServerCertificateName: "site" }),
  "iam:ListServerCertificateTags": () => ({ ServerCertificateName: "site" }),
  "iam:GetSSHPublicKey": ({ sshKey }) => ({ UserName: "admin", SSHPublicKeyId: sshKey, Encoding: "SSH" }),
  "iam:GetContextKeysForCustomPolicy": () => ({ PolicyInputList: [DEPENDS] }),
  "iam:GetContextKeysForPrincipalPolicy": () => ({ PolicySourceArn: "arn:aws:iam::123456789012:user/admin", PolicyInputList: [DEPENDS] }),
  "iam:GetServiceLinkedRoleDeletionStatus": ({ roleDeletion }) => ({ DeletionTaskId: roleDeletion }),
};

interface Read {
  readonly title: string;
  readonly service: ServiceId;
  readonly operation: string;
  readonly input: object;
}

const all: readonly Read[] = services.flatMap(({ id, operations }) =>
  Object.keys(operations)
    .filter((name) => /^(?:Describe|List|Get)/.test(name))
    .map((operation) => ({ title: `${id}:${operation}`, service: id as ServiceId, operation, input: {} })),
);
const asksForNothing = ({ service, operation }: Read): boolean => !MODELS[service].schemas.operation(operation)!.input.members.some((member) => member.required);
const reads = all.filter(asksForNothing);
const questions = all.filter((read) => !asksForNothing(read));

type Send = (command: object) => Promise<Record<string, unknown>>;

async function ask(clients: Clients, { service, operation, input }: Read): Promise<Record<string, unknown>> {
  const Command = (SDK[service as keyof Clients] as Readonly<Record<string, new (input: object) => object>>)[`${operation}Command`]!;
  const { $metadata: _, ...output } = await (clients[service as keyof Clients] as { send: Send }).send(new Command(input));
  return output;
}

const cloud = useCloud();

/** One credential of each kind for the user admin, and what the account says about them. */
async function someCredentials(Tags: iam.Tag[]): Promise<Pick<Ids, "mfaDevice" | "sshKey" | "roleDeletion">> {
  const UserName = "admin";
  await cloud.iam.send(new iam.UpdateAccountPasswordPolicyCommand({ MinimumPasswordLength: 12 }));
  await cloud.iam.send(new iam.CreateLoginProfileCommand({ UserName, Password: "correct horse battery" }));
  const { VirtualMFADevice } = await cloud.iam.send(new iam.CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: UserName, Tags }));
  const mfaDevice = VirtualMFADevice!.SerialNumber!;
  const [AuthenticationCode1, AuthenticationCode2] = [-1, 0].map((step) => totp(Buffer.from(VirtualMFADevice!.Base32StringSeed!).toString(), stepAt(Date.now()) + step));
  await cloud.iam.send(new iam.EnableMFADeviceCommand({ UserName, SerialNumber: mfaDevice, AuthenticationCode1, AuthenticationCode2 }));
  await cloud.iam.send(new iam.UploadSigningCertificateCommand({ UserName, CertificateBody: CERTIFICATE }));
  await cloud.iam.send(new iam.UploadServerCertificateCommand({ ServerCertificateName: "site", CertificateBody: CERTIFICATE, PrivateKey: PRIVATE_KEY, Tags }));
  const SSHPublicKeyBody = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ type: "spki", format: "pem" }).toString();
  const { SSHPublicKey } = await cloud.iam.send(new iam.UploadSSHPublicKeyCommand({ UserName, SSHPublicKeyBody }));
  await cloud.iam.send(new iam.GenerateCredentialReportCommand({}));
  const { Role } = await cloud.iam.send(new iam.CreateServiceLinkedRoleCommand({ AWSServiceName: "autoscaling.amazonaws.com" }));
  const { DeletionTaskId } = await cloud.iam.send(new iam.DeleteServiceLinkedRoleCommand({ RoleName: Role!.RoleName }));
  return { mfaDevice, sshKey: SSHPublicKey!.SSHPublicKeyId!, roleDeletion: DeletionTaskId! };
}

/** An image, a snapshot that is shared, a volume that is modified, and what else an instance can have. */
async function someDisks(InstanceId: string): Promise<Pick<Ids, "image" | "snapshot" | "volume">> {
  const { Volumes } = await cloud.ec2.send(new ec2.DescribeVolumesCommand({ Filters: [{ Name: "attachment.instance-id", Values: [InstanceId] }] }));
  const volume = Volumes![0]!.VolumeId!;
  const { SnapshotId: snapshot } = await cloud.ec2.send(new ec2.CreateSnapshotCommand({ VolumeId: volume }));
  await ec2.waitUntilSnapshotCompleted({ client: cloud.ec2, ...patience }, { SnapshotIds: [snapshot!] });
  await cloud.ec2.send(new ec2.ModifySnapshotAttributeCommand({ SnapshotId: snapshot!, CreateVolumePermission: { Add: [{ UserId: "111122223333" }] } }));
  const { ImageId } = await cloud.ec2.send(new ec2.CreateImageCommand({ InstanceId, Name: "golden", NoReboot: true }));
  await cloud.ec2.send(new ec2.ModifyVolumeCommand({ VolumeId: volume, Size: 100 }));
  await cloud.ec2.send(new ec2.CreatePlacementGroupCommand({ GroupName: "near" }));
  const { IamInstanceProfileAssociations: had } = await cloud.ec2.send(new ec2.DescribeIamInstanceProfileAssociationsCommand({}));
  if (had!.length === 0) await cloud.ec2.send(new ec2.AssociateIamInstanceProfileCommand({ InstanceId, IamInstanceProfile: { Name: "web" } }));
  return { image: ImageId!, snapshot: snapshot!, volume };
}

describe("a new account", () => {
  it("has operations to ask in every service", () => {
    expect([...new Set(reads.map(({ service }) => service))].sort()).toEqual(Object.keys(SDK).sort());
    expect(reads.length).toBeGreaterThan(40);
  });

  it.each(reads.filter(({ title }) => Object.hasOwn(ABSENT, title)))("says of $title that there is none", async (read) => {
    await expect(ask(cloud, read)).rejects.toMatchObject({ name: ABSENT[read.title] });
  });

  it.each(reads.filter(({ title }) => !Object.hasOwn(NEED_MORE, title) && !Object.hasOwn(ABSENT, title)))("answers $title as AWS's model says", async (read) => {
    await ask(cloud, read);
    expect(cloud.bugs).toEqual([]);
  });

  it.each(Object.keys(NEED_MORE))("says of %s what is missing", async (title) => {
    const read = reads.find((each) => each.title === title)!;
    await expect(ask(cloud, read)).rejects.toMatchObject({ name: expect.stringMatching(/^(?:ValidationError|MissingParameter|InvalidParameterValue|InvalidParameterException)$/), $metadata: { httpStatusCode: 400 } });
  });

  it("has a default VPC with a subnet in every zone, and nothing else (S2-01, S2-03)", async () => {
    const { Vpcs } = await cloud.ec2.send(new ec2.DescribeVpcsCommand({}));
    expect(Vpcs).toMatchObject([{ IsDefault: true, CidrBlock: "172.31.0.0/16" }]);
    const { AvailabilityZones } = await cloud.ec2.send(new ec2.DescribeAvailabilityZonesCommand({}));
    const { Subnets } = await cloud.ec2.send(new ec2.DescribeSubnetsCommand({}));
    expect(Subnets!.map((subnet) => subnet.AvailabilityZone!).sort()).toEqual(AvailabilityZones!.map((zone) => zone.ZoneName!).sort());
    expect((await cloud.ec2.send(new ec2.DescribeInstancesCommand({}))).Reservations).toEqual([]);
    expect((await cloud.cloudformation.send(new cloudformation.ListStacksCommand({}))).StackSummaries).toEqual([]);
  });

  it("is another one in each region, but for IAM (S3-01, S3-03)", async () => {
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    const osaka = cloud.as(credentials, "ap-northeast-3");
    const [here] = (await cloud.ec2.send(new ec2.DescribeVpcsCommand({}))).Vpcs!;
    const [there] = (await osaka.ec2.send(new ec2.DescribeVpcsCommand({}))).Vpcs!;
    expect(there!.VpcId).not.toBe(here!.VpcId);
    expect((await osaka.ec2.send(new ec2.DescribeAvailabilityZonesCommand({}))).AvailabilityZones!.map((zone) => zone.ZoneName)).toContain("ap-northeast-3a");
    const users = async (clients: Clients) => (await clients.iam.send(new iam.ListUsersCommand({}))).Users;
    expect(await users(osaka)).toEqual(await users(cloud));
  });
});

describe("an account with something of each kind", () => {
  let ids: Ids;
  const Tags = [{ Key: "team", Value: "four" }];
  beforeAll(async () => {
    await cloud.cloudformation.send(new cloudformation.CreateStackCommand({ StackName: "minimal", TemplateBody: await synthesize({ bastion: true }) }));
    const exporting = { Resources: { P: { Type: "AWS::SSM::Parameter", Properties: { Type: "String", Value: "x" } } }, Outputs: { O: { Value: { Ref: "P" }, Export: { Name: "parameter" } } } };
    await cloud.cloudformation.send(new cloudformation.CreateStackCommand({ StackName: "exporting", TemplateBody: JSON.stringify(exporting) }));
    const trust = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }] };
    await cloud.iam.send(new iam.CreateRoleCommand({ RoleName: "web", AssumeRolePolicyDocument: JSON.stringify(trust) }));
    await cloud.iam.send(new iam.CreateInstanceProfileCommand({ InstanceProfileName: "web" }));
    await cloud.iam.send(new iam.AddRoleToInstanceProfileCommand({ InstanceProfileName: "web", RoleName: "web" }));
    await cloud.iam.send(new iam.CreateGroupCommand({ GroupName: "engineers" }));
    await cloud.iam.send(new iam.AddUserToGroupCommand({ GroupName: "engineers", UserName: "admin" }));
    const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "ec2:Describe*", Resource: "*" }] });
    await cloud.iam.send(new iam.CreatePolicyCommand({ PolicyName: "own", PolicyDocument }));
    await cloud.iam.send(new iam.PutUserPolicyCommand({ UserName: "admin", PolicyName: "inline", PolicyDocument }));
    await cloud.iam.send(new iam.PutGroupPolicyCommand({ GroupName: "engineers", PolicyName: "inline", PolicyDocument }));
    await cloud.iam.send(new iam.PutRolePolicyCommand({ RoleName: "web", PolicyName: "inline", PolicyDocument }));
    await cloud.iam.send(new iam.AttachGroupPolicyCommand({ GroupName: "engineers", PolicyArn: OWN_POLICY }));
    await cloud.iam.send(new iam.AttachRolePolicyCommand({ RoleName: "web", PolicyArn: OWN_POLICY }));
    await cloud.iam.send(new iam.TagUserCommand({ UserName: "admin", Tags }));
    await cloud.iam.send(new iam.TagRoleCommand({ RoleName: "web", Tags }));
    await cloud.iam.send(new iam.TagPolicyCommand({ PolicyArn: OWN_POLICY, Tags }));
    await cloud.iam.send(new iam.TagInstanceProfileCommand({ InstanceProfileName: "web", Tags }));
    const { AccessKey } = await cloud.iam.send(new iam.CreateAccessKeyCommand({ UserName: "admin" }));
    const credentials = await someCredentials(Tags);
    await cloud.iam.send(new iam.CreateAccountAliasCommand({ AccountAlias: "hakoniwa" }));
    const { Images } = await cloud.ec2.send(new ec2.DescribeImagesCommand({ Owners: ["amazon"] }));
    await cloud.autoscaling.send(new autoscaling.CreateLaunchConfigurationCommand({ LaunchConfigurationName: "lc", ImageId: Images![0]!.ImageId!, InstanceType: "t3.micro" }));
    const waiting = { client: cloud.cloudformation, ...patience };
    await cloudformation.waitUntilStackCreateComplete(waiting, { StackName: "exporting" });
    await cloudformation.waitUntilStackCreateComplete(waiting, { StackName: "minimal" });
    await cloud.cloudformation.send(new cloudformation.CreateStackCommand({ StackName: "importing", TemplateBody: JSON.stringify({ Resources: { P: { Type: "AWS::SSM::Parameter", Properties: { Type: "String", Value: { "Fn::ImportValue": "parameter" } } } } }) }));
    await cloudformation.waitUntilStackCreateComplete(waiting, { StackName: "importing" });
    const changed = { ...exporting, Resources: { ...exporting.Resources, Gateway: { Type: "AWS::EC2::InternetGateway" } } };
    const { Id } = await cloud.cloudformation.send(new cloudformation.CreateChangeSetCommand({ StackName: "exporting", ChangeSetName: "more", TemplateBody: JSON.stringify(changed) }));
    const physical = async (StackName: string, LogicalResourceId: string) =>
      (await cloud.cloudformation.send(new cloudformation.DescribeStackResourceCommand({ StackName, LogicalResourceId }))).StackResourceDetail!.PhysicalResourceId!;
    const instance = await physical("minimal", "Bastion");
    const { NetworkInterfaces } = await cloud.ec2.send(new ec2.DescribeNetworkInterfacesCommand({ Filters: [{ Name: "attachment.instance-id", Values: [instance] }] }));
    const parameter = await physical("exporting", "P");
    await cloud.ssm.send(new ssm.AddTagsToResourceCommand({ ResourceType: "Parameter", ResourceId: parameter, Tags }));
    await someLogs(cloud.logs);
    await someRepository(cloud.ecr);
    const balancer = await someBalancer(cloud.elbv2, cloud.ec2, "arn:aws:iam::123456789012:server-certificate/site");
    const topic = await someAlarms(cloud.cloudwatch, cloud.sns);
    await someScaling(cloud.autoscaling, cloud.elbv2, balancer.targetGroup);
    ids = { vpc: await physical("minimal", "Vpc"), instance, interface: NetworkInterfaces![0]!.NetworkInterfaceId!, parameter, changeSet: Id!, accessKey: AccessKey!.AccessKeyId!, ...credentials, ...(await someDisks(instance)), ...(await someConnections(cloud.ec2)), ...(await someBucket(cloud.s3)), ...(await someCertificate(cloud.acm)), ...(await someDrift(cloud.cloudformation, "minimal")), ...topic, ...balancer };
  }, 30_000);

  const answers = async (read: Read): Promise<void> => {
    const output = await ask(cloud, read);
    expect(cloud.bugs).toEqual([]);
    const lists = Object.values(output).filter(Array.isArray);
    if (lists.length > 0 && !WITHOUT_IMAGES.has(read.title)) expect(lists.flat()).not.toEqual([]);
  };

  it.each(reads)("is told by $title as AWS's model says", (read) => answers({ ...read, input: NEED_MORE[read.title]?.(ids) ?? {} }));

  it.each(questions)("answers the question of $title", async (read) => {
    const about = read.service === "s3" ? (known: Ids) => questionAboutS3(read.operation, known.upload) : ABOUT[read.title];
    // An operation that is new asks here what to ask it about.
    expect(about, `ABOUT has no ${read.title}`).toBeDefined();
    const asked = answers({ ...read, input: about!(ids) });
    const never = NEVER_SET[read.title];
    await (never === undefined ? asked : expect(asked).rejects.toMatchObject({ name: never }));
  });

  it.each(Object.values(ec2.InstanceAttributeName))("tells the attribute %s of an instance, or that we don't have it", async (Attribute) => {
    const asked = cloud.ec2.send(new ec2.DescribeInstanceAttributeCommand({ InstanceId: ids.instance, Attribute }));
    await asked.catch((error: unknown) => expect(error).toMatchObject({ name: expect.stringMatching(/^(?:NotImplemented|InvalidParameterValue|InvalidParameterCombination|UnsupportedOperation)$/) }));
    expect(cloud.bugs).toEqual([]);
  });
});
