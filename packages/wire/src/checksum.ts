/**
 * S3's checksums of an object, computed while its bytes pass.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { crc32c, crc64nvme, POLYNOMIALS } from "./checksum-crc.js";
import type { Halves } from "./checksum-crc.js";

/** The algorithms whose checksums can be joined without the bytes: those of `FULL_OBJECT` multipart uploads. */
export type CrcAlgorithm = keyof typeof POLYNOMIALS;
/** What `x-amz-checksum-*` headers carry. S3 knows XXHASH64, XXHASH3 and XXHASH128 too; we don't. */
export type ChecksumAlgorithm = CrcAlgorithm | "SHA1" | "SHA256" | "SHA512" | "MD5";

/** The length of each checksum in bytes. */
export const CHECKSUM_BYTES: Readonly<Record<ChecksumAlgorithm, number>> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
  SHA512: 64,
  MD5: 16,
};
export const CHECKSUM_ALGORITHMS = Object.keys(CHECKSUM_BYTES) as readonly ChecksumAlgorithm[];

/** A checksum under way. */
export interface Checksum {
  update(bytes: Uint8Array): void;
  /** The checksum of everything so far, most significant byte first. Once only. */
  digest(): Buffer;
}

function hashed(name: string): Checksum {
  const hash = createHash(name);
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
}

function ofHalves(high: number, low: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeInt32BE(high, 0);
  bytes.writeInt32BE(low, 4);
  return bytes;
}

function cyclic32(next: (bytes: Uint8Array, crc: number) => number): Checksum {
  let crc = 0;
  return {
    update(bytes) {
      crc = next(bytes, crc);
    },
    digest() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(crc);
      return bytes;
    },
  };
}

function cyclic64(): Checksum {
  let crc: Halves = { high: 0, low: 0 };
  return {
    update(bytes) {
      crc = crc64nvme(bytes, crc);
    },
    digest: () => ofHalves(crc.high, crc.low),
  };
}

/** Starts a checksum. */
export function checksum(algorithm: ChecksumAlgorithm): Checksum {
  switch (algorithm) {
    case "CRC32":
      return cyclic32((bytes, crc) => crc32(bytes, crc));
    case "CRC32C":
      return cyclic32(crc32c);
    case "CRC64NVME":
      return cyclic64();
    default:
      return hashed(algorithm.toLowerCase());
  }
}

/** `a` times `b` modulo the polynomial; in the reflected form the highest bit stands for x⁰. */
function multiply(a: bigint, b: bigint, polynomial: bigint, width: bigint): bigint {
  let product = 0n;
  let shifted = b;
  for (let bit = 1n << (width - 1n); bit > 0n; bit >>= 1n) {
    if (a & bit) {
      product ^= shifted;
    }
    shifted = shifted & 1n ? (shifted >> 1n) ^ polynomial : shifted >> 1n;
  }
  return product;
}

/** x to the power of eight times `bytes`: what appending that many bytes multiplies a CRC by. */
function shiftBy(bytes: number, polynomial: bigint, width: bigint): bigint {
  let power = 1n << (width - 9n);
  let result = 1n << (width - 1n);
  for (let left = BigInt(bytes); left > 0n; left >>= 1n) {
    if (left & 1n) {
      result = multiply(result, power, polynomial, width);
    }
    power = multiply(power, power, polynomial, width);
  }
  return result;
}

/** Consecutive parts of an upload nearly always have one length. */
let lastShift: { readonly algorithm: CrcAlgorithm; readonly bytes: number; readonly by: bigint } | undefined;

/**
 * The CRC of two texts in a row from the CRCs of each (base64) and the second one's length in bytes: how the checksum of
 * a `FULL_OBJECT` multipart upload follows from its parts'.
 */
export function combineCrc(algorithm: CrcAlgorithm, first: string, second: string, secondLength: number): string {
  const width = BigInt(CHECKSUM_BYTES[algorithm] * 8);
  const polynomial = POLYNOMIALS[algorithm];
  const number = (base64: string): bigint => BigInt(`0x${Buffer.from(base64, "base64").toString("hex")}`);
  if (lastShift?.algorithm !== algorithm || lastShift.bytes !== secondLength) {
    lastShift = { algorithm, bytes: secondLength, by: shiftBy(secondLength, polynomial, width) };
  }
  const combined = multiply(lastShift.by, number(first), polynomial, width) ^ number(second);
  return Buffer.from(combined.toString(16).padStart(Number(width) / 4, "0"), "hex").toString("base64");
}

/** The checksum of a `COMPOSITE` multipart upload: of its parts' checksums (base64) in a row, and how many there are. */
export function compositeChecksum(algorithm: ChecksumAlgorithm, parts: readonly string[]): string {
  const whole = checksum(algorithm);
  for (const part of parts) {
    whole.update(Buffer.from(part, "base64"));
  }
  return `${whole.digest().toString("base64")}-${parts.length}`;
}
