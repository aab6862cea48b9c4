/** Keeps a point of a metric. */
import type { Database, LogEntry, Scope } from "@hakoniwa/kernel";
import { entryFor, metricId } from "./series.js";
import type { Sample } from "./samples.js";
import { metrics, type Dimension } from "./state.js";

export interface Point {
  readonly name: string;
  readonly dimensions: readonly Dimension[];
  readonly time: number;
  /** Seconds. */
  readonly resolution: 1 | 60;
  readonly sample: Sample;
}

/** A metric's record says only about when it got data last: each point would be a change of the record otherwise. */
const ABOUT = 5 * 60_000;

export function record(db: Database, log: (entry: LogEntry) => void, scope: Scope, namespace: string, point: Point, now: number): void {
  const { name, dimensions, resolution } = point;
  const id = metricId(namespace, name, dimensions);
  const before = db(metrics).get(id);
  const time = Math.min(point.time, now);
  const finest = before?.finest === 1 ? 1 : resolution;
  if (!before || time - before.latest >= ABOUT || finest !== before.finest) {
    db(metrics).put({ id, namespace, name, dimensions, latest: Math.max(before?.latest ?? 0, time), finest });
  }
  log(entryFor(scope, id, point, now));
}
