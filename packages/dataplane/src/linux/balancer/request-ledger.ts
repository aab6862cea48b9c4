/** Counts and notes what each request of a connection comes to. */
import type net from "node:net";
import { countStatus } from "./counts.js";
import type { NodeView } from "./listener-view.js";
import { RequestRecord } from "./request-record.js";
import type { Route } from "./route.js";

export class RequestLedger {
  readonly #socket: net.Socket;
  readonly #node: NodeView;
  #record: RequestRecord | undefined;
  /** Of the connection, when the present request began. */
  #bytesRead = 0;
  #bytesWritten = 0;

  constructor(socket: net.Socket, node: NodeView) {
    this.#socket = socket;
    this.#node = node;
  }

  begin(line: string): RequestRecord {
    const record = new RequestRecord(this.#node.generation);
    this.#record = record;
    this.#node.counts.requests += 1;
    record.line = line;
    return record;
  }

  routed(route: Route): void {
    const { counts } = this.#node;
    const record = this.#record;
    if (record !== undefined) {
      record.rule = route.rule.priority;
      record.action = route.rule.action.kind;
    }
    if (route.kind === "forward") {
      if (route.group !== undefined) {
        counts.of(route.group).requests += 1;
      }
    } else if (route.location === undefined) {
      counts.fixedResponses += 1;
    } else {
      counts.redirects += 1;
    }
    if (record !== undefined) {
      record.group = route.kind === "forward" ? route.group : undefined;
      record.location = route.kind === "reply" ? (route.location ?? "") : "";
    }
  }

  /** Sends what the balancer itself answers. */
  answer(status: number, reply: string): void {
    countStatus(this.#node.counts.own, status);
    if (this.#record !== undefined) {
      this.#record.status = status;
    }
    this.#socket.write(reply, "latin1");
  }

  /** The request is over, however it ended. */
  end(): void {
    const record = this.#record;
    if (record === undefined) {
      return;
    }
    this.#record = undefined;
    record.received = this.#socket.bytesRead - this.#bytesRead;
    record.sent = this.#socket.bytesWritten - this.#bytesWritten;
    this.#bytesRead = this.#socket.bytesRead;
    this.#bytesWritten = this.#socket.bytesWritten;
    const { counts, log, generation } = this.#node;
    counts.bytes += record.received + record.sent;
    if (log !== undefined) {
      record.endedAt = performance.now();
      if (record.status === 0) {
        // The client went away before anything was answered.
        record.status = generation === "application" ? 460 : 0;
      }
      log(record);
    }
  }
}
