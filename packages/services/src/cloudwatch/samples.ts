/** What a metric's points say together: counts, sums, extremes, and as far as single values were told, how they are spread. Pure. */

/** One point as it is kept. Names are short, as there are millions. */
export interface Sample {
  /** Unit. */
  readonly u?: string;
  /** Values, or a statistic set of samples that nobody told one by one. */
  readonly v?: readonly number[];
  /** How often each value came; once each when absent. */
  readonly c?: readonly number[];
  /** Count, sum, minimum, maximum of a statistic set. */
  readonly s?: readonly [count: number, sum: number, minimum: number, maximum: number];
  /** Made of finer points that got old: the latest of a time counts, as the same ones may have been rolled up twice. */
  readonly r?: true;
}

export interface Summary {
  readonly count: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Values with their counts, ascending; undefined when some samples were told as statistic sets, whose spread nobody knows. */
  readonly values: readonly (readonly [value: number, count: number])[] | undefined;
}

/** How many different values a rolled-up point keeps; more are rounded to three digits. */
const MOST_VALUES = 200;

/** @returns undefined when there is none */
export function summarize(samples: readonly Sample[]): Summary | undefined {
  let count = 0;
  let sum = 0;
  let minimum = Infinity;
  let maximum = -Infinity;
  const values = new Map<number, number>();
  let known = true;
  const add = (n: number, total: number, low: number, high: number): void => {
    count += n;
    sum += total;
    minimum = Math.min(minimum, low);
    maximum = Math.max(maximum, high);
  };
  for (const { v = [], c, s } of samples) {
    v.forEach((value, index) => {
      const times = c?.[index] ?? 1;
      if (times === 0) return;
      add(times, value * times, value, value);
      values.set(value, (values.get(value) ?? 0) + times);
    });
    if (!s || s[0] === 0) continue;
    add(...s);
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html: percentiles of such sets need one sample, or one value.
    if (s[0] === 1 || s[2] === s[3]) values.set(s[2], (values.get(s[2]) ?? 0) + s[0]);
    else known = false;
  }
  if (count === 0) return undefined;
  return { count, sum, minimum, maximum, values: known ? [...values].sort(([a], [b]) => a - b) : undefined };
}

/** One sample that says what many said. */
export function rolledUp(samples: readonly Sample[]): Sample | undefined {
  const summary = summarize(samples);
  if (!summary) return undefined;
  const unit = samples.find(({ u }) => u !== undefined)?.u;
  const { count, sum, minimum, maximum, values } = summary;
  const spread = values && (values.length <= MOST_VALUES ? values : rounded(values));
  if (!spread || spread.length > MOST_VALUES || !isExact(spread, summary)) {
    return { ...(unit === undefined ? {} : { u: unit }), s: [count, sum, minimum, maximum], r: true };
  }
  return { ...(unit === undefined ? {} : { u: unit }), v: spread.map(([value]) => value), c: spread.map(([, times]) => times), r: true };
}

/** Rounded values would change the sum, which must stay true. */
function isExact(spread: readonly (readonly [number, number])[], { sum, minimum, maximum }: Summary): boolean {
  const total = spread.reduce((before, [value, times]) => before + value * times, 0);
  return spread[0]![0] === minimum && spread.at(-1)![0] === maximum && Math.abs(total - sum) <= Math.abs(sum) * 1e-9;
}

function rounded(values: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  const merged = new Map<number, number>();
  for (const [value, times] of values) {
    const near = Number(value.toPrecision(3));
    merged.set(near, (merged.get(near) ?? 0) + times);
  }
  return [...merged].sort(([a], [b]) => a - b);
}
