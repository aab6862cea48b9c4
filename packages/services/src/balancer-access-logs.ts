/**
 * Writes load balancers' access logs, of whichever generation: a file for each node and interval, as far as it served anything.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/access-log-collection.html
 */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { AwsError, type Database, type Reader, type Reconciler, type ReconcileKey, type Table, type Watch } from "@hakoniwa/kernel";
import { logFolder, putLogFile, type LogPlace } from "./balancer-log-bucket.js";
import type { LoggedRequest } from "./balancer-log-lines.js";
import { collectRequests, requestsOf, STEP, trimRequests, type RequestBatch } from "./balancer-log-stream.js";
import type { NodeTable } from "./balancer-nodes.js";
import { reconciler, type Cloud, type Jobs } from "./define.js";

/** How far a balancer's access log was written. */
export interface LogDelivery {
  /** The balancer's DNS name. */
  readonly id: string;
  /** Where its test file was put. */
  readonly folder: string;
  readonly until: number;
  /** Those that have something to tell, some of which may be gone. */
  readonly nodes: readonly LoggedNode[];
}

export interface LoggedNode {
  readonly id: string;
  /** As files' names have it. */
  readonly address: string;
}

export interface AccessLogTarget extends LogPlace {
  /** Minutes. */
  readonly interval: number;
  readonly sourceArn: string;
  /** As files' names have it. */
  readonly balancer: string;
}

export interface KeepAccessLogs<B> {
  readonly name: string;
  readonly watches: readonly Watch[];
  readonly nodes: NodeTable;
  readonly deliveries: Table<LogDelivery, never>;
  readonly find: (db: Reader | Database, dnsName: string) => B | undefined;
  /** Undefined while the log is off. */
  readonly target: (balancer: B, key: ReconcileKey) => AccessLogTarget | undefined;
  readonly compressed: boolean;
  readonly line: (balancer: B, request: LoggedRequest, key: ReconcileKey, db: Reader) => string;
}

const compress = promisify(gzip);
/** A file has no more lines. */
const MOST_LINES = 50_000;
const BATCHES_AT_ONCE = 4;

/** Keys are DNS names. */
export function keepAccessLogs<B>(kind: KeepAccessLogs<B>): Reconciler<Cloud> {
  const { nodes, deliveries } = kind;

  return reconciler({
    name: kind.name,
    watches: kind.watches,
    async reconcile(key, jobs) {
      const before = jobs.db(deliveries).get(key.id);
      const balancer = kind.find(jobs.db, key.id);
      const target = balancer && kind.target(balancer, key);
      if (!balancer || !target) return before && forget(jobs, before);
      const delivery = await begun(jobs, key, target);
      const there = jobs.db(nodes).where("dnsName", key.id).map(({ id, publicAddress, privateAddress }): LoggedNode => ({ id, address: publicAddress?.ip ?? privateAddress }));
      const gone = delivery.nodes.filter(({ id }) => !there.some((node) => node.id === id));
      for (const { id } of [...there, ...gone]) await collectRequests(jobs, id, delivery.until);
      const until = await deliverDue(jobs, key, balancer, target, [...there, ...gone], delivery.until);
      const left = gone.filter(({ id }) => jobs.segments.read(requestsOf(id), { from: until, limit: 1 }).length > 0);
      await settle(jobs, { ...delivery, until, nodes: [...there, ...left] });
      for (const node of there) await trimRequests(jobs, node.id, until);
      for (const node of gone) if (!left.includes(node)) await jobs.segments.trim(requestsOf(node.id), { from: Infinity });
      return { at: (Math.floor(jobs.now / STEP) + 1) * STEP };
    },
  });

  async function settle(jobs: Jobs, next: LogDelivery): Promise<void> {
    const before = jobs.db(deliveries).get(next.id);
    if (JSON.stringify(before) !== JSON.stringify(next)) await jobs.write((db) => db(deliveries).put(next));
  }

  async function forget(jobs: Jobs, delivery: LogDelivery): Promise<void> {
    for (const { id } of delivery.nodes) await jobs.segments.trim(requestsOf(id), { from: Infinity });
    await jobs.write((db) => db(deliveries).delete(delivery.id));
  }

  /** Where the log goes to somewhere new, the test file says so first. */
  async function begun(jobs: Jobs, key: ReconcileKey, target: AccessLogTarget): Promise<LogDelivery> {
    const folder = `${target.bucket}/${logFolder(target, key.account)}`;
    const before = jobs.db(deliveries).get(key.id);
    if (before?.folder === folder) return before;
    const text = `Enable AccessLog for ELB: ${target.balancer} at ${new Date(jobs.now).toISOString()}`;
    await put(jobs, key, target, `${logFolder(target, key.account)}/ELBAccessLogTestFile`, Buffer.from(text));
    const delivery: LogDelivery = { id: key.id, folder, until: before?.until ?? jobs.now, nodes: before?.nodes ?? [] };
    await settle(jobs, delivery);
    return delivery;
  }

  /** Every interval that is over and has something to tell. @returns until when files were written */
  async function deliverDue(jobs: Jobs, key: ReconcileKey, balancer: B, target: AccessLogTarget, from: readonly LoggedNode[], since: number): Promise<number> {
    const length = target.interval * 60_000;
    let until = since;
    for (;;) {
      const [first] = from.flatMap(({ id }) => jobs.segments.read(requestsOf(id), { from: until, limit: 1 })).toSorted((one, other) => one.time - other.time);
      if (!first) return until;
      const end = (Math.floor(first.time / length) + 1) * length;
      // What a node notes is told a moment later.
      if (end + STEP > jobs.now) return until;
      for (const node of from) await deliver(jobs, key, balancer, target, node, { from: until, to: end });
      until = end;
    }
  }

  /** The same interval makes the same files, so that one that was put before a crash is put again, and not twice. */
  async function deliver(jobs: Jobs, key: ReconcileKey, balancer: B, target: AccessLogTarget, node: LoggedNode, window: { readonly from: number; readonly to: number }): Promise<void> {
    let requests: LoggedRequest[] = [];
    let files = 0;
    const flush = async (): Promise<void> => {
      const lines = requests.toSorted((one, other) => one.at - other.at).map((request) => `${kind.line(balancer, request, key, jobs.db)}\n`);
      requests = [];
      const body = Buffer.from(lines.join(""), "latin1");
      const hash = createHash("sha256").update(`${node.id} ${window.from} ${files++}`).digest("hex").slice(0, 8);
      await put(jobs, key, target, objectKey(target, key, node, window.to, hash), kind.compressed ? await compress(body) : body);
    };
    const range = { ...window, limit: BATCHES_AT_ONCE };
    for (let found = jobs.segments.read<RequestBatch>(requestsOf(node.id), range); found.length > 0; ) {
      for (const { record } of found) requests.push(...record.requests);
      if (requests.length >= MOST_LINES) await flush();
      // Calls go first.
      await new Promise((resolve) => setImmediate(resolve));
      found = jobs.segments.read<RequestBatch>(requestsOf(node.id), { ...range, after: found.at(-1)! });
    }
    if (requests.length > 0) await flush();
  }

  function objectKey(target: AccessLogTarget, { account, region }: ReconcileKey, { address }: LoggedNode, end: number, hash: string): string {
    const stamp = new Date(end).toISOString();
    const [day, hour, minute] = [stamp.slice(0, 10), stamp.slice(11, 13), stamp.slice(14, 16)];
    const file = `${account}_elasticloadbalancing_${region}_${target.balancer}_${day.replaceAll("-", "")}T${hour}${minute}Z_${address}_${hash}.log`;
    return `${logFolder(target, account)}/elasticloadbalancing/${region}/${day.replaceAll("-", "/")}/${file}${kind.compressed ? ".gz" : ""}`;
  }

  /** What the bucket doesn't let in is lost, as AWS's is. */
  async function put(jobs: Jobs, key: ReconcileKey, target: AccessLogTarget, object: string, body: Uint8Array): Promise<void> {
    try {
      await putLogFile(jobs, key, target.bucket, object, body, target.sourceArn);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      jobs.log(`the access log ${object} could not be written to the bucket ${target.bucket}: ${error.message}`);
    }
  }
}
