import {
  AssociateAddressCommand, AllocateAddressCommand, AttachInternetGatewayCommand, AuthorizeSecurityGroupIngressCommand, CreateInternetGatewayCommand, CreateRouteCommand, CreateRouteTableCommand,
  AssociateRouteTableCommand, CreateSecurityGroupCommand, CreateSubnetCommand, CreateVpcCommand, CreateVpcEndpointCommand, DeleteVpcEndpointsCommand, DescribeImagesCommand, DescribeInstancesCommand,
  DescribeVpcEndpointsCommand, ModifyVpcAttributeCommand, ModifyVpcEndpointCommand, RevokeSecurityGroupIngressCommand, RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import { AddRoleToInstanceProfileCommand, CreateInstanceProfileCommand, CreateRoleCommand, IAMClient, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreateBucketCommand, PutBucketPolicyCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGarden, until, type Garden } from "./garden.js";

const REGION = "ap-northeast-1";
const S3_NAME = `com.amazonaws.${REGION}.s3`;
const SSM_NAME = `com.amazonaws.${REGION}.ssm`;
const EVERYTHING = { Effect: "Allow", Principal: "*", Action: "*", Resource: "*" } as const;

let garden: Garden;
let s3: S3Client;
const ids = { vpc: "", subnet: "", table: "", group: "", instance: "", bastion: "", gateway: "", endpoint: "" };

beforeAll(async () => {
  garden = await createGarden();
  expect(await garden.hakoniwa("start")).toMatchObject({ code: 0 });
  const aws = { endpoint: `http://127.0.0.1:${garden.port}`, region: REGION, credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 };
  s3 = new S3Client({ ...aws, forcePathStyle: true });
  await new SSMClient(aws).send(new PutParameterCommand({ Name: "/greeting", Value: "hello from SSM", Type: "String" }));
  await s3.send(new CreateBucketCommand({ Bucket: "walk", CreateBucketConfiguration: { LocationConstraint: REGION } }));
  await s3.send(new PutObjectCommand({ Bucket: "walk", Key: "greeting", Body: "hello from S3\n" }));
  await makeRole(new IAMClient(aws));
  await makeNetwork();
}, 60_000);
afterAll(() => garden.end());

async function makeRole(iam: IAMClient): Promise<void> {
  const trust = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }] };
  await iam.send(new CreateRoleCommand({ RoleName: "walker", AssumeRolePolicyDocument: JSON.stringify(trust) }));
  const may = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["ssm:GetParameter", "s3:GetObject", "ec2:DescribeVpcs"], Resource: "*" }] };
  await iam.send(new PutRolePolicyCommand({ RoleName: "walker", PolicyName: "walk", PolicyDocument: JSON.stringify(may) }));
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: "walker" }));
  await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: "walker", RoleName: "walker" }));
}

/** An instance in a subnet without any way out, and a bastion in a public one. */
async function makeNetwork(): Promise<void> {
  const { ec2 } = garden;
  ids.vpc = (await ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }))).Vpc!.VpcId!;
  await ec2.send(new ModifyVpcAttributeCommand({ VpcId: ids.vpc, EnableDnsHostnames: { Value: true } }));
  ids.subnet = (await ec2.send(new CreateSubnetCommand({ VpcId: ids.vpc, CidrBlock: "10.0.1.0/24" }))).Subnet!.SubnetId!;
  ids.table = (await ec2.send(new CreateRouteTableCommand({ VpcId: ids.vpc }))).RouteTable!.RouteTableId!;
  await ec2.send(new AssociateRouteTableCommand({ RouteTableId: ids.table, SubnetId: ids.subnet }));
  ids.group = (await ec2.send(new CreateSecurityGroupCommand({ GroupName: "endpoint", Description: "endpoint", VpcId: ids.vpc }))).GroupId!;
  const outer = (await ec2.send(new CreateSubnetCommand({ VpcId: ids.vpc, CidrBlock: "10.0.0.0/24" }))).Subnet!.SubnetId!;
  const gateway = (await ec2.send(new CreateInternetGatewayCommand({}))).InternetGateway!.InternetGatewayId!;
  await ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId: gateway, VpcId: ids.vpc }));
  const open = (await ec2.send(new CreateRouteTableCommand({ VpcId: ids.vpc }))).RouteTable!.RouteTableId!;
  await ec2.send(new CreateRouteCommand({ RouteTableId: open, DestinationCidrBlock: "0.0.0.0/0", GatewayId: gateway }));
  await ec2.send(new AssociateRouteTableCommand({ RouteTableId: open, SubnetId: outer }));
  const { Images } = await ec2.send(new DescribeImagesCommand({ Owners: ["amazon"], Filters: [{ Name: "name", Values: ["al2023-ami-*"] }] }));
  const launch = async (SubnetId: string) => (await ec2.send(new RunInstancesCommand({
    ImageId: Images![0]!.ImageId, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, SubnetId, IamInstanceProfile: { Name: "walker" },
  }))).Instances![0]!.InstanceId!;
  [ids.instance, ids.bastion] = await Promise.all([launch(ids.subnet), launch(outer)]);
  const { AllocationId } = await ec2.send(new AllocateAddressCommand({ Domain: "vpc" }));
  await until("both run", 15, async () => (await states()).every((state) => state === "running"));
  await ec2.send(new AssociateAddressCommand({ AllocationId, InstanceId: ids.bastion }));
}

async function states(): Promise<(string | undefined)[]> {
  const { Reservations } = await garden.ec2.send(new DescribeInstancesCommand({ InstanceIds: [ids.instance, ids.bastion] }));
  return Reservations!.flatMap((one) => one.Instances!.map((instance) => instance.State?.Name));
}

/** As the AWS CLI would ask: signed with the role's credentials from instance metadata, over TLS that the instance trusts. */
const SIGNED = `token=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
role=$(curl -sf -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/iam/security-credentials/walker)
field() { echo "$role" | sed -n "s/.*\\"$1\\" *: *\\"\\([^\\"]*\\)\\".*/\\1/p"; }
signed() { service=$1; shift; curl -sS --max-time 2 --aws-sigv4 "aws:amz:${REGION}:$service" --user "$(field AccessKeyId):$(field SecretAccessKey)" -H "X-Amz-Security-Token: $(field Token)" "$@"; }
`;
const GET_PARAMETER = `-X POST -H 'Content-Type: application/x-amz-json-1.1' -H 'X-Amz-Target: AmazonSSM.GetParameter' -d '{"Name":"/greeting"}'`;
const GET_OBJECT = `-H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' https://walk.s3.${REGION}.amazonaws.com/greeting`;

const on = async (instance: string, script: string): Promise<string> => (await garden.hakoniwa("exec", instance, "sh", "-c", `${SIGNED}${script} 2>&1`)).stdout;
const fromSsm = (instance = ids.instance) => on(instance, `signed ssm ${GET_PARAMETER} https://ssm.${REGION}.amazonaws.com/`);
const fromS3 = (instance = ids.instance) => on(instance, `signed s3 ${GET_OBJECT}`);

describe("an instance", () => {
  it("with a public address reaches the API on the internet, by TLS that it trusts, as its role", async () => {
    expect(await fromSsm(ids.bastion)).toContain("hello from SSM");
    expect(await fromS3(ids.bastion)).toBe("hello from S3\n");
  });

  it("is not the administrator there: the keys that everybody knows are no keys", async () => {
    const script = `curl -sS --aws-sigv4 aws:amz:${REGION}:ssm --user test:test ${GET_PARAMETER} https://ssm.${REGION}.amazonaws.com/`;
    expect(await on(ids.bastion, script)).toMatch(/UnrecognizedClientException|InvalidClientTokenId/);
    expect(await on(ids.bastion, `curl -sS -o /dev/null -w '%{http_code}' -X POST -H 'Host: localhost' http://ssm.${REGION}.amazonaws.com/_hakoniwa/reset`)).toBe("403");
  });

  it("without a way out reaches neither SSM nor S3", async () => {
    expect(await fromSsm()).toMatch(/timed out/i);
    expect(await fromS3()).toMatch(/timed out/i);
  });
});

describe("S3-40: a gateway endpoint", () => {
  it("leads to S3, and to S3 alone", async () => {
    ids.gateway = (await garden.ec2.send(new CreateVpcEndpointCommand({ VpcId: ids.vpc, ServiceName: S3_NAME, RouteTableIds: [ids.table] }))).VpcEndpoint!.VpcEndpointId!;
    await until("S3 answers", 15, async () => (await fromS3()) === "hello from S3\n");
    expect(await fromSsm()).toMatch(/timed out/i);
    const disguised = `signed ssm ${GET_PARAMETER} --connect-to ssm.${REGION}.amazonaws.com:443:s3.${REGION}.amazonaws.com:443 https://ssm.${REGION}.amazonaws.com/`;
    expect(await on(ids.instance, disguised)).toMatch(/leads to s3, not to ssm/);
  });

  it("is known to bucket policies: aws:SourceVpce", async () => {
    const only = { Version: "2012-10-17", Statement: [{ Effect: "Deny", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::walk/*", Condition: { StringNotEquals: { "aws:SourceVpce": ids.gateway } } }] };
    await s3.send(new PutBucketPolicyCommand({ Bucket: "walk", Policy: JSON.stringify(only) }));
    expect(await fromS3()).toBe("hello from S3\n");
    expect(await fromS3(ids.bastion)).toContain("AccessDenied");
  });

  it("has a policy of its own", async () => {
    const nothing = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:ListBucket", Resource: "*" }] };
    const set = (document: object) => garden.ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId: ids.gateway, PolicyDocument: JSON.stringify(document) }));
    await set(nothing);
    expect(await fromS3()).toContain("because no VPC endpoint policy allows the s3:GetObject action");
    await set({ Version: "2012-10-17", Statement: [EVERYTHING] });
    expect(await fromS3()).toBe("hello from S3\n");
  });
});

describe("S3-41: an interface endpoint", () => {
  const https = (GroupId: string) => ({ GroupId, IpPermissions: [{ IpProtocol: "tcp", FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: "10.0.1.0/24" }] }] });

  it("leads to SSM by its usual name, once its group admits", async () => {
    const made = await garden.ec2.send(new CreateVpcEndpointCommand({
      VpcEndpointType: "Interface", VpcId: ids.vpc, ServiceName: SSM_NAME, SubnetIds: [ids.subnet], SecurityGroupIds: [ids.group], PrivateDnsEnabled: true,
    }));
    ids.endpoint = made.VpcEndpoint!.VpcEndpointId!;
    await until("the endpoint is available", 15, async () => (await garden.ec2.send(new DescribeVpcEndpointsCommand({ VpcEndpointIds: [ids.endpoint] }))).VpcEndpoints?.[0]?.State?.toLowerCase() === "available");
    expect(await fromSsm()).toMatch(/timed out/i);
    await garden.ec2.send(new AuthorizeSecurityGroupIngressCommand(https(ids.group)));
    await until("SSM answers", 15, async () => (await fromSsm()).includes("hello from SSM"));
    await garden.ec2.send(new RevokeSecurityGroupIngressCommand(https(ids.group)));
    await until("SSM is silent", 15, async () => /timed out/i.test(await fromSsm()));
    await garden.ec2.send(new AuthorizeSecurityGroupIngressCommand(https(ids.group)));
  });

  it("ends with its deletion, as the gateway endpoint does", async () => {
    await garden.ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [ids.gateway, ids.endpoint] }));
    await until("both are silent", 15, async () => /timed out|resolve/i.test(await fromSsm()) && /timed out/i.test(await fromS3()));
  });
});
