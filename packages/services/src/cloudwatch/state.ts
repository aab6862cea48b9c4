/** CloudWatch's records and tables. The points of metrics and the alarms' history are streams (`series.ts`, `history.ts`). */
import { table } from "@hakoniwa/kernel";
import type { CloudwatchTypes } from "@hakoniwa/wire";

export interface Dimension {
  readonly name: string;
  readonly value: string;
}

/** A metric that got data. Its points are the streams that its id names. */
export interface Metric {
  /** Follows from namespace, name and dimensions. */
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  /** By name. */
  readonly dimensions: readonly Dimension[];
  /** The time of its latest point, some minutes behind at most: not every point changes the record. */
  readonly latest: number;
  /** The seconds of its finest points. */
  readonly finest: 1 | 60;
}

export type StateValue = "OK" | "ALARM" | "INSUFFICIENT_DATA";

interface AlarmBase {
  readonly name: string;
  readonly arn: string;
  readonly description: string | undefined;
  readonly configured: number;
  readonly actionsEnabled: boolean;
  readonly okActions: readonly string[];
  readonly alarmActions: readonly string[];
  readonly insufficientDataActions: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly state: AlarmState;
}

export interface AlarmState {
  readonly value: StateValue;
  readonly reason: string;
  readonly reasonData: string | undefined;
  /** When it was last looked at with another outcome or reason. */
  readonly updated: number;
  /** When the value last changed. */
  readonly transitioned: number;
}

export interface MetricAlarm extends AlarmBase {
  readonly kind: "metric";
  readonly source: AlarmSource;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number | undefined;
  readonly threshold: number;
  readonly comparison: Comparison;
  readonly missing: MissingData | undefined;
  /** When the actions that go on for as long as a state lasts were last asked for: those on Auto Scaling. */
  readonly repeated?: number | undefined;
  readonly lowSamples: "evaluate" | "ignore" | undefined;
}

/** What an alarm looks at: one metric, or a calculation. */
export type AlarmSource =
  | {
      readonly kind: "metric";
      readonly namespace: string;
      readonly metricName: string;
      readonly dimensions: readonly Dimension[];
      /** As it was given, `Average` or `p99`. */
      readonly statistic: string;
      /** Seconds. */
      readonly period: number;
      readonly unit: CloudwatchTypes.StandardUnit | undefined;
    }
  | {
      readonly kind: "math";
      readonly queries: readonly CloudwatchTypes.MetricDataQuery[];
      /** Seconds. */
      readonly period: number;
    };

export type Comparison = "GreaterThanOrEqualToThreshold" | "GreaterThanThreshold" | "LessThanThreshold" | "LessThanOrEqualToThreshold";
export type MissingData = "missing" | "ignore" | "breaching" | "notBreaching";

export interface CompositeAlarm extends AlarmBase {
  readonly kind: "composite";
  readonly rule: string;
  /** Names of the alarms that the rule looks at. */
  readonly children: readonly string[];
}

export type Alarm = MetricAlarm | CompositeAlarm;

/** An action that a change of state asked for, until it was carried out. */
export interface PendingAction {
  readonly id: string;
  readonly alarmName: string;
  readonly action: string;
  readonly at: number;
  /** The notification, as it was worded then. */
  readonly subject: string;
  /** JSON. */
  readonly message: string;
}

export interface Dashboard {
  readonly name: string;
  readonly arn: string;
  readonly body: string;
  readonly modified: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** What the collector of AWS's own metrics read last, so that it can tell the difference. */
export interface Reading {
  /** A workload's key, or `minute`. */
  readonly id: string;
  readonly at: number;
  readonly counters: Readonly<Record<string, number>>;
  /** Which process counted. */
  readonly life?: string;
}

/** When the cloud was up, and its last gaps. */
export interface Uptime {
  readonly id: "uptime";
  readonly seen: number;
  readonly gaps: readonly { readonly from: number; readonly to: number }[];
}

export const metrics = table<Metric>()({ name: "cloudwatch.metrics", key: (m) => m.id, indexes: { namespace: (m) => m.namespace, name: (m) => m.name } });
export const alarms = table<Alarm>()({
  name: "cloudwatch.alarms",
  key: (a) => a.name,
  indexes: { child: (a) => (a.kind === "composite" ? a.children : undefined) },
});
export const pendingActions = table<PendingAction>()({ name: "cloudwatch.pending-actions", key: (a) => a.id });
export const dashboards = table<Dashboard>()({ name: "cloudwatch.dashboards", key: (d) => d.name });
export const readings = table<Reading>()({ name: "cloudwatch.readings", key: (r) => r.id });
export const uptimes = table<Uptime>()({ name: "cloudwatch.uptimes", key: (u) => u.id });
