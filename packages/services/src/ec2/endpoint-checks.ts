/** What a VPC endpoint may be given. */
import { AwsError, type Reader } from "@hakoniwa/kernel";
import type { Ec2Types } from "@hakoniwa/wire";
import { awsPrefixLists } from "./aws-prefix-lists.js";
import { serviceDnsName, type EndpointService } from "./endpoint-services.js";
import { refuse } from "./errors.js";
import { need } from "./lookup.js";
import { vpcEndpoints, type VpcEndpoint } from "./state-connections.js";
import { routeTables, subnets, type RouteTable, type Subnet, type Vpc } from "./state.js";

/** What lets everybody do everything through the endpoint: AWS's own policy for endpoints that come without one. */
export const OPEN_POLICY = JSON.stringify({ Version: "2008-10-17", Statement: [{ Effect: "Allow", Principal: "*", Action: "*", Resource: "*" }] });

const GATEWAY_ONLY = ["RouteTableIds", "AddRouteTableIds", "RemoveRouteTableIds"] as const;
const INTERFACE_ONLY = ["SubnetIds", "SecurityGroupIds", "AddSubnetIds", "RemoveSubnetIds", "AddSecurityGroupIds", "RemoveSecurityGroupIds", "SubnetConfigurations"] as const;

type EndpointRequest = Ec2Types.CreateVpcEndpointRequest | Ec2Types.ModifyVpcEndpointRequest;

/** EC2 has this code for endpoints, where elsewhere it says InvalidParameterValue. */
export function invalidEndpoint(message: string): AwsError {
  return new AwsError("InvalidParameter", message);
}

/** @throws AwsError for what the endpoint's type does not have */
export function checkMembers(operation: string, type: VpcEndpoint["type"], input: EndpointRequest): void {
  if (input.IpAddressType !== undefined && input.IpAddressType !== "ipv4") refuse(operation, input, ["IpAddressType"]);
  if (input.DnsOptions?.DnsRecordIpType !== undefined && input.DnsOptions.DnsRecordIpType !== "ipv4") refuse(operation, input, ["DnsOptions"]);
  if (input.DnsOptions?.PrivateDnsOnlyForInboundResolverEndpoint) refuse(operation, input, ["DnsOptions"]);
  const values = { ...input } as Readonly<Record<string, unknown>>;
  const wrong = (type === "Gateway" ? INTERFACE_ONLY : GATEWAY_ONLY).find((name) => Array.isArray(values[name]) && (values[name] as readonly unknown[]).length > 0);
  if (wrong) throw invalidEndpoint(`${wrong} can't be specified for VPC endpoints of type ${type}.`);
  if (type === "Gateway" && input.PrivateDnsEnabled) throw invalidEndpoint("Private DNS can't be enabled for VPC endpoints of type Gateway.");
}

/** @throws AwsError for a policy that is no JSON object */
export function checkedPolicy(text: string | undefined): string {
  if (text === undefined || text === "") return OPEN_POLICY;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  if (typeof parsed !== "object" || parsed === null || !("Statement" in parsed)) throw new AwsError("InvalidPolicyDocument", "This policy contains invalid Json");
  return text;
}

/** The route tables that a gateway endpoint shall rule, each without another endpoint for the service. */
export function checkedRouteTables(db: Reader, vpcId: string, region: string, service: EndpointService, ids: readonly string[]): readonly string[] {
  return [...new Set(ids)].map((id) => {
    const table = need(db, routeTables, "routeTable", id, "routeTableId");
    if (table.vpcId !== vpcId) throw invalidEndpoint(`Route table ${id} and the VPC endpoint belong to different networks: ${table.vpcId} and ${vpcId}.`);
    refuseSecond(db, table, region, service);
    return id;
  });
}

function refuseSecond(db: Reader, table: RouteTable, region: string, service: EndpointService): void {
  if (!db(vpcEndpoints).where("routeTable", table.id).some((other) => other.serviceName === service.name)) return;
  const list = awsPrefixLists(region).find((each) => each.service === service.short)!;
  throw new AwsError("RouteAlreadyExists", `route table ${table.id} already has a route with destination-prefix-list-id ${list.id}`);
}

/** The subnets of an interface endpoint: in its VPC, one in each zone. */
export function checkedSubnets(db: Reader, vpcId: string, ids: readonly string[], there: readonly string[]): readonly Subnet[] {
  const zones = new Set(there.map((id) => db(subnets).get(id)?.availabilityZone));
  return [...new Set(ids)].map((id) => {
    const subnet = need(db, subnets, "subnet", id, "subnetId");
    if (subnet.vpcId !== vpcId) throw invalidEndpoint(`Subnet ${id} and the VPC endpoint belong to different networks: ${subnet.vpcId} and ${vpcId}.`);
    if (zones.has(subnet.availabilityZone)) throw new AwsError("DuplicateSubnetsInSameZone", `Found another VPC endpoint subnet in the availability zone of ${id}`);
    zones.add(subnet.availabilityZone);
    return subnet;
  });
}

/** @throws AwsError when the VPC's DNS does not allow private names, or another endpoint has this one's */
export function checkPrivateDns(db: Reader, region: string, vpc: Vpc, service: EndpointService, own?: string): void {
  if (!vpc.dnsSupport || !vpc.dnsHostnames) {
    throw invalidEndpoint(`Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for ${vpc.id}`);
  }
  if (db(vpcEndpoints).where("vpc", vpc.id).some((other) => other.id !== own && other.privateDns && other.serviceName === service.name)) {
    throw invalidEndpoint(`private-dns-enabled cannot be set because there is already a conflicting DNS domain for ${serviceDnsName(region, service.short)} in the VPC ${vpc.id}`);
  }
}
