/** The body of a request to S3: decoded, and held against everything the request says about it, while it streams. */
import { decodeChunked } from "./aws-chunked.js";
import { CHECKSUM_ALGORITHMS, CHECKSUM_BYTES } from "./checksum.js";
import type { ChecksumAlgorithm } from "./checksum.js";
import { DigestedStream } from "./digests.js";
import * as errors from "./sigv4-s3-errors.js";
import type { Headers, S3Access } from "./sigv4-s3.js";

export interface PayloadOptions {
  /** Whether `x-amz-checksum-*` is of something else than this body, as in CompleteMultipartUpload. */
  readonly foreignChecksums?: boolean;
}

export interface S3Payload {
  /** In bytes, decoded; absent when the client didn't say. */
  readonly length: number | undefined;
  /** The reader throws S3's AwsError, at the latest at its end, when the body isn't what was announced. */
  readonly content: DigestedStream;
}

interface Claim {
  readonly algorithm: ChecksumAlgorithm;
  /** Absent when it comes in the trailer. */
  readonly value?: string;
}

const HEADER = "x-amz-checksum-";
/** These say something about a checksum, but aren't one. */
const NOT_A_CHECKSUM = new Set([`${HEADER}algorithm`, `${HEADER}type`, `${HEADER}mode`]);

const one = (headers: Headers, name: string): string | undefined => headers[name]?.join(",");

function algorithmOf(header: string): ChecksumAlgorithm {
  const found = CHECKSUM_ALGORITHMS.find((algorithm) => `${HEADER}${algorithm.toLowerCase()}` === header);
  if (!found) {
    throw errors.invalidRequest("The algorithm type you specified in x-amz-checksum- header is invalid.");
  }
  return found;
}

function isDigest(algorithm: ChecksumAlgorithm, value: string): boolean {
  const bytes = Buffer.from(value, "base64");
  return bytes.length === CHECKSUM_BYTES[algorithm] && bytes.toString("base64") === value;
}

/** What the client says the checksum is. Throws unless it says it once. */
function claimOf(headers: Headers): Claim | undefined {
  const inHeaders = Object.keys(headers).filter((name) => name.startsWith(HEADER) && !NOT_A_CHECKSUM.has(name));
  const inTrailer = trailersOf(headers);
  if (inHeaders.length + inTrailer.length > 1) {
    throw errors.invalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
  }
  const named = one(headers, "x-amz-sdk-checksum-algorithm")?.toUpperCase();
  const name = inHeaders[0] ?? inTrailer[0];
  if (name === undefined) {
    if (named !== undefined) {
      throw errors.invalidRequest("x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.");
    }
    return undefined;
  }
  const algorithm = algorithmOf(name);
  if (named !== undefined && named !== algorithm) {
    throw errors.invalidRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.");
  }
  const value = one(headers, name);
  if (inHeaders[0] !== undefined && !isDigest(algorithm, value ?? "")) {
    throw errors.invalidRequest(`Value for ${name} header is invalid.`);
  }
  return { algorithm, ...(value === undefined || inHeaders[0] === undefined ? {} : { value }) };
}

function trailersOf(headers: Headers): readonly string[] {
  const names = (one(headers, "x-amz-trailer") ?? "").split(",").map((name) => name.trim().toLowerCase());
  const announced = names.filter((name) => name !== "");
  if (announced.some((name) => !name.startsWith(HEADER) || NOT_A_CHECKSUM.has(name))) {
    throw errors.invalidRequest("The value specified in the x-amz-trailer header is not supported");
  }
  return announced;
}

function md5Of(headers: Headers): string | undefined {
  const value = one(headers, "content-md5");
  if (value !== undefined && !isDigest("MD5", value)) {
    throw errors.invalidMd5(value);
  }
  return value;
}

function lengthOf({ headers, payload }: S3Access): number | undefined {
  const text = one(headers, payload.kind === "chunked" ? "x-amz-decoded-content-length" : "content-length");
  if (text !== undefined && /^\d{1,15}$/.test(text)) {
    return Number(text);
  }
  if (text !== undefined || payload.kind === "chunked") {
    throw errors.missingLength();
  }
  return undefined;
}

type Trailer = ReadonlyMap<string, string> | undefined;

/**
 * The body of an authenticated request, without aws-chunked's framing. Checks at once what the headers say (throws S3's
 * AwsErrors), and while streaming the payload hash, chunk signatures, `Content-MD5`, the checksum and the length.
 */
export function openPayload(source: AsyncIterable<Uint8Array, undefined>, access: S3Access, options: PayloadOptions = {}): S3Payload {
  const { headers, payload } = access;
  const length = lengthOf(access);
  const md5 = md5Of(headers);
  const claim = options.foreignChecksums ? undefined : claimOf(headers);
  const trailers = payload.kind === "chunked" && payload.trailer ? trailersOf(headers) : [];
  if (claim && claim.value === undefined && trailers.length === 0) {
    throw errors.malformedTrailer();
  }

  const check = (end: unknown): void => {
    if (length !== undefined && content.size !== length) {
      throw errors.incompleteBody();
    }
    if (payload.kind === "hash" && content.digest("SHA256") !== Buffer.from(payload.sha256, "hex").toString("base64")) {
      throw errors.contentHashMismatch(payload.sha256, Buffer.from(content.digest("SHA256"), "base64").toString("hex"));
    }
    if (md5 !== undefined && content.digest("MD5") !== md5) {
      throw errors.wrongMd5(md5, content.digest("MD5"));
    }
    if (!claim) {
      return;
    }
    const name = `${HEADER}${claim.algorithm.toLowerCase()}`;
    const value = claim.value ?? (end as Trailer)?.get(name) ?? "";
    if (!isDigest(claim.algorithm, value)) {
      throw errors.invalidRequest(`Value for ${name} trailing header is invalid.`);
    }
    if (content.digest(claim.algorithm) !== value) {
      throw errors.wrongChecksum(claim.algorithm);
    }
  };

  const open = (): AsyncIterator<Uint8Array, Trailer> =>
    payload.kind === "chunked" ? decodeChunked(source, { seed: payload.seed, trailers, length: length ?? 0 }) : source[Symbol.asyncIterator]();
  const content = new DigestedStream(open, check);
  if (payload.kind === "hash") {
    content.want("SHA256");
  }
  if (md5 !== undefined) {
    content.want("MD5");
  }
  if (claim) {
    content.want(claim.algorithm);
  }
  return { length, content };
}
