/** The fourth article's platform as it stands, found by the names that the article gives to everything (S4-43), however it was built. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DescribeAutoScalingGroupsCommand, type AutoScalingGroup } from "@aws-sdk/client-auto-scaling";
import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeInternetGatewaysCommand,
  DescribeKeyPairsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  type Instance,
  type InternetGateway,
  type Route,
  type RouteTable,
  type SecurityGroup,
  type Subnet,
  type Vpc,
} from "@aws-sdk/client-ec2";
import { DescribeInstanceHealthCommand, DescribeLoadBalancersCommand, type LoadBalancerDescription } from "@aws-sdk/client-elastic-load-balancing";
import { IAMClient } from "@aws-sdk/client-iam";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { Garden, Ran } from "./garden.js";

export const BALANCER = "elb-hakoniwa-stg";
export const GROUP = "asg-hakoniwa-stg";
export const KEY = "keypair-hakoniwa-stg";

/** What `trace --json` says. */
export interface Traced {
  readonly reachable: boolean;
  readonly explanation?: { readonly code: string; readonly component: string; readonly text: string };
}

export interface Platform {
  readonly garden: Garden;
  readonly ssm: SSMClient;
  readonly iam: IAMClient;
  vpc(): Promise<Vpc>;
  subnet(role: "public" | "private"): Promise<Subnet>;
  internetGateway(): Promise<InternetGateway>;
  routeTable(role: "public" | "private"): Promise<RouteTable>;
  /** Where the private subnet's 0.0.0.0/0 leads to. */
  wayOut(): Promise<Route>;
  group(role: "nat" | "web" | "bastion" | "elb"): Promise<SecurityGroup>;
  /** The living instance of this name. */
  instance(role: string): Promise<Instance>;
  balancer(): Promise<LoadBalancerDescription>;
  autoScalingGroup(): Promise<AutoScalingGroup>;
  /** The ids of the instances that the load balancer has in service. */
  inService(): Promise<readonly string[]>;
  /** Keeps the key pair's private key for `ssh`. */
  keep(privateKey: string): void;
  /** A shell on the box's internet, where `$SSH` is ssh with the key and `$BASTION` the bastion's address. */
  internet(script: string): Promise<Ran>;
  /** `trace` as a user types it. */
  trace(source: string, destination: string, ...options: readonly string[]): Promise<Traced>;
}

/** @param folder where the key is kept */
export function articlePlatform(garden: Garden, folder: string): Platform {
  const aws = { endpoint: `http://127.0.0.1:${garden.port}`, region: "ap-northeast-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 };
  const named = (...parts: readonly string[]) => ({ Filters: [{ Name: "tag:Name", Values: [parts.join("-")] }] });
  const key = join(folder, "key.pem");
  const platform: Platform = {
    garden,
    ssm: new SSMClient(aws),
    iam: new IAMClient(aws),
    vpc: async () => only((await garden.ec2.send(new DescribeVpcsCommand(named("vpc-hakoniwa-stg")))).Vpcs, "VPC"),
    subnet: async (role) => only((await garden.ec2.send(new DescribeSubnetsCommand(named("subnet-hakoniwa-stg", role)))).Subnets, `${role} subnet`),
    internetGateway: async () => only((await garden.ec2.send(new DescribeInternetGatewaysCommand(named("igw-hakoniwa-stg")))).InternetGateways, "internet gateway"),
    routeTable: async (role) => only((await garden.ec2.send(new DescribeRouteTablesCommand(named("rtb-hakoniwa-stg", role)))).RouteTables, `${role} route table`),
    wayOut: async () => only((await platform.routeTable("private")).Routes?.filter((route) => route.DestinationCidrBlock === "0.0.0.0/0"), "private default route"),
    group: async (role) =>
      only((await garden.ec2.send(new DescribeSecurityGroupsCommand({ Filters: [{ Name: "group-name", Values: [`securitygroup-hakoniwa-stg-${role}`] }] }))).SecurityGroups, `group of ${role}`),
    async instance(role) {
      const living = { Name: "instance-state-name", Values: ["pending", "running", "stopping", "stopped"] };
      const { Reservations = [] } = await garden.ec2.send(new DescribeInstancesCommand({ Filters: [...named(`${role}-hakoniwa-stg`).Filters, living] }));
      return only(Reservations.flatMap(({ Instances = [] }) => Instances), `instance ${role}`);
    },
    balancer: async () => only((await garden.elb.send(new DescribeLoadBalancersCommand({ LoadBalancerNames: [BALANCER] }))).LoadBalancerDescriptions, "load balancer"),
    autoScalingGroup: async () =>
      only((await garden.autoscaling.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [GROUP] }))).AutoScalingGroups, "Auto Scaling group"),
    async inService() {
      const { InstanceStates = [] } = await garden.elb.send(new DescribeInstanceHealthCommand({ LoadBalancerName: BALANCER }));
      return InstanceStates.filter(({ State }) => State === "InService").map(({ InstanceId }) => InstanceId!);
    },
    keep: (privateKey) => writeFileSync(key, privateKey, { mode: 0o600 }),
    async internet(script) {
      const options = `-F none -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o LogLevel=ERROR -o BatchMode=yes -o ConnectTimeout=3 -i ${key}`;
      const { PublicIpAddress = "" } = await platform.instance("bastion");
      return garden.hakoniwa("internet", "sh", "-c", `SSH="ssh ${options}"; BASTION=ec2-user@${PublicIpAddress}; ${script}`);
    },
    async trace(source, destination, ...options) {
      const { code, stdout, stderr } = await garden.hakoniwa("trace", source, destination, ...options, "--json");
      if (code > 1) throw new Error(stderr);
      const traced = JSON.parse(stdout) as Traced;
      if (traced.reachable !== (code === 0)) throw new Error(`trace says ${stdout} and ends with ${code}`);
      return traced;
    },
  };
  return platform;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-keypair.html: the private key that a stack made is a parameter. */
export async function keepKeyOfStack({ garden, ssm, keep }: Platform): Promise<void> {
  const { KeyPairs } = await garden.ec2.send(new DescribeKeyPairsCommand({ KeyNames: [KEY] }));
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: `/ec2/keypair/${KeyPairs![0]!.KeyPairId}`, WithDecryption: true }));
  keep(Parameter!.Value!);
}

/** S4-13: of the community's "amzn nat" images the newest. */
export async function newestNatImage({ garden }: Platform): Promise<string> {
  const { Images = [] } = await garden.ec2.send(new DescribeImagesCommand({ Owners: ["amazon"], Filters: [{ Name: "name", Values: ["amzn-ami-vpc-nat-*"] }] }));
  return Images.toSorted((one, other) => one.CreationDate!.localeCompare(other.CreationDate!)).at(-1)!.ImageId!;
}

/** The image of web server and bastion. */
export async function newestImage({ ssm }: Platform): Promise<string> {
  const Name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
  return (await ssm.send(new GetParameterCommand({ Name }))).Parameter!.Value!;
}

function only<T>(found: readonly T[] | undefined, what: string): T {
  if (found?.length !== 1) throw new Error(`there are ${found?.length ?? 0} of the ${what}, not one`);
  return found[0]!;
}
