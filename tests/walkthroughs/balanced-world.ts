/** What a balanced site stands on: a VPC over two zones, security groups for the front and the servers, and a server's user data. */
import {
  AttachInternetGatewayCommand, AuthorizeSecurityGroupIngressCommand, CreateInternetGatewayCommand, CreateRouteCommand, CreateSecurityGroupCommand,
  CreateSubnetCommand, CreateVpcCommand, DescribeImagesCommand, DescribeInstancesCommand, DescribeRouteTablesCommand, RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import { until, type Garden } from "./garden.js";

/** Characters in `/large`: more than the sockets on the way can hold. */
export const LARGE = 16_000_000;

const script = (more: string): string => Buffer.from(`#!/bin/bash\nyum install -y httpd\nhostname > /var/www/html/index.html\n${more}systemctl enable --now httpd\n`).toString("base64");

/** A web server whose page is its own host name. */
export const USER_DATA = script("");
/** One that has something large as well. */
export const LARGE_USER_DATA = script(`head -c ${LARGE} /dev/zero | tr '\\0' x > /var/www/html/large\n`);

export interface World {
  readonly VpcId: string;
  /** 10.0.0.0/24 in zone a and 10.0.2.0/24 in zone c, both with a way to the internet (S2-42, S2-50). */
  readonly subnets: readonly [string, string];
  /** Admits ports 80 and 443 from anywhere. */
  readonly front: string;
  /** Admits port 80 from `front` only (S2-52). */
  readonly web: string;
  readonly image: string;
  /** Starts one server, and waits until it runs. */
  launch(subnet: string, over?: { readonly image?: string; readonly userData?: string | undefined }): Promise<string>;
}

export async function createWorld({ ec2 }: Garden): Promise<World> {
  const VpcId = (await ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }))).Vpc!.VpcId!;
  const InternetGatewayId = (await ec2.send(new CreateInternetGatewayCommand({}))).InternetGateway!.InternetGatewayId!;
  await ec2.send(new AttachInternetGatewayCommand({ VpcId, InternetGatewayId }));
  const { RouteTables } = await ec2.send(new DescribeRouteTablesCommand({ Filters: [{ Name: "vpc-id", Values: [VpcId] }] }));
  await ec2.send(new CreateRouteCommand({ RouteTableId: RouteTables![0]!.RouteTableId, DestinationCidrBlock: "0.0.0.0/0", GatewayId: InternetGatewayId }));
  const subnet = async (n: number, zone: string): Promise<string> =>
    (await ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: `10.0.${n}.0/24`, AvailabilityZone: `ap-northeast-1${zone}` }))).Subnet!.SubnetId!;
  const group = async (GroupName: string): Promise<string> => (await ec2.send(new CreateSecurityGroupCommand({ GroupName, Description: GroupName, VpcId }))).GroupId!;
  const subnets = [await subnet(0, "a"), await subnet(2, "c")] as const;
  const front = await group("front");
  const web = await group("web");
  const port = (FromPort: number) => ({ IpProtocol: "tcp", FromPort, ToPort: FromPort });
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: front, IpPermissions: [80, 443].map((each) => ({ ...port(each), IpRanges: [{ CidrIp: "0.0.0.0/0" }] })) }));
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: web, IpPermissions: [{ ...port(80), UserIdGroupPairs: [{ GroupId: front }] }] }));
  const image = (await ec2.send(new DescribeImagesCommand({ Owners: ["amazon"], Filters: [{ Name: "name", Values: ["al2023-ami-*"] }] }))).Images![0]!.ImageId!;
  return {
    VpcId, subnets, front, web, image,
    async launch(SubnetId, { image: ImageId = image, userData: UserData = USER_DATA } = {}) {
      const { Instances } = await ec2.send(new RunInstancesCommand({ ImageId, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, SubnetId, SecurityGroupIds: [web], UserData }));
      const id = Instances![0]!.InstanceId!;
      await until("the instance runs", 30, async () => (await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))).Reservations![0]!.Instances![0]!.State!.Name === "running");
      return id;
    },
  };
}

/** With which clients beside the garden's own are made. */
export function clientOf({ port }: Garden) {
  return { endpoint: `http://127.0.0.1:${port}`, region: "ap-northeast-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 };
}
