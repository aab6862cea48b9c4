/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_EC2.html: further ranges of VPCs, and their DHCP options. */
import type { Aws, Ec2Types } from "@hakoniwa/wire";
import { resourceType } from "../resource-type.js";
import { unlessGone } from "../unless-gone.js";
import { tagsFor, updateTags } from "./cfn-tags.js";
import { cidrAs } from "./cfn-words.js";

interface CidrBlockProperties {
  readonly VpcId: string;
  readonly CidrBlock?: string;
}

export const vpcCidrBlock = resourceType<CidrBlockProperties>("AWS::EC2::VPCCidrBlock", ["VpcId", "CidrBlock"], {
  create(aws, p) {
    return aws.ec2.AssociateVpcCidrBlock({ VpcId: p.VpcId, CidrBlock: p.CidrBlock }).CidrBlockAssociation!.AssociationId!;
  },
  read(aws, id, { VpcId, CidrBlock: given }) {
    const ranges = unlessGone(() => aws.ec2.DescribeVpcs({ VpcIds: [VpcId] }))?.Vpcs?.[0]?.CidrBlockAssociationSet;
    const found = ranges?.find(({ AssociationId, CidrBlockState }) => AssociationId === id && CidrBlockState?.State !== "disassociated");
    return found && { VpcId, CidrBlock: cidrAs(given, found.CidrBlock!) };
  },
  attributes: (_aws, Id) => ({ Id, IpSource: "none", Ipv6AddressAttribute: "" }),
  delete: (aws, AssociationId) => void unlessGone(() => aws.ec2.DisassociateVpcCidrBlock({ AssociationId })),
});

interface DhcpProperties {
  readonly DomainName?: string;
  readonly DomainNameServers?: readonly string[];
  readonly NtpServers?: readonly string[];
  readonly NetbiosNameServers?: readonly string[];
  readonly NetbiosNodeType?: number;
  readonly Tags?: readonly Ec2Types.Tag[];
}

const DHCP = ["DomainName", "DomainNameServers", "NtpServers", "NetbiosNameServers", "NetbiosNodeType", "Tags"];

export const dhcpOptionsSet = resourceType<DhcpProperties>("AWS::EC2::DHCPOptions", DHCP, {
  create(aws, p, request) {
    const given: readonly (readonly [string, readonly string[] | undefined])[] = [
      ["domain-name", p.DomainName === undefined ? undefined : [p.DomainName]],
      ["domain-name-servers", p.DomainNameServers],
      ["ntp-servers", p.NtpServers],
      ["netbios-name-servers", p.NetbiosNameServers],
      ["netbios-node-type", p.NetbiosNodeType === undefined ? undefined : [String(p.NetbiosNodeType)]],
    ];
    const DhcpConfigurations = given.flatMap(([Key, Values]) => (Values?.length ? [{ Key, Values }] : []));
    return aws.ec2.CreateDhcpOptions({ DhcpConfigurations, TagSpecifications: tagsFor("dhcp-options", p.Tags, request) }).DhcpOptions!.DhcpOptionsId!;
  },
  update: (aws, id, next, previous, request) => updateTags(aws, id, next.Tags, previous.Tags, request),
  read(aws, id) {
    const found = unlessGone(() => aws.ec2.DescribeDhcpOptions({ DhcpOptionsIds: [id] }))?.DhcpOptions?.[0];
    if (!found) return undefined;
    const values = (key: string): readonly string[] | undefined => found.DhcpConfigurations?.find(({ Key }) => Key === key)?.Values?.map(({ Value = "" }) => Value);
    const lists = { DomainNameServers: values("domain-name-servers"), NtpServers: values("ntp-servers"), NetbiosNameServers: values("netbios-name-servers") };
    const [domain] = values("domain-name") ?? [];
    const [node] = values("netbios-node-type") ?? [];
    return {
      ...(domain === undefined ? {} : { DomainName: domain }),
      ...(Object.fromEntries(Object.entries(lists).filter(([, list]) => list)) as Pick<DhcpProperties, keyof typeof lists>),
      ...(node === undefined ? {} : { NetbiosNodeType: Number(node) }),
      Tags: found.Tags ?? [],
    };
  },
  attributes: (_aws, DhcpOptionsId) => ({ DhcpOptionsId }),
  delete: (aws, DhcpOptionsId) => void unlessGone(() => aws.ec2.DeleteDhcpOptions({ DhcpOptionsId })),
});

interface DhcpAssociationProperties {
  readonly VpcId: string;
  readonly DhcpOptionsId: string;
}

/** To delete it leaves the VPC without options, as CloudFormation does. */
export const dhcpOptionsAssociation = resourceType<DhcpAssociationProperties>("AWS::EC2::VPCDHCPOptionsAssociation", ["VpcId", "DhcpOptionsId"], {
  create(aws, { VpcId, DhcpOptionsId }) {
    aws.ec2.AssociateDhcpOptions({ VpcId, DhcpOptionsId });
    return `${DhcpOptionsId}|${VpcId}`;
  },
  read(aws, _id, { VpcId }) {
    const now = unlessGone(() => aws.ec2.DescribeVpcs({ VpcIds: [VpcId] }))?.Vpcs?.[0]?.DhcpOptionsId;
    return now === undefined || now === "default" ? undefined : { VpcId, DhcpOptionsId: now };
  },
  delete: (aws, _id, { VpcId }) => void unlessGone(() => aws.ec2.AssociateDhcpOptions({ VpcId, DhcpOptionsId: "default" })),
});

interface ReservationProperties {
  readonly SubnetId: string;
  readonly Cidr: string;
  readonly ReservationType: Ec2Types.SubnetCidrReservationType;
  readonly Description?: string;
  readonly Tags?: readonly Ec2Types.Tag[];
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-subnetcidrreservation.html: `Ref` gives the subnet's and its own id. */
export const subnetCidrReservation = resourceType<ReservationProperties>("AWS::EC2::SubnetCidrReservation", ["SubnetId", "Cidr", "ReservationType", "Description", "Tags"], {
  create(aws, { SubnetId, Cidr, ReservationType, Description, Tags }, request) {
    const made = aws.ec2.CreateSubnetCidrReservation({ SubnetId, Cidr, ReservationType, Description, TagSpecifications: tagsFor("subnet-cidr-reservation", Tags, request) });
    return `${SubnetId}|${made.SubnetCidrReservation!.SubnetCidrReservationId!}`;
  },
  update: (aws, id, next, previous, request) => updateTags(aws, own(id), next.Tags, previous.Tags, request),
  read(aws, id, { SubnetId, Cidr }) {
    const found = reservationsOf(aws, SubnetId).find((each) => each.SubnetCidrReservationId === own(id));
    return (
      found && {
        SubnetId,
        Cidr: cidrAs(Cidr, found.Cidr!),
        ReservationType: found.ReservationType!,
        ...(found.Description === undefined ? {} : { Description: found.Description }),
        Tags: found.Tags ?? [],
      }
    );
  },
  attributes(aws, id, { SubnetId }) {
    const OwnerId = reservationsOf(aws, SubnetId).find((each) => each.SubnetCidrReservationId === own(id))?.OwnerId ?? "";
    const { SubnetArn = "" } = aws.ec2.DescribeSubnets({ SubnetIds: [SubnetId] }).Subnets?.[0] ?? {};
    return { SubnetCidrReservationId: own(id), OwnerId, Arn: SubnetArn.replace(/:subnet\/.*$/, `:subnet-cidr-reservation/${own(id)}`) };
  },
  delete: (aws, id) => void unlessGone(() => aws.ec2.DeleteSubnetCidrReservation({ SubnetCidrReservationId: own(id) })),
});

const own = (id: string): string => id.slice(id.indexOf("|") + 1);

function reservationsOf(aws: Aws, SubnetId: string): readonly Ec2Types.SubnetCidrReservation[] {
  return unlessGone(() => aws.ec2.GetSubnetCidrReservations({ SubnetId }))?.SubnetIpv4CidrReservations ?? [];
}
