/** PutMetricData: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html */
import { Cloudwatch, type CloudwatchTypes } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { refuseMembers } from "../not-implemented.js";
import { dimensionsOf } from "./dimensions.js";
import { invalidCombination, invalidValue, missingParameter, notYet } from "./errors.js";
import { record } from "./record.js";
import type { Sample } from "./samples.js";
import type { Dimension } from "./state.js";

const DAY = 24 * 3_600_000;
const OLDEST = 14 * DAY;
const LATEST = 2 * 3_600_000;
const MOST_DATA = 1_000;
const MOST_VALUES = 150;
/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html: values of -2^360 to 2^360. */
const LARGEST = 2 ** 360;

interface Point {
  readonly name: string;
  readonly dimensions: readonly Dimension[];
  readonly time: number;
  readonly resolution: 1 | 60;
  readonly sample: Sample;
}

export const putDataOperations = operations(Cloudwatch, {
  PutMetricData: {
    authorize: (input) => ({ action: "cloudwatch:PutMetricData", resources: ["*"], conditions: { "cloudwatch:namespace": input.Namespace } }),
    handle(ctx, input) {
      refuseMembers(input, ["EntityMetricData"], (name) => notYet(`the parameter ${name}`));
      const data = input.MetricData ?? [];
      if (data.length === 0) throw missingParameter("The parameter MetricData is required.");
      if (data.length > MOST_DATA) throw invalidValue(`The collection MetricData must not have a size greater than ${MOST_DATA}.`);
      if (/^AWS\//i.test(input.Namespace)) throw invalidValue("The value AWS/ for parameter Namespace is invalid: namespaces that begin with AWS/ are reserved.");
      // All or nothing: every datum is checked before the first is kept.
      const points = data.map((datum, index) => pointOf(ctx, datum, `MetricData.member.${index + 1}`));
      for (const point of points) record(ctx.db, (entry) => ctx.log(entry), ctx, input.Namespace, point, ctx.now);
      return {};
    },
  },
});

function pointOf(ctx: Context, datum: CloudwatchTypes.MetricDatum, path: string): Point {
  const time = datum.Timestamp?.getTime() ?? ctx.now;
  if (time < ctx.now - OLDEST || time > ctx.now + LATEST) {
    throw invalidValue(`The parameter ${path}.Timestamp must be specified with a time within the past two weeks and up to two hours in the future: ${new Date(time).toISOString()}`);
  }
  const resolution = datum.StorageResolution ?? 60;
  if (resolution !== 1 && resolution !== 60) throw invalidValue(`The value ${resolution} for parameter ${path}.StorageResolution is invalid: it is 1 or 60.`);
  const unit = datum.Unit === undefined || datum.Unit === "None" ? {} : { u: datum.Unit };
  return { name: datum.MetricName, dimensions: dimensionsOf(datum.Dimensions, `${path}.Dimensions`), time, resolution, sample: { ...unit, ...valuesOf(datum, path) } };
}

function valuesOf({ Value, Values, Counts, StatisticValues }: CloudwatchTypes.MetricDatum, path: string): Sample {
  const given = Object.entries({ Value, Values, StatisticValues }).flatMap(([name, value]) => (value === undefined ? [] : [`${path}.${name}`]));
  if (given.length > 1) throw invalidCombination(`The parameters ${given.join(" and ")} are mutually exclusive and you have specified both.`);
  if (given.length === 0) throw missingParameter(`At least one of the parameters ${path}.Value, ${path}.Values and ${path}.StatisticValues must be specified.`);
  if (Counts !== undefined && Values === undefined) throw invalidCombination(`The parameter ${path}.Counts requires ${path}.Values.`);
  if (Value !== undefined) return { v: [finite(Value, `${path}.Value`)] };
  if (Values !== undefined) return listOf(Values, Counts, path);
  const { SampleCount, Sum, Minimum, Maximum } = StatisticValues!;
  const set = [finite(SampleCount, `${path}.StatisticValues.SampleCount`), finite(Sum, `${path}.StatisticValues.Sum`), finite(Minimum, `${path}.StatisticValues.Minimum`), finite(Maximum, `${path}.StatisticValues.Maximum`)] as const;
  if (SampleCount < 0) throw invalidValue(`The value ${SampleCount} for parameter ${path}.StatisticValues.SampleCount is invalid: it must not be negative.`);
  if (Minimum > Maximum) throw invalidCombination(`The parameter ${path}.StatisticValues.Maximum must be greater than or equal to ${path}.StatisticValues.Minimum.`);
  return { s: set };
}

function listOf(values: readonly number[], counts: readonly number[] | undefined, path: string): Sample {
  if (values.length === 0) throw missingParameter(`The parameter ${path}.Values must have a value at least.`);
  if (values.length > MOST_VALUES) throw invalidValue(`The collection ${path}.Values must not have a size greater than ${MOST_VALUES}.`);
  if (counts && counts.length !== values.length) throw invalidValue(`The parameters ${path}.Values and ${path}.Counts must be of the same size.`);
  values.forEach((value, index) => finite(value, `${path}.Values.member.${index + 1}`));
  counts?.forEach((count, index) => {
    if (finite(count, `${path}.Counts.member.${index + 1}`) < 0) throw invalidValue(`The value ${count} for parameter ${path}.Counts.member.${index + 1} is invalid: it must not be negative.`);
  });
  return counts ? { v: values, c: counts } : { v: values };
}

function finite(value: number, path: string): number {
  if (!Number.isFinite(value) || Math.abs(value) > LARGEST) throw invalidValue(`The value ${value} for parameter ${path} is invalid.`);
  return value;
}
