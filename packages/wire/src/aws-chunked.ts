/**
 * The `aws-chunked` encoding of a body: `<hex size>[;chunk-signature=…]\r\n<bytes>\r\n` … `0\r\n<trailers>\r\n`.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { sha256 } from "./sigv4-canonical.js";
import { incompleteBody, malformedTrailer, signatureMismatch, smallChunk } from "./sigv4-s3-errors.js";

/** What the first chunk's signature follows from. */
export interface ChunkSeed {
  readonly key: Buffer;
  readonly timestamp: string;
  readonly scope: string;
  /** The request's own signature. */
  readonly signature: string;
}

export interface ChunkedOptions {
  readonly seed?: ChunkSeed | undefined;
  /** The names that `x-amz-trailer` announces, in lower case. */
  readonly trailers: readonly string[];
  /** `x-amz-decoded-content-length`. */
  readonly length: number;
}

const LONGEST_LINE = 1024;
const MOST_TRAILERS = 16;
/** S3 wants larger chunks than this, but for the last. */
const SMALLEST_CHUNK = 8192;
const NO_BYTES = Buffer.alloc(0);
const SIGNATURE_TRAILER = "x-amz-trailer-signature";

/** Takes lines and runs of bytes off a stream, keeping no more than one piece of it. */
class Pieces {
  readonly #source: AsyncIterator<Uint8Array>;
  #bytes: Buffer = NO_BYTES;

  constructor(source: AsyncIterator<Uint8Array>) {
    this.#source = source;
  }

  async #more(): Promise<boolean> {
    const next = await this.#source.next();
    if (next.done) {
      return false;
    }
    const piece = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    this.#bytes = this.#bytes.length === 0 ? piece : Buffer.concat([this.#bytes, piece]);
    return true;
  }

  /** Up to `most` bytes, at least one; `undefined` at the end. */
  async some(most: number): Promise<Buffer | undefined> {
    while (this.#bytes.length === 0) {
      if (!(await this.#more())) {
        return undefined;
      }
    }
    const taken = this.#bytes.subarray(0, most);
    this.#bytes = this.#bytes.subarray(taken.length);
    return taken;
  }

  /** A line without its end; `undefined` when the stream ends first or the line is too long. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#bytes.indexOf("\r\n");
      if (end > LONGEST_LINE || (end < 0 && this.#bytes.length > LONGEST_LINE)) {
        return undefined;
      }
      if (end >= 0) {
        const line = this.#bytes.toString("latin1", 0, end);
        this.#bytes = this.#bytes.subarray(end + 2);
        return line;
      }
      if (!(await this.#more())) {
        return undefined;
      }
    }
  }
}

/** Each signature covers the one before it, so chunks can't be left out or change places. */
class ChunkSignatures {
  readonly #seed: ChunkSeed;
  #previous: string;

  constructor(seed: ChunkSeed) {
    this.#seed = seed;
    this.#previous = seed.signature;
  }

  check(kind: "PAYLOAD" | "TRAILER", contents: readonly string[], given: string): void {
    const { key, timestamp, scope } = this.#seed;
    const text = [`AWS4-HMAC-SHA256-${kind}`, timestamp, scope, this.#previous, ...contents].join("\n");
    const wanted = createHmac("sha256", key).update(text).digest();
    if (!/^[0-9a-f]{64}$/.test(given) || !timingSafeEqual(wanted, Buffer.from(given, "hex"))) {
      throw signatureMismatch({ accessKeyId: "", signature: given.slice(0, 200), stringToSign: text });
    }
    this.#previous = given;
  }
}

const HASH_OF_NOTHING = sha256("");

function chunkHeader(line: string | undefined, signed: boolean): { size: number; signature: string } {
  const [, size, signature] = /^([0-9a-fA-F]{1,13})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line ?? "") ?? [];
  if (size === undefined || (signed && signature === undefined)) {
    throw incompleteBody();
  }
  return { size: Number.parseInt(size, 16), signature: signature ?? "" };
}

/** The lines after the last chunk, up to an empty one or the end. */
async function trailerLines(pieces: Pieces): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (;;) {
    const line = await pieces.line();
    if (line === undefined || line === "") {
      if ((await pieces.some(1)) !== undefined) {
        throw malformedTrailer();
      }
      return found;
    }
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).trim().toLowerCase();
    if (colon <= 0 || found.has(name) || found.size >= MOST_TRAILERS) {
      throw malformedTrailer();
    }
    found.set(name, line.slice(colon + 1).trim());
  }
}

function checkTrailers(found: Map<string, string>, options: ChunkedOptions, signatures: ChunkSignatures | undefined): void {
  const signature = found.get(SIGNATURE_TRAILER);
  found.delete(SIGNATURE_TRAILER);
  if (found.size !== options.trailers.length || options.trailers.some((name) => !found.has(name))) {
    throw malformedTrailer();
  }
  if (signatures && found.size > 0) {
    const text = [...found.keys()].sort().map((name) => `${name}:${found.get(name)!}\n`);
    signatures.check("TRAILER", [sha256(text.join(""))], signature ?? "");
  }
}

/**
 * The bytes inside, as they come, and at the end the trailers. A chunk's bytes are given before its signature is known
 * to be right, so whoever takes them must forget them when this throws: AwsErrors of S3's.
 */
export async function* decodeChunked(source: AsyncIterable<Uint8Array>, options: ChunkedOptions): AsyncGenerator<Uint8Array, ReadonlyMap<string, string>> {
  const iterator = source[Symbol.asyncIterator]();
  const pieces = new Pieces(iterator);
  const signatures = options.seed && new ChunkSignatures(options.seed);
  let left = options.length;
  let small: number | undefined;
  try {
    for (let index = 1; ; index++) {
      const { size, signature } = chunkHeader(await pieces.line(), signatures !== undefined);
      if (size > left) {
        throw incompleteBody();
      }
      if (size > 0 && small !== undefined) {
        throw smallChunk(index - 1, small);
      }
      small = size < SMALLEST_CHUNK ? size : undefined;
      const hash = signatures && createHash("sha256");
      for (let missing = size; missing > 0; ) {
        const piece = await pieces.some(missing);
        if (!piece) {
          throw incompleteBody();
        }
        missing -= piece.length;
        left -= piece.length;
        hash?.update(piece);
        yield piece;
      }
      signatures?.check("PAYLOAD", [HASH_OF_NOTHING, hash!.digest("hex")], signature);
      if (size === 0) {
        break;
      }
      if ((await pieces.line()) !== "") {
        throw incompleteBody();
      }
    }
    if (left > 0) {
      throw incompleteBody();
    }
    const trailers = await trailerLines(pieces);
    checkTrailers(trailers, options, signatures);
    return trailers;
  } finally {
    await iterator.return?.();
  }
}
