/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_EC2.html: interfaces, Elastic IP addresses and NAT gateways. */
import { resource } from "@hakoniwa/cloudformation";
import type { Aws, Ec2Types } from "@hakoniwa/wire";
import { refuseProperties } from "../not-implemented.js";
import { unlessGone } from "../unless-gone.js";
import { tagsFor, updateTags } from "./cfn-tags.js";

interface EipProperties {
  readonly Domain?: Ec2Types.DomainType;
  readonly InstanceId?: string;
  readonly PublicIpv4Pool?: string;
  readonly NetworkBorderGroup?: string;
  readonly Address?: string;
  readonly Tags?: readonly Ec2Types.Tag[];
}

export const eip = resource<EipProperties>("AWS::EC2::EIP", {
  create(aws, p, request) {
    refuseProperties("AWS::EC2::EIP", p, ["Domain", "InstanceId", "PublicIpv4Pool", "NetworkBorderGroup", "Address", "Tags"]);
    const { Domain, PublicIpv4Pool, NetworkBorderGroup, Address } = p;
    const made = aws.ec2.AllocateAddress({ Domain, PublicIpv4Pool, NetworkBorderGroup, Address, TagSpecifications: tagsFor("elastic-ip", p.Tags, request) });
    if (p.InstanceId) aws.ec2.AssociateAddress({ AllocationId: made.AllocationId, InstanceId: p.InstanceId });
    return made.PublicIp!;
  },
  update(aws, PublicIp, next, previous, request) {
    const AllocationId = allocationOf(aws, PublicIp)!;
    if (next.InstanceId !== previous.InstanceId) {
      if (next.InstanceId) aws.ec2.AssociateAddress({ AllocationId, InstanceId: next.InstanceId, AllowReassociation: true });
      else aws.ec2.DisassociateAddress({ PublicIp });
    }
    updateTags(aws, AllocationId, next.Tags, previous.Tags, request);
  },
  attributes: (aws, PublicIp) => ({ PublicIp, AllocationId: allocationOf(aws, PublicIp) }),
  delete(aws, PublicIp) {
    const AllocationId = allocationOf(aws, PublicIp);
    if (!AllocationId) return;
    aws.ec2.DisassociateAddress({ PublicIp });
    aws.ec2.ReleaseAddress({ AllocationId });
  },
});

function allocationOf(aws: Aws, publicIp: string): string | undefined {
  return aws.ec2.DescribeAddresses({ Filters: [{ Name: "public-ip", Values: [publicIp] }] }).Addresses![0]?.AllocationId;
}

interface EipAssociationProperties {
  readonly AllocationId?: string;
  readonly EIP?: string;
  readonly InstanceId?: string;
  readonly NetworkInterfaceId?: string;
  readonly PrivateIpAddress?: string;
}

export const eipAssociation = resource<EipAssociationProperties>("AWS::EC2::EIPAssociation", {
  create(aws, p) {
    const { AllocationId, InstanceId, NetworkInterfaceId, PrivateIpAddress } = p;
    return aws.ec2.AssociateAddress({ AllocationId, PublicIp: p.EIP, InstanceId, NetworkInterfaceId, PrivateIpAddress }).AssociationId!;
  },
  attributes: (_aws, Id) => ({ Id }),
  delete: (aws, AssociationId) => unlessGone(() => aws.ec2.DisassociateAddress({ AssociationId })),
});

interface NatGatewayProperties {
  readonly SubnetId: string;
  readonly AllocationId?: string;
  readonly ConnectivityType?: Ec2Types.ConnectivityType;
  readonly PrivateIpAddress?: string;
  readonly Tags?: readonly Ec2Types.Tag[];
}

export const natGateway = resource<NatGatewayProperties>("AWS::EC2::NatGateway", {
  create(aws, p, request) {
    refuseProperties("AWS::EC2::NatGateway", p, ["SubnetId", "AllocationId", "ConnectivityType", "PrivateIpAddress", "Tags"]);
    const { SubnetId, AllocationId, ConnectivityType, PrivateIpAddress } = p;
    const made = aws.ec2.CreateNatGateway({
      SubnetId,
      AllocationId,
      ConnectivityType,
      PrivateIpAddress,
      ClientToken: request.token,
      TagSpecifications: tagsFor("natgateway", p.Tags, request),
    });
    return made.NatGateway!.NatGatewayId!;
  },
  update: (aws, id, next, previous, request) => updateTags(aws, id, next.Tags, previous.Tags, request),
  attributes(aws, NatGatewayId) {
    return { NatGatewayId, EniId: find(aws, NatGatewayId)?.NatGatewayAddresses?.[0]?.NetworkInterfaceId };
  },
  settled(aws, id) {
    const found = find(aws, id);
    if (found?.State === "available") return true;
    if (found?.State === "pending") return false;
    return { failed: found?.FailureMessage ?? `NAT gateway ${id} is ${found?.State ?? "gone"}.` };
  },
  delete(aws, NatGatewayId) {
    const found = find(aws, NatGatewayId);
    if (found && found.State !== "deleted") aws.ec2.DeleteNatGateway({ NatGatewayId });
  },
  gone(aws, id) {
    const found = find(aws, id);
    return found === undefined || found.State === "deleted";
  },
});

function find(aws: Aws, id: string): Ec2Types.NatGateway | undefined {
  return aws.ec2.DescribeNatGateways({ Filter: [{ Name: "nat-gateway-id", Values: [id] }] }).NatGateways![0];
}

interface InterfaceProperties {
  readonly SubnetId: string;
  readonly Description?: string;
  readonly GroupSet?: readonly string[];
  readonly PrivateIpAddress?: string;
  readonly PrivateIpAddresses?: readonly { readonly PrivateIpAddress: string; readonly Primary: boolean }[];
  readonly SecondaryPrivateIpAddressCount?: number;
  readonly SourceDestCheck?: boolean;
  readonly InterfaceType?: string;
  readonly Tags?: readonly Ec2Types.Tag[];
}

const INTERFACE = ["SubnetId", "Description", "GroupSet", "PrivateIpAddress", "PrivateIpAddresses", "SecondaryPrivateIpAddressCount", "SourceDestCheck", "InterfaceType", "Tags"];

export const networkInterface = resource<InterfaceProperties>("AWS::EC2::NetworkInterface", {
  create(aws, p, request) {
    refuseProperties("AWS::EC2::NetworkInterface", p, INTERFACE);
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
  update(aws, NetworkInterfaceId, next, previous, request) {
    aws.ec2.ModifyNetworkInterfaceAttribute({ NetworkInterfaceId, Description: { Value: next.Description ?? "" } });
    aws.ec2.ModifyNetworkInterfaceAttribute({ NetworkInterfaceId, SourceDestCheck: { Value: next.SourceDestCheck ?? true } });
    if (next.GroupSet?.length) aws.ec2.ModifyNetworkInterfaceAttribute({ NetworkInterfaceId, Groups: next.GroupSet });
    updateTags(aws, NetworkInterfaceId, next.Tags, previous.Tags, request);
  },
  attributes(aws, id) {
    const found = aws.ec2.DescribeNetworkInterfaces({ NetworkInterfaceIds: [id] }).NetworkInterfaces![0]!;
    return {
      Id: id,
      PrimaryPrivateIpAddress: found.PrivateIpAddress,
      SecondaryPrivateIpAddresses: found.PrivateIpAddresses!.filter((a) => !a.Primary).map((a) => a.PrivateIpAddress),
      VpcId: found.VpcId,
    };
  },
  delete: (aws, NetworkInterfaceId) => unlessGone(() => aws.ec2.DeleteNetworkInterface({ NetworkInterfaceId })),
});

interface InterfaceAttachmentProperties {
  readonly InstanceId: string;
  readonly NetworkInterfaceId: string;
  readonly DeviceIndex: string;
  readonly DeleteOnTermination?: boolean;
}

export const networkInterfaceAttachment = resource<InterfaceAttachmentProperties>("AWS::EC2::NetworkInterfaceAttachment", {
  create(aws, p) {
    refuseProperties("AWS::EC2::NetworkInterfaceAttachment", p, ["InstanceId", "NetworkInterfaceId", "DeviceIndex", "DeleteOnTermination"]);
    const { InstanceId, NetworkInterfaceId } = p;
    const AttachmentId = aws.ec2.AttachNetworkInterface({ InstanceId, NetworkInterfaceId, DeviceIndex: Number(p.DeviceIndex) }).AttachmentId!;
    aws.ec2.ModifyNetworkInterfaceAttribute({ NetworkInterfaceId, Attachment: { AttachmentId, DeleteOnTermination: p.DeleteOnTermination ?? true } });
    return AttachmentId;
  },
  attributes: (_aws, AttachmentId) => ({ AttachmentId }),
  delete: (aws, AttachmentId) => unlessGone(() => aws.ec2.DetachNetworkInterface({ AttachmentId })),
});
