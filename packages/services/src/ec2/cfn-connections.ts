/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_EC2.html: what joins VPCs with each other and with AWS's services. */
import { resource } from "@hakoniwa/cloudformation";
import { AwsError } from "@hakoniwa/kernel";
import type { Aws, Ec2Types } from "@hakoniwa/wire";
import { propertyNotImplemented, refuseProperties } from "../not-implemented.js";
import { unlessGone } from "../unless-gone.js";
import { tagsFor, updateTags } from "./cfn-tags.js";

type Tags = readonly Ec2Types.Tag[] | undefined;

interface PrefixListProperties {
  readonly PrefixListName: string;
  readonly AddressFamily: string;
  readonly MaxEntries?: number;
  readonly Entries?: readonly { readonly Cidr: string; readonly Description?: string }[];
  readonly Tags?: Tags;
}

export const prefixList = resource<PrefixListProperties>("AWS::EC2::PrefixList", {
  create(aws, p, request) {
    const { PrefixListName, AddressFamily, Entries } = p;
    const made = aws.ec2.CreateManagedPrefixList({
      PrefixListName,
      AddressFamily,
      Entries,
      MaxEntries: sizeOf(p),
      ClientToken: request.token,
      TagSpecifications: tagsFor("prefix-list", p.Tags, request),
    });
    return made.PrefixList!.PrefixListId!;
  },
  update(aws, PrefixListId, next, previous, request) {
    const grows = sizeOf(next) > sizeOf(previous);
    const resize = (): void => void (sizeOf(next) !== sizeOf(previous) && aws.ec2.ModifyManagedPrefixList({ PrefixListId, MaxEntries: sizeOf(next) }));
    // A list must have room for its entries before and after.
    if (grows) resize();
    changeEntries(aws, PrefixListId, next.Entries ?? [], previous.Entries ?? []);
    if (!grows) resize();
    if (next.PrefixListName !== previous.PrefixListName) aws.ec2.ModifyManagedPrefixList({ PrefixListId, PrefixListName: next.PrefixListName });
    updateTags(aws, PrefixListId, next.Tags, previous.Tags, request);
  },
  attributes(aws, PrefixListId) {
    const found = aws.ec2.DescribeManagedPrefixLists({ PrefixListIds: [PrefixListId] }).PrefixLists![0]!;
    return { PrefixListId, Arn: found.PrefixListArn, OwnerId: found.OwnerId, Version: found.Version };
  },
  delete: (aws, PrefixListId) => void unlessGone(() => aws.ec2.DeleteManagedPrefixList({ PrefixListId })),
});

function sizeOf(p: PrefixListProperties): number {
  return p.MaxEntries ?? Math.max(1, p.Entries?.length ?? 0);
}

function changeEntries(aws: Aws, PrefixListId: string, next: readonly { readonly Cidr: string; readonly Description?: string }[], previous: typeof next): void {
  const RemoveEntries = previous.filter((entry) => !next.some((other) => other.Cidr === entry.Cidr)).map(({ Cidr }) => ({ Cidr }));
  const AddEntries = next.filter((entry) => !previous.some((other) => other.Cidr === entry.Cidr && other.Description === entry.Description));
  if (RemoveEntries.length + AddEntries.length === 0) return;
  const CurrentVersion = aws.ec2.DescribeManagedPrefixLists({ PrefixListIds: [PrefixListId] }).PrefixLists![0]!.Version;
  aws.ec2.ModifyManagedPrefixList({ PrefixListId, CurrentVersion, AddEntries, RemoveEntries });
}

interface PeeringProperties {
  readonly VpcId: string;
  readonly PeerVpcId: string;
  readonly PeerOwnerId?: string;
  readonly PeerRegion?: string;
  readonly Tags?: Tags;
}

/** The account's own VPCs accept for themselves, as CloudFormation does. */
export const peeringConnection = resource<PeeringProperties>("AWS::EC2::VPCPeeringConnection", {
  create(aws, p, request) {
    refuseProperties("AWS::EC2::VPCPeeringConnection", p, ["VpcId", "PeerVpcId", "PeerOwnerId", "PeerRegion", "Tags"]);
    const { VpcId, PeerVpcId, PeerOwnerId, PeerRegion } = p;
    const made = aws.ec2.CreateVpcPeeringConnection({ VpcId, PeerVpcId, PeerOwnerId, PeerRegion, TagSpecifications: tagsFor("vpc-peering-connection", p.Tags, request) }).VpcPeeringConnection!;
    if (made.AccepterVpcInfo?.Region !== made.RequesterVpcInfo?.Region) throw propertyNotImplemented("AWS::EC2::VPCPeeringConnection", "PeerRegion of another region");
    const VpcPeeringConnectionId = made.VpcPeeringConnectionId!;
    if (made.Status?.Code !== "failed") aws.ec2.AcceptVpcPeeringConnection({ VpcPeeringConnectionId });
    return VpcPeeringConnectionId;
  },
  update: (aws, id, next, previous, request) => updateTags(aws, id, next.Tags, previous.Tags, request),
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

export const vpcEndpoint = resource<EndpointProperties>("AWS::EC2::VPCEndpoint", {
  create(aws, p, request) {
    refuseProperties("AWS::EC2::VPCEndpoint", p, ENDPOINT);
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
    });
    updateTags(aws, VpcEndpointId, next.Tags, previous.Tags, request);
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
  return policy === undefined || typeof policy === "string" ? policy : JSON.stringify(policy);
}

function without(some: readonly string[] = [], others: readonly string[] = []): readonly string[] {
  return some.filter((id) => !others.includes(id));
}

interface FlowLogProperties {
  readonly ResourceId: string;
  readonly ResourceType: Ec2Types.FlowLogsResourceType;
  readonly TrafficType?: Ec2Types.TrafficType;
  readonly LogDestinationType?: Ec2Types.LogDestinationType;
  readonly LogDestination?: string;
  readonly LogGroupName?: string;
  readonly LogFormat?: string;
  readonly DeliverLogsPermissionArn?: string;
  readonly MaxAggregationInterval?: number;
  readonly DestinationOptions?: Ec2Types.DestinationOptionsRequest;
  readonly Tags?: Tags;
}

const FLOW_LOG = ["ResourceId", "ResourceType", "TrafficType", "LogDestinationType", "LogDestination", "LogGroupName", "LogFormat", "DeliverLogsPermissionArn", "MaxAggregationInterval", "DestinationOptions", "Tags"];

export const flowLog = resource<FlowLogProperties>("AWS::EC2::FlowLog", {
  create(aws, p, request) {
    refuseProperties("AWS::EC2::FlowLog", p, FLOW_LOG);
    const { ResourceId, Tags: own, ...rest } = p;
    const { FlowLogIds, Unsuccessful } = aws.ec2.CreateFlowLogs({ ...rest, ResourceIds: [ResourceId], ClientToken: request.token, TagSpecifications: tagsFor("vpc-flow-log", own, request) });
    const problem = Unsuccessful?.[0]?.Error;
    if (problem) throw new AwsError("InvalidRequest", problem.Message ?? "");
    return FlowLogIds![0]!;
  },
  update: (aws, id, next, previous, request) => updateTags(aws, id, next.Tags, previous.Tags, request),
  attributes: (_aws, Id) => ({ Id }),
  delete: (aws, id) => void unlessGone(() => aws.ec2.DeleteFlowLogs({ FlowLogIds: [id] })),
});
