/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_EC2.html: further ranges of VPCs, and their DHCP options. */
import { resource } from "@hakoniwa/cloudformation";
import type { Ec2Types } from "@hakoniwa/wire";
import { refuseProperties } from "../not-implemented.js";
import { unlessGone } from "../unless-gone.js";
import { tagsFor, updateTags } from "./cfn-tags.js";

interface CidrBlockProperties {
  readonly VpcId: string;
  readonly CidrBlock?: string;
}

export const vpcCidrBlock = resource<CidrBlockProperties>("AWS::EC2::VPCCidrBlock", {
  create(aws, p) {
    refuseProperties("AWS::EC2::VPCCidrBlock", p, ["VpcId", "CidrBlock"]);
    return aws.ec2.AssociateVpcCidrBlock({ VpcId: p.VpcId, CidrBlock: p.CidrBlock }).CidrBlockAssociation!.AssociationId!;
  },
  attributes: (_aws, Id) => ({ Id }),
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

export const dhcpOptionsSet = resource<DhcpProperties>("AWS::EC2::DHCPOptions", {
  create(aws, p, request) {
    refuseProperties("AWS::EC2::DHCPOptions", p, ["DomainName", "DomainNameServers", "NtpServers", "NetbiosNameServers", "NetbiosNodeType", "Tags"]);
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
  attributes: (_aws, DhcpOptionsId) => ({ DhcpOptionsId }),
  delete: (aws, DhcpOptionsId) => void unlessGone(() => aws.ec2.DeleteDhcpOptions({ DhcpOptionsId })),
});

interface DhcpAssociationProperties {
  readonly VpcId: string;
  readonly DhcpOptionsId: string;
}

/** To delete it leaves the VPC without options, as CloudFormation does. */
export const dhcpOptionsAssociation = resource<DhcpAssociationProperties>("AWS::EC2::VPCDHCPOptionsAssociation", {
  create(aws, { VpcId, DhcpOptionsId }) {
    aws.ec2.AssociateDhcpOptions({ VpcId, DhcpOptionsId });
    return `${DhcpOptionsId}|${VpcId}`;
  },
  delete: (aws, _id, { VpcId }) => void unlessGone(() => aws.ec2.AssociateDhcpOptions({ VpcId, DhcpOptionsId: "default" })),
});
