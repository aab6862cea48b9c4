/** Bodies in aws-chunked, signed and not, and what the headers say of them. */
import { createHash } from "node:crypto";
import { AwsError } from "@hakoniwa/kernel";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChunkSeed } from "./aws-chunked.js";
import { checksum } from "./checksum.js";
import type { ChecksumAlgorithm } from "./checksum.js";
import { openPayload } from "./checksum-payload.js";
import type { PayloadOptions } from "./checksum-payload.js";
import { signingKey } from "./sigv4-canonical.js";
import type { Payload, S3Access } from "./sigv4-s3.js";

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    yield bytes.subarray(at, at + size);
  }
}

interface ReadOptions extends PayloadOptions {
  readonly also?: readonly ChecksumAlgorithm[];
}

interface Result {
  text: string;
  digest: (algorithm: ChecksumAlgorithm) => string;
}

async function read(body: Uint8Array | string, payload: Payload, headers: Record<string, string>, { also = [], ...options }: ReadOptions = {}, piece = 1000): Promise<Result> {
  const access: S3Access = { accessKeyId: "k", payload, headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])) };
  const { content } = openPayload(cut(Buffer.from(body as string), piece), access, options);
  content.want(...also);
  const parts: Uint8Array[] = [];
  for await (const part of content) {
    parts.push(Buffer.from(part));
  }
  return { text: Buffer.concat(parts).toString("latin1"), digest: (algorithm) => content.digest(algorithm) };
}

async function refused(...args: Parameters<typeof read>): Promise<{ code: string; message: string }> {
  const error: unknown = await read(...args).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AwsError);
  return error as AwsError;
}

const digestOf = (algorithm: ChecksumAlgorithm, text: string): string => {
  const sum = checksum(algorithm);
  sum.update(Buffer.from(text));
  return sum.digest().toString("base64");
};

const KEY = signingKey("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", { date: "20130524", region: "us-east-1", service: "s3" });
const seed = (signature: string): ChunkSeed => ({ key: KEY, timestamp: "20130524T000000Z", scope: "20130524/us-east-1/s3/aws4_request", signature });
const LENGTH = { "x-amz-decoded-content-length": "66560" };

describe("signed chunks", () => {
  // The example of https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
  const payload: Payload = { kind: "chunked", trailer: false, seed: seed("4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9") };
  const first = `10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n${"a".repeat(65_536)}\r\n`;
  const second = `400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n${"a".repeat(1024)}\r\n`;
  const last = "0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n";

  it.each([1, 7, 1000, 100_000])("of AWS's documentation are good, cut into pieces of %i bytes", async (piece) => {
    expect((await read(first + second + last, payload, LENGTH, {}, piece)).text).toBe("a".repeat(66_560));
  });

  it.each([
    ["a changed byte", first.replace("aaa\r\n", "aab\r\n") + second + last, "SignatureDoesNotMatch"],
    ["a changed signature", first.replace("=ad80", "=ad81") + second + last, "SignatureDoesNotMatch"],
    ["chunks in another order", second + first + last, "SignatureDoesNotMatch"],
    ["a chunk twice", first + first + last, "IncompleteBody"],
    ["no last chunk", first + second, "IncompleteBody"],
    ["a chunk left out", first + last, "SignatureDoesNotMatch"],
    ["a chunk without a signature", `10000\r\n${"a".repeat(65_536)}\r\n${second}${last}`, "IncompleteBody"],
    ["half a chunk", first.slice(0, 1000), "IncompleteBody"],
    ["bytes after the end", `${first}${second}${last}x`, "MalformedTrailerError"],
    ["a header line without an end", "1".repeat(10_000), "IncompleteBody"],
    ["a size of twenty digits", `${"f".repeat(20)};chunk-signature=${"0".repeat(64)}\r\n`, "IncompleteBody"],
    ["no chunk at all", "", "IncompleteBody"],
  ])("%s is refused", async (_what, body, code) => {
    expect((await refused(body, payload, LENGTH)).code).toBe(code);
  });
});

describe("signed chunks with a trailer", () => {
  // The example of https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
  const payload: Payload = { kind: "chunked", trailer: true, seed: seed("106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e") };
  const headers = { ...LENGTH, "x-amz-trailer": "x-amz-checksum-crc32c" };
  const body =
    `10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n${"a".repeat(65_536)}\r\n` +
    `400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n${"a".repeat(1024)}\r\n` +
    "0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n" +
    "x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n";

  it("of AWS's documentation are good", async () => {
    expect((await read(body, payload, headers)).digest("CRC32C")).toBe("sOO8/Q==");
  });

  it.each([
    ["a changed trailer", body.replace("sOO8/Q", "sOO8/A"), "SignatureDoesNotMatch"],
    ["a trailer without a signature", body.replace(/x-amz-trailer-signature.*\r\n/, ""), "SignatureDoesNotMatch"],
    ["no trailer", body.replace(/x-amz-checksum-crc32c.*\r\n/, ""), "MalformedTrailerError"],
    ["a trailer too many", body.replace("x-amz-trailer-", "x-extra:1\r\nx-amz-trailer-"), "MalformedTrailerError"],
  ])("%s is refused", async (_what, changed, code) => {
    expect((await refused(changed, payload, headers)).code).toBe(code);
  });
});

describe("unsigned chunks with a trailer", () => {
  const payload: Payload = { kind: "chunked", trailer: true };
  const chunked = (parts: readonly string[], trailer: string): string =>
    `${parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join("")}0\r\n${trailer}\r\n\r\n`;
  const headersOf = (text: string, algorithm: string): Record<string, string> => ({
    "x-amz-decoded-content-length": String(text.length),
    "x-amz-trailer": `x-amz-checksum-${algorithm.toLowerCase()}`,
    "x-amz-sdk-checksum-algorithm": algorithm,
  });

  it.each(["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const)("are good when the %s is", async (algorithm) => {
    const body = chunked(["hello"], `x-amz-checksum-${algorithm.toLowerCase()}:${digestOf(algorithm, "hello")}`);
    expect((await read(body, payload, headersOf("hello", algorithm))).text).toBe("hello");
    const other = body.replace("hello", "hallo");
    expect(await refused(other, payload, headersOf("hello", algorithm))).toMatchObject({
      code: "BadDigest",
      message: `The ${algorithm} you specified did not match the calculated checksum.`,
    });
  });

  it("must have the announced length", async () => {
    const body = chunked(["hello"], `x-amz-checksum-crc32:${digestOf("CRC32", "hello")}`);
    for (const length of ["4", "6"]) {
      expect((await refused(body, payload, { ...headersOf("hello", "CRC32"), "x-amz-decoded-content-length": length })).code).toBe("IncompleteBody");
    }
    const { "x-amz-decoded-content-length": _length, ...rest } = headersOf("hello", "CRC32");
    expect((await refused(body, payload, rest)).code).toBe("MissingContentLength");
  });

  it("may be small only at the end", async () => {
    const trailer = `x-amz-checksum-crc32:${digestOf("CRC32", "hello")}`;
    expect((await refused(chunked(["hel", "lo"], trailer), payload, headersOf("hello", "CRC32"))).code).toBe("InvalidChunkSizeError");
  });

  it("come out whole however they are cut", async () => {
    const text = "0123456789abcdef".repeat(1024);
    const body = chunked([text, "tail"], `x-amz-checksum-crc32:${digestOf("CRC32", `${text}tail`)}`);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: body.length }), async (piece) => {
        expect((await read(body, payload, headersOf(`${text}tail`, "CRC32"), {}, piece)).text).toBe(`${text}tail`);
      }),
      { numRuns: 30 },
    );
  });

  it("are never read as something that they aren't, whatever is changed", async () => {
    const body = Buffer.from(chunked(["hello"], `x-amz-checksum-crc32:${digestOf("CRC32", "hello")}`));
    await fc.assert(
      fc.asyncProperty(fc.nat(body.length - 1), fc.nat(255), async (at, byte) => {
        const changed = Buffer.from(body);
        changed[at] = byte;
        const result: unknown = await read(changed, payload, headersOf("hello", "CRC32"), {}, 5).catch((thrown: unknown) => thrown);
        if (result instanceof Error) {
          expect(result).toBeInstanceOf(AwsError);
        } else {
          expect((result as Result).text).toBe("hello");
        }
      }),
    );
  });
});

describe("a plain body", () => {
  const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
  const good: Payload = { kind: "hash", sha256: sha256("hello") };

  it("has the hash that was signed, and any other digest asked for", async () => {
    const { text, digest } = await read("hello", good, { "content-length": "5" }, { also: ["MD5", "CRC64NVME"] });
    expect(text).toBe("hello");
    expect(digest("MD5")).toBe(createHash("md5").update("hello").digest("base64"));
    expect(digest("CRC64NVME")).toBe(digestOf("CRC64NVME", "hello"));
    expect(() => digest("SHA1")).toThrow("not asked for");
  });

  it.each<[string, Payload, Record<string, string>, string]>([
    ["another hash", { kind: "hash", sha256: sha256("hallo") }, {}, "XAmzContentSHA256Mismatch"],
    ["another Content-MD5", good, { "content-md5": digestOf("MD5", "hallo") }, "BadDigest"],
    ["no MD5 at all", good, { "content-md5": "xyz" }, "InvalidDigest"],
    ["another checksum", { kind: "unsigned" }, { "x-amz-checksum-crc32": digestOf("CRC32", "hallo") }, "BadDigest"],
    ["a checksum of another length", good, { "x-amz-checksum-crc32": digestOf("SHA1", "hello") }, "InvalidRequest"],
    ["two checksums", good, { "x-amz-checksum-crc32": digestOf("CRC32", "hello"), "x-amz-checksum-sha1": digestOf("SHA1", "hello") }, "InvalidRequest"],
    ["an unknown checksum", good, { "x-amz-checksum-crc16": "AAA=" }, "InvalidRequest"],
    ["an algorithm without a checksum", good, { "x-amz-sdk-checksum-algorithm": "CRC32" }, "InvalidRequest"],
    ["a trailer without chunks", good, { "x-amz-trailer": "x-amz-checksum-crc32" }, "MalformedTrailerError"],
    ["a trailer that is no checksum", good, { "x-amz-trailer": "content-type" }, "InvalidRequest"],
    ["another length", good, { "content-length": "6" }, "IncompleteBody"],
  ])("with %s is refused", async (_what, payload, headers, code) => {
    expect((await refused("hello", payload, { "content-length": "5", ...headers })).code).toBe(code);
  });

  it("may carry the checksum of something else, as CompleteMultipartUpload does", async () => {
    const headers = { "content-length": "5", "x-amz-checksum-crc32": digestOf("CRC32", "the object") };
    expect((await read("hello", good, headers, { foreignChecksums: true })).text).toBe("hello");
  });
});
