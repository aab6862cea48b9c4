/** The fields of flow log records, and how they are written: https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html */
import { AwsError } from "@hakoniwa/kernel";
import type { FlowRecord } from "./flow-log-plan.js";

/** By the version that brought them. */
const VERSIONS: readonly (readonly [number, string])[] = [
  [2, "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"],
  [3, "vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr"],
  [4, "region az-id sublocation-type sublocation-id"],
  [5, "pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path"],
  [7, "ecs-cluster-arn ecs-cluster-name ecs-container-instance-arn ecs-container-instance-id ecs-container-id ecs-second-container-id"],
  [7, "ecs-service-name ecs-task-definition-arn ecs-task-arn ecs-task-id"],
  [8, "reject-reason"],
  [9, "resource-id"],
  [10, "encryption-status"],
];
const FIELDS: ReadonlyMap<string, number> = new Map(VERSIONS.flatMap(([version, names]) => names.split(" ").map((name) => [name, version] as const)));

/** Version 2: what a flow log without a format writes. */
export const DEFAULT_FORMAT = VERSIONS[0]![1].split(" ").map((name) => `\${${name}}`).join(" ");

/** @throws AwsError for a format that is empty, or names a field that there isn't */
export function checkedFormat(text: string | undefined): string {
  if (text === undefined) return DEFAULT_FORMAT;
  const parts = text.trim().split(/\s+/);
  const wrong = parts.find((part) => !/^\$\{[a-z-]+\}$/.test(part) || !FIELDS.has(part.slice(2, -1)));
  if (wrong !== undefined) throw new AwsError("InvalidParameter", `LogFormat has an unknown field: "${wrong}". Fields are written as \${field-id}, separated by spaces.`);
  return parts.join(" ");
}

export function fieldsOfFormat(format: string): readonly string[] {
  return format.split(" ").map((part) => part.slice(2, -1));
}

export interface Writer {
  readonly account: string;
  readonly region: string;
  readonly fields: readonly string[];
}

/** One record's line. What does not apply to it is `-`, as AWS writes it. */
export function lineOf(record: FlowRecord, { account, region, fields }: Writer): string {
  const version = Math.max(...fields.map((field) => FIELDS.get(field) ?? 2));
  const { networkInterface, flow } = record;
  const common: Readonly<Record<string, string | number | undefined>> = {
    "version": version,
    "account-id": account,
    "interface-id": networkInterface.id,
    "start": record.start,
    "end": record.end,
    "log-status": record.status,
  };
  const values = flow === undefined ? common : { ...common, ...flowValues(record, flow, region) };
  return fields.map((field) => values[field] ?? "-").join(" ");
}

function flowValues({ networkInterface }: FlowRecord, flow: NonNullable<FlowRecord["flow"]>, region: string): Readonly<Record<string, string | number | undefined>> {
  const isEgress = flow.direction === "egress";
  return {
    // On its own side a record has the interface's primary address, whatever the packet carried.
    "srcaddr": isEgress ? networkInterface.primaryAddress : flow.source,
    "dstaddr": isEgress ? flow.destination : networkInterface.primaryAddress,
    "pkt-srcaddr": flow.source,
    "pkt-dstaddr": flow.destination,
    "srcport": flow.sourcePort,
    "dstport": flow.destinationPort,
    "protocol": flow.protocol,
    "packets": flow.packets,
    "bytes": flow.bytes,
    "action": flow.action,
    "vpc-id": networkInterface.vpcId,
    "subnet-id": networkInterface.subnetId,
    "instance-id": networkInterface.instanceId,
    "tcp-flags": flow.tcpFlags,
    "type": "IPv4",
    "region": region,
    "az-id": networkInterface.zoneId,
    "flow-direction": flow.direction,
    "traffic-path": flow.path === 0 ? undefined : flow.path,
  };
}
