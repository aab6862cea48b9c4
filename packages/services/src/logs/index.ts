/** CloudWatch Logs: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/ */
import { service } from "../define.js";
import { logGroup, logStream, metricFilter } from "./cfn.js";
import { logsFacts } from "./facts.js";
import { filterOperations } from "./filter-events.js";
import { readOperations } from "./get-events.js";
import { groupOperations } from "./groups.js";
import { metricFilterOperations } from "./metric-filters.js";
import { putOperations } from "./put-events.js";
import { keepRetention, publishMetrics } from "./reconcile.js";
import { logGroups, logStreams, metricFilters, pendingMetrics } from "./state.js";
import { streamOperations } from "./streams.js";
import { tagOperations } from "./tags.js";

export const logs = service({
  id: "logs",
  tables: [logGroups, logStreams, metricFilters, pendingMetrics],
  operations: [groupOperations, streamOperations, putOperations, readOperations, filterOperations, metricFilterOperations, tagOperations],
  reconcilers: [keepRetention, publishMetrics],
  resources: [logGroup, logStream, metricFilter],
  facts: logsFacts,
});
