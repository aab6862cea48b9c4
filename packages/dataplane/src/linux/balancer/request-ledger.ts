/** Counts and notes what each request of a connection comes to. */
import type net from "node:net";
import { noteOfRequest } from "./access-note.js";
import { countStatus } from "./counts.js";
import type { Arrival } from "./forwarding.js";
import type { RequestHead } from "./framing/request-head.js";
import type { NodeView } from "./listener-view.js";
import { RequestRecord } from "./request-record.js";
import type { Route } from "./route.js";

export class RequestLedger {
  readonly #socket: net.Socket;
  readonly #node: NodeView;
  readonly #arrival: Arrival;
  #record: RequestRecord | undefined;
  /** Of the connection, when the present request began. */
  #bytesRead = 0;
  #bytesWritten = 0;

  constructor(socket: net.Socket, node: NodeView, arrival: Arrival) {
    this.#socket = socket;
    this.#node = node;
    this.#arrival = arrival;
  }

  /** @param lines the head as it came */
  begin(head: RequestHead, lines: readonly string[]): RequestRecord {
    const record = new RequestRecord(this.#node.generation, head);
    record.headReceived = lines.reduce((sum, line) => sum + line.length + 2, 2);
    this.#record = record;
    this.#node.counts.requests += 1;
    return record;
  }

  routed(route: Route): void {
    const { counts } = this.#node;
    const record = this.#record;
    if (record !== undefined) {
      record.rule = route.rule.priority;
      record.action = route.rule.action.kind;
    }
    if (route.kind === "reply") {
      if (route.location === undefined) {
        counts.fixedResponses += 1;
      } else {
        counts.redirects += 1;
      }
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
      this.#record.headSent += reply.indexOf("\r\n\r\n") + 4;
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
      if (record.status === 0) {
        // The client went away before anything was answered.
        record.status = generation === "application" ? 460 : 0;
      }
      log(noteOfRequest(record, this.#arrival));
    }
  }
}
