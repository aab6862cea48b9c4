/**
 * What an alarm's state should be, by the points of its evaluation range. Pure.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
import type { Comparison, MissingData, StateValue } from "./state.js";

/** How many periods more than it evaluates an alarm looks at, for points that come late. */
const MORE = 2;

export interface Period {
  readonly start: number;
  /** Undefined when there is no point. */
  readonly value: number | undefined;
  readonly samples: number;
}

export interface Criteria {
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly threshold: number;
  readonly comparison: Comparison;
  readonly missing: MissingData;
}

export interface Verdict {
  /** Undefined when the alarm keeps its state. */
  readonly state: StateValue | undefined;
  /** The points that decided, the latest first. */
  readonly points: readonly Period[];
  /** How many missing points were given a meaning. */
  readonly filled: number;
}

/** How many periods an alarm needs to see. */
export function rangeOf(evaluationPeriods: number): number {
  return evaluationPeriods + MORE;
}

/** @param periods the latest first, as many as `rangeOf` says */
export function judge(periods: readonly Period[], criteria: Criteria): Verdict {
  const { evaluationPeriods: n, datapointsToAlarm: m, missing } = criteria;
  const existing = periods.flatMap((period, index) => (period.value === undefined ? [] : [{ period, age: index + 1, breaching: isBreaching(period.value, criteria) }]));
  // Where there are enough real points, however far back in the range, no missing one is given a meaning.
  const evaluated = existing.slice(0, n);
  const filled = n - evaluated.length;
  const points = evaluated.map(({ period }) => period);
  const breaching = evaluated.filter((point) => point.breaching).length;
  if (filled === 0) return { state: breaching >= m ? "ALARM" : "OK", points, filled: 0 };
  if (missing === "breaching") return { state: breaching + filled >= m ? "ALARM" : "OK", points, filled };
  if (missing === "notBreaching") return { state: breaching >= m ? "ALARM" : "OK", points, filled };
  const decided = (state: StateValue | undefined): Verdict => ({ state, points, filled });
  if (evaluated.length === 0) return decided(missing === "ignore" ? undefined : "INSUFFICIENT_DATA");
  if (breaching >= m) return decided("ALARM");
  if (breaching < evaluated.length) return decided("OK");
  // Only breaching points, and fewer than it takes: the documented "premature" ALARM, when the oldest of them is old enough.
  const oldest = evaluated.at(-1)!.age;
  return decided(missing === "missing" && oldest >= m ? "ALARM" : undefined);
}

export function isBreaching(value: number, { comparison, threshold }: Pick<Criteria, "comparison" | "threshold">): boolean {
  switch (comparison) {
    case "GreaterThanOrEqualToThreshold":
      return value >= threshold;
    case "GreaterThanThreshold":
      return value > threshold;
    case "LessThanThreshold":
      return value < threshold;
    case "LessThanOrEqualToThreshold":
      return value <= threshold;
  }
}

/**
 * Whether a percentile says something of so few samples.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html
 */
export function isMeaningful(samples: number, percentile: number): boolean {
  const tail = percentile >= 50 ? 100 - percentile : percentile;
  return tail === 0 || samples >= 1_000 / tail;
}
