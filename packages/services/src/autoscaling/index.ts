/** Amazon EC2 Auto Scaling: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/ */
import { service } from "../define.js";
import { autoScalingGroup } from "./cfn-group.js";
import { launchConfiguration, lifecycleHook, scalingPolicy, scheduledAction } from "./cfn.js";
import { autoscalingFacts } from "./facts.js";
import { followSchedules } from "./follow-schedules.js";
import { allOperations } from "./operations.js";
import { deliver } from "./outbox.js";
import { keepCapacity } from "./reconcile.js";
import { activities, groups, launchConfigurations, members } from "./state.js";
import { hooks, notifications, outbox, policies, refreshes, scheduledActions } from "./state-scaling.js";

export const autoscaling = service({
  id: "autoscaling",
  tables: [launchConfigurations, groups, members, activities, policies, scheduledActions, hooks, notifications, outbox, refreshes],
  operations: allOperations,
  reconcilers: [keepCapacity, followSchedules, deliver],
  resources: [launchConfiguration, autoScalingGroup, scalingPolicy, scheduledAction, lifecycleHook],
  facts: autoscalingFacts,
});
