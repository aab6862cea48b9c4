import { AwsError } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { allows } from "./access.js";
import { subnetCidr } from "./cidrs.js";
import { freeDefaultRange } from "./default-vpc.js";
import { hasDependencies, invalidCombination, invalidParameter, missingParameter, refuse } from "./errors.js";
import { paginate, select, type FilterTable } from "./filters.js";
import { named, need } from "./lookup.js";
import { availableAddresses } from "./network-interfaces.js";
import { createSubnet } from "./new-subnet.js";
import { flowLogs, subnetReservations } from "./state-connections.js";
import { networkAcls, networkInterfaces, routeTables, subnets, vpcs, type Subnet } from "./state.js";
import { computeArn } from "./taggable.js";
import { checkTagSpecifications, dropTags, putTags, tagsOf } from "./tags.js";
import { zonesOf } from "./zones.js";

const ATTRIBUTES = [
  "AssignIpv6AddressOnCreation",
  "DisableLniAtDeviceIndex",
  "EnableDns64",
  "EnableResourceNameDnsAAAARecordOnLaunch",
  "EnableResourceNameDnsARecordOnLaunch",
  "MapCustomerOwnedIpOnLaunch",
  "MapPublicIpOnLaunch",
  "PrivateDnsHostnameTypeOnLaunch",
] as const;

export const subnetOperations = operations(Ec2, {
  CreateSubnet: {
    authorize: allows("CreateSubnet", (input) => [["subnet", undefined], ["vpc", input.VpcId]]),
    handle(ctx, input) {
      refuse("CreateSubnet", input, ["Ipv6CidrBlock", "Ipv6Native", "OutpostArn", "Ipv4IpamPoolId", "Ipv4NetmaskLength", "Ipv6IpamPoolId", "Ipv6NetmaskLength"]);
      checkTagSpecifications(input.TagSpecifications, ["subnet"]);
      const vpc = need(ctx.db, vpcs, "vpc", input.VpcId, "vpcId");
      if (!input.CidrBlock) throw missingParameter("cidrBlock");
      const cidr = subnetCidr(input.CidrBlock, vpc.cidrs.map((c) => c.cidr), ctx.db(subnets).where("vpc", vpc.id).map((s) => s.cidr));
      const availabilityZone = zoneFor(ctx, input);
      const subnet = createSubnet(ctx, { vpcId: vpc.id, cidr, availabilityZone, defaultForAz: false, mapPublicIpOnLaunch: false });
      putTags(ctx, "subnet", subnet.id, input.TagSpecifications);
      return { Subnet: described(ctx, subnet) };
    },
  },

  CreateDefaultSubnet: {
    authorize: allows("CreateDefaultSubnet", () => [["subnet", undefined]]),
    handle(ctx, input) {
      refuse("CreateDefaultSubnet", input, ["Ipv6Native"]);
      const [vpc] = ctx.db(vpcs).where("default", "true");
      if (!vpc) throw new AwsError("DefaultVpcDoesNotExist", "There is no default VPC for this account in this region.");
      if (!input.AvailabilityZone && !input.AvailabilityZoneId) throw missingParameter("availabilityZone");
      const availabilityZone = zoneFor(ctx, input);
      const others = ctx.db(subnets).where("vpc", vpc.id);
      if (others.some((s) => s.defaultForAz && s.availabilityZone === availabilityZone)) {
        throw new AwsError("DefaultSubnetAlreadyExistsInAvailabilityZone", `A default subnet already exists in the Availability Zone ${availabilityZone}.`);
      }
      const cidr = freeDefaultRange(vpc.cidrs[0]!.cidr, others.map((s) => s.cidr));
      if (cidr === undefined) throw new AwsError("InsufficientFreeAddressesInVpc", `The default VPC ${vpc.id} has no free /20 for a default subnet.`);
      return { Subnet: described(ctx, createSubnet(ctx, { vpcId: vpc.id, cidr, availabilityZone, defaultForAz: true, mapPublicIpOnLaunch: true })) };
    },
  },

  DescribeSubnets: {
    authorize: onEverything("ec2:DescribeSubnets"),
    handle(ctx, input) {
      const found = select(ctx.db, named(ctx.db, subnets, "subnet", input.SubnetIds), input.Filters, filters(ctx), (s) => s.id);
      const page = paginate(found, input);
      return { Subnets: page.items.map((subnet) => described(ctx, subnet)), NextToken: page.nextToken };
    },
  },

  DeleteSubnet: {
    authorize: allows("DeleteSubnet", (input) => [["subnet", input.SubnetId]]),
    handle(ctx, input) {
      const { id } = need(ctx.db, subnets, "subnet", input.SubnetId, "subnetId");
      if (ctx.db(networkInterfaces).where("subnet", id).length > 0) throw hasDependencies("subnet", id);
      for (const table of ctx.db(routeTables).where("subnet", id)) {
        ctx.db(routeTables).put({ ...table, associations: table.associations.filter((a) => a.subnetId !== id) });
      }
      for (const acl of ctx.db(networkAcls).where("subnet", id)) {
        ctx.db(networkAcls).put({ ...acl, associations: acl.associations.filter((a) => a.subnetId !== id) });
      }
      for (const log of ctx.db(flowLogs).where("resource", id)) ctx.db(flowLogs).delete(log.id);
      for (const reservation of ctx.db(subnetReservations).where("subnet", id)) ctx.db(subnetReservations).delete(reservation.id);
      ctx.db(subnets).delete(id);
      dropTags(ctx.db, id);
      return {};
    },
  },

  ModifySubnetAttribute: {
    authorize: allows("ModifySubnetAttribute", (input) => [["subnet", input.SubnetId]]),
    handle(ctx, input) {
      refuse("ModifySubnetAttribute", input, ["CustomerOwnedIpv4Pool", "EnableLniAtDeviceIndex"]);
      if (input.PrivateDnsHostnameTypeOnLaunch !== undefined && input.PrivateDnsHostnameTypeOnLaunch !== "ip-name") refuse("ModifySubnetAttribute", input, ["PrivateDnsHostnameTypeOnLaunch"]);
      refuseOn("ModifySubnetAttribute", input, ["MapCustomerOwnedIpOnLaunch", "DisableLniAtDeviceIndex", "AssignIpv6AddressOnCreation", "EnableDns64", "EnableResourceNameDnsARecordOnLaunch", "EnableResourceNameDnsAAAARecordOnLaunch"]);
      const subnet = need(ctx.db, subnets, "subnet", input.SubnetId, "subnetId");
      if (ATTRIBUTES.filter((name) => input[name] !== undefined).length > 1) throw invalidCombination("Only one attribute can be modified at a time.");
      if (ATTRIBUTES.every((name) => input[name] === undefined)) throw missingParameter("attribute");
      const mapPublicIpOnLaunch = input.MapPublicIpOnLaunch?.Value;
      if (mapPublicIpOnLaunch !== undefined) ctx.db(subnets).put({ ...subnet, mapPublicIpOnLaunch });
      return {};
    },
  },
});

/** Switching off what we never have on is harmless; switching it on would be a lie. */
function refuseOn(operation: string, input: Ec2Types.ModifySubnetAttributeRequest, names: readonly (keyof Ec2Types.ModifySubnetAttributeRequest)[]): void {
  const on = names.filter((name) => (input[name] as Ec2Types.AttributeBooleanValue | undefined)?.Value === true);
  refuse(operation, Object.fromEntries(on.map((name) => [name, true])), on);
}

/** The zone that was asked for, else the region's first. AWS chooses one; ours repeats. */
function zoneFor(ctx: Context, input: Pick<Ec2Types.CreateSubnetRequest, "AvailabilityZone" | "AvailabilityZoneId">): string {
  const zones = zonesOf(ctx.region);
  if (input.AvailabilityZone && input.AvailabilityZoneId) throw invalidCombination("Only one of AvailabilityZone and AvailabilityZoneId may be specified.");
  const found = zones.find((z) => (input.AvailabilityZone ? z.name === input.AvailabilityZone : input.AvailabilityZoneId ? z.id === input.AvailabilityZoneId : true));
  if (found) return found.name;
  const listed = zones.map((z) => (input.AvailabilityZone ? z.name : z.id)).join(", ");
  const parameter = input.AvailabilityZone ? "availabilityZone" : "availabilityZoneId";
  throw invalidParameter(input.AvailabilityZone ?? input.AvailabilityZoneId, parameter, `Subnets can currently only be created in the following availability zones: ${listed}.`);
}

/** What a subnet shows of itself. */
export function described(ctx: Context, subnet: Subnet): Ec2Types.Subnet {
  return {
    SubnetId: subnet.id,
    SubnetArn: computeArn(ctx, "subnet", subnet.id),
    State: "available",
    VpcId: subnet.vpcId,
    CidrBlock: subnet.cidr,
    AvailableIpAddressCount: availableAddresses(ctx.db, subnet),
    AvailabilityZone: subnet.availabilityZone,
    AvailabilityZoneId: zoneId(ctx, subnet),
    DefaultForAz: subnet.defaultForAz,
    MapPublicIpOnLaunch: subnet.mapPublicIpOnLaunch,
    MapCustomerOwnedIpOnLaunch: false,
    AssignIpv6AddressOnCreation: false,
    Ipv6CidrBlockAssociationSet: [],
    EnableDns64: false,
    Ipv6Native: false,
    PrivateDnsNameOptionsOnLaunch: { HostnameType: "ip-name", EnableResourceNameDnsARecord: false, EnableResourceNameDnsAAAARecord: false },
    OwnerId: ctx.account,
    Tags: tagsOf(ctx.db, subnet.id),
  };
}

function zoneId(ctx: Context, subnet: Subnet): string | undefined {
  return zonesOf(ctx.region).find((z) => z.name === subnet.availabilityZone)?.id;
}

function filters(ctx: Context): FilterTable<Subnet> {
  return {
    "availability-zone": (s) => s.availabilityZone,
    availabilityZone: (s) => s.availabilityZone,
    "availability-zone-id": (s) => zoneId(ctx, s),
    availabilityZoneId: (s) => zoneId(ctx, s),
    "available-ip-address-count": (s) => availableAddresses(ctx.db, s),
    "cidr-block": (s) => s.cidr,
    cidr: (s) => s.cidr,
    cidrBlock: (s) => s.cidr,
    "default-for-az": (s) => s.defaultForAz,
    defaultForAz: (s) => s.defaultForAz,
    "map-public-ip-on-launch": (s) => s.mapPublicIpOnLaunch,
    "customer-owned-ipv4-pool": () => undefined,
    "enable-dns64": () => false,
    "enable-lni-at-device-index": () => undefined,
    "ipv6-cidr-block-association.association-id": () => undefined,
    "ipv6-cidr-block-association.ipv6-cidr-block": () => undefined,
    "ipv6-cidr-block-association.state": () => undefined,
    "ipv6-native": () => false,
    "map-customer-owned-ip-on-launch": () => false,
    "outpost-arn": () => undefined,
    "private-dns-name-options-on-launch.enable-resource-name-dns-a-record": () => false,
    "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record": () => false,
    "private-dns-name-options-on-launch.hostname-type": () => "ip-name",
    "owner-id": () => ctx.account,
    state: () => "available",
    "subnet-arn": (s) => computeArn(ctx, "subnet", s.id),
    "subnet-id": (s) => s.id,
    "vpc-id": (s) => s.vpcId,
  };
}
