/** EC2's records and tables: what joins VPCs with each other and with AWS's services, and what is written about their traffic. */
import { table } from "@hakoniwa/kernel";

/** A customer-managed prefix list; AWS's own are in `aws-prefix-lists.ts`. */
export interface PrefixList {
  readonly id: string;
  readonly name: string;
  readonly maxEntries: number;
  readonly state: "create-complete" | "modify-complete" | "restore-complete";
  /** Every version that was, the current one last. Versions count from 1. */
  readonly versions: readonly { readonly version: number; readonly entries: readonly PrefixListEntry[] }[];
}

export interface PrefixListEntry {
  readonly cidr: string;
  readonly description: string | undefined;
}

export interface PeeringOptions {
  readonly allowDnsResolutionFromRemoteVpc: boolean;
}

/** The requester's half of a VPC peering connection, in the requester's region. What state the connection is in follows from both halves. */
export interface PeeringRequest {
  readonly id: string;
  readonly vpcId: string;
  readonly cidrs: readonly string[];
  readonly peer: { readonly account: string; readonly region: string; readonly vpcId: string };
  readonly created: number;
  /** Why it can't be: the peer does not exist, or ranges overlap. */
  readonly failure: string | undefined;
  readonly deletedAt: number | undefined;
  readonly options: PeeringOptions;
}

/** The accepter's half, in the accepter's region; it is there as soon as the request arrived. */
export interface PeeringAnswer {
  readonly id: string;
  readonly vpcId: string;
  readonly cidrs: readonly string[];
  readonly requester: { readonly account: string; readonly region: string; readonly vpcId: string };
  readonly acceptedAt: number | undefined;
  readonly rejectedAt: number | undefined;
  readonly deletedAt: number | undefined;
  readonly options: PeeringOptions;
}

export interface VpcEndpoint {
  readonly id: string;
  readonly type: "Gateway" | "Interface";
  readonly vpcId: string;
  /** e.g. `com.amazonaws.ap-northeast-1.s3`. */
  readonly serviceName: string;
  readonly state: "pending" | "available" | "deleting" | "failed";
  readonly failure: string | undefined;
  readonly policy: string;
  /** Gateway endpoints. */
  readonly routeTableIds: readonly string[];
  /** Interface endpoints: one interface in each subnet. */
  readonly interfaces: readonly { readonly subnetId: string; readonly networkInterfaceId: string }[];
  readonly securityGroups: readonly string[];
  readonly privateDns: boolean;
  /** The random part of its DNS names. */
  readonly dnsLabel: string;
  readonly created: number;
}

export interface FlowLog {
  readonly id: string;
  readonly resourceId: string;
  readonly trafficType: "ACCEPT" | "REJECT" | "ALL";
  readonly destinationType: "cloud-watch-logs" | "s3";
  readonly logGroupName: string | undefined;
  readonly destination: string | undefined;
  readonly permissionArn: string | undefined;
  readonly format: string;
  /** Seconds. */
  readonly aggregationInterval: number;
  readonly destinationOptions: { readonly fileFormat: "plain-text" | "parquet"; readonly hiveCompatiblePartitions: boolean; readonly perHourPartition: boolean } | undefined;
  readonly created: number;
}

/** Addresses of a subnet that nothing gets by itself: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-cidr-reservation.html */
export interface SubnetCidrReservation {
  readonly id: string;
  readonly subnetId: string;
  readonly cidr: string;
  readonly type: "prefix" | "explicit";
  readonly description: string | undefined;
}

/** What a client token made: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html */
export interface RequestToken {
  /** `OPERATION/TOKEN`. */
  readonly key: string;
  /** The request's parameters, in one order. */
  readonly request: string;
  readonly resourceIds: readonly string[];
}

export const prefixLists = table<PrefixList>()({ name: "ec2.prefix-lists", key: (p) => p.id });
export const peeringRequests = table<PeeringRequest>()({ name: "ec2.peering-requests", key: (p) => p.id, indexes: { vpc: (p) => p.vpcId } });
export const peeringAnswers = table<PeeringAnswer>()({ name: "ec2.peering-answers", key: (p) => p.id, indexes: { vpc: (p) => p.vpcId } });
export const vpcEndpoints = table<VpcEndpoint>()({
  name: "ec2.vpc-endpoints",
  key: (e) => e.id,
  indexes: {
    vpc: (e) => e.vpcId,
    routeTable: (e) => e.routeTableIds,
    networkInterface: (e) => e.interfaces.map((i) => i.networkInterfaceId),
  },
});
export const flowLogs = table<FlowLog>()({ name: "ec2.flow-logs", key: (f) => f.id, indexes: { resource: (f) => f.resourceId } });
export const subnetReservations = table<SubnetCidrReservation>()({ name: "ec2.subnet-cidr-reservations", key: (r) => r.id, indexes: { subnet: (r) => r.subnetId } });
export const requestTokens = table<RequestToken>()({ name: "ec2.request-tokens", key: (t) => t.key, indexes: { resource: (t) => t.resourceIds } });

export const connectionTables = [prefixLists, peeringRequests, peeringAnswers, vpcEndpoints, flowLogs, subnetReservations, requestTokens] as const;
