/** What VPC endpoints show of themselves. */
import type { Reader } from "@hakoniwa/kernel";
import type { Ec2Types } from "@hakoniwa/wire";
import type { Context } from "../define.js";
import { endpointService, serviceDnsName } from "./endpoint-services.js";
import type { FilterTable } from "./filters.js";
import { groupIdentifiers } from "./interface-descriptions.js";
import type { VpcEndpoint } from "./state-connections.js";
import { subnets } from "./state.js";
import { tagsOf } from "./tags.js";
import { timestamp } from "./times.js";

/** AWS's hosted zone for endpoints' names in every region is another one; ours has one for all. */
const HOSTED_ZONE = "Z2E726K9Y6RL4W";

export function describedEndpoint(ctx: Context, endpoint: VpcEndpoint): Ec2Types.VpcEndpoint {
  return {
    VpcEndpointId: endpoint.id,
    VpcEndpointType: endpoint.type,
    VpcId: endpoint.vpcId,
    ServiceName: endpoint.serviceName,
    ServiceRegion: ctx.region,
    // The API says it in lower case, although the model knows `Available`.
    State: endpoint.state as Ec2Types.State,
    PolicyDocument: endpoint.policy,
    RouteTableIds: endpoint.routeTableIds,
    SubnetIds: endpoint.interfaces.map((i) => i.subnetId),
    NetworkInterfaceIds: endpoint.interfaces.map((i) => i.networkInterfaceId),
    Groups: groupIdentifiers(ctx, endpoint.securityGroups),
    PrivateDnsEnabled: endpoint.privateDns,
    RequesterManaged: false,
    ...(endpoint.type === "Interface" ? { IpAddressType: "ipv4" as const, DnsOptions: { DnsRecordIpType: "ipv4" as const } } : {}),
    DnsEntries: dnsEntries(ctx, endpoint),
    CreationTimestamp: timestamp(endpoint.created),
    OwnerId: ctx.account,
    ...(endpoint.failure === undefined ? {} : { FailureReason: endpoint.failure, LastError: { Code: "InternalError", Message: endpoint.failure } }),
    Tags: tagsOf(ctx.db, endpoint.id),
  };
}

/** The endpoint's own names, which also mean its private addresses outside the VPC: one for all zones, and one for each. */
export function endpointNames(ctx: { readonly db: Reader; readonly region: string }, endpoint: VpcEndpoint): readonly { readonly name: string; readonly networkInterfaceIds: readonly string[] }[] {
  if (endpoint.type === "Gateway") return [];
  const { short } = endpointService(ctx.region, endpoint.serviceName);
  const label = `${endpoint.id}-${endpoint.dnsLabel}`;
  const suffix = `${short}.${ctx.region}.vpce.amazonaws.com`;
  const zonal = endpoint.interfaces.map(({ subnetId, networkInterfaceId }) => ({
    name: `${label}-${ctx.db(subnets).get(subnetId)?.availabilityZone}.${suffix}`,
    networkInterfaceIds: [networkInterfaceId],
  }));
  return [{ name: `${label}.${suffix}`, networkInterfaceIds: endpoint.interfaces.map((i) => i.networkInterfaceId) }, ...zonal];
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpoints.html */
export function endpointFilters(ctx: Context): FilterTable<VpcEndpoint> {
  return {
    "ip-address-type": (e) => (e.type === "Interface" ? "ipv4" : undefined),
    "service-name": (e) => e.serviceName,
    "service-region": () => ctx.region,
    "vpc-id": (e) => e.vpcId,
    "vpc-endpoint-id": (e) => e.id,
    "vpc-endpoint-state": (e) => e.state,
    "vpc-endpoint-type": (e) => e.type,
  };
}

function dnsEntries(ctx: Context, endpoint: VpcEndpoint): readonly Ec2Types.DnsEntry[] {
  const own = endpointNames(ctx, endpoint).map(({ name }) => ({ DnsName: name, HostedZoneId: HOSTED_ZONE }));
  if (!endpoint.privateDns) return own;
  const { short } = endpointService(ctx.region, endpoint.serviceName);
  return [...own, { DnsName: serviceDnsName(ctx.region, short), HostedZoneId: HOSTED_ZONE }];
}
