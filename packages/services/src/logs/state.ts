/** CloudWatch Logs' records and tables. The events themselves are streams of the store. */
import { table } from "@hakoniwa/kernel";
import type { LogsTypes } from "@hakoniwa/wire";

export interface LogGroup {
  readonly name: string;
  readonly created: number;
  /** Days; undefined for ever. */
  readonly retention: number | undefined;
  readonly logGroupClass: "STANDARD" | "INFREQUENT_ACCESS";
  readonly tags: Readonly<Record<string, string>>;
}

export interface LogStream {
  /** Never given twice: the name of its events' stream. */
  readonly id: string;
  readonly group: string;
  readonly name: string;
  readonly created: number;
  readonly firstEvent: number | undefined;
  readonly lastEvent: number | undefined;
  readonly lastIngestion: number | undefined;
  /** How many batches were put. */
  readonly batches: number;
}

export interface MetricFilter {
  readonly group: string;
  readonly name: string;
  readonly pattern: string;
  readonly transformations: readonly LogsTypes.MetricTransformation[];
  readonly created: number;
}

/** What metric filters counted in one minute, for one set of dimensions. */
export interface CountedMetric {
  readonly namespace: string;
  readonly name: string;
  readonly unit: LogsTypes.StandardUnit | undefined;
  readonly time: number;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly values: readonly number[];
}

/** What was counted in one batch of events and is on its way to CloudWatch. */
export interface PendingMetrics {
  readonly id: string;
  readonly metrics: readonly CountedMetric[];
}

/** What is kept of an event, at the event's time. */
export interface StoredEvent {
  readonly message: string;
  readonly ingestion: number;
}

/** Names of groups hold no colon, so that no two keys are the same. */
export const keyIn = (group: string, name: string): string => `${group}:${name}`;

export const eventsOf = (stream: Pick<LogStream, "id">): string => `logs/${stream.id}`;

export const logGroups = table<LogGroup>()({ name: "logs.groups", key: (g) => g.name });
export const logStreams = table<LogStream>()({ name: "logs.streams", key: (s) => keyIn(s.group, s.name), indexes: { group: (s) => s.group } });
export const metricFilters = table<MetricFilter>()({ name: "logs.metric-filters", key: (f) => keyIn(f.group, f.name), indexes: { group: (f) => f.group } });
export const pendingMetrics = table<PendingMetrics>()({ name: "logs.pending-metrics", key: (p) => p.id });
