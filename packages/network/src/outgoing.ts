/** What leaves the cloud of itself, such as a topic's notification to an HTTP endpoint. */

export interface OutgoingRequest {
  /** http or https. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Milliseconds of real time for the whole of it. */
  readonly timeout: number;
}

/** What a workload used since it booted: every number only grows. */
export interface WorkloadUsage {
  /** When this was so, in seconds of a clock that follows real time and never runs backwards. */
  readonly at: number;
  /** Of all its processors together. */
  readonly cpuSeconds: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly packetsIn: number;
  readonly packetsOut: number;
}

export interface OutgoingAnswer {
  readonly status: number;
}
