/** Records and tables of what changes a group's capacity, or is told of it. */
import { table } from "@hakoniwa/kernel";
import type { AutoscalingTypes } from "@hakoniwa/wire";
import type { HookResult, LaunchSource } from "./state.js";

interface PolicyBase {
  readonly name: string;
  readonly group: string;
  readonly arn: string;
  readonly enabled: boolean;
}

export type AdjustmentType = "ChangeInCapacity" | "ExactCapacity" | "PercentChangeInCapacity";

export interface SimplePolicy extends PolicyBase {
  readonly type: "SimpleScaling";
  readonly adjustmentType: AdjustmentType;
  readonly minMagnitude: number | undefined;
  readonly adjustment: number;
  /** Seconds. */
  readonly cooldown: number | undefined;
}

export interface StepPolicy extends PolicyBase {
  readonly type: "StepScaling";
  readonly adjustmentType: AdjustmentType;
  readonly minMagnitude: number | undefined;
  readonly aggregation: string;
  readonly steps: readonly Step[];
  /** Seconds. */
  readonly warmup: number | undefined;
}

/** Bounds are relative to the alarm's threshold; undefined is infinity. */
export interface Step {
  readonly lower: number | undefined;
  readonly upper: number | undefined;
  readonly adjustment: number;
}

export interface TargetTrackingPolicy extends PolicyBase {
  readonly type: "TargetTrackingScaling";
  readonly configuration: AutoscalingTypes.TargetTrackingConfiguration;
  /** Seconds. */
  readonly warmup: number | undefined;
  /** The alarms that it made. */
  readonly alarms: readonly { readonly name: string; readonly arn: string }[];
}

export type Policy = SimplePolicy | StepPolicy | TargetTrackingPolicy;

export interface ScheduledAction {
  readonly name: string;
  readonly group: string;
  readonly arn: string;
  readonly start: number | undefined;
  readonly end: number | undefined;
  /** Five fields of cron. */
  readonly recurrence: string | undefined;
  /** An IANA name; UTC when undefined. */
  readonly timeZone: string | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly desired: number | undefined;
  /** When it runs next. */
  readonly next: number;
}

export type Transition = "autoscaling:EC2_INSTANCE_LAUNCHING" | "autoscaling:EC2_INSTANCE_TERMINATING";

export interface Hook {
  readonly name: string;
  readonly group: string;
  readonly transition: Transition;
  /** Seconds. */
  readonly heartbeat: number;
  readonly otherwise: HookResult;
  readonly metadata: string | undefined;
  readonly target: string | undefined;
  readonly roleArn: string | undefined;
}

export interface NotificationConfiguration {
  readonly group: string;
  readonly topicArn: string;
  readonly types: readonly string[];
}

/** A message that SNS has not taken yet. */
export interface OutboxMessage {
  readonly id: string;
  readonly topicArn: string;
  readonly subject: string | undefined;
  readonly body: string;
}

export interface RefreshPreferences {
  readonly minHealthy: number;
  readonly maxHealthy: number;
  /** Seconds. */
  readonly warmup: number;
  readonly checkpoints: readonly number[];
  /** Seconds. */
  readonly checkpointDelay: number;
  readonly skipMatching: boolean;
  readonly autoRollback: boolean;
  readonly protectedInstances: "Refresh" | "Ignore" | "Wait";
  readonly standbyInstances: "Terminate" | "Ignore" | "Wait";
  /** Seconds. */
  readonly bakeTime: number;
}

export type RefreshStatus = "Pending" | "InProgress" | "Baking" | "Successful" | "Failed" | "Cancelling" | "Cancelled" | "RollbackInProgress" | "RollbackSuccessful";

export interface Refresh {
  readonly id: string;
  readonly group: string;
  readonly groupArn: string;
  readonly status: RefreshStatus;
  readonly reason: string | undefined;
  readonly started: number;
  readonly ended: number | undefined;
  readonly preferences: RefreshPreferences;
  /** What was given, to be shown again. */
  readonly given: AutoscalingTypes.RefreshPreferences;
  /** What it launches from; the group itself changes when it succeeds. */
  readonly desired: LaunchSource | undefined;
  readonly givenDesired: AutoscalingTypes.DesiredConfiguration | undefined;
  /** How many instances there were to replace. */
  readonly total: number | undefined;
  readonly percent: number;
  readonly remaining: number;
  /** How many checkpoints it has come by, and until when it rests at the last. */
  readonly passed: number;
  readonly pausedUntil: number | undefined;
  /** Since when only protected or standby instances are left. */
  readonly blockedSince: number | undefined;
  readonly bakeUntil: number | undefined;
  readonly rollback: { readonly reason: string; readonly started: number; readonly percent: number; readonly remaining: number } | undefined;
}

/** The key of what has a name within its group: a group's name has no colon. */
export function inGroup(group: string, name: string): string {
  return `${group}:${name}`;
}

export const policies = table<Policy>()({
  name: "autoscaling.policies",
  key: (p) => inGroup(p.group, p.name),
  indexes: { group: (p) => p.group, arn: (p) => p.arn },
});

export const scheduledActions = table<ScheduledAction>()({ name: "autoscaling.scheduled-actions", key: (a) => inGroup(a.group, a.name), indexes: { group: (a) => a.group } });

export const hooks = table<Hook>()({ name: "autoscaling.hooks", key: (h) => inGroup(h.group, h.name), indexes: { group: (h) => h.group } });

export const notifications = table<NotificationConfiguration>()({
  name: "autoscaling.notifications",
  key: (n) => inGroup(n.group, n.topicArn),
  indexes: { group: (n) => n.group },
});

export const outbox = table<OutboxMessage>()({ name: "autoscaling.outbox", key: (m) => m.id });

export const refreshes = table<Refresh>()({ name: "autoscaling.refreshes", key: (r) => r.id, indexes: { group: (r) => r.group } });
