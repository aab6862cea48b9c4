/** The body of a request to S3: decoded, and held against everything the request says about it, while it streams. */
import { decodeChunked } from "./aws-chunked.js";
import { checksum, CHECKSUM_ALGORITHMS, CHECKSUM_BYTES } from "./checksum.js";
import type { Checksum, ChecksumAlgorithm } from "./checksum.js";
import * as errors from "./sigv4-s3-errors.js";
import type { Headers, S3Access } from "./sigv4-s3.js";

export interface PayloadOptions {
  /** Further checksums to compute on the way; `Content-MD5`, `x-amz-checksum-*` and the signature's cost nothing more. */
  readonly also?: readonly ChecksumAlgorithm[];
  /** Whether `x-amz-checksum-*` is of something else than this body, as in CompleteMultipartUpload. */
  readonly foreignChecksums?: boolean;
}

/** A body; to be read once. The reader throws S3's AwsError, at the latest at its end, when the body isn't what was announced. */
export interface S3Payload extends AsyncIterable<Uint8Array> {
  /** In bytes, decoded; absent when the client didn't say. */
  readonly length: number | undefined;
  /** The checksum that the client sent, in a header or a trailer, beside `Content-MD5`. */
  readonly claimed: ChecksumAlgorithm | undefined;
  /** Base64. Only after the end, for what was claimed or asked for; throws otherwise: that is a bug. */
  digest(algorithm: ChecksumAlgorithm): string;
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

/**
 * The body of an authenticated request, without aws-chunked's framing. Checks at once what the headers say (throws S3's
 * AwsErrors), and while streaming the payload hash, chunk signatures, `Content-MD5`, the checksum and the length.
 */
export function openPayload(source: AsyncIterable<Uint8Array>, access: S3Access, options: PayloadOptions = {}): S3Payload {
  const { headers, payload } = access;
  const length = lengthOf(access);
  const md5 = md5Of(headers);
  const claim = options.foreignChecksums ? undefined : claimOf(headers);
  const trailers = payload.kind === "chunked" && payload.trailer ? trailersOf(headers) : [];
  if (claim && claim.value === undefined && trailers.length === 0) {
    throw errors.malformedTrailer();
  }
  const wanted = new Set<ChecksumAlgorithm>(options.also);
  if (md5 !== undefined) {
    wanted.add("MD5");
  }
  if (payload.kind === "hash") {
    wanted.add("SHA256");
  }
  if (claim) {
    wanted.add(claim.algorithm);
  }
  const digests = new Map<ChecksumAlgorithm, string>();

  const check = (trailer: ReadonlyMap<string, string> | undefined): void => {
    const sha256 = digests.get("SHA256");
    if (payload.kind === "hash" && sha256 !== Buffer.from(payload.sha256, "hex").toString("base64")) {
      throw errors.contentHashMismatch(payload.sha256, Buffer.from(sha256!, "base64").toString("hex"));
    }
    if (md5 !== undefined && digests.get("MD5") !== md5) {
      throw errors.wrongMd5(md5, digests.get("MD5")!);
    }
    if (!claim) {
      return;
    }
    const name = `${HEADER}${claim.algorithm.toLowerCase()}`;
    const value = claim.value ?? trailer?.get(name) ?? "";
    if (!isDigest(claim.algorithm, value)) {
      throw errors.invalidRequest(`Value for ${name} trailing header is invalid.`);
    }
    if (digests.get(claim.algorithm) !== value) {
      throw errors.wrongChecksum(claim.algorithm);
    }
  };

  return {
    length,
    claimed: claim?.algorithm,
    digest(algorithm) {
      const found = digests.get(algorithm);
      if (found === undefined) {
        throw new Error(`the ${algorithm} of this body was not computed, or the body not read to its end`);
      }
      return found;
    },
    async *[Symbol.asyncIterator]() {
      const running: readonly (readonly [ChecksumAlgorithm, Checksum])[] = [...wanted].map((algorithm) => [algorithm, checksum(algorithm)] as const);
      const decoded = payload.kind === "chunked" ? decodeChunked(source, { seed: payload.seed, trailers, length: length ?? 0 }) : source[Symbol.asyncIterator]();
      let size = 0;
      let finished = false;
      try {
        let next = await decoded.next();
        for (; !next.done; next = await decoded.next()) {
          size += next.value.length;
          for (const [, sum] of running) {
            sum.update(next.value);
          }
          yield next.value;
        }
        finished = true;
        if (length !== undefined && size !== length) {
          throw errors.incompleteBody();
        }
        for (const [algorithm, sum] of running) {
          digests.set(algorithm, sum.digest().toString("base64"));
        }
        check(next.value as ReadonlyMap<string, string> | undefined);
      } finally {
        if (!finished) {
          await decoded.return?.(undefined as never);
        }
      }
    },
  };
}
