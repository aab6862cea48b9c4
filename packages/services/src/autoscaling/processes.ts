import { Autoscaling } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations } from "../define.js";
import { onGroup } from "./access.js";
import { validationError } from "./errors.js";
import { findLivingGroup } from "./find.js";
import { GROUPS_PER_REGION } from "./groups.js";
import { LAUNCH_CONFIGURATIONS_PER_REGION } from "./launch-configurations.js";
import { groups, launchConfigurations, SCALING_PROCESSES, TERMINATION_POLICIES, type ScalingProcess } from "./state.js";

export const processOperations = operations(Autoscaling, {
  SuspendProcesses: {
    authorize: onGroup("SuspendProcesses"),
    handle(ctx, input) {
      const group = findLivingGroup(ctx.db, input.AutoScalingGroupName);
      const fresh = parseProcesses(input.ScalingProcesses).filter((process) => !group.suspended.some((there) => there.process === process));
      if (fresh.length === 0) return {};
      const suspended = [...group.suspended, ...[...new Set(fresh)].map((process) => ({ process, at: ctx.now }))];
      ctx.db(groups).put({ ...group, suspended: suspended.sort((a, b) => (a.process < b.process ? -1 : 1)) });
      return {};
    },
  },

  ResumeProcesses: {
    authorize: onGroup("ResumeProcesses"),
    handle(ctx, input) {
      const group = findLivingGroup(ctx.db, input.AutoScalingGroupName);
      const resumed = parseProcesses(input.ScalingProcesses);
      ctx.db(groups).put({ ...group, suspended: group.suspended.filter(({ process }) => !resumed.includes(process)) });
      return {};
    },
  },

  DescribeScalingProcessTypes: {
    authorize: onEverything("autoscaling:DescribeScalingProcessTypes"),
    handle: () => ({ Processes: SCALING_PROCESSES.map((name) => ({ ProcessName: name })) }),
  },

  DescribeTerminationPolicyTypes: {
    authorize: onEverything("autoscaling:DescribeTerminationPolicyTypes"),
    handle: () => ({ TerminationPolicyTypes: TERMINATION_POLICIES }),
  },

  DescribeAccountLimits: {
    authorize: onEverything("autoscaling:DescribeAccountLimits"),
    handle: (ctx) => ({
      MaxNumberOfAutoScalingGroups: GROUPS_PER_REGION,
      MaxNumberOfLaunchConfigurations: LAUNCH_CONFIGURATIONS_PER_REGION,
      NumberOfAutoScalingGroups: ctx.db(groups).list().length,
      NumberOfLaunchConfigurations: ctx.db(launchConfigurations).list().length,
    }),
  },
});

/** None named means all. */
function parseProcesses(names: readonly string[] | undefined): readonly ScalingProcess[] {
  if (!names?.length) return SCALING_PROCESSES;
  return names.map((name) => {
    const process = SCALING_PROCESSES.find((p) => p === name);
    if (!process) throw validationError(`Process name '${name}' is not valid: it must be one of ${SCALING_PROCESSES.join(", ")}.`);
    return process;
  });
}
