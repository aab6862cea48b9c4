/** The checksums of S3's objects. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checksum, CHECKSUM_ALGORITHMS, combineCrc, compositeChecksum } from "./checksum.js";
import type { ChecksumAlgorithm, CrcAlgorithm } from "./checksum.js";

const digest = (algorithm: ChecksumAlgorithm, ...parts: readonly Uint8Array[]): Buffer => {
  const sum = checksum(algorithm);
  for (const part of parts) {
    sum.update(part);
  }
  return sum.digest();
};
const base64 = (algorithm: ChecksumAlgorithm, bytes: Uint8Array): string => digest(algorithm, bytes).toString("base64");

/** Bit by bit, as the definition has it. */
function slowCrc(polynomial: bigint, width: bigint, bytes: Uint8Array): bigint {
  const ones = (1n << width) - 1n;
  let crc = ones;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n;
    }
  }
  return crc ^ ones;
}

const CRCS: readonly (readonly [CrcAlgorithm, bigint, bigint])[] = [
  ["CRC32", 0xedb88320n, 32n],
  ["CRC32C", 0x82f63b78n, 32n],
  ["CRC64NVME", 0x9a6c9329ac4bc9b5n, 64n],
];

describe("a checksum", () => {
  it.each([
    ["CRC32", "cbf43926"],
    ["CRC32C", "e3069283"],
    ["CRC64NVME", "ae8b14860a799888"],
    ["SHA1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"],
    ["MD5", "25f9e794323b453885f5181f1b624d0b"],
  ] as const)("%s of 123456789 is the one that its catalogue gives", (algorithm, check) => {
    expect(digest(algorithm, Buffer.from("123456789")).toString("hex")).toBe(check);
  });

  it.each(CRCS)("%s agrees with its definition for any bytes", (algorithm, polynomial, width) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(BigInt(`0x${digest(algorithm, bytes).toString("hex")}`)).toBe(slowCrc(polynomial, width, bytes));
      }),
    );
  });

  it.each(CHECKSUM_ALGORITHMS)("%s does not depend on how the bytes are cut", (algorithm) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, cut) => {
        expect(digest(algorithm, bytes.subarray(0, cut), bytes.subarray(cut))).toEqual(digest(algorithm, bytes));
      }),
    );
  });
});

describe("a multipart upload's checksum", () => {
  it.each(CRCS)("FULL_OBJECT follows from its parts' (%s)", (algorithm) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (a, b) => {
        expect(combineCrc(algorithm, base64(algorithm, a), base64(algorithm, b), b.length)).toBe(base64(algorithm, Buffer.concat([a, b])));
      }),
    );
  });

  it("FULL_OBJECT holds for parts of more than 4 GiB, which are zeros appended twice over", () => {
    const once = base64("CRC64NVME", Buffer.alloc(1));
    let zeros = once;
    let length = 1;
    for (; length < 2 ** 33; length *= 2) {
      zeros = combineCrc("CRC64NVME", zeros, zeros, length);
    }
    const oneMore = combineCrc("CRC64NVME", zeros, once, 1);
    expect(combineCrc("CRC64NVME", once, zeros, length)).toBe(oneMore);
    expect(oneMore).not.toBe(zeros);
  });

  it("COMPOSITE is of the parts' digests, and tells how many there are", () => {
    const parts = ["a", "b"].map((text) => base64("SHA256", Buffer.from(text)));
    const joined = Buffer.concat(parts.map((part) => Buffer.from(part, "base64")));
    expect(compositeChecksum("SHA256", parts)).toBe(`${base64("SHA256", joined)}-2`);
  });
});
