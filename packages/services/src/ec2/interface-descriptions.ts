/** What network interfaces show of themselves, also inside instances. */
import type { Ec2Types } from "@hakoniwa/wire";
import type { Context } from "../define.js";
import type { FilterTable } from "./filters.js";
import { ACCOUNT, addressOn } from "./public-addresses.js";
import { securityGroups, vpcs, type Address, type NetworkInterface } from "./state.js";
import { tagsOf } from "./tags.js";
import { timestamp } from "./times.js";
import { privateDnsName, publicDnsName, zonesOf } from "./zones.js";

type View = Pick<Context, "db" | "region" | "account">;

/** One interface as DescribeNetworkInterfaces shows it. */
export function describedInterface(ctx: View, found: NetworkInterface): Ec2Types.NetworkInterface {
  const primary = found.privateIpAddresses[0]!;
  const association = associationOn(ctx, found, primary);
  return {
    NetworkInterfaceId: found.id,
    // The API says `nat_gateway`, although the model knows `natGateway` only.
    InterfaceType: found.interfaceType as Ec2Types.NetworkInterfaceType,
    Status: found.attachment ? "in-use" : "available",
    Description: found.description,
    VpcId: found.vpcId,
    SubnetId: found.subnetId,
    AvailabilityZone: found.availabilityZone,
    AvailabilityZoneId: zonesOf(ctx.region).find((z) => z.name === found.availabilityZone)?.id,
    MacAddress: found.macAddress,
    PrivateIpAddress: primary,
    PrivateDnsName: privateName(ctx, found, primary),
    PublicDnsName: association?.PublicDnsName,
    PrivateIpAddresses: found.privateIpAddresses.map((address, index) => ({
      Primary: index === 0,
      PrivateIpAddress: address,
      PrivateDnsName: privateName(ctx, found, address),
      Association: associationOn(ctx, found, address),
    })),
    Association: association,
    Attachment: found.attachment && describedAttachment(ctx, found),
    Groups: groupIdentifiers(ctx, found.securityGroups),
    SourceDestCheck: found.sourceDestCheck,
    RequesterManaged: found.requester !== undefined,
    RequesterId: found.requester,
    Ipv6Addresses: [],
    OwnerId: ctx.account,
    TagSet: tagsOf(ctx.db, found.id),
  };
}

/** Groups by id with their names. */
export function groupIdentifiers(ctx: View, ids: readonly string[]): readonly Ec2Types.GroupIdentifier[] {
  return ids.map((id) => ({ GroupId: id, GroupName: ctx.db(securityGroups).get(id)?.name }));
}

/** The public side of one private address. */
export function associationOn(ctx: View, found: NetworkInterface, privateIpAddress: string): Ec2Types.NetworkInterfaceAssociation | undefined {
  const address = addressOn(ctx.db, found.id, privateIpAddress);
  if (!address) return undefined;
  const elastic = address.owner === ACCOUNT;
  return {
    PublicIp: address.publicIp,
    PublicDnsName: publicName(ctx, found, address),
    IpOwnerId: elastic ? ctx.account : address.owner,
    ...(elastic ? { AllocationId: address.allocationId, AssociationId: address.association?.id } : {}),
  };
}

/** Public names exist only where the VPC has DNS hostnames on: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html */
function publicName(ctx: View, found: NetworkInterface, address: Address): string {
  return ctx.db(vpcs).get(found.vpcId)?.dnsHostnames ? publicDnsName(address.publicIp, ctx.region) : "";
}

function privateName(ctx: View, found: NetworkInterface, address: string): string | undefined {
  return ctx.db(vpcs).get(found.vpcId)?.dnsHostnames ? privateDnsName(address, ctx.region) : undefined;
}

function describedAttachment(ctx: View, found: NetworkInterface): Ec2Types.NetworkInterfaceAttachment {
  const attachment = found.attachment!;
  return {
    AttachmentId: attachment.id,
    AttachTime: timestamp(attachment.attachTime),
    DeleteOnTermination: attachment.deleteOnTermination,
    DeviceIndex: attachment.deviceIndex,
    NetworkCardIndex: 0,
    InstanceId: attachment.instanceId,
    InstanceOwnerId: found.requester ?? ctx.account,
    Status: "attached",
  };
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html */
export function interfaceFilters(ctx: View): FilterTable<NetworkInterface> {
  const shown = (i: NetworkInterface): Ec2Types.NetworkInterface => describedInterface(ctx, i);
  return {
    "addresses.primary": (i) => i.privateIpAddresses.map((_, index) => index === 0),
    "addresses.private-ip-address": (i) => i.privateIpAddresses,
    "addresses.association.public-ip": (i) => shown(i).PrivateIpAddresses?.map((a) => a.Association?.PublicIp),
    "addresses.association.owner-id": (i) => shown(i).PrivateIpAddresses?.map((a) => a.Association?.IpOwnerId),
    "association.allocation-id": (i) => shown(i).Association?.AllocationId,
    "association.association-id": (i) => shown(i).Association?.AssociationId,
    "association.ip-owner-id": (i) => shown(i).Association?.IpOwnerId,
    "association.public-dns-name": (i) => shown(i).Association?.PublicDnsName,
    "association.public-ip": (i) => shown(i).Association?.PublicIp,
    "attachment.attach-time": (i) => i.attachment && timestamp(i.attachment.attachTime).toISOString(),
    "attachment.attachment-id": (i) => i.attachment?.id,
    "attachment.delete-on-termination": (i) => i.attachment?.deleteOnTermination,
    "attachment.device-index": (i) => i.attachment?.deviceIndex,
    "attachment.instance-id": (i) => i.attachment?.instanceId,
    "attachment.instance-owner-id": (i) => shown(i).Attachment?.InstanceOwnerId,
    "attachment.status": (i) => i.attachment && "attached",
    "availability-zone": (i) => i.availabilityZone,
    "availability-zone-id": (i) => shown(i).AvailabilityZoneId,
    description: (i) => i.description,
    "group-id": (i) => i.securityGroups,
    "group-name": (i) => shown(i).Groups?.map((g) => g.GroupName),
    "interface-type": (i) => i.interfaceType,
    "ipv6-addresses.ipv6-address": () => undefined,
    "operator.managed": () => false,
    "operator.principal": () => undefined,
    "mac-address": (i) => i.macAddress,
    "network-interface-id": (i) => i.id,
    "owner-id": () => ctx.account,
    "private-dns-name": (i) => shown(i).PrivateDnsName,
    "private-ip-address": (i) => i.privateIpAddresses,
    "requester-id": (i) => i.requester,
    "requester-managed": (i) => i.requester !== undefined,
    "source-dest-check": (i) => i.sourceDestCheck,
    status: (i) => shown(i).Status,
    "subnet-id": (i) => i.subnetId,
    "vpc-id": (i) => i.vpcId,
  };
}
