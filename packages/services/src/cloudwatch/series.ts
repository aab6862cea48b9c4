/**
 * The points of metrics, by how long AWS keeps them: points of a second for 3 hours, of a minute for 15 days, of 5 minutes for 63, of an
 * hour for 455. Each length has its stream; what gets too old for one is rolled up into the next.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#metrics-retention
 */
import { createHash } from "node:crypto";
import type { Cursor, LogEntry, Scope, Segments } from "@hakoniwa/kernel";
import { summarize, type Sample, type Summary } from "./samples.js";
import type { Dimension } from "./state.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export interface Level {
  /** Seconds of one point. */
  readonly seconds: 1 | 60 | 300 | 3600;
  /** Milliseconds. */
  readonly kept: number;
}

export const LEVELS: readonly Level[] = [
  { seconds: 1, kept: 3 * HOUR },
  { seconds: 60, kept: 15 * DAY },
  { seconds: 300, kept: 63 * DAY },
  { seconds: 3600, kept: 455 * DAY },
];

/** The same for the same metric, and of one length however long its dimensions are. */
export function metricId(namespace: string, name: string, dimensions: readonly Dimension[]): string {
  const sorted = [...dimensions].sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ name: key, value }) => [key, value]);
  return createHash("sha256").update(JSON.stringify([namespace, name, sorted])).digest("hex").slice(0, 32);
}

export function streamOf({ account, region }: Scope, id: string, level: Level): string {
  return `cloudwatch/${account}/${region}/${id}/${level.seconds}`;
}

/** Where a point of now, or of some while ago, belongs. */
export function entryFor(scope: Scope, id: string, point: { readonly time: number; readonly resolution: 1 | 60; readonly sample: Sample }, now: number): LogEntry {
  // One that comes too late for its level would never be rolled up: it takes its place in the next.
  const level = LEVELS.find(({ seconds, kept }) => seconds >= point.resolution && now - floorTo(point.time, nextOf(seconds)) < kept) ?? LEVELS.at(-1)!;
  return { stream: streamOf(scope, id, level), time: floorTo(point.time, level.seconds * 1_000), record: point.sample };
}

/** Milliseconds of a point of the level behind the one of so many seconds. */
export function nextOf(seconds: number): number {
  return (LEVELS[LEVELS.findIndex((level) => level.seconds === seconds) + 1]?.seconds ?? seconds) * 1_000;
}

export function floorTo(time: number, step: number): number {
  return Math.floor(time / step) * step;
}

export interface TimedSample {
  readonly time: number;
  readonly sample: Sample;
}

/** A page of a stream at a time, so that months of points need no room of their own. */
export function* entriesOf(segments: Pick<Segments, "read">, stream: string, from: number, to: number): Generator<TimedSample> {
  let after: Cursor | undefined;
  for (;;) {
    const found = segments.read<Sample>(stream, { from, to, ...(after ? { after } : {}) });
    for (const { time, record } of found) yield { time, sample: record };
    const last = found.at(-1);
    if (!last || found.length < 1_000) return;
    after = { time: last.time, number: last.number };
  }
}

/**
 * Every sample of a metric in a time, of all levels. What was rolled up stands for the finer points of its time, which may be there still, and
 * counts once, though a crash may have let it be written twice.
 */
export function* samplesOf(segments: Pick<Segments, "read">, scope: Scope, id: string, from: number, to: number): Generator<TimedSample> {
  let covered: ReadonlySet<number> = new Set();
  for (const level of LEVELS.toReversed()) {
    const step = nextOf(level.seconds);
    const rolled = new Map<string, TimedSample>();
    for (const entry of entriesOf(segments, streamOf(scope, id, level), floorTo(from, level.seconds * 1_000), to)) {
      if (covered.has(floorTo(entry.time, step))) continue;
      if (entry.sample.r) rolled.set(`${entry.time} ${entry.sample.u ?? ""}`, entry);
      else if (entry.time >= from) yield entry;
    }
    for (const entry of rolled.values()) if (entry.time >= from) yield entry;
    covered = new Set([...rolled.values()].map(({ time }) => time));
  }
}

export interface Wanted {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  /** Milliseconds. */
  readonly period: number;
  /** Samples of other units are passed over. */
  readonly unit?: string | undefined;
}

/** What was told in each period that has data, by the period's begin, in order. Periods are counted from `from`. */
export function periodsOf(segments: Pick<Segments, "read">, scope: Scope, { id, from, to, period, unit }: Wanted): ReadonlyMap<number, Summary> {
  const buckets = new Map<number, Sample[]>();
  for (const { time, sample } of samplesOf(segments, scope, id, from, to)) {
    if (unit !== undefined && (sample.u ?? "None") !== unit) continue;
    const start = from + floorTo(time - from, period);
    const bucket = buckets.get(start);
    if (bucket) bucket.push(sample);
    else buckets.set(start, [sample]);
  }
  const summaries = [...buckets].sort(([a], [b]) => a - b).map(([start, samples]) => [start, summarize(samples)] as const);
  return new Map(summaries.filter((entry): entry is readonly [number, Summary] => entry[1] !== undefined));
}
