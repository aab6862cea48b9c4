/** One request on its way to a target and its response on the way back. */
import type { Backend } from "./backends.js";
import { forwardedInterim, forwardedRequest, forwardedResponse, type Arrival } from "./forwarding.js";
import { BodyReader } from "./framing/body-reader.js";
import { HeadScanner } from "./framing/head-scanner.js";
import type { RequestHead } from "./framing/request-head.js";
import { parseResponseHead, type ResponseHead } from "./framing/response-head.js";
import type { OwnStatus } from "./replies.js";
import type { TargetSocket, TargetSocketUser } from "./target-socket.js";

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
}

/** Sending these twice does no more than sending them once (RFC 9110, 9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

export class Exchange implements TargetSocketUser {
  readonly #client: ExchangeClient;
  readonly #head: RequestHead;
  readonly #requestText: string;
  readonly #choose: (tried: ReadonlySet<Backend> | undefined) => Backend | undefined;
  readonly #scanner = new HeadScanner();
  #backend: Backend | undefined;
  #target: TargetSocket | undefined;
  #tried: Set<Backend> | undefined;
  #connected = false;
  #requestComplete: boolean;
  /** Body that came before the target's connection stood. */
  #early: Buffer[] = [];
  #responseStarted = false;
  #response: ResponseHead | undefined;
  #body: BodyReader | undefined;
  #keepAlive = false;
  #over = false;

  constructor(
    client: ExchangeClient,
    head: RequestHead,
    arrival: Arrival,
    choose: (tried: ReadonlySet<Backend> | undefined) => Backend | undefined,
  ) {
    this.#client = client;
    this.#head = head;
    this.#requestText = forwardedRequest(head, arrival);
    this.#choose = choose;
    this.#requestComplete = head.body.kind === "none";
  }

  /** Whether the client has sent its whole request. */
  get requestComplete(): boolean {
    return this.#requestComplete;
  }

  /** Whether anything of the final response has reached the client. */
  get responding(): boolean {
    return this.#response !== undefined;
  }

  start(): void {
    this.#dispatch(true);
  }

  /** Forwards request body, as it came. */
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
    this.#sendRequest();
  }

  onDrain(): void {
    this.#client.setBodyFlow(true);
  }

  onData(bytes: Buffer): void {
    this.#responseStarted = true;
    try {
      this.#read(bytes);
    } catch {
      this.#fail(502);
    }
  }

  onEnd(): void {
    if (this.#response?.body.kind === "until-close") {
      this.#finish(false);
    } else {
      this.#lost();
    }
  }

  onClose(code: string | undefined): void {
    if (this.#connected) {
      this.#lost();
      return;
    }
    // Nothing was sent: another target may serve it.
    const backend = this.#dropTarget();
    if (backend !== undefined) {
      this.#tried ??= new Set();
      this.#tried.add(backend);
    }
    if (!this.#dispatch(true)) {
      this.#client.refuse(code === "timeout" ? 504 : 503);
    }
  }

  /** Finds a connection and sends the request; false when the request was tried everywhere before. */
  #dispatch(mayReuse: boolean): boolean {
    const backend = this.#choose(this.#tried);
    if (backend === undefined) {
      this.#over = true;
      if (this.#tried === undefined) {
        this.#client.refuse(503);
      }
      return this.#tried === undefined;
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
    let flowing = socket.write(this.#requestText, "latin1");
    for (const bytes of this.#early) {
      flowing = socket.write(bytes);
    }
    this.#early = [];
    if (!this.#requestComplete) {
      this.#client.setBodyFlow(flowing);
    }
  }

  #read(bytes: Buffer): void {
    let rest = bytes;
    while (this.#response === undefined) {
      const scanned = this.#scanner.push(rest);
      if (scanned === undefined) {
        return;
      }
      rest = scanned.rest;
      const head = parseResponseHead(scanned.lines, this.#head.method);
      if (head.status === 101) {
        throw new Error("the target switched protocols, which nobody asked for");
      }
      if (head.status >= 200) {
        this.#begin(head, rest);
        return;
      }
      if (this.#head.minorVersion === 1) {
        this.#flow(forwardedInterim(head), undefined);
      }
    }
    this.#forward(undefined, rest);
  }

  #begin(head: ResponseHead, rest: Buffer): void {
    this.#response = head;
    const withoutChunked = this.#head.minorVersion === 0 && head.body.kind === "chunked";
    this.#keepAlive = head.body.kind !== "until-close" && !withoutChunked && this.#client.mayKeepAlive();
    const text = forwardedResponse(head, { keepAlive: this.#keepAlive, withoutChunked: this.#head.minorVersion === 0 });
    this.#body = new BodyReader(head.body, withoutChunked ? (payload) => this.#flow(undefined, payload) : undefined);
    this.#forward(text, rest);
  }

  #forward(head: string | undefined, bytes: Buffer): void {
    const body = this.#body;
    if (body === undefined) {
      return;
    }
    if (this.#head.minorVersion === 0 && this.#response?.body.kind === "chunked") {
      if (head !== undefined) {
        this.#flow(head, undefined);
      }
      this.#checkEnd(body, bytes, body.read(bytes, 0));
      return;
    }
    let end: number;
    try {
      end = body.read(bytes, 0);
    } catch (error) {
      if (head !== undefined) {
        // The head has not left yet, so the client can still be told.
        this.#response = undefined;
      }
      throw error;
    }
    this.#flow(head, end > 0 ? bytes.subarray(0, end) : undefined);
    this.#checkEnd(body, bytes, end);
  }

  #flow(head: string | undefined, bytes: Buffer | undefined): void {
    if ((head !== undefined || bytes !== undefined) && !this.#client.send(head, bytes)) {
      this.#target?.socket.pause();
    }
  }

  #checkEnd(body: BodyReader, bytes: Buffer, end: number): void {
    if (body.done) {
      this.#finish(this.#response?.keepAlive === true && this.#requestComplete && end === bytes.length);
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
    this.#client.complete(this.#keepAlive);
  }

  /** The target's connection ended before its response did. */
  #lost(): void {
    const retry = !this.#responseStarted && this.#target?.reused === true && this.#repeatable();
    const backend = this.#dropTarget();
    if (retry && backend !== undefined) {
      this.#use(backend, false);
      return;
    }
    this.#fail(this.#responseStarted ? 502 : 504);
  }

  #fail(status: OwnStatus): void {
    this.#over = true;
    this.#dropTarget();
    if (this.#response === undefined) {
      this.#client.refuse(status);
    } else {
      this.#client.cut();
    }
  }

  #dropTarget(): Backend | undefined {
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
