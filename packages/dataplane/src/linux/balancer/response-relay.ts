/** A target's response on its way to the client: its heads rewritten, its body as it comes, its end found. */
import type { Backend } from "./backends.js";
import { countStatus } from "./counts.js";
import type { ExchangeClient, ExchangeRequest } from "./exchange.js";
import { forwardedInterim, forwardedResponse, switchingResponse } from "./forwarding.js";
import { BodyReader } from "./framing/body-reader.js";
import { HeadScanner } from "./framing/head-scanner.js";
import { parseResponseHead, type ResponseHead } from "./framing/response-head.js";

export class ResponseRelay {
  readonly #request: ExchangeRequest;
  readonly #client: ExchangeClient;
  readonly #flow: (head: string | undefined, bytes: Buffer | undefined) => void;
  readonly #scanner = new HeadScanner();
  #head: ResponseHead | undefined;
  #body: BodyReader | undefined;
  /** Whether the head said that the client's connection stays. */
  keepAlive = false;
  /** Protocols were switched: bytes go as they come. */
  switched = false;

  /** @param flow sends bytes to the client */
  constructor(request: ExchangeRequest, client: ExchangeClient, flow: (head: string | undefined, bytes: Buffer | undefined) => void) {
    this.#request = request;
    this.#client = client;
    this.#flow = flow;
  }

  /** Whether the final head has been passed on. */
  get begun(): boolean {
    return this.#head !== undefined;
  }

  get untilClose(): boolean {
    return this.#head?.body.kind === "until-close";
  }

  /**
   * Takes the target's next bytes.
   * @returns when the response is complete, whether the target would serve another request
   * @throws FramingError for what is no response; the head that it came with has not left then
   */
  push(bytes: Buffer, backend: Backend): boolean | undefined {
    if (this.switched) {
      this.#flow(undefined, bytes);
      return undefined;
    }
    let rest = bytes;
    while (this.#head === undefined) {
      const scanned = this.#scanner.push(rest);
      if (scanned === undefined) {
        return undefined;
      }
      rest = scanned.rest;
      const head = parseResponseHead(scanned.lines, this.#request.head.method);
      if (head.status === 101) {
        return this.#switch(head, rest, backend);
      }
      if (head.status >= 200) {
        return this.#begin(head, rest, backend);
      }
      if (this.#request.head.minorVersion === 1) {
        this.#flow(forwardedInterim(head), undefined);
      }
    }
    return this.#forward(undefined, rest);
  }

  #switch(head: ResponseHead, rest: Buffer, backend: Backend): undefined {
    if (!this.#request.upgrade) {
      throw new Error("the target switched protocols, which nobody asked for");
    }
    this.#head = head;
    this.switched = true;
    this.#note(head, backend);
    this.#flow(switchingResponse(head, this.#request.route.cookies(backend, head)), rest.length > 0 ? rest : undefined);
    this.#client.switched();
  }

  #begin(head: ResponseHead, rest: Buffer, backend: Backend): boolean | undefined {
    this.#head = head;
    const old = this.#request.head.minorVersion === 0;
    const withoutChunked = old && head.body.kind === "chunked";
    this.keepAlive = head.body.kind !== "until-close" && !withoutChunked && this.#client.mayKeepAlive();
    const cookies = this.#request.route.cookies(backend, head);
    const text = forwardedResponse(head, { keepAlive: this.keepAlive, withoutChunked: old, cookies });
    this.#body = new BodyReader(head.body, withoutChunked ? (payload) => this.#flow(undefined, payload) : undefined);
    this.#note(head, backend);
    return this.#forward(text, rest);
  }

  #forward(head: string | undefined, bytes: Buffer): boolean | undefined {
    const body = this.#body;
    if (body === undefined) {
      return undefined;
    }
    if (this.#request.head.minorVersion === 0 && this.#head?.body.kind === "chunked") {
      if (head !== undefined) {
        this.#flow(head, undefined);
      }
      return this.#ended(body, bytes, body.read(bytes, 0));
    }
    let end: number;
    try {
      end = body.read(bytes, 0);
    } catch (error) {
      if (head !== undefined) {
        // The head has not left yet, so the client can still be told.
        this.#head = undefined;
      }
      throw error;
    }
    this.#flow(head, end > 0 ? bytes.subarray(0, end) : undefined);
    return this.#ended(body, bytes, end);
  }

  #ended(body: BodyReader, bytes: Buffer, end: number): boolean | undefined {
    return body.done ? this.#head?.keepAlive === true && end === bytes.length : undefined;
  }

  /** Counts the response, by what the target said. */
  #note(head: ResponseHead, { counts }: Backend): void {
    const { record } = this.#request;
    record.answeredAt = performance.now();
    record.status = head.status;
    record.targetStatus = head.status;
    counts.responses += 1;
    counts.latency += record.answeredAt - (record.sentAt ?? record.answeredAt);
    countStatus(counts.statuses, head.status);
  }
}
