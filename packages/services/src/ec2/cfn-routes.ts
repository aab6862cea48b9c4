/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_EC2.html: route tables and network ACLs. */
import { AwsError } from "@hakoniwa/kernel";
import { resource } from "@hakoniwa/cloudformation";
import type { Ec2Types } from "@hakoniwa/wire";
import { refuseProperties } from "../not-implemented.js";
import { unlessGone } from "../unless-gone.js";
import { tagsFor, updateTags } from "./cfn-tags.js";

interface InVpc {
  readonly VpcId: string;
  readonly Tags?: readonly Ec2Types.Tag[];
}

export const routeTable = resource<InVpc>("AWS::EC2::RouteTable", {
  create: (aws, p, request) =>
    aws.ec2.CreateRouteTable({ VpcId: p.VpcId, TagSpecifications: tagsFor("route-table", p.Tags, request) }).RouteTable!.RouteTableId!,
  update: (aws, id, next, previous, request) => updateTags(aws, id, next.Tags, previous.Tags, request),
  attributes: (_aws, RouteTableId) => ({ RouteTableId }),
  delete: (aws, RouteTableId) => unlessGone(() => aws.ec2.DeleteRouteTable({ RouteTableId })),
});

type RouteProperties = Ec2Types.CreateRouteRequest;

export const route = resource<RouteProperties>("AWS::EC2::Route", {
  create(aws, p) {
    aws.ec2.CreateRoute(p);
    return `${p.RouteTableId}|${p.DestinationCidrBlock ?? p.DestinationPrefixListId}`;
  },
  update: (aws, _id, next) => void aws.ec2.ReplaceRoute(next),
  attributes: (_aws, _id, p) => ({ CidrBlock: p.DestinationCidrBlock }),
  delete: (aws, _id, p) => unlessGone(() => aws.ec2.DeleteRoute({ RouteTableId: p.RouteTableId, DestinationCidrBlock: p.DestinationCidrBlock, DestinationPrefixListId: p.DestinationPrefixListId })),
});

interface RouteTableAssociationProperties {
  readonly RouteTableId: string;
  readonly SubnetId: string;
}

export const routeTableAssociation = resource<RouteTableAssociationProperties>("AWS::EC2::SubnetRouteTableAssociation", {
  create: (aws, p) => aws.ec2.AssociateRouteTable({ RouteTableId: p.RouteTableId, SubnetId: p.SubnetId }).AssociationId!,
  attributes: (_aws, Id) => ({ Id }),
  delete: (aws, AssociationId) => unlessGone(() => aws.ec2.DisassociateRouteTable({ AssociationId })),
});

export const networkAcl = resource<InVpc>("AWS::EC2::NetworkAcl", {
  create: (aws, p, request) =>
    aws.ec2.CreateNetworkAcl({ VpcId: p.VpcId, TagSpecifications: tagsFor("network-acl", p.Tags, request) }).NetworkAcl!.NetworkAclId!,
  update: (aws, id, next, previous, request) => updateTags(aws, id, next.Tags, previous.Tags, request),
  attributes: (_aws, Id) => ({ Id }),
  delete: (aws, NetworkAclId) => unlessGone(() => aws.ec2.DeleteNetworkAcl({ NetworkAclId })),
});

interface AclEntryProperties {
  readonly NetworkAclId: string;
  readonly RuleNumber: number;
  readonly Protocol: number;
  readonly RuleAction: Ec2Types.RuleAction;
  readonly CidrBlock?: string;
  readonly Ipv6CidrBlock?: string;
  readonly Egress?: boolean;
  readonly Icmp?: { readonly Code?: number; readonly Type?: number };
  readonly PortRange?: { readonly From?: number; readonly To?: number };
}

export const networkAclEntry = resource<AclEntryProperties>("AWS::EC2::NetworkAclEntry", {
  create(aws, p, request) {
    aws.ec2.CreateNetworkAclEntry(entry(p));
    return request.physicalName(255);
  },
  update: (aws, _id, next) => void aws.ec2.ReplaceNetworkAclEntry(entry(next)),
  delete: (aws, _id, p) =>
    unlessGone(() => aws.ec2.DeleteNetworkAclEntry({ NetworkAclId: p.NetworkAclId, RuleNumber: p.RuleNumber, Egress: p.Egress ?? false })),
});

function entry(p: AclEntryProperties): Ec2Types.CreateNetworkAclEntryRequest {
  const { NetworkAclId, RuleNumber, RuleAction, CidrBlock, Ipv6CidrBlock, PortRange } = p;
  return { NetworkAclId, RuleNumber, RuleAction, CidrBlock, Ipv6CidrBlock, PortRange, Protocol: String(p.Protocol), Egress: p.Egress ?? false, IcmpTypeCode: p.Icmp };
}

interface AclAssociationProperties {
  readonly SubnetId: string;
  readonly NetworkAclId: string;
}

/** A subnet always has one ACL: to associate replaces, and to delete goes back to the default ACL. */
export const networkAclAssociation = resource<AclAssociationProperties>("AWS::EC2::SubnetNetworkAclAssociation", {
  create(aws, p) {
    refuseProperties("AWS::EC2::SubnetNetworkAclAssociation", p, ["SubnetId", "NetworkAclId"]);
    const acls = aws.ec2.DescribeNetworkAcls({ Filters: [{ Name: "association.subnet-id", Values: [p.SubnetId] }] }).NetworkAcls!;
    const current = acls[0]?.Associations?.find((a) => a.SubnetId === p.SubnetId);
    if (!current) throw new AwsError("InvalidSubnetID.NotFound", `The subnet ID '${p.SubnetId}' does not exist`);
    const { NewAssociationId } = aws.ec2.ReplaceNetworkAclAssociation({ AssociationId: current.NetworkAclAssociationId!, NetworkAclId: p.NetworkAclId });
    return NewAssociationId!;
  },
  attributes: (_aws, AssociationId) => ({ AssociationId }),
  delete(aws, AssociationId, p) {
    const [acl] = aws.ec2.DescribeNetworkAcls({ Filters: [{ Name: "association.association-id", Values: [AssociationId] }] }).NetworkAcls!;
    if (!acl || acl.NetworkAclId !== p.NetworkAclId) return;
    const Filters = [{ Name: "vpc-id", Values: [acl.VpcId!] }, { Name: "default", Values: ["true"] }];
    const standard = aws.ec2.DescribeNetworkAcls({ Filters }).NetworkAcls![0]!;
    aws.ec2.ReplaceNetworkAclAssociation({ AssociationId, NetworkAclId: standard.NetworkAclId! });
  },
});
