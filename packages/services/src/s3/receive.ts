/** Takes in a body: into a blob, with its MD5 and checksum. */
import { digested, type ByteStream } from "@hakoniwa/wire";
import type { Preparation } from "../define.js";
import { wantedChecksum } from "./attributes.js";
import { badDigest, entityTooLarge } from "./errors.js";
import type { Algorithm, Segment, StoredChecksum } from "./state.js";

export const LARGEST_PUT = 5 * 1024 ** 3;

export interface Received {
  readonly segments: readonly Segment[];
  readonly size: number;
  /** MD5 in hexadecimal: what S3 calls ETag. */
  readonly etag: string;
  readonly checksum: StoredChecksum;
}

interface Body {
  readonly Body?: ByteStream | undefined;
  readonly ContentLength?: number | undefined;
  readonly ContentMD5?: string | undefined;
  readonly ChecksumAlgorithm?: string | undefined;
}

async function* nothing(): ByteStream {}

/** @param algorithm the checksum's, where the request asks for none @throws EntityTooLarge, BadDigest, and what the body's stream throws */
export async function receive({ blobs }: Preparation, input: Body, algorithm: Algorithm = "CRC64NVME"): Promise<Received> {
  if ((input.ContentLength ?? 0) > LARGEST_PUT) throw entityTooLarge(input.ContentLength!, LARGEST_PUT);
  // S3 adds one of its own where the client sends none: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
  const wanted = wantedChecksum(input) ?? { algorithm };
  const content = digested(input.Body ?? nothing(), "MD5", wanted.algorithm);
  const blob = await blobs.write(content);
  // Where nobody said how long it is, as within this process, it shows only now.
  if (blob.size > LARGEST_PUT) throw entityTooLarge(blob.size, LARGEST_PUT);
  const md5 = content.digest("MD5");
  const value = content.digest(wanted.algorithm);
  if (input.ContentMD5 !== undefined && md5 !== input.ContentMD5) throw badDigest("Content-MD5");
  if ("value" in wanted && wanted.value !== value) throw badDigest(wanted.algorithm);
  return {
    segments: blob.size > 0 ? [{ blob: blob.id, start: 0, size: blob.size }] : [],
    size: blob.size,
    etag: Buffer.from(md5, "base64").toString("hex"),
    checksum: { algorithm: wanted.algorithm, value, type: "FULL_OBJECT" },
  };
}
