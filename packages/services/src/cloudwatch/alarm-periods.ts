/** The periods that an alarm looks at, with what its metric or its calculation says of each. */
import type { Scope, Segments } from "@hakoniwa/kernel";
import { isMeaningful, rangeOf, type Period } from "./alarm-plan.js";
import { answersOf } from "./queries.js";
import { metricId, periodsOf } from "./series.js";
import type { MetricAlarm } from "./state.js";
import { percentileOf, statisticOf } from "./statistics.js";
import type { Gap } from "./uptime.js";

/** Beyond this many periods nobody looks for points, however long the cloud was down. */
const FARTHEST = 1_000;

export interface Seen {
  /** The latest first. */
  readonly periods: readonly Period[];
  /** A percentile of too few samples, which the alarm is told to ignore. */
  readonly meaningless: boolean;
}

/** Periods of `periodSeconds` that end at `end` and before, without those that a gap touches. */
export function startsOf(end: number, period: number, count: number, gaps: readonly Gap[]): readonly number[] {
  const starts: number[] = [];
  for (let index = 1; index <= FARTHEST && starts.length < count; index++) {
    const start = end - index * period;
    if (!gaps.some(({ from, to }) => start < to && start + period > from)) starts.push(start);
  }
  return starts;
}

export function periodsFor(alarm: MetricAlarm, segments: Pick<Segments, "read">, scope: Scope, end: number, gaps: readonly Gap[], now: number): Seen {
  const { source } = alarm;
  const period = source.period * 1_000;
  const starts = startsOf(end, period, rangeOf(alarm.evaluationPeriods), gaps);
  const oldest = starts.at(-1);
  if (oldest === undefined) return { periods: [], meaningless: false };
  if (source.kind === "math") {
    const [answer] = answersOf(source.queries, { segments, scope, now, from: oldest, to: end, exact: true });
    const points = answer?.series[0]?.points;
    return { periods: starts.map((start) => ({ start, value: points?.get(start), samples: 0 })), meaningless: false };
  }
  const { namespace, metricName, dimensions, statistic, unit } = source;
  const summaries = periodsOf(segments, scope, { id: metricId(namespace, metricName, dimensions), from: oldest, to: end, period, unit });
  const of = statisticOf(statistic)!;
  const periods = starts.map((start): Period => {
    const summary = summaries.get(start);
    return { start, value: summary && of(summary), samples: summary?.count ?? 0 };
  });
  const percentile = percentileOf(statistic);
  const latest = periods.find(({ samples }) => samples > 0);
  return { periods, meaningless: alarm.lowSamples === "ignore" && percentile !== undefined && latest !== undefined && !isMeaningful(latest.samples, percentile) };
}
