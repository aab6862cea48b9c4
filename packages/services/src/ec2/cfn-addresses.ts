/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_EC2.html: Elastic IP addresses and NAT gateways. */
import type { Aws, Ec2Types } from "@hakoniwa/wire";
import { resourceType } from "../resource-type.js";
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

export const eip = resourceType<EipProperties>("AWS::EC2::EIP", ["Domain", "InstanceId", "PublicIpv4Pool", "NetworkBorderGroup", "Address", "Tags"], {
  create(aws, p, request) {
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
  read(aws, PublicIp) {
    const found = findAddress(aws, PublicIp);
    if (!found) return undefined;
    const { Domain, InstanceId, NetworkBorderGroup, PublicIpv4Pool, Tags = [] } = found;
    return {
      Domain: Domain!,
      Address: PublicIp,
      ...(InstanceId === undefined ? {} : { InstanceId }),
      ...(NetworkBorderGroup === undefined ? {} : { NetworkBorderGroup }),
      ...(PublicIpv4Pool === undefined ? {} : { PublicIpv4Pool }),
      Tags,
    };
  },
  attributes: (aws, PublicIp) => ({ PublicIp, AllocationId: allocationOf(aws, PublicIp) }),
  delete(aws, PublicIp) {
    const found = findAddress(aws, PublicIp);
    if (!found) return;
    const { AllocationId, AssociationId } = found;
    if (AssociationId) aws.ec2.DisassociateAddress({ AssociationId });
    aws.ec2.ReleaseAddress({ AllocationId });
  },
});

function findAddress(aws: Aws, publicIp: string): Ec2Types.Address | undefined {
  return aws.ec2.DescribeAddresses({ Filters: [{ Name: "public-ip", Values: [publicIp] }] }).Addresses![0];
}

function allocationOf(aws: Aws, publicIp: string): string | undefined {
  return findAddress(aws, publicIp)?.AllocationId;
}

interface EipAssociationProperties {
  readonly AllocationId?: string;
  readonly EIP?: string;
  readonly InstanceId?: string;
  readonly NetworkInterfaceId?: string;
  readonly PrivateIpAddress?: string;
}

const ASSOCIATION = ["AllocationId", "EIP", "InstanceId", "NetworkInterfaceId", "PrivateIpAddress"];

export const eipAssociation = resourceType<EipAssociationProperties>("AWS::EC2::EIPAssociation", ASSOCIATION, {
  create(aws, p) {
    const { AllocationId, InstanceId, NetworkInterfaceId, PrivateIpAddress } = p;
    return aws.ec2.AssociateAddress({ AllocationId, PublicIp: p.EIP, InstanceId, NetworkInterfaceId, PrivateIpAddress }).AssociationId!;
  },
  read(aws, id) {
    const found = aws.ec2.DescribeAddresses({ Filters: [{ Name: "association-id", Values: [id] }] }).Addresses?.[0];
    if (!found) return undefined;
    const { AllocationId, PublicIp, InstanceId, NetworkInterfaceId, PrivateIpAddress } = found;
    return Object.fromEntries(Object.entries({ AllocationId, EIP: PublicIp, InstanceId, NetworkInterfaceId, PrivateIpAddress }).filter(([, value]) => value !== undefined));
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

export const natGateway = resourceType<NatGatewayProperties>("AWS::EC2::NatGateway", ["SubnetId", "AllocationId", "ConnectivityType", "PrivateIpAddress", "Tags"], {
  create(aws, p, request) {
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
  read(aws, id) {
    const found = find(aws, id);
    if (!found || found.State === "deleted" || found.State === "deleting") return undefined;
    const [address] = found.NatGatewayAddresses ?? [];
    return {
      SubnetId: found.SubnetId!,
      ConnectivityType: found.ConnectivityType!,
      ...(address?.AllocationId === undefined ? {} : { AllocationId: address.AllocationId }),
      ...(address?.PrivateIp === undefined ? {} : { PrivateIpAddress: address.PrivateIp }),
      Tags: found.Tags ?? [],
    };
  },
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
