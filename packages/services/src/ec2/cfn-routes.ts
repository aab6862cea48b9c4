/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_EC2.html: route tables and network ACLs. */
import { AwsError } from "@hakoniwa/kernel";
import { canonicalCidr } from "@hakoniwa/network";
import type { Aws, Ec2Types } from "@hakoniwa/wire";
import { resourceType } from "../resource-type.js";
import { unlessGone } from "../unless-gone.js";
import { tagsFor, updateTags } from "./cfn-tags.js";
import { cidrAs } from "./cfn-words.js";

interface InVpc {
  readonly VpcId: string;
  readonly Tags?: readonly Ec2Types.Tag[];
}

export const routeTable = resourceType<InVpc>("AWS::EC2::RouteTable", ["VpcId", "Tags"], {
  create: (aws, p, request) =>
    aws.ec2.CreateRouteTable({ VpcId: p.VpcId, TagSpecifications: tagsFor("route-table", p.Tags, request) }).RouteTable!.RouteTableId!,
  update: (aws, id, next, previous, request) => updateTags(aws, id, next.Tags, previous.Tags, request),
  read(aws, id) {
    const found = findTable(aws, id);
    return found && { VpcId: found.VpcId!, Tags: found.Tags ?? [] };
  },
  attributes: (_aws, RouteTableId) => ({ RouteTableId }),
  delete: (aws, RouteTableId) => unlessGone(() => aws.ec2.DeleteRouteTable({ RouteTableId })),
});

function findTable(aws: Aws, id: string): Ec2Types.RouteTable | undefined {
  return unlessGone(() => aws.ec2.DescribeRouteTables({ RouteTableIds: [id] }))?.RouteTables?.[0];
}

type Target = "GatewayId" | "NatGatewayId" | "NetworkInterfaceId" | "InstanceId" | "VpcPeeringConnectionId";

interface RouteProperties extends Pick<Ec2Types.CreateRouteRequest, Target> {
  readonly RouteTableId: string;
  readonly DestinationCidrBlock?: string;
  readonly DestinationPrefixListId?: string;
}

const ROUTE = ["RouteTableId", "DestinationCidrBlock", "DestinationPrefixListId", "GatewayId", "NatGatewayId", "NetworkInterfaceId", "InstanceId", "VpcPeeringConnectionId"];

export const route = resourceType<RouteProperties>("AWS::EC2::Route", ROUTE, {
  create(aws, p) {
    aws.ec2.CreateRoute(p);
    return `${p.RouteTableId}|${p.DestinationCidrBlock ?? p.DestinationPrefixListId}`;
  },
  update: (aws, _id, next) => void aws.ec2.ReplaceRoute(next),
  read(aws, _id, { RouteTableId, DestinationCidrBlock, DestinationPrefixListId }) {
    const found = findTable(aws, RouteTableId)?.Routes?.find((each) =>
      DestinationCidrBlock === undefined ? each.DestinationPrefixListId === DestinationPrefixListId : each.DestinationCidrBlock === canonicalCidr(DestinationCidrBlock),
    );
    if (!found) return undefined;
    const { GatewayId, NatGatewayId, NetworkInterfaceId, InstanceId, VpcPeeringConnectionId } = found;
    const targets = Object.entries({ GatewayId, NatGatewayId, NetworkInterfaceId, InstanceId, VpcPeeringConnectionId }).filter(([, id]) => id !== undefined);
    const destination = DestinationCidrBlock === undefined ? { DestinationPrefixListId: DestinationPrefixListId! } : { DestinationCidrBlock };
    return { RouteTableId, ...destination, ...(Object.fromEntries(targets) as Pick<RouteProperties, Target>) };
  },
  attributes: (_aws, _id, p) => ({ CidrBlock: p.DestinationCidrBlock ?? p.DestinationPrefixListId }),
  delete: (aws, _id, p) => unlessGone(() => aws.ec2.DeleteRoute({ RouteTableId: p.RouteTableId, DestinationCidrBlock: p.DestinationCidrBlock, DestinationPrefixListId: p.DestinationPrefixListId })),
});

interface RouteTableAssociationProperties {
  readonly RouteTableId: string;
  readonly SubnetId: string;
}

export const routeTableAssociation = resourceType<RouteTableAssociationProperties>("AWS::EC2::SubnetRouteTableAssociation", ["RouteTableId", "SubnetId"], {
  create: (aws, p) => aws.ec2.AssociateRouteTable({ RouteTableId: p.RouteTableId, SubnetId: p.SubnetId }).AssociationId!,
  read(aws, id) {
    const Filters = [{ Name: "association.route-table-association-id", Values: [id] }];
    const found = aws.ec2.DescribeRouteTables({ Filters }).RouteTables?.[0];
    return found && { RouteTableId: found.RouteTableId!, SubnetId: found.Associations!.find((each) => each.RouteTableAssociationId === id)!.SubnetId! };
  },
  attributes: (_aws, Id) => ({ Id }),
  delete: (aws, AssociationId) => unlessGone(() => aws.ec2.DisassociateRouteTable({ AssociationId })),
});

export const networkAcl = resourceType<InVpc>("AWS::EC2::NetworkAcl", ["VpcId", "Tags"], {
  create: (aws, p, request) =>
    aws.ec2.CreateNetworkAcl({ VpcId: p.VpcId, TagSpecifications: tagsFor("network-acl", p.Tags, request) }).NetworkAcl!.NetworkAclId!,
  update: (aws, id, next, previous, request) => updateTags(aws, id, next.Tags, previous.Tags, request),
  read(aws, id) {
    const found = findAcl(aws, id);
    return found && { VpcId: found.VpcId!, Tags: found.Tags ?? [] };
  },
  attributes: (_aws, Id) => ({ Id }),
  delete: (aws, NetworkAclId) => unlessGone(() => aws.ec2.DeleteNetworkAcl({ NetworkAclId })),
});

interface AclEntryProperties {
  readonly NetworkAclId: string;
  readonly RuleNumber: number;
  readonly Protocol: number;
  readonly RuleAction: Ec2Types.RuleAction;
  readonly CidrBlock?: string;
  readonly Egress?: boolean;
  readonly Icmp?: { readonly Code?: number; readonly Type?: number };
  readonly PortRange?: { readonly From?: number; readonly To?: number };
}

const ENTRY = ["NetworkAclId", "RuleNumber", "Protocol", "RuleAction", "CidrBlock", "Egress", "Icmp", "PortRange"];

export const networkAclEntry = resourceType<AclEntryProperties>("AWS::EC2::NetworkAclEntry", ENTRY, {
  create(aws, p, request) {
    aws.ec2.CreateNetworkAclEntry(entry(p));
    return request.physicalName(255);
  },
  update: (aws, _id, next) => void aws.ec2.ReplaceNetworkAclEntry(entry(next)),
  read(aws, _id, { NetworkAclId, RuleNumber, Egress = false, CidrBlock: given }) {
    const found = findAcl(aws, NetworkAclId)?.Entries?.find((each) => each.RuleNumber === RuleNumber && each.Egress === Egress);
    if (!found) return undefined;
    const { Protocol, RuleAction, CidrBlock, IcmpTypeCode, PortRange } = found;
    return {
      NetworkAclId,
      RuleNumber,
      Egress,
      Protocol: Number(Protocol),
      RuleAction: RuleAction!,
      ...(CidrBlock === undefined ? {} : { CidrBlock: cidrAs(given, CidrBlock) }),
      ...(IcmpTypeCode ? { Icmp: IcmpTypeCode as { readonly Code: number; readonly Type: number } } : {}),
      ...(PortRange ? { PortRange: PortRange as { readonly From: number; readonly To: number } } : {}),
    };
  },
  attributes: (_aws, Id) => ({ Id }),
  delete: (aws, _id, p) =>
    unlessGone(() => aws.ec2.DeleteNetworkAclEntry({ NetworkAclId: p.NetworkAclId, RuleNumber: p.RuleNumber, Egress: p.Egress ?? false })),
});

function findAcl(aws: Aws, id: string): Ec2Types.NetworkAcl | undefined {
  return unlessGone(() => aws.ec2.DescribeNetworkAcls({ NetworkAclIds: [id] }))?.NetworkAcls?.[0];
}

function entry(p: AclEntryProperties): Ec2Types.CreateNetworkAclEntryRequest {
  const { NetworkAclId, RuleNumber, RuleAction, CidrBlock, PortRange } = p;
  return { NetworkAclId, RuleNumber, RuleAction, CidrBlock, PortRange, Protocol: String(p.Protocol), Egress: p.Egress ?? false, IcmpTypeCode: p.Icmp };
}

interface AclAssociationProperties {
  readonly SubnetId: string;
  readonly NetworkAclId: string;
}

/** A subnet always has one ACL: to associate replaces, and to delete goes back to the default ACL. */
export const networkAclAssociation = resourceType<AclAssociationProperties>("AWS::EC2::SubnetNetworkAclAssociation", ["SubnetId", "NetworkAclId"], {
  create(aws, p) {
    const acls = aws.ec2.DescribeNetworkAcls({ Filters: [{ Name: "association.subnet-id", Values: [p.SubnetId] }] }).NetworkAcls!;
    const current = acls[0]?.Associations?.find((a) => a.SubnetId === p.SubnetId);
    if (!current) throw new AwsError("InvalidSubnetID.NotFound", `The subnet ID '${p.SubnetId}' does not exist`);
    const { NewAssociationId } = aws.ec2.ReplaceNetworkAclAssociation({ AssociationId: current.NetworkAclAssociationId!, NetworkAclId: p.NetworkAclId });
    return NewAssociationId!;
  },
  read(aws, id) {
    const Filters = [{ Name: "association.association-id", Values: [id] }];
    const found = aws.ec2.DescribeNetworkAcls({ Filters }).NetworkAcls?.[0];
    return found && { NetworkAclId: found.NetworkAclId!, SubnetId: found.Associations!.find((each) => each.NetworkAclAssociationId === id)!.SubnetId! };
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
