/** The VPC and its subnets, over one Availability Zone or two. */
import { Fn, type CfnResource, type Stack } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import type { Naming } from "./naming.js";

export const VPC_RANGE = "10.0.0.0/16";
/** By zone. The first two classes are the fourth article's, the third one is where the first article moves the web servers. */
export const RANGES = {
  public: ["10.0.0.0/24", "10.0.2.0/24"],
  private: ["10.0.1.0/24", "10.0.3.0/24"],
  web: ["10.0.4.0/24", "10.0.5.0/24"],
} as const satisfies Record<string, readonly string[]>;

/** The logical id of what each zone has one of. That of the first zone bears no number, so that a stack grows from one zone to two and replaces nothing. */
export function ofZone(id: string, zone: number): string {
  return zone === 0 ? id : `${id}${zone + 1}`;
}

/** The VPC with what leads to the internet (S4-08 to S4-11, S0-09). Lists are by zone. */
export interface PublicNetwork {
  readonly vpc: ec2.CfnVPC;
  readonly subnets: readonly ec2.CfnSubnet[];
  /** What needs the internet waits for it. */
  readonly defaultRoute: CfnResource;
}

export function addPublicNetwork(stack: Stack, name: Naming, ranges: readonly string[]): PublicNetwork {
  const vpc = new ec2.CfnVPC(stack, "Vpc", { cidrBlock: VPC_RANGE, enableDnsSupport: true, enableDnsHostnames: true, tags: [{ key: "Name", value: name("vpc") }] });
  const gateway = new ec2.CfnInternetGateway(stack, "InternetGateway", { tags: [{ key: "Name", value: name("igw") }] });
  const attachment = new ec2.CfnVPCGatewayAttachment(stack, "InternetGatewayAttachment", { vpcId: vpc.ref, internetGatewayId: gateway.ref });
  const subnets = ranges.map((range, zone) => addSubnet(stack, vpc, { id: ofZone("PublicSubnet", zone), name: name("subnet", ofMany("public", zone, ranges)), range, zone }));
  const table = new ec2.CfnRouteTable(stack, "PublicRouteTable", { vpcId: vpc.ref, tags: [{ key: "Name", value: name("rtb", "public") }] });
  for (const [zone, subnet] of subnets.entries()) associate(stack, ofZone("PublicRouteTableAssociation", zone), table, subnet);
  const defaultRoute = new ec2.CfnRoute(stack, "PublicDefaultRoute", { routeTableId: table.ref, destinationCidrBlock: "0.0.0.0/0", gatewayId: gateway.ref });
  defaultRoute.addResourceDependency(attachment);
  return { vpc, subnets, defaultRoute };
}

/** Subnets of one class, each with a route table of its own that knows the local route only. */
export interface PrivateSubnet {
  readonly subnet: ec2.CfnSubnet;
  readonly range: string;
  readonly routeTable: ec2.CfnRouteTable;
  /** The subnet follows its table only with this. */
  readonly association: CfnResource;
}

/** @param id the class, as logical ids begin; `role` is what names say */
export function addPrivateSubnets(stack: Stack, name: Naming, { vpc }: PublicNetwork, { id, role, ranges }: { readonly id: string; readonly role: string; readonly ranges: readonly string[] }): readonly PrivateSubnet[] {
  return ranges.map((range, zone) => {
    const named = ofMany(role, zone, ranges);
    const subnet = addSubnet(stack, vpc, { id: ofZone(`${id}Subnet`, zone), name: name("subnet", named), range, zone });
    const routeTable = new ec2.CfnRouteTable(stack, ofZone(`${id}RouteTable`, zone), { vpcId: vpc.ref, tags: [{ key: "Name", value: name("rtb", named) }] });
    return { subnet, range, routeTable, association: associate(stack, ofZone(`${id}RouteTableAssociation`, zone), routeTable, subnet) };
  });
}

interface SubnetProps {
  readonly id: string;
  readonly name: string;
  readonly range: string;
  readonly zone: number;
}

function addSubnet(stack: Stack, vpc: ec2.CfnVPC, { id, name, range, zone }: SubnetProps): ec2.CfnSubnet {
  return new ec2.CfnSubnet(stack, id, { vpcId: vpc.ref, availabilityZone: Fn.select(zone, Fn.getAzs()), cidrBlock: range, tags: [{ key: "Name", value: name }] });
}

function associate(stack: Stack, id: string, table: ec2.CfnRouteTable, subnet: ec2.CfnSubnet): CfnResource {
  return new ec2.CfnSubnetRouteTableAssociation(stack, id, { routeTableId: table.ref, subnetId: subnet.ref });
}

/** `public` alone, `public-1` and `public-2` among others. */
export function ofMany(role: string, zone: number, all: readonly unknown[]): string {
  return all.length === 1 ? role : `${role}-${zone + 1}`;
}
