/** A client's connection to an HTTP or HTTPS listener: one request after the other, each as its own exchange. */
import type net from "node:net";
import { Exchange, exchangeRequest, type ExchangeClient } from "./exchange.js";
import { arrivalOf, type Arrival } from "./forwarding.js";
import { BodyReader } from "./framing/body-reader.js";
import { FramingError } from "./framing/errors.js";
import { HeadScanner } from "./framing/head-scanner.js";
import { parseRequestHead, type RequestHead } from "./framing/request-head.js";
import { cutOff, endInOrder, RETIRING_IDLE, writeJoined } from "./linger.js";
import type { ListenerView } from "./listener-view.js";
import { refusalOf } from "./refusals.js";
import { actionReply, ownReply, type OwnStatus } from "./replies.js";
import { RequestLedger } from "./request-ledger.js";
import type { Route } from "./route.js";

/** Bytes of pipelined requests that are held while a response is under way. */
const BACKLOG_LIMIT = 64 * 1024;
const EMPTY = Buffer.alloc(0);

type State = "head" | "body" | "response" | "switched" | "closing";

export class HttpConnection implements ExchangeClient {
  readonly #socket: net.Socket;
  readonly #listener: ListenerView;
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
  readonly #ledger: RequestLedger;

  constructor(socket: net.Socket, listener: ListenerView) {
    this.#socket = socket;
    this.#listener = listener;
    this.#idleTimeout = listener.node.idleTimeout;
    this.#arrival = arrivalOf(socket, listener.port);
    this.#ledger = new RequestLedger(socket, listener.node, this.#arrival);
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
      this.#ledger.end();
    });
  }

  /** Closes the connection after the present request; an idle one not at once: a request may be on its way. */
  retire(): void {
    this.#retiring = true;
    if (this.#state === "head" && !this.#scanner.started) {
      this.#applyIdleTimeout(RETIRING_IDLE);
    }
  }

  send(head: string | undefined, body: Buffer | undefined): boolean {
    return writeJoined(this.#socket, head, body);
  }

  complete(keepAlive: boolean): void {
    const whole = this.#exchange?.requestComplete === true;
    this.#exchange = undefined;
    this.#ledger.end();
    if (keepAlive && whole) {
      this.#state = "head";
      this.#advance();
    } else {
      this.#close();
    }
  }

  refuse(status: OwnStatus): void {
    const keepAlive = this.#exchange?.requestComplete === true && this.mayKeepAlive();
    const { generation } = this.#listener.node;
    this.#ledger.answer(status, ownReply(generation, status, keepAlive, Date.now(), this.#head?.method === "HEAD"));
    this.complete(keepAlive);
  }

  cut(): void {
    this.#state = "closing";
    this.#exchange = undefined;
    cutOff(this.#socket);
  }

  switched(): void {
    this.#state = "switched";
    this.#bodyFlows = true;
    this.#advance();
  }

  targetEnded(): void {
    this.#socket.end();
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
    return this.#head?.keepAlive === true && !this.#retiring && performance.now() - this.#arrival.since < (this.#listener.node.http.keepAlive ?? Infinity);
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
    if (this.#state === "switched" && this.#bodyFlows) {
      const bytes = this.#backlog;
      this.#backlog = EMPTY;
      this.#exchange?.requestBody(bytes);
      return true;
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
    this.#head = undefined;
    const head = parseRequestHead(scanned.lines);
    this.#head = head;
    this.#body = head.body.kind === "none" ? undefined : new BodyReader(head.body);
    this.#state = this.#body === undefined ? "response" : "body";
    this.#bodyFlows = true;
    this.#applyIdleTimeout();
    this.#take(head, scanned.lines);
    return true;
  }

  /** Leads a request where the listener's rules say. */
  #take(head: RequestHead, lines: readonly string[]): void {
    const record = this.#ledger.begin(head, lines);
    const refusal = refusalOf(head, this.#listener.node);
    if (refusal !== undefined) {
      this.#head = { ...head, keepAlive: false };
      this.refuse(refusal);
      return;
    }
    const route = this.#listener.route(head, this.#arrival.clientAddress);
    this.#ledger.routed(route);
    if (route.kind === "reply") {
      this.#replyWith(route, head);
      return;
    }
    const exchange = new Exchange(this, exchangeRequest(head, this.#arrival, this.#listener.node, route, record));
    this.#exchange = exchange;
    exchange.start();
  }

  /** A redirect or a fixed response. A body that is still to come is not waited for: the connection ends. */
  #replyWith(route: Extract<Route, { readonly kind: "reply" }>, head: RequestHead): void {
    const keepAlive = head.body.kind === "none" && this.mayKeepAlive();
    this.#ledger.answer(route.status, actionReply(route, keepAlive, Date.now(), head.method === "HEAD"));
    this.#ledger.end();
    if (keepAlive) {
      this.#state = "head";
    } else {
      this.#close();
    }
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
    if (this.#state === "switched") {
      this.#exchange?.clientEnded();
    } else if (this.#state === "body") {
      this.#exchange?.abort();
      this.#answerOrCut(this.#listener.node.generation === "classic" ? 408 : 400);
    } else if (this.#state === "head") {
      this.#close();
    }
  }

  #onTimeout(): void {
    if (this.#state === "closing" || this.#state === "switched" || (this.#state === "head" && !this.#scanner.started)) {
      // Its closing ends the exchange too.
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

  #applyIdleTimeout(milliseconds = this.#listener.node.idleTimeout): void {
    if (this.#idleTimeout !== milliseconds) {
      this.#idleTimeout = milliseconds;
      this.#socket.setTimeout(milliseconds);
    }
  }

  /** Reads from the client only what there is room for. */
  #steer(): void {
    const full =
      ((this.#state === "body" || this.#state === "switched") && !this.#bodyFlows) ||
      (this.#state === "response" && this.#backlog.length > BACKLOG_LIMIT) ||
      (this.#state === "head" && this.#socket.writableNeedDrain);
    if (full) {
      this.#socket.pause();
    } else if (this.#socket.isPaused()) {
      this.#socket.resume();
    }
  }
}
