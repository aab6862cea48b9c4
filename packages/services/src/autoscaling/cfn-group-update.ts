/** Carries a rolling update on: the stack calls it again whenever something changed. */
import type { Advanced, Change, Value } from "@hakoniwa/cloudformation";
import type { Aws, AutoscalingTypes } from "@hakoniwa/wire";
import { obsoleteInstances } from "./cfn-group-obsolete.js";
import type { AutoScalingGroupProperties } from "./cfn-group-settings.js";
import { roll } from "./cfn-rolling.js";
import type { RollingAction, RollingState, RollingView } from "./cfn-rolling-state.js";

/** The properties whose change replaces instances. */
export const INSTANCE_PROPERTIES: readonly string[] = ["AvailabilityZones", "LaunchConfigurationName", "LaunchTemplate", "MixedInstancesPolicy", "PlacementGroup", "VPCZoneIdentifier"];

/** Lets those processes go on that a rolling update held off when it was broken off. */
export function resumeInterrupted(aws: Aws, group: AutoscalingTypes.AutoScalingGroup, { progress, interrupted }: Change<AutoScalingGroupProperties>): void {
  const { suspended = [] } = (interrupted ?? {}) as Partial<RollingState>;
  const still = (group.SuspendedProcesses ?? []).some(({ ProcessName: name = "" }) => suspended.includes(name));
  if (progress === undefined && still) act(aws, group.AutoScalingGroupName, { do: "resume" }, suspended);
}

/** @throws Error when the template has no rolling update */
export function advanceRolling(aws: Aws, group: AutoscalingTypes.AutoScalingGroup, change: Change<AutoScalingGroupProperties>): Advanced {
  const policy = change.policies?.update?.rolling;
  if (!policy) throw new Error(`${group.AutoScalingGroupName} has no AutoScalingRollingUpdate`);
  const step = roll(policy, viewOf(aws, group, change), (change.progress as RollingState | undefined) ?? undefined);
  for (const action of step.actions) act(aws, group.AutoScalingGroupName, action, policy.suspend);
  return { settled: step.settled, told: step.told, state: step.state as unknown as Value, again: step.again };
}

function viewOf(aws: Aws, group: AutoscalingTypes.AutoScalingGroup, { signals, now }: Change<AutoScalingGroupProperties>): RollingView {
  const obsolete = obsoleteInstances(aws, group);
  const [newest] = aws.autoscaling.DescribeScalingActivities({ AutoScalingGroupName: group.AutoScalingGroupName, MaxRecords: 1 }).Activities ?? [];
  return {
    min: group.MinSize,
    max: group.MaxSize,
    desired: group.DesiredCapacity,
    members: (group.Instances ?? []).map(({ InstanceId: id, LifecycleState: state }) => ({
      id,
      inService: state === "InService",
      leaving: state.startsWith("Terminating") || state === "Detaching",
      obsolete: obsolete.has(id),
    })),
    signals,
    failure: newest?.StatusCode === "Failed" ? { at: newest.StartTime.getTime(), message: newest.StatusMessage ?? "" } : undefined,
    now,
  };
}

function act(aws: Aws, AutoScalingGroupName: string, action: RollingAction, suspend: readonly string[]): void {
  switch (action.do) {
    case "resize":
      return void aws.autoscaling.UpdateAutoScalingGroup({ AutoScalingGroupName, MinSize: action.min, DesiredCapacity: action.desired });
    case "terminate":
      return void aws.autoscaling.TerminateInstanceInAutoScalingGroup({ InstanceId: action.id, ShouldDecrementDesiredCapacity: false });
    case "suspend":
      return void aws.autoscaling.SuspendProcesses({ AutoScalingGroupName, ScalingProcesses: suspend });
    case "resume":
      return void aws.autoscaling.ResumeProcesses({ AutoScalingGroupName, ScalingProcesses: suspend });
  }
}
