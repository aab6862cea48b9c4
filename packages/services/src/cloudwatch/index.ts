/** Amazon CloudWatch: metrics, alarms and dashboards. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/ */
import { service } from "../define.js";
import { carryOut } from "./act.js";
import { alarmOperations } from "./alarms.js";
import { countDays } from "./certificates.js";
import { alarm, compositeAlarm, dashboard } from "./cfn.js";
import { collect } from "./collect.js";
import { dashboardOperations } from "./dashboards.js";
import { describeAlarmOperations } from "./describe-alarms.js";
import { cloudwatchFacts } from "./facts.js";
import { dataOperations } from "./get-data.js";
import { statisticsOperations } from "./get-statistics.js";
import { listOperations } from "./list-metrics.js";
import { putDataOperations } from "./put-data.js";
import { keepRetention } from "./retention.js";
import { alarms, dashboards, metrics, pendingActions, readings, uptimes } from "./state.js";
import { tagOperations } from "./tags.js";
import { keepUptime } from "./uptime.js";
import { watchAlarms } from "./watch-alarms.js";
import { watchComposites } from "./watch-composites.js";

export const cloudwatch = service({
  id: "cloudwatch",
  tables: [metrics, alarms, pendingActions, dashboards, readings, uptimes],
  operations: [putDataOperations, dataOperations, statisticsOperations, listOperations, alarmOperations, describeAlarmOperations, dashboardOperations, tagOperations],
  reconcilers: [collect, countDays, keepUptime, watchAlarms, watchComposites, carryOut, keepRetention],
  resources: [alarm, compositeAlarm, dashboard],
  facts: cloudwatchFacts,
});
