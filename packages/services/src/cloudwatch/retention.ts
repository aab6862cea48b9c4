/** Rolls points up as they age, and forgets metrics that had no data for fifteen months. */
import { reconciler, watch, type Jobs } from "../define.js";
import { rolledUp, type Sample } from "./samples.js";
import { entriesOf, floorTo, LEVELS, nextOf, streamOf, type Level } from "./series.js";
import { metrics, type Metric } from "./state.js";

const HOUR = 3_600_000;

export const keepRetention = reconciler({
  name: "cloudwatch.keep-retention",
  watches: [watch(metrics, (metric) => [metric.id])],
  async reconcile(key, jobs) {
    const metric = jobs.db(metrics).get(key.id);
    if (!metric) return;
    for (const [index, level] of LEVELS.entries()) {
      const next = LEVELS[index + 1];
      if (next) await rollUp(jobs, key, metric, level, next);
    }
    const last = LEVELS.at(-1)!;
    await jobs.segments.trim(streamOf(key, metric.id, last), { from: jobs.now - last.kept });
    if (metric.latest < jobs.now - last.kept) {
      await jobs.write((db) => db(metrics).get(metric.id)?.latest === metric.latest && db(metrics).delete(metric.id));
      return;
    }
    return { at: floorTo(jobs.now, HOUR) + HOUR };
  },
});

type Key = { readonly account: string; readonly region: string };

/** Appends first, then trims: reading passes over finer points of what is rolled up already, so a crash in between is seen by nobody. */
async function rollUp(jobs: Jobs, key: Key, metric: Metric, level: Level, next: Level): Promise<void> {
  const stream = streamOf(key, metric.id, level);
  const step = nextOf(level.seconds);
  const until = floorTo(jobs.now - level.kept, step);
  const buckets = new Map<string, { readonly time: number; readonly samples: Sample[] }>();
  for (const { time, sample } of entriesOf(jobs.segments, stream, -Infinity, until)) {
    const start = floorTo(time, step);
    const name = `${start} ${sample.u ?? ""}`;
    const bucket = buckets.get(name) ?? { time: start, samples: [] };
    // Of what was rolled up twice into this level, the latest counts.
    if (sample.r) bucket.samples.splice(0, Infinity, ...bucket.samples.filter((other) => !other.r || time !== start));
    bucket.samples.push(sample);
    buckets.set(name, bucket);
  }
  if (buckets.size === 0) return;
  const entries = [...buckets.values()].flatMap(({ time, samples }) => {
    const record = rolledUp(samples);
    return record ? [{ stream: streamOf(key, metric.id, next), time, record }] : [];
  });
  if (entries.length > 0) await jobs.append(...entries);
  await jobs.segments.trim(stream, { from: until });
}
