/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_EC2.html: VPCs, subnets and internet gateways. */
import { AwsError } from "@hakoniwa/kernel";
import type { Aws, Ec2Types } from "@hakoniwa/wire";
import { resourceType } from "../resource-type.js";
import { unlessGone } from "../unless-gone.js";
import { tagsFor, updateTags } from "./cfn-tags.js";
import { cidrAs } from "./cfn-words.js";

interface VpcProperties {
  readonly CidrBlock?: string;
  readonly EnableDnsHostnames?: boolean;
  readonly EnableDnsSupport?: boolean;
  readonly InstanceTenancy?: Ec2Types.Tenancy;
  readonly Tags?: readonly Ec2Types.Tag[];
}

export const vpc = resourceType<VpcProperties>("AWS::EC2::VPC", ["CidrBlock", "EnableDnsHostnames", "EnableDnsSupport", "InstanceTenancy", "Tags"], {
  create(aws, p, request) {
    const made = aws.ec2.CreateVpc({ CidrBlock: p.CidrBlock, InstanceTenancy: p.InstanceTenancy, TagSpecifications: tagsFor("vpc", p.Tags, request) });
    const VpcId = made.Vpc!.VpcId!;
    setDns(aws, VpcId, p);
    return VpcId;
  },
  update(aws, VpcId, next, previous, request) {
    setDns(aws, VpcId, { EnableDnsHostnames: next.EnableDnsHostnames ?? false, EnableDnsSupport: next.EnableDnsSupport ?? true });
    if ((next.InstanceTenancy ?? "default") !== (previous.InstanceTenancy ?? "default")) aws.ec2.ModifyVpcTenancy({ VpcId, InstanceTenancy: "default" });
    updateTags(aws, VpcId, next.Tags, previous.Tags, request);
  },
  // Dedicated tenancy can be given up, and not be taken on.
  replaces: (next) => (next.InstanceTenancy ?? "default") !== "default",
  read(aws, VpcId, given) {
    const found = unlessGone(() => aws.ec2.DescribeVpcs({ VpcIds: [VpcId] }))?.Vpcs?.[0];
    if (!found) return undefined;
    return {
      CidrBlock: cidrAs(given.CidrBlock, found.CidrBlock!),
      InstanceTenancy: found.InstanceTenancy!,
      EnableDnsHostnames: aws.ec2.DescribeVpcAttribute({ VpcId, Attribute: "enableDnsHostnames" }).EnableDnsHostnames!.Value!,
      EnableDnsSupport: aws.ec2.DescribeVpcAttribute({ VpcId, Attribute: "enableDnsSupport" }).EnableDnsSupport!.Value!,
      Tags: found.Tags ?? [],
    };
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
  readonly PrivateDnsNameOptionsOnLaunch?: { readonly HostnameType?: Ec2Types.HostnameType };
  readonly Tags?: readonly Ec2Types.Tag[];
}

const SUBNET = ["VpcId", "CidrBlock", "AvailabilityZone", "AvailabilityZoneId", "MapPublicIpOnLaunch", "PrivateDnsNameOptionsOnLaunch.HostnameType", "Tags"];

export const subnet = resourceType<SubnetProperties>("AWS::EC2::Subnet", SUBNET, {
  create(aws, p, request) {
    const made = aws.ec2.CreateSubnet({
      VpcId: p.VpcId,
      CidrBlock: p.CidrBlock,
      AvailabilityZone: p.AvailabilityZone,
      AvailabilityZoneId: p.AvailabilityZoneId,
      TagSpecifications: tagsFor("subnet", p.Tags, request),
    });
    const SubnetId = made.Subnet!.SubnetId!;
    if (p.MapPublicIpOnLaunch) aws.ec2.ModifySubnetAttribute({ SubnetId, MapPublicIpOnLaunch: { Value: true } });
    setHostnames(aws, SubnetId, p);
    return SubnetId;
  },
  update(aws, SubnetId, next, previous, request) {
    aws.ec2.ModifySubnetAttribute({ SubnetId, MapPublicIpOnLaunch: { Value: next.MapPublicIpOnLaunch ?? false } });
    setHostnames(aws, SubnetId, next);
    updateTags(aws, SubnetId, next.Tags, previous.Tags, request);
  },
  read(aws, SubnetId, given) {
    const found = unlessGone(() => aws.ec2.DescribeSubnets({ SubnetIds: [SubnetId] }))?.Subnets?.[0];
    return (
      found && {
        VpcId: found.VpcId!,
        CidrBlock: cidrAs(given.CidrBlock, found.CidrBlock!),
        AvailabilityZone: found.AvailabilityZone!,
        AvailabilityZoneId: found.AvailabilityZoneId!,
        MapPublicIpOnLaunch: found.MapPublicIpOnLaunch!,
        PrivateDnsNameOptionsOnLaunch: { HostnameType: found.PrivateDnsNameOptionsOnLaunch!.HostnameType! },
        Tags: found.Tags ?? [],
      }
    );
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

function setHostnames(aws: Aws, SubnetId: string, { PrivateDnsNameOptionsOnLaunch: options }: SubnetProperties): void {
  if (options?.HostnameType) aws.ec2.ModifySubnetAttribute({ SubnetId, PrivateDnsHostnameTypeOnLaunch: options.HostnameType });
}

interface InternetGatewayProperties {
  readonly Tags?: readonly Ec2Types.Tag[];
}

export const internetGateway = resourceType<InternetGatewayProperties>("AWS::EC2::InternetGateway", ["Tags"], {
  create(aws, p, request) {
    const made = aws.ec2.CreateInternetGateway({ TagSpecifications: tagsFor("internet-gateway", p.Tags, request) });
    return made.InternetGateway!.InternetGatewayId!;
  },
  update: (aws, id, next, previous, request) => updateTags(aws, id, next.Tags, previous.Tags, request),
  read(aws, id) {
    const found = unlessGone(() => aws.ec2.DescribeInternetGateways({ InternetGatewayIds: [id] }))?.InternetGateways?.[0];
    return found && { Tags: found.Tags ?? [] };
  },
  attributes: (_aws, InternetGatewayId) => ({ InternetGatewayId }),
  delete: (aws, InternetGatewayId) => unlessGone(() => aws.ec2.DeleteInternetGateway({ InternetGatewayId })),
});

interface AttachmentProperties {
  readonly VpcId: string;
  readonly InternetGatewayId?: string;
}

export const gatewayAttachment = resourceType<AttachmentProperties>("AWS::EC2::VPCGatewayAttachment", ["VpcId", "InternetGatewayId"], {
  create(aws, p) {
    attach(aws, p);
    return `IGW|${p.VpcId}`;
  },
  update(aws, _id, next, previous) {
    if (next.InternetGatewayId === previous.InternetGatewayId) return;
    detach(aws, previous);
    attach(aws, next);
  },
  read(aws, _id, { VpcId }) {
    const Filters = [{ Name: "attachment.vpc-id", Values: [VpcId] }];
    const found = aws.ec2.DescribeInternetGateways({ Filters }).InternetGateways?.[0];
    return found && { VpcId, InternetGatewayId: found.InternetGatewayId! };
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
