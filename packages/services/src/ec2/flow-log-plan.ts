/** From readings to the records of one window. Pure. */
import type { Time } from "@hakoniwa/kernel";
import type { FlowBatch, LoggedInterface, TakenFlow } from "./flow-log-state.js";
import type { FlowLog } from "./state-connections.js";

export interface FlowRecord {
  readonly networkInterface: LoggedInterface;
  /** Absent of an interface without traffic (NODATA), or of which some went uncounted (SKIPDATA). */
  readonly flow: TakenFlow | undefined;
  /** Seconds. */
  readonly start: number;
  readonly end: number;
  readonly status: "OK" | "NODATA" | "SKIPDATA";
}

export interface Window {
  readonly start: Time;
  readonly end: Time;
}

/** A batch with the time at which its counting began. */
export interface TimedBatch extends FlowBatch {
  readonly start: Time;
}

type Traffic = Pick<FlowLog, "trafficType">;

/** Gathers what a flow log tells of one window: one record for each flow, direction and action. Its size is that of what it tells. */
export class WindowTally {
  readonly #window: Window;
  readonly #log: Traffic;
  readonly #isOwn: (one: LoggedInterface) => boolean;
  readonly #records = new Map<string, FlowRecord>();

  /** @param isOwn whether an interface is the flow log's */
  constructor(window: Window, log: Traffic, isOwn: (one: LoggedInterface) => boolean) {
    this.#window = window;
    this.#log = log;
    this.#isOwn = isOwn;
  }

  /** @param batch one that began in the window; they come by time */
  add(batch: TimedBatch): void {
    const times = { start: this.#seconds(batch.start), end: this.#seconds(batch.end) };
    for (const flow of batch.flows) {
      const networkInterface = batch.interfaces[flow.networkInterface];
      if (!networkInterface || !this.#isOwn(networkInterface) || (this.#log.trafficType !== "ALL" && this.#log.trafficType !== flow.action)) continue;
      const { source, destination, sourcePort, destinationPort, protocol, direction, action, path } = flow;
      const key = [networkInterface.id, direction, action, protocol, source, destination, sourcePort, destinationPort, path].join(" ");
      const before = this.#records.get(key);
      this.#records.set(key, before ? added(before, flow, times.end) : { networkInterface, flow, ...times, status: "OK" });
    }
    for (const id of batch.missed) {
      const networkInterface = batch.interfaces[id];
      if (networkInterface && this.#isOwn(networkInterface)) this.#records.set(id, { networkInterface, flow: undefined, ...times, status: "SKIPDATA" });
    }
  }

  /** By time. @param present the flow log's interfaces that there are now: of those nothing was heard of, NODATA is told */
  records(present: readonly LoggedInterface[]): readonly FlowRecord[] {
    const all = [...this.#records.values()];
    const heard = new Set(all.map((record) => record.networkInterface.id));
    const times = { start: this.#seconds(this.#window.start), end: this.#seconds(this.#window.end) };
    const silent = present.filter((one) => !heard.has(one.id)).map((networkInterface): FlowRecord => ({ networkInterface, flow: undefined, ...times, status: "NODATA" }));
    return [...all, ...silent].toSorted((one, other) => one.start - other.start);
  }

  /** A reading may reach over the window's end. */
  #seconds(time: Time): number {
    return Math.floor(Math.min(Math.max(time, this.#window.start), this.#window.end) / 1000);
  }
}

function added(record: FlowRecord, more: TakenFlow, end: number): FlowRecord {
  const flow = record.flow!;
  return { ...record, end, flow: { ...flow, packets: flow.packets + more.packets, bytes: flow.bytes + more.bytes, tcpFlags: flow.tcpFlags | more.tcpFlags } };
}

/** The window that a moment is in; they follow one another since 1970. */
export function windowAt(time: Time, log: Pick<FlowLog, "aggregationInterval">): Window {
  const length = log.aggregationInterval * 1000;
  const start = Math.floor(time / length) * length;
  return { start, end: start + length };
}

const FIVE_MINUTES = 300_000;

/**
 * Where a window's file goes: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html
 * @param hash tells the files of one time apart
 */
export function objectKey(log: Pick<FlowLog, "id" | "destination" | "destinationOptions">, { account, region }: { readonly account: string; readonly region: string }, window: Window, hash: string): string {
  // AWS files a record by the five minutes in which it ended.
  const stamp = new Date(Math.floor((window.end - 1) / FIVE_MINUTES) * FIVE_MINUTES).toISOString();
  const [year, month, day, hour, minute] = [stamp.slice(0, 4), stamp.slice(5, 7), stamp.slice(8, 10), stamp.slice(11, 13), stamp.slice(14, 16)];
  const { hiveCompatiblePartitions: hive = false, perHourPartition: hourly = false } = log.destinationOptions ?? {};
  const folder = /^arn:aws:s3:::[^/]+\/?(.*?)\/?$/.exec(log.destination ?? "")?.[1] ?? "";
  const path = hive
    ? ["AWSLogs", `aws-account-id=${account}`, "aws-service=vpcflowlogs", `aws-region=${region}`, `year=${year}`, `month=${month}`, `day=${day}`, ...(hourly ? [`hour=${hour}`] : [])]
    : ["AWSLogs", account, "vpcflowlogs", region, year, month, day, ...(hourly ? [hour] : [])];
  const file = `${account}_vpcflowlogs_${region}_${log.id}_${year}${month}${day}T${hour}${minute}Z_${hash}.log.gz`;
  return [...(folder === "" ? [] : [folder]), ...path, file].join("/");
}

export function bucketOfLog({ destination }: Pick<FlowLog, "destination">): string {
  return /^arn:aws:s3:::([^/]+)/.exec(destination ?? "")?.[1] ?? "";
}
