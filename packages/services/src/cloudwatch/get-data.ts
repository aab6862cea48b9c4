/** GetMetricData: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
import { Cloudwatch, type CloudwatchTypes } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations } from "../define.js";
import { pageOf } from "../paging.js";
import { invalidToken, validation } from "./errors.js";
import { answersOf, checkQueries } from "./queries.js";

const MOST_DATAPOINTS = 100_800;

interface Point {
  readonly result: number;
  readonly time: number;
  readonly value: number;
}

export const dataOperations = operations(Cloudwatch, {
  GetMetricData: {
    authorize: onEverything("cloudwatch:GetMetricData"),
    handle(ctx, input) {
      const most = input.MaxDatapoints ?? MOST_DATAPOINTS;
      if (most < 1 || most > MOST_DATAPOINTS) throw validation(`The parameter MaxDatapoints must be between 1 and ${MOST_DATAPOINTS}: ${most}.`);
      if (input.StartTime >= input.EndTime) throw validation("The parameter EndTime must be greater than StartTime.");
      checkQueries(input.MetricDataQueries, "MetricDataQueries");
      const answers = answersOf(input.MetricDataQueries, { segments: ctx.segments, scope: ctx, now: ctx.now, from: input.StartTime.getTime(), to: input.EndTime.getTime() });
      const rows = answers.flatMap(({ query, series }) => series.map(({ label, points }) => ({ id: query.Id, label, points })));
      const ascending = input.ScanBy === "TimestampAscending";
      const all = rows.flatMap(({ points }, result): readonly Point[] =>
        [...points].map(([time, value]) => ({ result, time, value })).sort((a, b) => (ascending ? a.time - b.time : b.time - a.time)),
      );
      const key = ({ result, time }: Point): readonly number[] => [result, ascending ? time : -time];
      const { records, next } = pageOf(all, { input, size: most, token: input.NextToken, key, invalid: invalidToken });
      return { MetricDataResults: rows.map(({ id, label }, index) => shown(id, label, index, records, next !== undefined)), NextToken: next, Messages: [] };
    },
  },
});

function shown(id: string, label: string, index: number, page: readonly Point[], more: boolean): CloudwatchTypes.MetricDataResult {
  const own = page.filter(({ result }) => result === index);
  const last = page.at(-1)?.result ?? 0;
  return {
    Id: id,
    Label: label,
    Timestamps: own.map(({ time }) => new Date(time)),
    Values: own.map(({ value }) => value),
    StatusCode: more && index >= last ? "PartialData" : "Complete",
  };
}
