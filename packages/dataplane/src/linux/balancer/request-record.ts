/** What is noted of one request while it goes through; read when it is over. */
import type { Generation } from "./replies.js";

export class RequestRecord {
  readonly generation: Generation;
  /** Milliseconds since the epoch, and by `performance.now()`. */
  readonly time = Date.now();
  readonly began = performance.now();
  line = "";
  userAgent = "";
  host = "";
  traceId = "";
  group: string | undefined;
  rule: number | undefined;
  target: string | undefined;
  /** What was done: `forward`, `redirect`, `fixed-response`; empty when it came to nothing. */
  action = "";
  location = "";
  /** By `performance.now()`: when the request left for the target, when the response's head came, when all was over. */
  sentAt: number | undefined;
  answeredAt: number | undefined;
  endedAt: number | undefined;
  /** What the client got, and what the target said; 0 for nothing. */
  status = 0;
  targetStatus = 0;
  received = 0;
  sent = 0;

  constructor(generation: Generation) {
    this.generation = generation;
  }
}
