import { FramingError } from "./errors.js";

/**
 * Bytes in one line and in one head, as AWS's load balancers limit them.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html (HTTP headers)
 */
export const LINE_LIMIT = 16 * 1024;
export const HEAD_LIMIT = 64 * 1024;

const LF = 10;
const CR = 13;
const EMPTY = Buffer.alloc(0);

export interface ScannedHead {
  /** The lines without their CRLF and without the empty line that ends them; one byte is one character (latin1). */
  readonly lines: readonly string[];
  /** What came after the head. */
  readonly rest: Buffer;
}

/** Collects the lines of a head from chunks cut anywhere. Only CRLF ends a line: a bare LF is how requests are smuggled. */
export class HeadScanner {
  #lines: string[] = [];
  #partial: Buffer = EMPTY;
  #size = 0;
  #skippedEmptyLine = false;

  /** Whether some of a head has come, but not all. */
  get started(): boolean {
    return this.#partial.length > 0 || this.#lines.length > 0;
  }

  /**
   * Takes the next bytes; returns the head once its empty line has come, and is then ready for the next one.
   * @throws FramingError for a bare LF, and when a line or the head is over its limit
   */
  push(bytes: Buffer): ScannedHead | undefined {
    const known = this.#partial.length;
    const data = known > 0 ? Buffer.concat([this.#partial, bytes]) : bytes;
    let lineStart = 0;
    let searchFrom = known;
    for (;;) {
      const lf = data.indexOf(LF, searchFrom);
      const lineEnd = lf < 0 ? data.length : lf - 1;
      this.#refuseOversize(lineEnd - lineStart);
      if (lf < 0) {
        this.#partial = data.subarray(lineStart);
        return undefined;
      }
      if (lf === lineStart || data[lineEnd] !== CR) {
        throw new FramingError("a line ends with a bare LF instead of CRLF");
      }
      const line = data.toString("latin1", lineStart, lineEnd);
      lineStart = lf + 1;
      searchFrom = lineStart;
      if (line.length > 0) {
        this.#lines.push(line);
        this.#size += line.length + 2;
        continue;
      }
      if (this.#lines.length > 0) {
        const lines = this.#lines;
        this.#reset();
        return { lines, rest: data.subarray(lineStart) };
      }
      // RFC 9112, 2.2: one empty line before a start line is ignored, as old clients send it after a POST's body.
      if (this.#skippedEmptyLine) {
        throw new FramingError("a start line is missing");
      }
      this.#skippedEmptyLine = true;
    }
  }

  #refuseOversize(line: number): void {
    if (line > LINE_LIMIT) {
      throw new FramingError(`a line of the head is longer than ${LINE_LIMIT} bytes`, this.#lines.length === 0 ? 414 : 400);
    }
    if (this.#size + line > HEAD_LIMIT) {
      throw new FramingError(`the head is longer than ${HEAD_LIMIT} bytes`);
    }
  }

  #reset(): void {
    this.#lines = [];
    this.#partial = EMPTY;
    this.#size = 0;
    this.#skippedEmptyLine = false;
  }
}
