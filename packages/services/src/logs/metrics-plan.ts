/** What metric filters count in a batch of events. Pure. */
import type { LogsTypes } from "@hakoniwa/wire";
import { compilePattern, type Matcher } from "./pattern.js";
import type { CountedMetric, MetricFilter } from "./state.js";

type Event = Pick<LogsTypes.InputLogEvent, "timestamp" | "message">;
type Extracted = Readonly<Record<string, string>>;

const MINUTE = 60_000;
/** CloudWatch takes no more in one datum. */
const MOST_VALUES = 150;

/** Filters don't change, so their patterns are read once. */
const matchers = new WeakMap<MetricFilter, Matcher>();

/** One datum for each metric, set of dimensions and minute, or several where there are many values. */
export function countedBy(filters: readonly MetricFilter[], events: readonly Event[]): readonly CountedMetric[] {
  const counted = new Map<string, CountedMetric & { readonly values: number[] }>();
  const count = (transformation: LogsTypes.MetricTransformation, timestamp: number, value: number, dimensions: Extracted): void => {
    const { metricNamespace: namespace, metricName: name, unit } = transformation;
    const time = Math.floor(timestamp / MINUTE) * MINUTE;
    const key = JSON.stringify([namespace, name, unit, time, dimensions]);
    const known = counted.get(key);
    if (known) known.values.push(value);
    else counted.set(key, { namespace, name, unit, time, dimensions, values: [value] });
  };
  for (const filter of filters) {
    const found = events.map(({ timestamp, message }) => ({ timestamp, extracted: matcherOf(filter)(message) }));
    const busy = new Set(found.filter(({ extracted }) => extracted).map(({ timestamp }) => Math.floor(timestamp / MINUTE)));
    for (const transformation of filter.transformations) {
      for (const { timestamp, extracted } of found) {
        const value = extracted && valueOf(transformation.metricValue, extracted);
        const dimensions = extracted && dimensionsOf(transformation, extracted);
        if (value !== undefined && dimensions) count(transformation, timestamp, value, dimensions);
      }
      // For minutes in which events came and none matched.
      const { defaultValue } = transformation;
      const idle = new Set(events.map(({ timestamp }) => Math.floor(timestamp / MINUTE)).filter((minute) => !busy.has(minute)));
      if (defaultValue !== undefined) for (const minute of idle) count(transformation, minute * MINUTE, defaultValue, {});
    }
  }
  return [...counted.values()].flatMap((metric) => Array.from({ length: Math.ceil(metric.values.length / MOST_VALUES) }, (_, part) => (
    { ...metric, values: metric.values.slice(part * MOST_VALUES, (part + 1) * MOST_VALUES) }
  )));
}

function matcherOf(filter: MetricFilter): Matcher {
  let matcher = matchers.get(filter);
  if (!matcher) matchers.set(filter, (matcher = compilePattern(filter.pattern)));
  return matcher;
}

/** A number, or the value of a field; undefined when that is none. */
function valueOf(text: string, extracted: Extracted): number | undefined {
  const value = Number(text.startsWith("$") ? (extracted[text] ?? NaN) : text);
  return Number.isFinite(value) ? value : undefined;
}

/** Undefined when a field that names one isn't there: then AWS publishes nothing. */
function dimensionsOf({ dimensions = {} }: LogsTypes.MetricTransformation, extracted: Extracted): Extracted | undefined {
  const pairs = Object.entries(dimensions).map(([name, field]) => [name, field.startsWith("$") ? extracted[field] : field] as const);
  return pairs.every(([, value]) => value !== undefined && value !== "") ? (Object.fromEntries(pairs) as Extracted) : undefined;
}
