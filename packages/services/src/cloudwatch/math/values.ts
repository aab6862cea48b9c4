/** What metric math calculates with. Pure. */
import { MathError } from "./parse.js";

/** Values by the begin of their period, in milliseconds. */
export type Points = ReadonlyMap<number, number>;

export interface Series {
  readonly kind: "series";
  readonly label: string;
  readonly points: Points;
  /** Seconds. */
  readonly period: number;
}

export type Value =
  | { readonly kind: "scalar"; readonly value: number }
  | { readonly kind: "text"; readonly value: string }
  | Series
  | { readonly kind: "list"; readonly items: readonly Series[] };

export const scalar = (value: number): Value => ({ kind: "scalar", value });

export function seriesLike(model: Series, points: Points): Series {
  return { ...model, points };
}

/** Each value of a series, or of each of several. */
export function mapped(value: Value, change: (value: number, time: number) => number | undefined): Value {
  switch (value.kind) {
    case "scalar":
      return scalar(change(value.value, NaN) ?? NaN);
    case "series":
      return mappedSeries(value, change);
    case "list":
      return { kind: "list", items: value.items.map((item) => mappedSeries(item, change)) };
    default:
      throw new MathError(`'${value.value}' is no time series or number`);
  }
}

function mappedSeries(series: Series, change: (value: number, time: number) => number | undefined): Series {
  const points = new Map<number, number>();
  for (const [time, value] of series.points) {
    const changed = change(value, time);
    // What can't be calculated is no point: a division by zero leaves a gap.
    if (changed !== undefined && Number.isFinite(changed)) points.set(time, changed);
  }
  return seriesLike(series, points);
}

/** Two values together: of two series only where both have a point; a list goes element by element. */
export function combined(left: Value, right: Value, combine: (a: number, b: number) => number): Value {
  if (left.kind === "text" || right.kind === "text") throw new MathError("A text can't be calculated with");
  if (left.kind === "scalar" && right.kind === "scalar") return scalar(combine(left.value, right.value));
  if (left.kind === "list" && right.kind === "list") {
    if (left.items.length !== right.items.length) throw new MathError("Arrays of time series of different sizes can't be combined");
    return { kind: "list", items: left.items.map((item, index) => combined(item, right.items[index]!, combine) as Series) };
  }
  if (left.kind === "list") return { kind: "list", items: left.items.map((item) => combined(item, right, combine) as Series) };
  if (right.kind === "list") return { kind: "list", items: right.items.map((item) => combined(left, item, combine) as Series) };
  if (left.kind === "series" && right.kind === "series") return mapped(left, (value, time) => present(right.points.get(time), (other) => combine(value, other)));
  if (left.kind === "series") return mapped(left, (value) => combine(value, (right as { readonly value: number }).value));
  return mapped(right, (value) => combine((left as { readonly value: number }).value, value));
}

function present(value: number | undefined, then: (value: number) => number): number | undefined {
  return value === undefined ? undefined : then(value);
}
