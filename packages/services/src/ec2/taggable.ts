/** Which resource an id means, for calls that take any kind: CreateTags, and the ARNs that authorization asks for. */
import { AwsError, type Reader, type Scope, type Table } from "@hakoniwa/kernel";
import type { Ec2Types } from "@hakoniwa/wire";
import type { Asked } from "../define.js";
import { images, instances, keyPairs, launchTemplates } from "./state-compute.js";
import { snapshots, volumes } from "./state-disks.js";
import { flowLogs, peeringAnswers, peeringRequests, prefixLists, subnetReservations, vpcEndpoints } from "./state-connections.js";
import { placementGroups } from "./state-settings.js";
import { addresses, dhcpOptions, internetGateways, natGateways, networkAcls, networkInterfaces, routeTables, securityGroups, subnets, vpcs } from "./state.js";

interface Kind {
  readonly type: Ec2Types.ResourceType;
  exists(db: Reader, id: string): boolean;
  /** The code for an id of this kind that names nothing. */
  readonly notFound: string;
}

/** By the id's prefix. */
const KINDS: Readonly<Record<string, Kind>> = {
  i: kind("instance", instances, "InvalidInstanceID.NotFound"),
  ami: kind("image", images, "InvalidAMIID.NotFound"),
  vol: kind("volume", volumes, "InvalidVolume.NotFound"),
  snap: kind("snapshot", snapshots, "InvalidSnapshot.NotFound"),
  pg: { type: "placement-group", exists: (db, id) => db(placementGroups).where("id", id).length > 0, notFound: "InvalidPlacementGroup.Unknown" },
  key: { type: "key-pair", exists: (db, id) => db(keyPairs).where("id", id).length > 0, notFound: "InvalidKeyPair.NotFound" },
  lt: kind("launch-template", launchTemplates, "InvalidLaunchTemplateId.NotFound"),
  vpc: kind("vpc", vpcs, "InvalidVpcID.NotFound"),
  subnet: kind("subnet", subnets, "InvalidSubnetID.NotFound"),
  igw: kind("internet-gateway", internetGateways, "InvalidInternetGatewayID.NotFound"),
  rtb: kind("route-table", routeTables, "InvalidRouteTableID.NotFound"),
  sg: kind("security-group", securityGroups, "InvalidGroup.NotFound"),
  sgr: { type: "security-group-rule", exists: (db, id) => db(securityGroups).where("rule", id).length > 0, notFound: "InvalidSecurityGroupRuleId.NotFound" },
  acl: kind("network-acl", networkAcls, "InvalidNetworkAclID.NotFound"),
  eni: kind("network-interface", networkInterfaces, "InvalidNetworkInterfaceID.NotFound"),
  eipalloc: { type: "elastic-ip", exists: (db, id) => db(addresses).where("allocation", id).length > 0, notFound: "InvalidAllocationID.NotFound" },
  nat: kind("natgateway", natGateways, "NatGatewayNotFound"),
  dopt: kind("dhcp-options", dhcpOptions, "InvalidDhcpOptionID.NotFound"),
  pl: kind("prefix-list", prefixLists, "InvalidPrefixListID.NotFound"),
  pcx: {
    type: "vpc-peering-connection",
    exists: (db, id) => (db(peeringRequests).get(id) ?? db(peeringAnswers).get(id)) !== undefined,
    notFound: "InvalidVpcPeeringConnectionID.NotFound",
  },
  vpce: kind("vpc-endpoint", vpcEndpoints, "InvalidVpcEndpointId.NotFound"),
  fl: kind("vpc-flow-log", flowLogs, "InvalidFlowLogId.NotFound"),
  scr: kind("subnet-cidr-reservation", subnetReservations, "InvalidSubnetCidrReservationID.NotFound"),
};

function kind<R extends object, I extends string>(type: Ec2Types.ResourceType, table: Table<R, I>, notFound: string): Kind {
  return { type, exists: (db, id) => db(table).get(id) !== undefined, notFound };
}

function kindOf(id: string): Kind | undefined {
  const prefix = /^([a-z]+)-[0-9a-f]+$/.exec(id)?.[1];
  return prefix !== undefined && Object.hasOwn(KINDS, prefix) ? KINDS[prefix] : undefined;
}

/**
 * The type of the resource that `id` names.
 * @throws AwsError when it has no kind that we know, or does not exist
 */
export function findResource(db: Reader, id: string): Ec2Types.ResourceType {
  const found = kindOf(id);
  if (!found) throw new AwsError("InvalidID", `The ID '${id}' is not valid`);
  if (!found.exists(db, id)) throw new AwsError(found.notFound, `The ID '${id}' does not exist`);
  return found.type;
}

/** `arn:aws:ec2:REGION:ACCOUNT:instance/i-…`; `*` for what can't be an id, which the handler then refuses. */
export function resourceArn(asked: Asked, id: string): string {
  const found = kindOf(id);
  if (!found) return "*";
  const byName = found.type === "key-pair" || found.type === "placement-group" ? asked.facts.ec2.named(found.type, id) : undefined;
  return computeArn(asked, found.type, byName ?? id);
}

export function computeArn(scope: Scope, type: Ec2Types.ResourceType, id: string): string {
  return `arn:aws:ec2:${scope.region}:${scope.account}:${type}/${id}`;
}
