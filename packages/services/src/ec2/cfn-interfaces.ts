/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-networkinterface.html and its attachment. */
import type { Aws, Ec2Types } from "@hakoniwa/wire";
import { resourceType } from "../resource-type.js";
import { unlessGone } from "../unless-gone.js";
import { tagsFor, updateTags } from "./cfn-tags.js";

interface Address {
  readonly PrivateIpAddress: string;
  readonly Primary: boolean;
}

interface InterfaceProperties {
  readonly SubnetId: string;
  readonly Description?: string;
  readonly GroupSet?: readonly string[];
  readonly PrivateIpAddress?: string;
  readonly PrivateIpAddresses?: readonly Address[];
  readonly SecondaryPrivateIpAddressCount?: number;
  readonly SourceDestCheck?: boolean;
  readonly InterfaceType?: string;
  readonly Tags?: readonly Ec2Types.Tag[];
}

const INTERFACE = ["SubnetId", "Description", "GroupSet", "PrivateIpAddress", "PrivateIpAddresses", "SecondaryPrivateIpAddressCount", "SourceDestCheck", "InterfaceType", "Tags"];

export const networkInterface = resourceType<InterfaceProperties>("AWS::EC2::NetworkInterface", INTERFACE, {
  create(aws, p, request) {
    const { SubnetId, Description, PrivateIpAddress, PrivateIpAddresses, SecondaryPrivateIpAddressCount } = p;
    const made = aws.ec2.CreateNetworkInterface({
      SubnetId,
      Description,
      PrivateIpAddress,
      PrivateIpAddresses,
      SecondaryPrivateIpAddressCount,
      Groups: p.GroupSet,
      InterfaceType: p.InterfaceType as Ec2Types.NetworkInterfaceCreationType | undefined,
      TagSpecifications: tagsFor("network-interface", p.Tags, request),
    });
    const NetworkInterfaceId = made.NetworkInterface!.NetworkInterfaceId!;
    if (p.SourceDestCheck === false) aws.ec2.ModifyNetworkInterfaceAttribute({ NetworkInterfaceId, SourceDestCheck: { Value: false } });
    return NetworkInterfaceId;
  },
  // The primary address stays for good; the secondary ones come and go.
  replaces: (next, previous) => primaryOf(next) !== primaryOf(previous),
  update(aws, NetworkInterfaceId, next, previous, request) {
    aws.ec2.ModifyNetworkInterfaceAttribute({ NetworkInterfaceId, Description: { Value: next.Description ?? "" } });
    aws.ec2.ModifyNetworkInterfaceAttribute({ NetworkInterfaceId, SourceDestCheck: { Value: next.SourceDestCheck ?? true } });
    const Groups = next.GroupSet?.length ? next.GroupSet : previous.GroupSet?.length ? defaultGroup(aws, NetworkInterfaceId) : undefined;
    if (Groups) aws.ec2.ModifyNetworkInterfaceAttribute({ NetworkInterfaceId, Groups });
    if (JSON.stringify(secondary(next)) !== JSON.stringify(secondary(previous))) setSecondary(aws, NetworkInterfaceId, next, previous);
    updateTags(aws, NetworkInterfaceId, next.Tags, previous.Tags, request);
  },
  read(aws, id) {
    const found = find(aws, id);
    if (!found) return undefined;
    const addresses = (found.PrivateIpAddresses ?? []).map(({ PrivateIpAddress, Primary }) => ({ PrivateIpAddress: PrivateIpAddress!, Primary: Primary! }));
    return {
      SubnetId: found.SubnetId!,
      ...(found.Description ? { Description: found.Description } : {}),
      GroupSet: (found.Groups ?? []).map(({ GroupId }) => GroupId!),
      PrivateIpAddress: found.PrivateIpAddress!,
      PrivateIpAddresses: addresses,
      SecondaryPrivateIpAddressCount: addresses.length - 1,
      SourceDestCheck: found.SourceDestCheck!,
      InterfaceType: found.InterfaceType!,
      Tags: found.TagSet ?? [],
    };
  },
  attributes(aws, id) {
    const found = find(aws, id)!;
    return {
      Id: id,
      PrimaryPrivateIpAddress: found.PrivateIpAddress,
      SecondaryPrivateIpAddresses: secondaryOf(found),
      VpcId: found.VpcId,
    };
  },
  delete: (aws, NetworkInterfaceId) => unlessGone(() => aws.ec2.DeleteNetworkInterface({ NetworkInterfaceId })),
});

function find(aws: Aws, id: string): Ec2Types.NetworkInterface | undefined {
  return unlessGone(() => aws.ec2.DescribeNetworkInterfaces({ NetworkInterfaceIds: [id] }))?.NetworkInterfaces?.[0];
}

const primaryOf = (p: InterfaceProperties): string | undefined => p.PrivateIpAddress ?? p.PrivateIpAddresses?.find(({ Primary }) => Primary)?.PrivateIpAddress;

const secondary = ({ PrivateIpAddresses = [], SecondaryPrivateIpAddressCount = 0 }: InterfaceProperties) => ({
  named: PrivateIpAddresses.filter(({ Primary }) => !Primary).map(({ PrivateIpAddress }) => PrivateIpAddress),
  count: SecondaryPrivateIpAddressCount,
});

const secondaryOf = (found: Ec2Types.NetworkInterface | undefined): readonly string[] =>
  (found?.PrivateIpAddresses ?? []).filter(({ Primary }) => !Primary).map(({ PrivateIpAddress }) => PrivateIpAddress!);

/** Gives the interface the secondary addresses that the template names, and as many more as it asks for. */
function setSecondary(aws: Aws, NetworkInterfaceId: string, next: InterfaceProperties, previous: InterfaceProperties): void {
  const wanted = secondary(next);
  const now = secondaryOf(find(aws, NetworkInterfaceId));
  const dropped = secondary(previous).named.filter((address) => now.includes(address) && !wanted.named.includes(address));
  const others = now.filter((address) => !wanted.named.includes(address) && !dropped.includes(address));
  const leaving = [...dropped, ...others.slice(wanted.count)];
  const coming = wanted.named.filter((address) => !now.includes(address));
  if (leaving.length > 0) aws.ec2.UnassignPrivateIpAddresses({ NetworkInterfaceId, PrivateIpAddresses: leaving });
  if (coming.length > 0) aws.ec2.AssignPrivateIpAddresses({ NetworkInterfaceId, PrivateIpAddresses: coming });
  if (wanted.count > others.length) aws.ec2.AssignPrivateIpAddresses({ NetworkInterfaceId, SecondaryPrivateIpAddressCount: wanted.count - others.length });
}

function defaultGroup(aws: Aws, id: string): readonly string[] {
  const Filters = [{ Name: "vpc-id", Values: [find(aws, id)?.VpcId ?? ""] }, { Name: "group-name", Values: ["default"] }];
  return (aws.ec2.DescribeSecurityGroups({ Filters }).SecurityGroups ?? []).map(({ GroupId }) => GroupId!);
}

interface AttachmentProperties {
  readonly InstanceId: string;
  readonly NetworkInterfaceId: string;
  readonly DeviceIndex: string;
  readonly DeleteOnTermination?: boolean;
}

export const networkInterfaceAttachment = resourceType<AttachmentProperties>("AWS::EC2::NetworkInterfaceAttachment", ["InstanceId", "NetworkInterfaceId", "DeviceIndex", "DeleteOnTermination"], {
  create(aws, p) {
    const { InstanceId, NetworkInterfaceId } = p;
    const AttachmentId = aws.ec2.AttachNetworkInterface({ InstanceId, NetworkInterfaceId, DeviceIndex: Number(p.DeviceIndex) }).AttachmentId!;
    setDeletion(aws, AttachmentId, p);
    return AttachmentId;
  },
  update: (aws, id, next) => setDeletion(aws, id, next),
  read(aws, id, { NetworkInterfaceId }) {
    const found = find(aws, NetworkInterfaceId)?.Attachment;
    if (found?.AttachmentId !== id || found.Status === "detaching") return undefined;
    return { InstanceId: found.InstanceId!, NetworkInterfaceId, DeviceIndex: String(found.DeviceIndex), DeleteOnTermination: found.DeleteOnTermination! };
  },
  attributes: (_aws, AttachmentId) => ({ AttachmentId }),
  delete: (aws, AttachmentId) => unlessGone(() => aws.ec2.DetachNetworkInterface({ AttachmentId })),
  gone: (aws, id, { NetworkInterfaceId }) => find(aws, NetworkInterfaceId)?.Attachment?.AttachmentId !== id,
});

function setDeletion(aws: Aws, AttachmentId: string, { NetworkInterfaceId, DeleteOnTermination = true }: AttachmentProperties): void {
  aws.ec2.ModifyNetworkInterfaceAttribute({ NetworkInterfaceId, Attachment: { AttachmentId, DeleteOnTermination } });
}
