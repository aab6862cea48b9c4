/** Metric filters: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html */
import { Logs, type LogsTypes } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations } from "../define.js";
import { pageOf } from "../paging.js";
import { access } from "./access.js";
import { filterNotFound, invalidParameter, invalidToken, limitExceeded, notYet } from "./errors.js";
import { groupOf } from "./names.js";
import { compilePattern } from "./pattern.js";
import { keyIn, metricFilters, type MetricFilter } from "./state.js";

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html */
const MOST_FILTERS = 100;
const PAGE = 50;

export const metricFilterOperations = operations(Logs, {
  PutMetricFilter: {
    authorize: access("PutMetricFilter"),
    handle(ctx, input) {
      for (const name of ["applyOnTransformedLogs", "fieldSelectionCriteria", "emitSystemFieldDimensions"] as const) if (input[name]) throw notYet(name);
      const { name: group } = groupOf(ctx.db, input.logGroupName);
      compilePattern(input.filterPattern);
      input.metricTransformations.forEach(checkTransformation);
      const key = keyIn(group, input.filterName);
      const before = ctx.db(metricFilters).get(key);
      if (!before && ctx.db(metricFilters).where("group", group).length >= MOST_FILTERS) throw limitExceeded();
      ctx.db(metricFilters).put({ group, name: input.filterName, pattern: input.filterPattern, transformations: input.metricTransformations, created: before?.created ?? ctx.now });
      return {};
    },
  },

  DescribeMetricFilters: {
    authorize: access("DescribeMetricFilters"),
    handle(ctx, input) {
      const { logGroupName: group, metricName, metricNamespace } = input;
      if ((metricName === undefined) !== (metricNamespace === undefined)) throw invalidParameter("metricName and metricNamespace must be specified together.");
      if (group !== undefined) groupOf(ctx.db, group);
      const all = (group === undefined ? ctx.db(metricFilters).list() : ctx.db(metricFilters).where("group", group))
        .filter((filter) => filter.name.startsWith(input.filterNamePrefix ?? ""))
        .filter((filter) => metricName === undefined || filter.transformations.some((each) => each.metricName === metricName && each.metricNamespace === metricNamespace))
        .toSorted((one, other) => (one.name < other.name ? -1 : 1));
      const page = pageOf(all, { input, size: input.limit ?? PAGE, token: input.nextToken, key: ({ name, group }) => [name, group], invalid: invalidToken });
      return { metricFilters: page.records.map(described), nextToken: page.next };
    },
  },

  DeleteMetricFilter: {
    authorize: access("DeleteMetricFilter"),
    handle(ctx, { logGroupName, filterName }) {
      groupOf(ctx.db, logGroupName);
      if (!ctx.db(metricFilters).delete(keyIn(logGroupName, filterName))) throw filterNotFound();
      return {};
    },
  },

  TestMetricFilter: {
    authorize: onEverything("logs:TestMetricFilter"),
    handle(_ctx, { filterPattern, logEventMessages }) {
      const match = compilePattern(filterPattern);
      return {
        matches: logEventMessages.flatMap((eventMessage, eventNumber) => {
          const extractedValues = match(eventMessage);
          return extractedValues ? [{ eventNumber, eventMessage, extractedValues: { ...extractedValues } }] : [];
        }),
      };
    },
  },
});

function checkTransformation({ metricValue, dimensions, defaultValue }: LogsTypes.MetricTransformation): void {
  if (!metricValue.startsWith("$") && !Number.isFinite(Number(metricValue))) throw invalidParameter(`Invalid metric transformation: metricValue must be a number or a field of the pattern, but is "${metricValue}"`);
  const names = Object.keys(dimensions ?? {});
  if (names.length > 3) throw invalidParameter("Invalid metric transformation: at most 3 dimensions can be assigned to a metric.");
  if (names.length > 0 && defaultValue !== undefined) throw invalidParameter("Invalid metric transformation: dimensions and default value are mutually exclusive properties.");
}

function described(filter: MetricFilter): LogsTypes.MetricFilter {
  return {
    filterName: filter.name, filterPattern: filter.pattern, metricTransformations: filter.transformations, creationTime: Math.floor(filter.created), logGroupName: filter.group, applyOnTransformedLogs: false,
  };
}
