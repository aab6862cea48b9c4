/** The functions of metric math: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html#metric-math-syntax-functions-list Pure. */
import { MathError } from "./parse.js";
import { mapped, scalar, seriesLike, type Points, type Series, type Value } from "./values.js";

/** The time that is asked about, in milliseconds: what FILL fills. */
export interface Frame {
  readonly from: number;
  readonly to: number;
  /** What METRICS() stands for. */
  readonly metrics: readonly Series[];
}

type MathFunction = (parameters: readonly Value[], frame: Frame) => Value;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const average = (values: readonly number[]): number => sum(values) / values.length;
const deviation = (values: readonly number[]): number => Math.sqrt(average(values.map((value) => (value - average(values)) ** 2)));

/** Of one series a number, of several a series of each moment's. */
function aggregate(name: string, of: (values: readonly number[]) => number): MathFunction {
  return (parameters) => {
    const all = parameters.flatMap((value): readonly Value[] => (value.kind === "list" ? value.items : [value]));
    const [only] = all;
    if (all.length === 1 && parameters[0]!.kind !== "list") {
      if (only?.kind === "series") return scalar(only.points.size > 0 ? of([...only.points.values()]) : NaN);
      if (only?.kind === "scalar") return scalar(of([only.value]));
    }
    const numbers = all.flatMap((value) => (value.kind === "scalar" ? [value.value] : []));
    if (numbers.length === all.length) {
      if (numbers.length === 0) throw new MathError(`${name} needs a parameter`);
      return scalar(of(numbers));
    }
    return together(name, all, of);
  };
}

function together(name: string, all: readonly Value[], of: (values: readonly number[]) => number): Value {
  const series = all.filter((value): value is Series => value.kind === "series");
  if (series.length === 0) throw new MathError(`${name} needs a time series`);
  const constants = all.flatMap((value) => (value.kind === "scalar" ? [value.value] : []));
  const times = [...new Set(series.flatMap(({ points }) => [...points.keys()]))].sort((a, b) => a - b);
  const points = new Map(times.map((time) => [time, of([...series.flatMap((each) => each.points.get(time) ?? []), ...constants])]));
  return { ...series[0]!, label: name, points };
}

/** What follows from each value and the one before it. */
function stepwise(step: (value: number, before: number, seconds: number) => number): MathFunction {
  return ([value]) => {
    let before: { readonly time: number; readonly value: number } | undefined;
    const one = (series: Series): Series => {
      before = undefined;
      return mapped(series, (now, time) => {
        const result = before && step(now, before.value, (time - before.time) / 1_000);
        before = { time, value: now };
        return result;
      }) as Series;
    };
    if (value?.kind === "list") return { kind: "list", items: value.items.map(one) };
    return one(needSeries(value));
  };
}

function needSeries(value: Value | undefined): Series {
  if (value?.kind !== "series") throw new MathError("A time series is needed");
  return value;
}

const each = (change: (value: number) => number): MathFunction => ([value]) => mapped(needValue(value), change);
const calendar = (part: (date: Date) => number): MathFunction => ([value]) => mapped(needSeries(value), (_, time) => part(new Date(time)));

function needValue(value: Value | undefined): Value {
  if (!value) throw new MathError("A parameter is needed");
  return value;
}

function fill([value, by]: readonly Value[], frame: Frame): Value {
  if (value?.kind === "list") return { kind: "list", items: value.items.map((item) => fillSeries(item, by, frame)) };
  return fillSeries(needSeries(value), by, frame);
}

function fillSeries(series: Series, by: Value | undefined, { from, to }: Frame): Series {
  const step = series.period * 1_000;
  const points = new Map<number, number>();
  const known = [...series.points.keys()].sort((a, b) => a - b);
  for (let time = from; time < to; time += step) {
    const value = series.points.get(time) ?? filler(series.points, known, by, time);
    if (value !== undefined) points.set(time, value);
  }
  return seriesLike(series, points);
}

function filler(points: Points, known: readonly number[], by: Value | undefined, time: number): number | undefined {
  if (by?.kind === "scalar") return by.value;
  if (by?.kind === "series") return by.points.get(time);
  if (by?.kind !== "text" || !/^(REPEAT|LINEAR)$/.test(by.value)) throw new MathError("FILL fills with a number, a time series, REPEAT or LINEAR");
  const before = known.findLast((at) => at < time);
  const after = known.find((at) => at > time);
  if (before === undefined) return undefined;
  if (by.value === "REPEAT") return points.get(before);
  if (after === undefined) return undefined;
  const [low, high] = [points.get(before)!, points.get(after)!];
  return low + ((high - low) * (time - before)) / (after - before);
}

function choose([condition, then, otherwise]: readonly Value[]): Value {
  if (!condition || !then) throw new MathError("IF needs a condition and a value");
  const valueAt = (value: Value | undefined, time: number): number | undefined => (value?.kind === "scalar" ? value.value : value?.kind === "series" ? value.points.get(time) : undefined);
  if (condition.kind === "scalar") return condition.value !== 0 ? then : (otherwise ?? scalar(NaN));
  return mapped(needSeries(condition), (value, time) => (value !== 0 ? valueAt(then, time) : valueAt(otherwise, time)));
}

function metricsWhose([text]: readonly Value[], { metrics }: Frame): Value {
  if (text && text.kind !== "text") throw new MathError("METRICS takes a text");
  return { kind: "list", items: metrics.filter(({ label }) => !text || label.includes(text.value)) };
}

function runningSum([value]: readonly Value[]): Value {
  let total = 0;
  return mapped(needSeries(value), (each) => (total += each));
}

const itemsOf = (value: Value | undefined): readonly Series[] => (value?.kind === "list" ? value.items : [needSeries(value)]);

export const FUNCTIONS: Readonly<Record<string, MathFunction>> = {
  ABS: each(Math.abs),
  CEIL: each(Math.ceil),
  FLOOR: each(Math.floor),
  LOG: each(Math.log),
  LOG10: each(Math.log10),
  AVG: aggregate("AVG", average),
  SUM: aggregate("SUM", sum),
  MIN: aggregate("MIN", (values) => Math.min(...values)),
  MAX: aggregate("MAX", (values) => Math.max(...values)),
  STDDEV: aggregate("STDDEV", deviation),
  DIFF: stepwise((value, before) => value - before),
  DIFF_TIME: stepwise((_, __, seconds) => seconds),
  RATE: stepwise((value, before, seconds) => (value - before) / seconds),
  RUNNING_SUM: runningSum,
  FILL: fill,
  IF: choose,
  METRICS: metricsWhose,
  METRIC_COUNT: ([value]) => scalar(itemsOf(value).length),
  DATAPOINT_COUNT: ([value]) => scalar(needSeries(value).points.size),
  FIRST: ([value]) => itemsOf(value)[0] ?? scalar(NaN),
  LAST: ([value]) => itemsOf(value).at(-1) ?? scalar(NaN),
  PERIOD: ([value]) => scalar(needSeries(value).period),
  EPOCH: calendar((date) => Math.floor(date.getTime() / 1_000)),
  MINUTE: calendar((date) => date.getUTCMinutes()),
  HOUR: calendar((date) => date.getUTCHours()),
  DAY: calendar((date) => date.getUTCDay() || 7),
  DATE: calendar((date) => date.getUTCDate()),
  MONTH: calendar((date) => date.getUTCMonth() + 1),
  YEAR: calendar((date) => date.getUTCFullYear()),
  TIME_SERIES: ([value], { from, to, metrics }) => {
    if (value?.kind !== "scalar") throw new MathError("TIME_SERIES takes a number");
    const period = Math.min(...metrics.map((metric) => metric.period), 3_600);
    const times = Array.from({ length: Math.min(100_000, Math.ceil((to - from) / (period * 1_000))) }, (_, index) => from + index * period * 1_000);
    return { kind: "series", label: String(value.value), period, points: new Map(times.map((time) => [time, value.value])) };
  },
};

/** AWS's functions that are not here. */
export const LACKING = ["SEARCH", "ANOMALY_DETECTION_BAND", "INSIGHT_RULE_METRIC", "SERVICE_QUOTA", "SLICE", "SORT", "REMOVE_EMPTY", "DB_PERF_INSIGHTS", "LAMBDA"];
