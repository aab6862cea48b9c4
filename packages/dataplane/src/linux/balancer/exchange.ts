/** One request on its way to a target and its response on the way back. */
import type { Backend } from "./backends.js";
import type { Counts } from "./counts.js";
import { forwardedRequest, type Arrival } from "./forwarding.js";
import type { RequestHead } from "./framing/request-head.js";
import type { NodeView } from "./listener-view.js";
import { wantsUpgrade } from "./refusals.js";
import type { OwnStatus } from "./replies.js";
import type { RequestRecord } from "./request-record.js";
import { ResponseRelay } from "./response-relay.js";
import type { ForwardRoute } from "./route.js";
import type { TargetSocket, TargetSocketUser } from "./target-socket.js";
import { traceIdOf } from "./trace-id.js";

/** What goes through, and where to. */
export interface ExchangeRequest {
  readonly head: RequestHead;
  /** What the target gets as the head. */
  readonly text: string;
  readonly upgrade: boolean;
  readonly route: ForwardRoute;
  readonly counts: Counts;
  readonly record: RequestRecord;
}

/** A request as it is passed on. */
export function exchangeRequest(head: RequestHead, arrival: Arrival, node: NodeView, route: ForwardRoute, record: RequestRecord): ExchangeRequest {
  const { generation, http, counts } = node;
  const upgrade = generation === "application" && wantsUpgrade(head);
  record.traceId = generation === "application" ? traceIdOf(head.headers, record.time) : "";
  const text = forwardedRequest(head, arrival, { generation, http, upgrade, traceId: record.traceId });
  return { head, text, upgrade, route, counts, record };
}

/** The connection that the request came by. */
export interface ExchangeClient {
  /** Writes response bytes; false asks to wait for `clientDrained`. */
  send(head: string | undefined, body: Buffer | undefined): boolean;
  /** The response is complete. `keepAlive` tells whether its head said that the connection stays. */
  complete(keepAlive: boolean): void;
  /** No byte of a final response was sent: answer this instead. */
  refuse(status: OwnStatus): void;
  /** The response broke off: the client must not take what it got for the whole. */
  cut(): void;
  /** Whether request body may flow. */
  setBodyFlow(flowing: boolean): void;
  /** Whether the connection could serve another request after this one. */
  mayKeepAlive(): boolean;
  /** Protocols were switched: from now on bytes go both ways as they come, until either side ends. */
  switched(): void;
  /** After a switch: the target sends no more. */
  targetEnded(): void;
}

/** Sending these twice does no more than sending them once (RFC 9110, 9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

export class Exchange implements TargetSocketUser {
  readonly #client: ExchangeClient;
  readonly #request: ExchangeRequest;
  readonly #head: RequestHead;
  readonly #response: ResponseRelay;
  #backend: Backend | undefined;
  #target: TargetSocket | undefined;
  #tried: Set<Backend> | undefined;
  #connected = false;
  #requestComplete: boolean;
  /** Body that came before the target's connection stood. */
  #early: Buffer[] = [];
  #responseStarted = false;
  #over = false;
  #waiting = false;

  constructor(client: ExchangeClient, request: ExchangeRequest) {
    this.#client = client;
    this.#request = request;
    this.#head = request.head;
    this.#requestComplete = request.head.body.kind === "none";
    this.#response = new ResponseRelay(request, client, (head, bytes) => this.#flow(head, bytes));
  }

  /** Whether the client has sent its whole request. */
  get requestComplete(): boolean {
    return this.#requestComplete;
  }

  /** Whether anything of the final response has reached the client. */
  get responding(): boolean {
    return this.#response.begun;
  }

  start(): void {
    this.#dispatch(true);
  }

  /** Forwards request body, as it came; after a switch of protocols, whatever comes. */
  requestBody(bytes: Buffer): void {
    if (this.#over) {
      return;
    }
    if (!this.#connected || this.#target === undefined) {
      this.#early.push(bytes);
      this.#client.setBodyFlow(false);
    } else if (!this.#target.socket.write(bytes)) {
      this.#client.setBodyFlow(false);
    }
  }

  requestEnded(): void {
    this.#requestComplete = true;
  }

  /** After a switch: the client sends no more. */
  clientEnded(): void {
    this.#target?.socket.end();
  }

  clientDrained(): void {
    this.#target?.socket.resume();
  }

  /** Gives the request up: the client is gone, or has been answered otherwise. */
  abort(): void {
    this.#over = true;
    this.#dropTarget();
  }

  onConnect(): void {
    this.#connected = true;
    this.#stopWaiting();
    this.#sendRequest();
  }

  onDrain(): void {
    this.#client.setBodyFlow(true);
  }

  onData(bytes: Buffer): void {
    this.#responseStarted = true;
    const backend = this.#backend;
    if (backend === undefined) {
      return;
    }
    try {
      const reusable = this.#response.push(bytes, backend);
      if (reusable !== undefined) {
        this.#finish(reusable && this.#requestComplete);
      }
    } catch {
      this.#fail(502);
    }
  }

  onEnd(): void {
    if (this.#response.switched) {
      this.#client.targetEnded();
    } else if (this.#response.untilClose) {
      this.#finish(false);
    } else {
      this.#lost();
    }
  }

  onClose(code: string | undefined): void {
    if (this.#response.switched && code === undefined) {
      this.#finish(false);
      return;
    }
    if (this.#connected) {
      this.#lost();
      return;
    }
    // Nothing was sent: another target may serve it.
    const backend = this.#dropTarget();
    if (backend !== undefined) {
      this.#request.counts.connectionErrors += 1;
      backend.counts.connectionErrors += 1;
      this.#tried ??= new Set();
      this.#tried.add(backend);
    }
    if (!this.#dispatch(true)) {
      this.#client.refuse(code === "timeout" ? 504 : this.#request.record.generation === "classic" ? 503 : 502);
    }
  }

  /** Finds a connection and sends the request; false when the request was tried everywhere before. */
  #dispatch(mayReuse: boolean): boolean {
    const backend = this.#request.route.choose(this.#tried);
    if (backend === undefined) {
      this.#over = true;
      if (this.#tried === undefined) {
        this.#client.refuse(503);
      }
      return this.#tried === undefined;
    }
    if (this.#request.counts.spills()) {
      this.#over = true;
      this.#client.refuse(503);
      return true;
    }
    if (this.#tried === undefined) {
      // What found no target is no request of its group's.
      backend.counts.requests += 1;
    }
    this.#use(backend, mayReuse);
    return true;
  }

  #use(backend: Backend, mayReuse: boolean): void {
    this.#backend = backend;
    backend.outstanding += 1;
    const idle = mayReuse ? backend.takeIdle(!this.#repeatable()) : undefined;
    const target = idle ?? backend.connect();
    this.#target = target;
    target.user = this;
    this.#connected = idle !== undefined;
    if (idle !== undefined) {
      this.#sendRequest();
    } else {
      this.#waiting = true;
      this.#request.counts.wait();
    }
  }

  #repeatable(): boolean {
    return this.#head.body.kind === "none" && IDEMPOTENT.has(this.#head.method);
  }

  #sendRequest(): void {
    const socket = this.#target?.socket;
    if (socket === undefined) {
      return;
    }
    const { record, text } = this.#request;
    record.target = this.#backend && `${this.#backend.target.address}:${this.#backend.at.port}`;
    record.sentAt = performance.now();
    let flowing = socket.write(text, "latin1");
    for (const bytes of this.#early) {
      flowing = socket.write(bytes);
    }
    this.#early = [];
    if (!this.#requestComplete) {
      this.#client.setBodyFlow(flowing);
    }
  }

  #flow(head: string | undefined, bytes: Buffer | undefined): void {
    this.#request.record.headSent += head?.length ?? 0;
    if ((head !== undefined || bytes !== undefined) && !this.#client.send(head, bytes)) {
      this.#target?.socket.pause();
    }
  }

  #finish(reusable: boolean): void {
    this.#over = true;
    const target = this.#target;
    const backend = this.#backend;
    if (reusable && target !== undefined && backend !== undefined) {
      this.#target = undefined;
      this.#backend = undefined;
      backend.outstanding -= 1;
      target.socket.resume();
      backend.release(target);
    } else {
      this.#dropTarget();
    }
    this.#client.complete(this.#response.keepAlive);
  }

  /** The target's connection ended before its response did. */
  #lost(): void {
    const retry = !this.#responseStarted && this.#target?.reused === true && this.#repeatable();
    const backend = this.#dropTarget();
    if (retry && backend !== undefined) {
      this.#use(backend, false);
      return;
    }
    // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html (HTTP 502)
    this.#fail(this.#responseStarted || this.#request.record.generation === "application" ? 502 : 504);
  }

  #fail(status: OwnStatus): void {
    this.#over = true;
    this.#dropTarget();
    if (this.#response.switched) {
      this.#client.cut();
    } else if (!this.#response.begun) {
      this.#client.refuse(status);
    } else {
      this.#client.cut();
    }
  }

  #stopWaiting(): void {
    if (this.#waiting) {
      this.#waiting = false;
      this.#request.counts.surge -= 1;
    }
  }

  #dropTarget(): Backend | undefined {
    this.#stopWaiting();
    const backend = this.#backend;
    this.#target?.discard();
    this.#target = undefined;
    this.#backend = undefined;
    if (backend !== undefined) {
      backend.outstanding -= 1;
    }
    return backend;
  }
}
