/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_EC2.html: what joins VPCs with each other and with AWS's services. */
import type { Aws, Ec2Types } from "@hakoniwa/wire";
import { propertyNotImplemented } from "../not-implemented.js";
import { documentAs, documentText } from "../policy-documents.js";
import { resourceType } from "../resource-type.js";
import { tagsFor, updateTags } from "./cfn-tags.js";

type Tags = readonly Ec2Types.Tag[] | undefined;

interface PeeringProperties {
  readonly VpcId: string;
  readonly PeerVpcId: string;
  readonly PeerOwnerId?: string;
  readonly PeerRegion?: string;
  readonly Tags?: Tags;
}

/** The account's own VPCs accept for themselves, as CloudFormation does. */
export const peeringConnection = resourceType<PeeringProperties>("AWS::EC2::VPCPeeringConnection", ["VpcId", "PeerVpcId", "PeerOwnerId", "PeerRegion", "Tags"], {
  create(aws, p, request) {
    const { VpcId, PeerVpcId, PeerOwnerId, PeerRegion } = p;
    const made = aws.ec2.CreateVpcPeeringConnection({ VpcId, PeerVpcId, PeerOwnerId, PeerRegion, TagSpecifications: tagsFor("vpc-peering-connection", p.Tags, request) }).VpcPeeringConnection!;
    if (made.AccepterVpcInfo?.Region !== made.RequesterVpcInfo?.Region) throw propertyNotImplemented("AWS::EC2::VPCPeeringConnection", "PeerRegion of another region");
    const VpcPeeringConnectionId = made.VpcPeeringConnectionId!;
    if (made.Status?.Code !== "failed") aws.ec2.AcceptVpcPeeringConnection({ VpcPeeringConnectionId });
    return VpcPeeringConnectionId;
  },
  update: (aws, id, next, previous, request) => updateTags(aws, id, next.Tags, previous.Tags, request),
  read(aws, id) {
    const found = findPeering(aws, id);
    if (!found || found.Status?.Code !== "active") return undefined;
    const { VpcId: PeerVpcId, OwnerId: PeerOwnerId, Region: PeerRegion } = found.AccepterVpcInfo!;
    return { VpcId: found.RequesterVpcInfo!.VpcId!, PeerVpcId: PeerVpcId!, PeerOwnerId: PeerOwnerId!, PeerRegion: PeerRegion!, Tags: found.Tags ?? [] };
  },
  attributes: (_aws, Id) => ({ Id }),
  settled(aws, id) {
    const status = findPeering(aws, id)?.Status;
    if (status?.Code === "active") return true;
    return { failed: status?.Message ?? `The VPC peering connection ${id} is gone.` };
  },
  delete(aws, VpcPeeringConnectionId) {
    if (findPeering(aws, VpcPeeringConnectionId)?.Status?.Code === "active") aws.ec2.DeleteVpcPeeringConnection({ VpcPeeringConnectionId });
  },
});

function findPeering(aws: Aws, id: string): Ec2Types.VpcPeeringConnection | undefined {
  return aws.ec2.DescribeVpcPeeringConnections({ Filters: [{ Name: "vpc-peering-connection-id", Values: [id] }] }).VpcPeeringConnections![0];
}

interface EndpointProperties {
  readonly VpcId: string;
  readonly ServiceName: string;
  readonly VpcEndpointType?: Ec2Types.VpcEndpointType;
  readonly PolicyDocument?: unknown;
  readonly RouteTableIds?: readonly string[];
  readonly SubnetIds?: readonly string[];
  readonly SecurityGroupIds?: readonly string[];
  readonly PrivateDnsEnabled?: boolean;
  readonly IpAddressType?: Ec2Types.IpAddressType;
  readonly Tags?: Tags;
}

const ENDPOINT = ["VpcId", "ServiceName", "VpcEndpointType", "PolicyDocument", "RouteTableIds", "SubnetIds", "SecurityGroupIds", "PrivateDnsEnabled", "IpAddressType", "Tags"];

export const vpcEndpoint = resourceType<EndpointProperties>("AWS::EC2::VPCEndpoint", ENDPOINT, {
  create(aws, p, request) {
    const { VpcId, ServiceName, VpcEndpointType, RouteTableIds, SubnetIds, SecurityGroupIds, IpAddressType } = p;
    const made = aws.ec2.CreateVpcEndpoint({
      VpcId,
      ServiceName,
      VpcEndpointType,
      RouteTableIds,
      SubnetIds,
      SecurityGroupIds,
      IpAddressType,
      PolicyDocument: policyText(p),
      PrivateDnsEnabled: p.PrivateDnsEnabled ?? false,
      ClientToken: request.token,
      TagSpecifications: tagsFor("vpc-endpoint", p.Tags, request),
    });
    return made.VpcEndpoint!.VpcEndpointId!;
  },
  update(aws, VpcEndpointId, next, previous, request) {
    const policy = policyText(next);
    aws.ec2.ModifyVpcEndpoint({
      VpcEndpointId,
      ...(policy === undefined ? { ResetPolicy: true } : { PolicyDocument: policy }),
      ...(next.VpcEndpointType === "Interface" ? { PrivateDnsEnabled: next.PrivateDnsEnabled ?? false } : {}),
      AddRouteTableIds: without(next.RouteTableIds, previous.RouteTableIds),
      RemoveRouteTableIds: without(previous.RouteTableIds, next.RouteTableIds),
      AddSubnetIds: without(next.SubnetIds, previous.SubnetIds),
      RemoveSubnetIds: without(previous.SubnetIds, next.SubnetIds),
      AddSecurityGroupIds: without(next.SecurityGroupIds, previous.SecurityGroupIds),
      RemoveSecurityGroupIds: without(previous.SecurityGroupIds, next.SecurityGroupIds),
      ...(next.IpAddressType === previous.IpAddressType ? {} : { IpAddressType: next.IpAddressType ?? "ipv4" }),
    });
    updateTags(aws, VpcEndpointId, next.Tags, previous.Tags, request);
  },
  read(aws, id, { PolicyDocument }) {
    const found = findEndpoint(aws, id);
    if (!found || (found.State as string) === "deleting") return undefined;
    return {
      VpcId: found.VpcId!,
      ServiceName: found.ServiceName!,
      VpcEndpointType: found.VpcEndpointType!,
      ...(found.PolicyDocument === undefined ? {} : { PolicyDocument: documentAs(PolicyDocument, found.PolicyDocument) }),
      RouteTableIds: found.RouteTableIds ?? [],
      SubnetIds: found.SubnetIds ?? [],
      SecurityGroupIds: (found.Groups ?? []).map(({ GroupId }) => GroupId!),
      PrivateDnsEnabled: found.PrivateDnsEnabled ?? false,
      IpAddressType: found.IpAddressType ?? "ipv4",
      Tags: found.Tags ?? [],
    };
  },
  attributes(aws, Id) {
    const found = findEndpoint(aws, Id)!;
    return {
      Id,
      CreationTimestamp: found.CreationTimestamp?.toISOString(),
      NetworkInterfaceIds: found.NetworkInterfaceIds,
      DnsEntries: found.DnsEntries?.map((entry) => `${entry.HostedZoneId}:${entry.DnsName}`),
    };
  },
  settled(aws, id) {
    const found = findEndpoint(aws, id);
    const state = found?.State as string | undefined;
    if (state === "available") return true;
    if (state === "pending") return false;
    return { failed: found?.FailureReason ?? `The VPC endpoint ${id} is ${state ?? "gone"}.` };
  },
  delete: (aws, id) => void aws.ec2.DeleteVpcEndpoints({ VpcEndpointIds: [id] }),
  gone: (aws, id) => findEndpoint(aws, id) === undefined,
});

function findEndpoint(aws: Aws, id: string): Ec2Types.VpcEndpoint | undefined {
  return aws.ec2.DescribeVpcEndpoints({ Filters: [{ Name: "vpc-endpoint-id", Values: [id] }] }).VpcEndpoints![0];
}

function policyText({ PolicyDocument: policy }: EndpointProperties): string | undefined {
  return policy === undefined ? undefined : documentText(policy);
}

function without(some: readonly string[] = [], others: readonly string[] = []): readonly string[] {
  return some.filter((id) => !others.includes(id));
}
