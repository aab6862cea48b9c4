/** Takes what nodes noted into their streams, once: a reading's name is kept together with what it told. */
import type { Jobs } from "./define.js";
import type { LoggedRequest } from "./balancer-log-lines.js";

/** How often nodes are asked. Every emit interval is a multiple of it. */
export const STEP = 10_000;
/** One entry of a stream holds no more. */
const REQUESTS_PER_BATCH = 500;
/** In one run; the rest comes with the next. */
const MOST_READINGS = 20;

/** A piece of one reading, at the time of the piece's last request. */
export interface RequestBatch {
  /** The reading's name: the next one asks for what came after it. */
  readonly reading: string;
  readonly requests: readonly LoggedRequest[];
}

/** The name of a node's stream. */
export const requestsOf = (node: string): string => `requests/${node}`;

/** @param delivered until when files were written: what is told of an earlier time goes to the next one */
export async function collectRequests(jobs: Jobs, node: string, delivered: number): Promise<void> {
  const stream = requestsOf(node);
  for (let count = 0; count < MOST_READINGS; count += 1) {
    const last = jobs.segments.read<RequestBatch>(stream, { backward: true, limit: 1 })[0];
    const { name, entries } = await jobs.ports.accessLogs.read(node, last?.record.reading);
    if (entries.length === 0) return;
    const requests = entries.map(({ age, ...entry }): LoggedRequest => ({ ...entry, at: jobs.now - age }));
    const batches: { time: number; record: RequestBatch }[] = [];
    let time = Math.floor(Math.max(delivered, last?.time ?? 0));
    for (let at = 0; at < requests.length; at += REQUESTS_PER_BATCH) {
      const part = requests.slice(at, at + REQUESTS_PER_BATCH);
      time = Math.max(time, Math.floor(part.at(-1)!.at));
      batches.push({ time, record: { reading: name, requests: part } });
    }
    await jobs.append(...batches.map((batch) => ({ stream, ...batch })));
  }
}

/** Forgets what was delivered, but for the last reading: it says where the next one begins. */
export async function trimRequests(jobs: Jobs, node: string, delivered: number): Promise<void> {
  const stream = requestsOf(node);
  const [first] = jobs.segments.read(stream, { limit: 1 });
  const [last] = jobs.segments.read(stream, { backward: true, limit: 1 });
  const from = Math.min(delivered, last?.time ?? 0);
  if (first && first.time < from) await jobs.segments.trim(stream, { from });
}
