/** Checksums of what passes by, in threads and without. */
import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { checksum, CHECKSUM_ALGORITHMS } from "./checksum.js";
import type { ChecksumAlgorithm } from "./checksum.js";
import { digested } from "./digests.js";

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    yield bytes.subarray(at, at + size);
  }
}

function digestOf(algorithm: ChecksumAlgorithm, bytes: Uint8Array): string {
  const sum = checksum(algorithm);
  sum.update(bytes);
  return sum.digest().toString("base64");
}

async function read(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of content) {
    parts.push(part);
  }
  return Buffer.concat(parts);
}

describe("a content's checksums", () => {
  it.each([
    [0, 100],
    [1000, 100],
    [256 * 1024, 65_536],
    [1_000_003, 65_536],
    [3_000_001, 2_000_000],
    [300_000, 100],
  ])("are the same however it comes: %i bytes in parts of %i", async (size, part) => {
    const bytes = randomBytes(size);
    const content = digested(cut(bytes, part), ...CHECKSUM_ALGORITHMS);
    expect((await read(content)).equals(bytes)).toBe(true);
    expect(content.size).toBe(size);
    for (const algorithm of CHECKSUM_ALGORITHMS) {
      expect(content.digest(algorithm), algorithm).toBe(digestOf(algorithm, bytes));
    }
  });

  it("of many contents at once don't mix", async () => {
    const all = Array.from({ length: 20 }, () => randomBytes(1_500_000));
    const contents = all.map((bytes) => digested(cut(bytes, 60_000), "MD5", "CRC64NVME"));
    await Promise.all(contents.map((content) => read(content)));
    expect(contents.map((content) => content.digest("MD5"))).toEqual(all.map((bytes) => createHash("md5").update(bytes).digest("base64")));
    expect(contents.map((content) => content.digest("CRC64NVME"))).toEqual(all.map((bytes) => digestOf("CRC64NVME", bytes)));
  });

  it("are forgotten when a reader stops early, and hold up nobody", async () => {
    for (let round = 0; round < 40; round++) {
      let seen = 0;
      for await (const part of digested(cut(Buffer.alloc(2_000_000), 500_000), "SHA256")) {
        seen += part.length;
        if (seen >= 1_000_000) {
          break;
        }
      }
    }
    const content = digested(cut(Buffer.alloc(2_000_000), 500_000), "SHA256");
    await read(content);
    expect(content.digest("SHA256")).toBe(digestOf("SHA256", Buffer.alloc(2_000_000)));
  });

  it("of a long one are computed elsewhere: others get their turn meanwhile", async () => {
    const piece = randomBytes(1024 * 1024);
    const many = async function* () {
      for (let count = 0; count < 16; count++) {
        yield piece;
      }
    };
    let turns = 0;
    const turn = (): void => {
      turns++;
      next = setImmediate(turn);
    };
    let next = setImmediate(turn);
    // Everything is here at once, so nothing but the threads is waited for.
    for await (const part of digested(many(), "SHA512")) {
      void part;
    }
    clearImmediate(next);
    expect(turns).toBeGreaterThan(10);
  });
});
