/** Statistics by the names that AWS gives them: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html Pure. */
import type { Summary } from "./samples.js";

/** What a statistic says of a period's samples; undefined where it can say nothing. */
export type Statistic = (summary: Summary) => number | undefined;

type Values = NonNullable<Summary["values"]>;

const PLAIN: Readonly<Record<string, Statistic>> = {
  SampleCount: ({ count }) => count,
  Average: ({ sum, count }) => sum / count,
  Sum: ({ sum }) => sum,
  Minimum: ({ minimum }) => minimum,
  Maximum: ({ maximum }) => maximum,
};

/** Plain statistics, percentiles, and trimmed, winsorized and counted ones; undefined for what AWS has no such name for. */
export function statisticOf(name: string): Statistic | undefined {
  if (Object.hasOwn(PLAIN, name)) return PLAIN[name];
  if (name === "IQM") return trimmedMean({ low: 25, high: 75, percent: true });
  const short = /^(p|tm|wm|tc|ts)(\d{1,2}(?:\.\d{1,10})?|100)$/i.exec(name);
  if (short) {
    const high = Number(short[2]);
    return short[1]!.toLowerCase() === "p" ? (summary) => summary.values && percentile(summary.values, high) : ranged(short[1]!.toUpperCase(), { low: 0, high, percent: true });
  }
  const long = /^(TM|WM|TC|TS|PR)\(([^:()]*):([^:()]*)\)$/.exec(name);
  const range = long && rangeOf(long[2]!, long[3]!);
  return long && range ? ranged(long[1]!, range) : undefined;
}

/** Whether a name is a percentile, which alarms treat apart when there are few samples. */
export function percentileOf(name: string): number | undefined {
  const found = /^p(\d{1,2}(?:\.\d{1,10})?|100)$/.exec(name);
  return found ? Number(found[1]) : undefined;
}

interface Bounds {
  readonly low: number;
  readonly high: number;
  readonly percent: boolean;
}

function rangeOf(low: string, high: string): Bounds | undefined {
  const given = [low, high].filter((bound) => bound !== "");
  const percent = given.every((bound) => bound.endsWith("%"));
  const isNumber = (bound: string): boolean => /^\d+(\.\d+)?([Ee][+-]?\d+)?%?$/.test(bound);
  if (given.length === 0 || !given.every(isNumber) || (!percent && given.some((bound) => bound.endsWith("%")))) return undefined;
  const parsed = { low: low === "" ? (percent ? 0 : -Infinity) : parseFloat(low), high: high === "" ? (percent ? 100 : Infinity) : parseFloat(high), percent };
  return parsed.low > parsed.high || (percent && parsed.high > 100) ? undefined : parsed;
}

function ranged(kind: string, bounds: Bounds): Statistic | undefined {
  if (kind === "TM") return trimmedMean(bounds);
  const counted = (summary: Summary): number | undefined => summary.values && within(summary.values, bounds).reduce((sum, [, times]) => sum + times, 0);
  if (kind === "TC") return counted;
  if (kind === "TS") return (summary) => summary.values && total(within(summary.values, bounds));
  if (kind === "WM") return (summary) => summary.values && winsorizedMean(summary.values, bounds);
  if (bounds.percent) return undefined;
  return (summary) => {
    const found = counted(summary);
    return found === undefined ? undefined : (found / summary.count) * 100;
  };
}

/** The smallest value that at least so many percent of the samples don't exceed. */
function percentile(values: Values, percent: number): number {
  const rank = Math.max(1, Math.ceil((percent / 100) * countOf(values)));
  let seen = 0;
  for (const [value, times] of values) {
    seen += times;
    if (seen >= rank) return value;
  }
  return values.at(-1)![0];
}

function countOf(values: Values): number {
  return values.reduce((sum, [, times]) => sum + times, 0);
}

function total(values: Values): number {
  return values.reduce((sum, [value, times]) => sum + value * times, 0);
}

/** The samples in the bounds: by value, or by their rank. */
function within(values: Values, { low, high, percent }: Bounds): Values {
  if (!percent) return values.filter(([value]) => value > low && value <= high);
  const count = countOf(values);
  const from = (low / 100) * count;
  const to = (high / 100) * count;
  let seen = 0;
  return values.flatMap(([value, times]) => {
    const begin = seen;
    seen += times;
    const kept = Math.min(seen, to) - Math.max(begin, from);
    return kept > 0 ? [[value, kept] as const] : [];
  });
}

function trimmedMean(bounds: Bounds): Statistic {
  return ({ values }) => {
    const kept = values && within(values, bounds);
    return kept && kept.length > 0 ? total(kept) / countOf(kept) : undefined;
  };
}

/** What lies beyond the bounds counts as the bound itself. */
function winsorizedMean(values: Values, bounds: Bounds): number {
  const low = bounds.percent ? percentile(values, bounds.low) : bounds.low;
  const high = bounds.percent ? percentile(values, bounds.high) : bounds.high;
  return total(values.map(([value, times]) => [Math.min(high, Math.max(low, value)), times] as const)) / countOf(values);
}
