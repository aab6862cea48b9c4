/** Which group metrics are collected: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-metrics.html */
import { Autoscaling } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations } from "../define.js";
import { onGroup } from "./access.js";
import { notYet, validationError } from "./errors.js";
import { findLivingGroup } from "./find.js";
import { GROUP_METRICS, groups, type GroupMetric } from "./state.js";

export const metricOperations = operations(Autoscaling, {
  EnableMetricsCollection: {
    authorize: onGroup("EnableMetricsCollection"),
    handle(ctx, input) {
      const group = findLivingGroup(ctx.db, input.AutoScalingGroupName);
      if (input.Granularity !== "1Minute") throw validationError(`Granularity '${input.Granularity}' is not valid: it must be 1Minute.`);
      const added = parseMetrics(input.Metrics);
      ctx.db(groups).put({ ...group, metrics: GROUP_METRICS.filter((name) => added.includes(name) || group.metrics.includes(name)) });
      return {};
    },
  },

  DisableMetricsCollection: {
    authorize: onGroup("DisableMetricsCollection"),
    handle(ctx, input) {
      const group = findLivingGroup(ctx.db, input.AutoScalingGroupName);
      const removed = parseMetrics(input.Metrics);
      ctx.db(groups).put({ ...group, metrics: group.metrics.filter((name) => !removed.includes(name)) });
      return {};
    },
  },

  DescribeMetricCollectionTypes: {
    authorize: onEverything("autoscaling:DescribeMetricCollectionTypes"),
    handle: () => ({ Metrics: GROUP_METRICS.map((Metric) => ({ Metric })), Granularities: [{ Granularity: "1Minute" }] }),
  },
});

/** None named means all. */
function parseMetrics(names: readonly string[] | undefined): readonly GroupMetric[] {
  if (!names?.length) return GROUP_METRICS;
  return names.map((name) => {
    const metric = GROUP_METRICS.find((each) => each === name);
    if (metric) return metric;
    if (/^(GroupAndWarmPool|WarmPool)/.test(name)) throw notYet(`the metric ${name}`);
    throw validationError(`"${name}" is not a valid Metric. It must be one of ${GROUP_METRICS.join(", ")}.`);
  });
}
