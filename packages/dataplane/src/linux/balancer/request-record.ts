/** What is noted of one request while it goes through; read when it is over. */
import type { RequestHead } from "./framing/request-head.js";
import type { Generation } from "./replies.js";

export class RequestRecord {
  readonly generation: Generation;
  /** Milliseconds since the epoch, and by `performance.now()`. */
  readonly time = Date.now();
  readonly began = performance.now();
  readonly head: RequestHead;
  traceId = "";
  group: string | undefined;
  rule: number | undefined;
  target: string | undefined;
  /** What was done: `forward`, `redirect`, `fixed-response`; empty when it came to nothing. */
  action = "";
  location = "";
  /** By `performance.now()`: when the request left for the target, when the response's head came. */
  sentAt: number | undefined;
  answeredAt: number | undefined;
  /** What the client got, and what the target said; 0 for nothing. */
  status = 0;
  targetStatus = 0;
  /** Bytes, of which heads were so many. */
  received = 0;
  sent = 0;
  headReceived = 0;
  headSent = 0;

  constructor(generation: Generation, head: RequestHead) {
    this.head = head;
    this.generation = generation;
  }
}
