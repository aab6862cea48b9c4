/** A client's connection to an HTTP listener: one request after the other, each as its own exchange. */
import type net from "node:net";
import type { Backend } from "./backends.js";
import { Exchange, type ExchangeClient } from "./exchange.js";
import type { Arrival } from "./forwarding.js";
import { BodyReader } from "./framing/body-reader.js";
import { FramingError } from "./framing/errors.js";
import { HeadScanner } from "./framing/head-scanner.js";
import { parseRequestHead, type RequestHead } from "./framing/request-head.js";
import { endInOrder } from "./linger.js";
import { ownReply, type OwnStatus } from "./replies.js";

/** What a connection needs to know of its listener; read again at each request, so that an update holds at once. */
export interface HttpListenerView {
  readonly port: number;
  readonly idleTimeout: number;
  choose(tried: ReadonlySet<Backend> | undefined): Backend | undefined;
}

/** Bytes of pipelined requests that are held while a response is under way. */
const BACKLOG_LIMIT = 64 * 1024;
/** Small bodies are sent with their head in one piece; larger ones are not worth copying. */
const JOIN_LIMIT = 16 * 1024;
const EMPTY = Buffer.alloc(0);

type State = "head" | "body" | "response" | "closing";

export class HttpConnection implements ExchangeClient {
  readonly #socket: net.Socket;
  readonly #listener: HttpListenerView;
  readonly #arrival: Arrival;
  readonly #scanner = new HeadScanner();
  #state: State = "head";
  #backlog: Buffer = EMPTY;
  #headSince: number | undefined;
  #head: RequestHead | undefined;
  #body: BodyReader | undefined;
  #exchange: Exchange | undefined;
  #bodyFlows = true;
  #advancing = false;
  #clientEnded = false;
  #retiring = false;
  #idleTimeout: number;

  constructor(socket: net.Socket, listener: HttpListenerView) {
    this.#socket = socket;
    this.#listener = listener;
    this.#idleTimeout = listener.idleTimeout;
    this.#arrival = { clientAddress: socket.remoteAddress ?? "", address: socket.localAddress ?? "", port: listener.port };
    socket.setTimeout(this.#idleTimeout, () => this.#onTimeout());
    socket.on("data", (bytes: Buffer) => this.#onData(bytes));
    socket.on("end", () => this.#onEnd());
    socket.on("drain", () => {
      this.#exchange?.clientDrained();
      this.#advance();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#state = "closing";
      this.#exchange?.abort();
    });
  }

  /** Closes the connection as soon as no request is under way. */
  retire(): void {
    this.#retiring = true;
    if (this.#state === "head" && !this.#scanner.started) {
      this.#close();
    }
  }

  destroy(): void {
    this.#socket.destroy();
  }

  send(head: string | undefined, body: Buffer | undefined): boolean {
    if (head === undefined) {
      return body === undefined || this.#socket.write(body);
    }
    if (body === undefined || body.length > JOIN_LIMIT) {
      const flowing = this.#socket.write(head, "latin1");
      return body === undefined ? flowing : this.#socket.write(body);
    }
    const joined = Buffer.allocUnsafe(head.length + body.length);
    joined.write(head, 0, "latin1");
    body.copy(joined, head.length);
    return this.#socket.write(joined);
  }

  complete(keepAlive: boolean): void {
    const whole = this.#exchange?.requestComplete === true;
    this.#exchange = undefined;
    if (keepAlive && whole) {
      this.#state = "head";
      this.#advance();
    } else {
      this.#close();
    }
  }

  refuse(status: OwnStatus): void {
    const keepAlive = this.#exchange?.requestComplete === true && this.mayKeepAlive();
    this.#socket.write(ownReply(status, keepAlive), "latin1");
    this.complete(keepAlive);
  }

  cut(): void {
    this.#state = "closing";
    this.#exchange = undefined;
    this.#socket.resetAndDestroy();
  }

  setBodyFlow(flowing: boolean): void {
    this.#bodyFlows = flowing;
    if (flowing) {
      // Body that came in the meantime waits in the backlog, and may be all there is.
      this.#advance();
    } else {
      this.#steer();
    }
  }

  mayKeepAlive(): boolean {
    return this.#head?.keepAlive === true && !this.#retiring;
  }

  #onData(bytes: Buffer): void {
    if (this.#state !== "closing") {
      this.#backlog = this.#backlog.length > 0 ? Buffer.concat([this.#backlog, bytes]) : bytes;
      this.#advance();
    }
  }

  /** Goes as far as the bytes at hand allow. */
  #advance(): void {
    if (this.#advancing) {
      return;
    }
    this.#advancing = true;
    try {
      while (this.#step()) {
        // each step takes bytes or changes the state
      }
    } catch (error) {
      this.#malformed(error);
    } finally {
      this.#advancing = false;
    }
    if (this.#clientEnded && this.#backlog.length === 0) {
      this.#endWithClient();
    }
    this.#steer();
  }

  #step(): boolean {
    if (this.#backlog.length === 0) {
      return false;
    }
    if (this.#state === "head") {
      // A client that sends requests and reads no responses must not fill the memory with them.
      return !this.#socket.writableNeedDrain && this.#readHead();
    }
    if (this.#state === "body" && this.#bodyFlows) {
      return this.#readBody();
    }
    return false;
  }

  #readHead(): boolean {
    const bytes = this.#backlog;
    this.#backlog = EMPTY;
    const scanned = this.#scanner.push(bytes);
    if (scanned === undefined) {
      this.#headSince ??= performance.now();
      if (performance.now() - this.#headSince > this.#idleTimeout) {
        this.refuse(408);
      }
      return false;
    }
    this.#backlog = scanned.rest;
    this.#headSince = undefined;
    const head = parseRequestHead(scanned.lines);
    this.#head = head;
    this.#body = head.body.kind === "none" ? undefined : new BodyReader(head.body);
    this.#state = this.#body === undefined ? "response" : "body";
    this.#bodyFlows = true;
    this.#applyIdleTimeout();
    const exchange = new Exchange(this, head, this.#arrival, (tried) => this.#listener.choose(tried));
    this.#exchange = exchange;
    exchange.start();
    return true;
  }

  #readBody(): boolean {
    const reader = this.#body;
    const exchange = this.#exchange;
    if (reader === undefined || exchange === undefined) {
      return false;
    }
    const bytes = this.#backlog;
    const end = reader.read(bytes, 0);
    this.#backlog = end === bytes.length ? EMPTY : bytes.subarray(end);
    if (reader.done) {
      this.#state = "response";
      exchange.requestEnded();
    }
    exchange.requestBody(bytes.subarray(0, end));
    return true;
  }

  #malformed(error: unknown): void {
    const exchange = this.#exchange;
    const status = error instanceof FramingError ? error.status : 400;
    exchange?.abort();
    if (exchange?.responding === true) {
      this.cut();
    } else {
      this.refuse(status);
    }
  }

  #onEnd(): void {
    this.#clientEnded = true;
    this.#advance();
  }

  /** The client sends no more. Whatever it has asked for whole, it still gets. */
  #endWithClient(): void {
    if (this.#state === "body") {
      this.#exchange?.abort();
      this.#answerOrCut(408);
    } else if (this.#state === "head") {
      this.#close();
    }
  }

  #onTimeout(): void {
    if (this.#state === "closing" || (this.#state === "head" && !this.#scanner.started)) {
      this.#socket.destroy();
      return;
    }
    const clientOwes = this.#state === "head" || (this.#state === "body" && this.#bodyFlows);
    this.#exchange?.abort();
    this.#answerOrCut(clientOwes ? 408 : 504);
  }

  #answerOrCut(status: OwnStatus): void {
    if (this.#exchange?.responding === true) {
      this.cut();
    } else {
      this.#retiring = true;
      this.refuse(status);
    }
  }

  #close(): void {
    if (this.#state === "closing") {
      return;
    }
    this.#state = "closing";
    this.#exchange = undefined;
    this.#backlog = EMPTY;
    endInOrder(this.#socket);
  }

  #applyIdleTimeout(): void {
    if (this.#idleTimeout !== this.#listener.idleTimeout) {
      this.#idleTimeout = this.#listener.idleTimeout;
      this.#socket.setTimeout(this.#idleTimeout);
    }
  }

  /** Reads from the client only what there is room for. */
  #steer(): void {
    const full =
      (this.#state === "body" && !this.#bodyFlows) ||
      (this.#state === "response" && this.#backlog.length > BACKLOG_LIMIT) ||
      (this.#state === "head" && this.#socket.writableNeedDrain);
    if (full) {
      this.#socket.pause();
    } else if (this.#socket.isPaused()) {
      this.#socket.resume();
    }
  }
}
