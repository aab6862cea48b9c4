/** Amazon EC2 Auto Scaling: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/ */
import { service } from "../define.js";
import { activityOperations } from "./activities.js";
import { autoScalingGroup, launchConfiguration } from "./cfn.js";
import { autoscalingFacts } from "./facts.js";
import { groupOperations } from "./groups.js";
import { instanceOperations } from "./instances.js";
import { launchConfigurationOperations } from "./launch-configurations.js";
import { loadBalancerOperations } from "./load-balancers.js";
import { processOperations } from "./processes.js";
import { keepCapacity } from "./reconcile.js";
import { activities, groups, launchConfigurations, members } from "./state.js";
import { tagOperations } from "./tags.js";

export const autoscaling = service({
  id: "autoscaling",
  tables: [launchConfigurations, groups, members, activities],
  operations: [
    launchConfigurationOperations,
    groupOperations,
    instanceOperations,
    activityOperations,
    loadBalancerOperations,
    processOperations,
    tagOperations,
  ],
  reconcilers: [keepCapacity],
  resources: [launchConfiguration, autoScalingGroup],
  facts: autoscalingFacts,
});
