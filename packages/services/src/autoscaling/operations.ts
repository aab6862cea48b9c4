/** Every operation of Auto Scaling, by noun. */
import { activityOperations } from "./activities.js";
import { groupOperations } from "./groups.js";
import { hookOperations } from "./hooks.js";
import { instanceOperations } from "./instances.js";
import { launchConfigurationOperations } from "./launch-configurations.js";
import { metricOperations } from "./metrics.js";
import { notificationOperations } from "./notifications.js";
import { policyOperations } from "./policies.js";
import { processOperations } from "./processes.js";
import { refreshOperations } from "./refreshes.js";
import { scheduleOperations } from "./schedules.js";
import { standbyOperations } from "./standby.js";
import { tagOperations } from "./tags.js";
import { trafficOperations } from "./traffic.js";

export const allOperations = [
  launchConfigurationOperations,
  groupOperations,
  instanceOperations,
  standbyOperations,
  activityOperations,
  trafficOperations,
  processOperations,
  hookOperations,
  policyOperations,
  scheduleOperations,
  refreshOperations,
  notificationOperations,
  metricOperations,
  tagOperations,
];
