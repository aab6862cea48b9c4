/** What is known of flow logs beyond what they were asked to be: what was counted, in a stream, and how far it was delivered. */
import { table } from "@hakoniwa/kernel";
import type { FlowCount } from "@hakoniwa/network";

export interface FlowDelivery {
  /** The flow log's id. */
  readonly id: string;
  /** Everything up to here was delivered, or could not be. */
  readonly until: number;
  readonly status: "SUCCESS" | "FAILED";
  /** In AWS's words: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_FlowLog.html */
  readonly error: string | undefined;
}

/** A piece of one reading of a VPC's counters: an entry of its stream, at the time at which the reading before ended. */
export interface FlowBatch {
  /** When the reading was made. */
  readonly end: number;
  /** The reading's name: the next one asks for what came after it. */
  readonly reading: string;
  readonly flows: readonly TakenFlow[];
  readonly missed: readonly string[];
  /** The interfaces of `flows` and `missed`, as they were then. */
  readonly interfaces: Readonly<Record<string, LoggedInterface>>;
}

/** A count with the path that an egress took; 0 stands for none that AWS has a number for. */
export type TakenFlow = FlowCount & { readonly path: number };

export interface LoggedInterface {
  readonly id: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly zoneId: string;
  /** Undefined for those that AWS's services hold. */
  readonly instanceId: string | undefined;
  readonly primaryAddress: string;
}

/** The name of a VPC's stream. */
export const flowsOf = (vpcId: string): string => `flows/${vpcId}`;

export const flowDeliveries = table<FlowDelivery>()({ name: "ec2.flow-deliveries", key: (d) => d.id });
