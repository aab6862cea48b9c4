/** What CloudWatch Logs does by itself: it forgets, and publishes what metric filters counted. */
import { AwsError } from "@hakoniwa/kernel";
import type { Aws } from "@hakoniwa/wire";
import { reconciler, watch } from "../define.js";
import { DAY, oldestKept } from "./put-plan.js";
import { eventsOf, logGroups, logStreams, pendingMetrics, type CountedMetric } from "./state.js";

/** Forgets what a group's retention says. Reads never show it, so that once a day is soon enough. Every key is a group's name. */
export const keepRetention = reconciler({
  name: "logs.keep-retention",
  watches: [watch(logGroups, (group) => [group.name])],
  async reconcile({ id }, jobs) {
    const group = jobs.db(logGroups).get(id);
    const from = group && oldestKept(group, jobs.now);
    if (from === undefined) return undefined;
    for (const stream of jobs.db(logStreams).where("group", id)) await jobs.segments.trim(eventsOf(stream), { from });
    return { at: (Math.floor(jobs.now / DAY) + 1) * DAY };
  },
});

/** With CloudWatch's own transaction, so that nothing counts twice. */
export const publishMetrics = reconciler({
  name: "logs.publish-metrics",
  watches: [watch(pendingMetrics, (pending) => [pending.id])],
  async reconcile({ id }, jobs) {
    const pending = jobs.db(pendingMetrics).get(id);
    if (!pending) return;
    const refused: string[] = [];
    await jobs.write((db, aws) => {
      for (const metric of pending.metrics) {
        const error = publish(aws, metric);
        if (error !== undefined) refused.push(`${metric.namespace} ${metric.name}: ${error}`);
      }
      db(pendingMetrics).delete(id);
    });
    if (refused.length > 0) jobs.log(`CloudWatch refused what metric filters counted: ${refused.join("; ")}`);
  },
});

/** @returns why CloudWatch doesn't take it: what came from a log may be no metric */
function publish(aws: Aws, { namespace, name, unit, time, dimensions, values }: CountedMetric): string | undefined {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  try {
    aws.cloudwatch.PutMetricData({ Namespace: namespace, MetricData: [{ MetricName: name, Unit: unit, Timestamp: new Date(time), Dimensions, Values: values }] });
  } catch (error) {
    if (error instanceof AwsError) return error.message;
    throw error;
  }
  return undefined;
}
