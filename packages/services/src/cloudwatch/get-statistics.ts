/** GetMetricStatistics: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html */
import { Cloudwatch, type CloudwatchTypes } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { dimensionsOf } from "./dimensions.js";
import { invalidCombination, invalidValue, missingParameter } from "./errors.js";
import { floorTo, metricId, periodsOf, samplesOf } from "./series.js";
import { statisticOf } from "./statistics.js";

const MINUTE = 60_000;
const DAY = 24 * 3_600_000;
const MOST_DATAPOINTS = 1_440;

export const statisticsOperations = operations(Cloudwatch, {
  GetMetricStatistics: {
    authorize: onEverything("cloudwatch:GetMetricStatistics"),
    handle(ctx, input) {
      check(input);
      const period = input.Period * 1_000;
      const from = roundedStart(input.StartTime.getTime(), input.Period, ctx.now);
      const to = input.EndTime.getTime();
      if ((to - from) / period > MOST_DATAPOINTS) {
        throw invalidCombination(`You have requested up to ${Math.ceil((to - from) / period)} datapoints, which exceeds the limit of ${MOST_DATAPOINTS}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`);
      }
      const id = metricId(input.Namespace, input.MetricName, dimensionsOf(input.Dimensions, "Dimensions"));
      const units = input.Unit === undefined ? unitsOf(ctx, id, from, to) : [input.Unit];
      return { Label: input.MetricName, Datapoints: units.flatMap((unit) => datapoints(ctx, input, { id, from, to, period, unit })) };
    },
  },
});

function check(input: CloudwatchTypes.GetMetricStatisticsInput): void {
  const { Statistics = [], ExtendedStatistics = [], Period } = input;
  if (Statistics.length === 0 && ExtendedStatistics.length === 0) throw missingParameter("Must specify either Statistics or ExtendedStatistics");
  if (Statistics.length > 0 && ExtendedStatistics.length > 0) throw invalidCombination("The parameters Statistics and ExtendedStatistics are mutually exclusive and you have specified both.");
  checkPeriod(Period, "Period");
  const unknown = ExtendedStatistics.find((name) => !statisticOf(name));
  if (unknown !== undefined) throw invalidValue(`The value ${unknown} for parameter ExtendedStatistics is not supported.`);
  if (input.StartTime >= input.EndTime) throw invalidValue("The parameter StartTime must be less than the parameter EndTime.");
}

/** @throws AwsError InvalidParameterValue for what is no period */
export function checkPeriod(seconds: number, name: string): void {
  if (![1, 5, 10, 20, 30].includes(seconds) && (seconds < 60 || seconds % 60 !== 0)) {
    throw invalidValue(`The parameter ${name} must be 1, 5, 10, 20, 30, or a multiple of 60: ${seconds}.`);
  }
}

/** Requests begin at a whole minute, and of old data, that has only points of 5 minutes or an hour, at a whole one of those. */
export function roundedStart(start: number, period: number, now: number): number {
  if (period < 60) return floorTo(start, period * 1_000);
  const age = now - start;
  return floorTo(start, age < 15 * DAY ? MINUTE : age < 63 * DAY ? 5 * MINUTE : 60 * MINUTE);
}

function unitsOf(ctx: Context, id: string, from: number, to: number): readonly string[] {
  const units = new Set<string>();
  for (const { sample } of samplesOf(ctx.segments, ctx, id, from, to)) units.add(sample.u ?? "None");
  return [...units];
}

interface Range {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  readonly period: number;
  readonly unit: string;
}

function datapoints(ctx: Context, { Statistics = [], ExtendedStatistics = [] }: CloudwatchTypes.GetMetricStatisticsInput, range: Range): CloudwatchTypes.Datapoint[] {
  return [...periodsOf(ctx.segments, ctx, range)].map(([start, summary]) => {
    const plain = Statistics.map((name) => [name, statisticOf(name)?.(summary)] as const);
    const extended = ExtendedStatistics.flatMap((name) => {
      const value = statisticOf(name)?.(summary);
      return value === undefined ? [] : [[name, value] as const];
    });
    return {
      Timestamp: new Date(start),
      ...Object.fromEntries(plain),
      ...(extended.length > 0 ? { ExtendedStatistics: Object.fromEntries(extended) } : {}),
      Unit: range.unit as CloudwatchTypes.StandardUnit,
    };
  });
}
