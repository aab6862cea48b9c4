import { FramingError } from "./errors.js";
import { parseHeaderLine, type BodyFraming } from "./headers.js";

const CHUNK_LINE = /^([0-9a-fA-F]{1,12})(;[\t\x20-\x7e\x80-\xff]*)?$/;
/** A chunk's size line is short; extensions nobody uses may not grow it without bound. */
const CHUNK_LINE_LIMIT = 1024;
const TRAILER_LIMIT = 16 * 1024;
/** Fields that say where a message ends or whom it is for may not come after it (RFC 9110, 6.5.1). */
const NO_TRAILERS: ReadonlySet<string> = new Set(["content-length", "transfer-encoding", "host"]);
const LF = 10;
const CR = 13;

type State = "line" | "data" | "data-end" | "trailer" | "until-close" | "done";

/**
 * Finds where a message's body ends, over chunks cut anywhere, without copying it. The bytes are forwarded as they came, so
 * every byte of the chunked coding is checked: the target must not be able to read it differently.
 */
export class BodyReader {
  #state: State;
  #remaining = 0;
  #line = "";
  #trailerSize = 0;
  readonly #chunked: boolean;
  readonly #payload: ((bytes: Buffer) => void) | undefined;

  /** @param payload is given the body's content without its chunked coding, for those who must send it on without. */
  constructor(framing: BodyFraming, payload?: (bytes: Buffer) => void) {
    this.#chunked = framing.kind === "chunked";
    this.#payload = payload;
    if (framing.kind === "length") {
      this.#remaining = framing.length;
      this.#state = framing.length === 0 ? "done" : "data";
    } else if (framing.kind === "chunked") {
      this.#state = "line";
    } else {
      this.#state = framing.kind === "none" ? "done" : "until-close";
    }
  }

  /** Whether the body is complete. A body that lasts until the connection closes never says so. */
  get done(): boolean {
    return this.#state === "done";
  }

  /**
   * Reads the body's bytes from `from` on; returns the index after the last one that belongs to it.
   * @throws FramingError for a malformed chunked coding
   */
  read(bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length && this.#state !== "done") {
      if (this.#state === "data" || this.#state === "until-close") {
        at = this.#readData(bytes, at);
      } else {
        at = this.#readLine(bytes, at);
      }
    }
    return at;
  }

  #readData(bytes: Buffer, at: number): number {
    const available = bytes.length - at;
    const length = this.#state === "until-close" ? available : Math.min(available, this.#remaining);
    this.#payload?.(bytes.subarray(at, at + length));
    if (this.#state === "data") {
      this.#remaining -= length;
      if (this.#remaining === 0) {
        this.#state = this.#chunked ? "data-end" : "done";
      }
    }
    return at + length;
  }

  #readLine(bytes: Buffer, at: number): number {
    const lf = bytes.indexOf(LF, at);
    const end = lf < 0 ? bytes.length : lf;
    const limit = this.#state === "trailer" ? TRAILER_LIMIT : CHUNK_LINE_LIMIT;
    if (this.#line.length + end - at > limit) {
      throw new FramingError("a line of the chunked coding is too long");
    }
    this.#line += bytes.toString("latin1", at, end);
    if (this.#state === "data-end" && this.#line !== "" && this.#line !== "\r") {
      throw new FramingError("a chunk is longer than it said");
    }
    if (lf < 0) {
      return end;
    }
    if (this.#line.charCodeAt(this.#line.length - 1) !== CR) {
      throw new FramingError("a line of the chunked coding ends with a bare LF");
    }
    const line = this.#line.slice(0, -1);
    this.#line = "";
    this.#endLine(line);
    return lf + 1;
  }

  #endLine(line: string): void {
    if (this.#state === "data-end") {
      this.#state = "line";
      return;
    }
    if (this.#state === "line") {
      const match = CHUNK_LINE.exec(line);
      if (match === null) {
        throw new FramingError(`${JSON.stringify(line.slice(0, 32))} is no chunk size`);
      }
      this.#remaining = Number.parseInt(match[1] ?? "", 16);
      this.#state = this.#remaining === 0 ? "trailer" : "data";
      return;
    }
    if (line === "") {
      this.#state = "done";
      return;
    }
    this.#trailerSize += line.length;
    if (this.#trailerSize > TRAILER_LIMIT) {
      throw new FramingError("the trailer section is too long");
    }
    const { name, key } = parseHeaderLine(line);
    if (NO_TRAILERS.has(key)) {
      throw new FramingError(`${name} may not be a trailer`);
    }
  }
}
