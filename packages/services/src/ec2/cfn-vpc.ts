/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_EC2.html: VPCs, subnets and internet gateways. */
import { AwsError } from "@hakoniwa/kernel";
import { resource } from "@hakoniwa/cloudformation";
import type { Aws, Ec2Types } from "@hakoniwa/wire";
import { refuseProperties } from "../not-implemented.js";
import { unlessGone } from "../unless-gone.js";
import { tagsFor, updateTags } from "./cfn-tags.js";

interface VpcProperties {
  readonly CidrBlock?: string;
  readonly EnableDnsHostnames?: boolean;
  readonly EnableDnsSupport?: boolean;
  readonly InstanceTenancy?: Ec2Types.Tenancy;
  readonly Tags?: readonly Ec2Types.Tag[];
}

export const vpc = resource<VpcProperties>("AWS::EC2::VPC", {
  create(aws, p, request) {
    refuseProperties("AWS::EC2::VPC", p, ["CidrBlock", "EnableDnsHostnames", "EnableDnsSupport", "InstanceTenancy", "Tags"]);
    const made = aws.ec2.CreateVpc({ CidrBlock: p.CidrBlock, InstanceTenancy: p.InstanceTenancy, TagSpecifications: tagsFor("vpc", p.Tags, request) });
    const VpcId = made.Vpc!.VpcId!;
    setDns(aws, VpcId, p);
    return VpcId;
  },
  update(aws, VpcId, next, previous, request) {
    setDns(aws, VpcId, { EnableDnsHostnames: next.EnableDnsHostnames ?? false, EnableDnsSupport: next.EnableDnsSupport ?? true });
    updateTags(aws, VpcId, next.Tags, previous.Tags, request);
  },
  attributes(aws, VpcId) {
    const { Vpcs } = aws.ec2.DescribeVpcs({ VpcIds: [VpcId] });
    const Filters = [{ Name: "vpc-id", Values: [VpcId] }];
    const groups = aws.ec2.DescribeSecurityGroups({ Filters: [...Filters, { Name: "group-name", Values: ["default"] }] });
    const acls = aws.ec2.DescribeNetworkAcls({ Filters: [...Filters, { Name: "default", Values: ["true"] }] });
    return {
      VpcId,
      CidrBlock: Vpcs![0]!.CidrBlock,
      CidrBlockAssociations: Vpcs![0]!.CidrBlockAssociationSet!.map((c) => c.AssociationId),
      DefaultNetworkAcl: acls.NetworkAcls![0]!.NetworkAclId,
      DefaultSecurityGroup: groups.SecurityGroups![0]!.GroupId,
      Ipv6CidrBlocks: [],
    };
  },
  delete: (aws, VpcId) => unlessGone(() => aws.ec2.DeleteVpc({ VpcId })),
});

/** DNS hostnames need DNS support, so support is switched on first and off last. */
function setDns(aws: Aws, VpcId: string, p: VpcProperties): void {
  const support = (): void => {
    if (p.EnableDnsSupport !== undefined) aws.ec2.ModifyVpcAttribute({ VpcId, EnableDnsSupport: { Value: p.EnableDnsSupport } });
  };
  if (p.EnableDnsSupport !== false) support();
  if (p.EnableDnsHostnames !== undefined) aws.ec2.ModifyVpcAttribute({ VpcId, EnableDnsHostnames: { Value: p.EnableDnsHostnames } });
  if (p.EnableDnsSupport === false) support();
}

interface SubnetProperties {
  readonly VpcId: string;
  readonly CidrBlock?: string;
  readonly AvailabilityZone?: string;
  readonly AvailabilityZoneId?: string;
  readonly MapPublicIpOnLaunch?: boolean;
  readonly Tags?: readonly Ec2Types.Tag[];
}

export const subnet = resource<SubnetProperties>("AWS::EC2::Subnet", {
  create(aws, p, request) {
    refuseProperties("AWS::EC2::Subnet", p, ["VpcId", "CidrBlock", "AvailabilityZone", "AvailabilityZoneId", "MapPublicIpOnLaunch", "Tags"]);
    const made = aws.ec2.CreateSubnet({
      VpcId: p.VpcId,
      CidrBlock: p.CidrBlock,
      AvailabilityZone: p.AvailabilityZone,
      AvailabilityZoneId: p.AvailabilityZoneId,
      TagSpecifications: tagsFor("subnet", p.Tags, request),
    });
    const SubnetId = made.Subnet!.SubnetId!;
    if (p.MapPublicIpOnLaunch) aws.ec2.ModifySubnetAttribute({ SubnetId, MapPublicIpOnLaunch: { Value: true } });
    return SubnetId;
  },
  update(aws, SubnetId, next, previous, request) {
    aws.ec2.ModifySubnetAttribute({ SubnetId, MapPublicIpOnLaunch: { Value: next.MapPublicIpOnLaunch ?? false } });
    updateTags(aws, SubnetId, next.Tags, previous.Tags, request);
  },
  attributes(aws, SubnetId) {
    const found = aws.ec2.DescribeSubnets({ SubnetIds: [SubnetId] }).Subnets![0]!;
    const acls = aws.ec2.DescribeNetworkAcls({ Filters: [{ Name: "association.subnet-id", Values: [SubnetId] }] });
    return {
      SubnetId,
      VpcId: found.VpcId,
      CidrBlock: found.CidrBlock,
      AvailabilityZone: found.AvailabilityZone,
      AvailabilityZoneId: found.AvailabilityZoneId,
      NetworkAclAssociationId: acls.NetworkAcls![0]!.Associations!.find((a) => a.SubnetId === SubnetId)!.NetworkAclAssociationId,
      Ipv6CidrBlocks: [],
    };
  },
  delete: (aws, SubnetId) => unlessGone(() => aws.ec2.DeleteSubnet({ SubnetId })),
});

interface InternetGatewayProperties {
  readonly Tags?: readonly Ec2Types.Tag[];
}

export const internetGateway = resource<InternetGatewayProperties>("AWS::EC2::InternetGateway", {
  create(aws, p, request) {
    const made = aws.ec2.CreateInternetGateway({ TagSpecifications: tagsFor("internet-gateway", p.Tags, request) });
    return made.InternetGateway!.InternetGatewayId!;
  },
  update: (aws, id, next, previous, request) => updateTags(aws, id, next.Tags, previous.Tags, request),
  attributes: (_aws, InternetGatewayId) => ({ InternetGatewayId }),
  delete: (aws, InternetGatewayId) => unlessGone(() => aws.ec2.DeleteInternetGateway({ InternetGatewayId })),
});

interface AttachmentProperties {
  readonly VpcId: string;
  readonly InternetGatewayId?: string;
  readonly VpnGatewayId?: string;
}

export const gatewayAttachment = resource<AttachmentProperties>("AWS::EC2::VPCGatewayAttachment", {
  create(aws, p) {
    refuseProperties("AWS::EC2::VPCGatewayAttachment", p, ["VpcId", "InternetGatewayId"]);
    attach(aws, p);
    return `IGW|${p.VpcId}`;
  },
  update(aws, _id, next, previous) {
    if (next.InternetGatewayId === previous.InternetGatewayId) return;
    detach(aws, previous);
    attach(aws, next);
  },
  attributes: () => ({ AttachmentType: "IGW" }),
  delete: (aws, _id, p) => detach(aws, p),
});

function attach(aws: Aws, p: AttachmentProperties): void {
  if (!p.InternetGatewayId) throw new AwsError("ValidationError", "Either InternetGatewayId or VpnGatewayId must be specified.");
  aws.ec2.AttachInternetGateway({ InternetGatewayId: p.InternetGatewayId, VpcId: p.VpcId });
}

function detach(aws: Aws, p: AttachmentProperties): void {
  unlessGone(() => aws.ec2.DetachInternetGateway({ InternetGatewayId: p.InternetGatewayId ?? "", VpcId: p.VpcId }));
}
