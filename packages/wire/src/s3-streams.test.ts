/** Bodies that stream: in flat memory, and honest about what breaks. */
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { AwsError } from "@hakoniwa/kernel";
import { Agent, request } from "node:http";
import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { Readable } from "node:stream";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { WireCall } from "./call.js";
import { startFixture } from "./endpoint-fixture.js";
import type { Fixture } from "./endpoint-fixture.js";
import type { ByteStream } from "./model.js";

const MIB = 1024 * 1024;
/** More than all buffers on the way can hold. */
const MUCH = 64 * MIB;

let fixture: Fixture;
let client: S3Client;
beforeAll(async () => {
  fixture = await startFixture({ times: { whole: 400, idle: 400 } });
  client = new S3Client({ endpoint: fixture.url, region: "ap-northeast-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1, forcePathStyle: true });
});
afterAll(async () => {
  client.destroy();
  await fixture.close();
});
beforeEach(() => {
  fixture.calls.length = 0;
  fixture.bugs.length = 0;
  fixture.handle = () => ({});
});

const bodyOf = (call: WireCall): ByteStream => call.input["Body"] as ByteStream;

async function sizeOf(stream: ByteStream): Promise<number> {
  let size = 0;
  for await (const part of stream) {
    size += part.length;
  }
  return size;
}

function start(options: RequestOptions): { readonly sent: ClientRequest; readonly reply: Promise<IncomingMessage> } {
  const sent = request({ host: "127.0.0.1", port: fixture.port, agent: false, ...options });
  const reply = new Promise<IncomingMessage>((resolve, reject) => sent.on("response", resolve).on("error", reject));
  reply.catch(() => undefined);
  return { sent, reply };
}

async function textOf(reply: Promise<IncomingMessage>): Promise<string> {
  return Buffer.concat(await (await reply).toArray()).toString();
}

describe("a body that comes in", () => {
  it("arrives whole from the SDK, without the framing that it travels in", async () => {
    let seen = "";
    fixture.handle = async (call) => {
      seen = Buffer.concat(await Readable.from(bodyOf(call)).toArray()).toString();
      return { ETag: '"e"' };
    };
    const parts = Array.from({ length: 100 }, (_, index) => `${index} ${"x".repeat(10_000)}\n`);
    const length = parts.join("").length;
    await client.send(new PutObjectCommand({ Bucket: "bucket", Key: "k", Body: Readable.from(parts.map((part) => Buffer.from(part))), ContentLength: length, ContentEncoding: "gzip" }));
    expect(seen).toBe(parts.join(""));
    expect(fixture.calls[0]!.input).toMatchObject({ ContentLength: length, ContentEncoding: "gzip" });
    await client.send(new PutObjectCommand({ Bucket: "bucket", Key: "k", Body: Readable.from([Buffer.from("abc")]), ContentLength: 3 }));
    expect(fixture.calls[1]!.input["ContentEncoding"]).toBeUndefined();
    expect(seen).toBe("abc");
  });

  it("waits until it is read", async () => {
    let read!: () => void;
    let size = 0;
    const wanted = new Promise<void>((resolve) => (read = resolve));
    fixture.handle = async (call) => {
      await wanted;
      size = await sizeOf(bodyOf(call));
      return {};
    };
    const { sent, reply } = start({ method: "PUT", path: "/bucket/k", headers: { "content-length": MUCH } });
    let written = 0;
    const part = Buffer.alloc(MIB);
    const write = (): void => {
      while (written < MUCH) {
        written += part.length;
        if (!sent.write(part)) {
          return;
        }
      }
      sent.end();
    };
    sent.on("drain", write);
    write();
    await vi.waitFor(() => expect(fixture.calls).toHaveLength(1));
    let before = -1;
    // Until the client can't get rid of more.
    await vi.waitFor(() => {
      const stalled = before === written;
      before = written;
      expect(stalled).toBe(true);
    }, { timeout: 5000, interval: 100 });
    expect(written).toBeLessThan(MUCH / 2);
    read();
    expect((await reply).statusCode).toBe(200);
    expect(size).toBe(MUCH);
  });

  it.each([
    ["another MD5", { "content-md5": Buffer.alloc(16).toString("base64") }, "BadDigest"],
    ["another CRC32", { "x-amz-checksum-crc32": "AAAAAA==" }, "BadDigest"],
    ["another payload hash", { "x-amz-content-sha256": "0".repeat(64) }, "XAmzContentSHA256Mismatch"],
  ])("with %s is refused when it was read", async (_what, headers, code) => {
    let stored = false;
    fixture.handle = async (call) => {
      await sizeOf(bodyOf(call));
      stored = true;
      return {};
    };
    const { sent, reply } = start({ method: "PUT", path: "/bucket/k", headers: { ...headers, "content-length": 3 } });
    sent.end("abc");
    expect(await textOf(reply)).toContain(`<Code>${code}</Code>`);
    expect(stored).toBe(false);
    expect(fixture.bugs).toEqual([]);
  });

  it("that breaks off is an IncompleteBody to whoever reads it, and no bug", async () => {
    let thrown: unknown;
    fixture.handle = (call) => sizeOf(bodyOf(call)).catch((error: unknown) => {
      thrown = error;
      throw error;
    });
    const { sent } = start({ method: "PUT", path: "/bucket/k", headers: { "content-length": 1000 } });
    sent.write("abc");
    await vi.waitFor(() => expect(fixture.calls).toHaveLength(1));
    sent.destroy();
    await vi.waitFor(() => expect(thrown).toMatchObject({ code: "IncompleteBody", status: 400 }));
    expect(fixture.bugs).toEqual([]);
  });

  it("that stands still is a RequestTimeout", async () => {
    fixture.handle = (call) => sizeOf(bodyOf(call));
    const { sent, reply } = start({ method: "PUT", path: "/bucket/k", headers: { "content-length": 1000 } });
    sent.write("abc");
    expect(await textOf(reply)).toContain("<Code>RequestTimeout</Code>");
    expect(fixture.bugs).toEqual([]);
    const form = start({ method: "POST", path: "/", headers: { "content-type": "application/x-www-form-urlencoded", "content-length": 1000 } });
    form.sent.write("Action=");
    expect(await textOf(form.reply)).toContain("<Code>RequestTimeout</Code>");
    form.sent.destroy();
    sent.destroy();
  });

  it("that nobody reads does not hide the answer, nor become the next request", async () => {
    fixture.handle = () => {
      throw new AwsError("AccessDenied", "Access Denied", { status: 403 });
    };
    for (const size of [10, 8 * MIB]) {
      const { sent, reply } = start({ method: "PUT", path: "/bucket/k", headers: { "content-length": size } });
      sent.end(Buffer.alloc(size, "GET / HTTP/1.1\r\n\r\n"));
      expect(await textOf(reply)).toContain("<Code>AccessDenied</Code>");
    }
    expect(fixture.calls).toHaveLength(2);
  });

  it("that was read leaves the connection open for the next request", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    fixture.handle = (call) => (call.operation === "PutObject" ? sizeOf(bodyOf(call)).then(() => ({})) : {});
    for (const [method, body] of [["PUT", "abc"], ["GET", ""], ["PUT", "de"]] as const) {
      const { sent, reply } = start({ method, path: "/bucket/k", agent, headers: { "content-length": body.length } });
      sent.end(body);
      expect((await reply).statusCode).toBe(200);
      await textOf(reply);
    }
    expect(fixture.calls.map((call) => call.operation)).toEqual(["PutObject", "GetObject", "PutObject"]);
    agent.destroy();
  });

  it("may wait for a 100 Continue", async () => {
    fixture.handle = (call) => sizeOf(bodyOf(call)).then((size) => ({ VersionId: String(size) }));
    const { sent, reply } = start({ method: "PUT", path: "/bucket/k", headers: { "content-length": 3, expect: "100-continue" } });
    sent.on("continue", () => sent.end("abc"));
    sent.flushHeaders();
    expect((await reply).headers["x-amz-version-id"]).toBe("3");
  });

  it("of unknown length is refused", async () => {
    const { sent, reply } = start({ method: "PUT", path: "/bucket/k", headers: { "transfer-encoding": "chunked" } });
    sent.end("abc");
    expect((await reply).statusCode).toBe(411);
    expect(await textOf(reply)).toContain("<Code>MissingContentLength</Code>");
  });
});

describe("a body that goes out", () => {
  /** As many bytes as asked, telling how many were taken and when nobody wants more. */
  function source(size: number): { readonly stream: ByteStream; made: number; ended: boolean } {
    const state = {
      made: 0,
      ended: false,
      stream: {
        async *[Symbol.asyncIterator]() {
          try {
            while (state.made < size) {
              state.made += MIB;
              yield Buffer.alloc(MIB);
            }
          } finally {
            state.ended = true;
          }
        },
      },
    };
    return state;
  }

  it("arrives whole in the SDK", async () => {
    const { stream } = source(5 * MIB);
    fixture.handle = () => ({ Body: stream, ContentLength: 5 * MIB });
    const reply = await client.send(new GetObjectCommand({ Bucket: "bucket", Key: "k" }));
    expect((await reply.Body!.transformToByteArray()).length).toBe(5 * MIB);
  });

  it("is made as fast as the client takes it", async () => {
    const state = source(MUCH);
    fixture.handle = () => ({ Body: state.stream, ContentLength: MUCH });
    const { sent, reply } = start({ path: "/bucket/k" });
    sent.end();
    const incoming = await reply;
    let before = -1;
    await vi.waitFor(() => {
      const stalled = before === state.made;
      before = state.made;
      expect(stalled).toBe(true);
    }, { timeout: 3000, interval: 100 });
    expect(state.made).toBeLessThan(MUCH / 2);
    let size = 0;
    for await (const part of incoming) {
      size += (part as Buffer).length;
    }
    expect(size).toBe(MUCH);
  });

  it.each([
    ["the client goes away", true],
    ["the client takes nothing any more", false],
  ])("ends when %s", async (_what, leaves) => {
    const state = source(MUCH);
    fixture.handle = () => ({ Body: state.stream, ContentLength: MUCH });
    const { sent, reply } = start({ path: "/bucket/k" });
    sent.end();
    const incoming = await reply;
    incoming.on("error", () => undefined);
    if (leaves) {
      sent.destroy();
    }
    await vi.waitFor(() => expect(state.ended).toBe(true), { timeout: 5000 });
    expect(state.made).toBeLessThan(MUCH);
    expect(fixture.bugs).toEqual([]);
    sent.destroy();
  });

  async function* broken(parts: number): ByteStream & AsyncGenerator<Uint8Array> {
    for (let part = 0; part < parts; part++) {
      yield Buffer.alloc(100);
    }
    throw new Error("the disk is gone");
  }

  it("whose first part fails is an InternalError", async () => {
    fixture.handle = () => ({ Body: broken(0), ContentLength: 200 });
    const { sent, reply } = start({ path: "/bucket/k" });
    sent.end();
    expect((await reply).statusCode).toBe(500);
    expect(await textOf(reply)).toContain("<Code>InternalError</Code>");
    expect(fixture.bugs).toHaveLength(1);
  });

  it.each([
    ["fails half-way", (): ByteStream => broken(1), 200],
    ["is shorter than announced", (): ByteStream => Readable.from([Buffer.alloc(100)]), 200],
    ["is longer than announced", (): ByteStream => Readable.from([Buffer.alloc(300)]), 200],
  ])("that %s breaks the connection: nobody takes it for the whole", async (_what, body, length) => {
    fixture.handle = () => ({ Body: body(), ContentLength: length });
    const { sent, reply } = start({ path: "/bucket/k" });
    sent.end();
    await expect(textOf(reply)).rejects.toThrow();
    await vi.waitFor(() => expect(fixture.bugs).toHaveLength(1));
  });
});
