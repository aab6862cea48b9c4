/** What a mistake is answered with: AWS's codes and statuses, as the SDK shows them. */
import * as autoscaling from "@aws-sdk/client-auto-scaling";
import * as cfn from "@aws-sdk/client-cloudformation";
import * as ec2 from "@aws-sdk/client-ec2";
import * as elb from "@aws-sdk/client-elastic-load-balancing";
import * as iam from "@aws-sdk/client-iam";
import * as ssm from "@aws-sdk/client-ssm";
import { AssumeRoleCommand, GetCallerIdentityCommand, GetSessionTokenCommand } from "@aws-sdk/client-sts";
import { describe, expect, it } from "vitest";
import { useCloud } from "./cloud.js";

const cloud = useCloud();

const failing = (name: string | RegExp, httpStatusCode: number, message?: RegExp): object => ({
  name: typeof name === "string" ? name : expect.stringMatching(name),
  $metadata: { httpStatusCode, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
  ...(message ? { message: expect.stringMatching(message) } : {}),
});

/** What the SDK's middlewares hand on between serialization and signature. */
interface Built {
  readonly request: { body: string };
}
interface Stack {
  add(middleware: (next: (args: Built) => Promise<unknown>) => (args: Built) => Promise<unknown>, options: { readonly step: "build" }): void;
}

const id = (prefix: string): string => `${prefix}-0123456789abcdef0`;
const ABSENT: readonly [string, object, new (input: never) => object][] = [
  ["InvalidVpcID.NotFound", { VpcIds: [id("vpc")] }, ec2.DescribeVpcsCommand],
  ["InvalidSubnetID.NotFound", { SubnetIds: [id("subnet")] }, ec2.DescribeSubnetsCommand],
  ["InvalidInternetGatewayID.NotFound", { InternetGatewayIds: [id("igw")] }, ec2.DescribeInternetGatewaysCommand],
  ["InvalidRouteTableID.NotFound", { RouteTableIds: [id("rtb")] }, ec2.DescribeRouteTablesCommand],
  ["InvalidGroup.NotFound", { GroupIds: [id("sg")] }, ec2.DescribeSecurityGroupsCommand],
  ["InvalidSecurityGroupRuleId.NotFound", { SecurityGroupRuleIds: [id("sgr")] }, ec2.DescribeSecurityGroupRulesCommand],
  ["InvalidNetworkAclID.NotFound", { NetworkAclIds: [id("acl")] }, ec2.DescribeNetworkAclsCommand],
  ["InvalidNetworkInterfaceID.NotFound", { NetworkInterfaceIds: [id("eni")] }, ec2.DescribeNetworkInterfacesCommand],
  ["InvalidAllocationID.NotFound", { AllocationIds: [id("eipalloc")] }, ec2.DescribeAddressesCommand],
  ["InvalidAssociationID.NotFound", { AssociationId: id("eipassoc") }, ec2.DisassociateAddressCommand],
  ["InvalidAssociationID.NotFound", { AssociationId: id("rtbassoc") }, ec2.DisassociateRouteTableCommand],
  ["NatGatewayNotFound", { NatGatewayIds: [id("nat")] }, ec2.DescribeNatGatewaysCommand],
  ["InvalidDhcpOptionID.NotFound", { DhcpOptionsIds: [id("dopt")] }, ec2.DescribeDhcpOptionsCommand],
  ["InvalidInstanceID.NotFound", { InstanceIds: [id("i")] }, ec2.DescribeInstancesCommand],
  ["InvalidInstanceID.NotFound", { InstanceIds: [id("i")] }, ec2.TerminateInstancesCommand],
  ["InvalidAMIID.NotFound", { ImageIds: [id("ami")] }, ec2.DescribeImagesCommand],
  ["InvalidVolume.NotFound", { VolumeIds: [id("vol")] }, ec2.DescribeVolumesCommand],
  ["InvalidSnapshot.NotFound", { SnapshotIds: [id("snap")] }, ec2.DescribeSnapshotsCommand],
  ["InvalidKeyPair.NotFound", { KeyNames: ["absent"] }, ec2.DescribeKeyPairsCommand],
  ["InvalidLaunchTemplateId.NotFound", { LaunchTemplateIds: [id("lt")] }, ec2.DescribeLaunchTemplatesCommand],
  ["InvalidLaunchTemplateName.NotFoundException", { LaunchTemplateNames: ["absent"] }, ec2.DescribeLaunchTemplatesCommand],
];

describe("what is not there", () => {
  it.each(ABSENT)("is %s in EC2 for %j", async (code, input, Command) => {
    await expect(cloud.ec2.send(new Command(input as never) as ec2.DescribeVpcsCommand)).rejects.toMatchObject(failing(code, 400, /0123456789abcdef0|absent|launch template does not exist/));
  });

  it.each(["vpc", "subnet", "i", "ami", "sg"])("is Malformed for what can't be the id of a kind: %s-banana", async (prefix) => {
    const asked: Readonly<Record<string, () => Promise<unknown>>> = {
      vpc: () => cloud.ec2.send(new ec2.DescribeVpcsCommand({ VpcIds: ["vpc-banana"] })),
      subnet: () => cloud.ec2.send(new ec2.DescribeSubnetsCommand({ SubnetIds: ["subnet-banana"] })),
      i: () => cloud.ec2.send(new ec2.DescribeInstancesCommand({ InstanceIds: ["i-banana"] })),
      ami: () => cloud.ec2.send(new ec2.DescribeImagesCommand({ ImageIds: ["ami-banana"] })),
      sg: () => cloud.ec2.send(new ec2.DescribeSecurityGroupsCommand({ GroupIds: ["sg-banana"] })),
    };
    await expect(asked[prefix]!()).rejects.toMatchObject(failing(/^Invalid\w+\.Malformed$/, 400, /banana/));
  });

  it("is named by the other services as AWS names it", async () => {
    const LoadBalancerName = "absent";
    await expect(cloud.elb.send(new elb.DescribeLoadBalancersCommand({ LoadBalancerNames: [LoadBalancerName] }))).rejects.toMatchObject(failing(/^(?:LoadBalancerNotFound|AccessPointNotFoundException)$/, 400, /absent/));
    await expect(cloud.elb.send(new elb.DescribeInstanceHealthCommand({ LoadBalancerName }))).rejects.toMatchObject(failing(/^(?:LoadBalancerNotFound|AccessPointNotFoundException)$/, 400));
    await expect(cloud.autoscaling.send(new autoscaling.SetDesiredCapacityCommand({ AutoScalingGroupName: "absent", DesiredCapacity: 1 }))).rejects.toMatchObject(failing("ValidationError", 400, /absent/));
    await expect(cloud.iam.send(new iam.GetRoleCommand({ RoleName: "absent" }))).rejects.toMatchObject(failing(/^NoSuchEntity/, 404, /absent/));
    await expect(cloud.ssm.send(new ssm.GetParameterCommand({ Name: "/absent" }))).rejects.toMatchObject({ name: "ParameterNotFound" });
    await expect(cloud.cloudformation.send(new cfn.DescribeStacksCommand({ StackName: "absent" }))).rejects.toMatchObject(failing("ValidationError", 400, /^Stack with id absent does not exist$/));
  });

  it("is an empty list where AWS makes no error of it", async () => {
    const absent = ["absent"];
    expect((await cloud.autoscaling.send(new autoscaling.DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: absent }))).AutoScalingGroups).toEqual([]);
    expect((await cloud.autoscaling.send(new autoscaling.DescribeLaunchConfigurationsCommand({ LaunchConfigurationNames: absent }))).LaunchConfigurations).toEqual([]);
    expect(await cloud.ssm.send(new ssm.GetParametersCommand({ Names: absent }))).toMatchObject({ Parameters: [], InvalidParameters: absent });
    // Deleting a key pair is idempotent in AWS.
    await cloud.ec2.send(new ec2.DeleteKeyPairCommand({ KeyName: "absent" }));
  });
});

describe("what we don't have", () => {
  it("is NotImplemented, names itself, and is no success", async () => {
    const missing = (service: string, operation: string) => failing(/^NotImplemented/, 501, new RegExp(`${service}:${operation}`));
    await expect(cloud.ec2.send(new ec2.DescribeVpnGatewaysCommand({}))).rejects.toMatchObject(missing("ec2", "DescribeVpnGateways"));
    await expect(cloud.ec2.send(new ec2.CreateTransitGatewayCommand({}))).rejects.toMatchObject(missing("ec2", "CreateTransitGateway"));
    await expect(cloud.autoscaling.send(new autoscaling.GetPredictiveScalingForecastCommand({ AutoScalingGroupName: "a", PolicyName: "p", StartTime: new Date(0), EndTime: new Date(0) }))).rejects.toMatchObject(missing("autoscaling", "GetPredictiveScalingForecast"));
    await expect(cloud.iam.send(new iam.ListSAMLProvidersCommand({}))).rejects.toMatchObject(missing("iam", "ListSAMLProviders"));
    await expect(cloud.ssm.send(new ssm.DescribeInstanceInformationCommand({}))).rejects.toMatchObject(missing("ssm", "DescribeInstanceInformation"));
    await expect(cloud.cloudformation.send(new cfn.ListStackSetsCommand({}))).rejects.toMatchObject(missing("cloudformation", "ListStackSets"));
  });

  it("is NotImplemented for a parameter too, so that none is ignored in silence", async () => {
    await expect(cloud.ec2.send(new ec2.CreateVpcCommand({ CidrBlock: "10.0.0.0/16", AmazonProvidedIpv6CidrBlock: true }))).rejects.toMatchObject(failing("NotImplemented", 501, /AmazonProvidedIpv6CidrBlock/));
  });
});

describe("who asks", () => {
  const fetched = async (body: string): Promise<{ status: number; text: string }> => {
    const response = await fetch(cloud.url, { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body });
    return { status: response.status, text: await response.text() };
  };

  it("is refused with a wrong secret: 401 in EC2, 403 elsewhere", async () => {
    const forger = cloud.as({ accessKeyId: "test", secretAccessKey: "tset" });
    await expect(forger.ec2.send(new ec2.DescribeVpcsCommand({}))).rejects.toMatchObject(failing("AuthFailure", 401));
    await expect(forger.sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject(failing("SignatureDoesNotMatch", 403));
    await expect(forger.cloudformation.send(new cfn.ListStacksCommand({}))).rejects.toMatchObject(failing("SignatureDoesNotMatch", 403));
    await expect(forger.ssm.send(new ssm.DescribeParametersCommand({}))).rejects.toMatchObject(failing(/^InvalidSignature/, 400));
  });

  it("is refused with an unknown key", async () => {
    const stranger = cloud.as({ accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "test" });
    await expect(stranger.ec2.send(new ec2.DescribeVpcsCommand({}))).rejects.toMatchObject(failing("AuthFailure", 401));
    await expect(stranger.sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject(failing("InvalidClientTokenId", 403));
  });

  it("is refused without a signature, and may not ask for what AWS doesn't know", async () => {
    expect(await fetched("Action=DescribeVpcs&Version=2016-11-15")).toMatchObject({ status: 400, text: expect.stringContaining("<Code>MissingParameter</Code>") });
    expect(await fetched("Action=GetCallerIdentity&Version=2011-06-15")).toMatchObject({ status: 403, text: expect.stringContaining("<Code>MissingAuthenticationToken</Code>") });
    expect(await fetched("Action=FlyToTheMoon&Version=1999-01-01")).toMatchObject({ status: 400, text: expect.stringContaining("<Code>InvalidAction</Code>") });
  });

  it("gets InvalidAction for an action that its service never had", async () => {
    // Of the same length as the true ones, which the request's Content-Length is of.
    const inventions: Readonly<Record<string, string>> = { DescribeVpcs: "DescribeMoon", GetCallerIdentity: "GetCallerNonsense" };
    const inventing = cloud.as({ accessKeyId: "test", secretAccessKey: "test" });
    const middleware = (next: (args: Built) => Promise<unknown>) => (args: Built) => {
      args.request.body = args.request.body.replace(/Action=(\w+)/, (_, action: string) => `Action=${inventions[action]}`);
      return next(args);
    };
    for (const client of [inventing.ec2, inventing.sts]) (client.middlewareStack as unknown as Stack).add(middleware, { step: "build" });
    await expect(inventing.ec2.send(new ec2.DescribeVpcsCommand({}))).rejects.toMatchObject(failing("InvalidAction", 400, /DescribeMoon/));
    await expect(inventing.sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject(failing("InvalidAction", 400, /GetCallerNonsense/));
  });

  it("is told who he is, and by temporary credentials he is himself (S3-18)", async () => {
    const arn = "arn:aws:iam::123456789012:user/admin";
    expect(await cloud.sts.send(new GetCallerIdentityCommand({}))).toMatchObject({ Account: "123456789012", Arn: arn });
    const { Credentials } = await cloud.sts.send(new GetSessionTokenCommand({}));
    const temporary = { accessKeyId: Credentials!.AccessKeyId!, secretAccessKey: Credentials!.SecretAccessKey!, sessionToken: Credentials!.SessionToken! };
    expect(temporary.accessKeyId).toMatch(/^ASIA/);
    expect(await cloud.as(temporary).sts.send(new GetCallerIdentityCommand({}))).toMatchObject({ Arn: arn });
    const { sessionToken: _, ...without } = temporary;
    await expect(cloud.as(without).sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject(failing("InvalidClientTokenId", 403));
    await expect(cloud.as({ ...temporary, sessionToken: "forged" }).ec2.send(new ec2.DescribeVpcsCommand({}))).rejects.toMatchObject(failing("AuthFailure", 401));
  });

  it("may do nothing without a policy, all as an administrator, and in a role what the role may (S3-07, S3-17, S3-18, S3-19)", async () => {
    const PolicyArn = "arn:aws:iam::aws:policy/AdministratorAccess";
    await cloud.iam.send(new iam.CreateUserCommand({ UserName: "engineer" }));
    const { AccessKey } = await cloud.iam.send(new iam.CreateAccessKeyCommand({ UserName: "engineer" }));
    const engineer = cloud.as({ accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! });
    await expect(engineer.ec2.send(new ec2.DescribeVpcsCommand({}))).rejects.toMatchObject(failing("UnauthorizedOperation", 403, /user\/engineer is not authorized to perform: ec2:DescribeVpcs/));
    await expect(engineer.ec2.send(new ec2.CreateVpcCommand({ CidrBlock: "10.0.0.0/16", DryRun: true }))).rejects.toMatchObject(failing("UnauthorizedOperation", 403));
    await expect(engineer.iam.send(new iam.ListUsersCommand({}))).rejects.toMatchObject(failing(/^AccessDenied/, 403, /iam:ListUsers/));
    expect((await engineer.sts.send(new GetCallerIdentityCommand({}))).Arn).toBe("arn:aws:iam::123456789012:user/engineer");
    const trust = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: "arn:aws:iam::123456789012:user/engineer" }, Action: "sts:AssumeRole" }] };
    const { Role } = await cloud.iam.send(new iam.CreateRoleCommand({ RoleName: "operator", AssumeRolePolicyDocument: JSON.stringify(trust) }));
    const { Credentials } = await engineer.sts.send(new AssumeRoleCommand({ RoleArn: Role!.Arn!, RoleSessionName: "now" }));
    const operator = cloud.as({ accessKeyId: Credentials!.AccessKeyId!, secretAccessKey: Credentials!.SecretAccessKey!, sessionToken: Credentials!.SessionToken! });
    expect((await operator.sts.send(new GetCallerIdentityCommand({}))).Arn).toBe("arn:aws:sts::123456789012:assumed-role/operator/now");
    await expect(operator.ec2.send(new ec2.DescribeVpcsCommand({}))).rejects.toMatchObject(failing("UnauthorizedOperation", 403));
    await cloud.iam.send(new iam.AttachRolePolicyCommand({ RoleName: "operator", PolicyArn }));
    expect((await operator.ec2.send(new ec2.DescribeVpcsCommand({}))).Vpcs).toHaveLength(1);
    await cloud.iam.send(new iam.AttachUserPolicyCommand({ UserName: "engineer", PolicyArn }));
    expect((await engineer.ec2.send(new ec2.DescribeVpcsCommand({}))).Vpcs).toHaveLength(1);
    await cloud.iam.send(new iam.UpdateAccessKeyCommand({ UserName: "engineer", AccessKeyId: AccessKey!.AccessKeyId!, Status: "Inactive" }));
    await expect(engineer.ec2.send(new ec2.DescribeVpcsCommand({}))).rejects.toMatchObject(failing("AuthFailure", 401));
  });
});
