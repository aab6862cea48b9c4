/**
 * Random and mutated requests of every protocol over a real socket: each gets an answer that is the caller's mistake, in
 * AWS's words, and none is a bug. Ten seconds by default; HAKONIWA_FUZZ_SECONDS makes it longer.
 */
import fc from "fast-check";
import { connect } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startFixture } from "./endpoint-fixture.js";
import type { Fixture } from "./endpoint-fixture.js";
import { MODELS } from "./models.gen.js";
import type { ServiceId } from "./models.gen.js";
import type { Shape } from "./shape.js";

const SECONDS = Number(process.env["HAKONIWA_FUZZ_SECONDS"] ?? 10);
/** How long an answer may take, in milliseconds; bodies that stand still are given up sooner. */
const PATIENCE = 10_000;

let open: Fixture;
let strict: Fixture;
beforeAll(async () => {
  const options = { strictOutput: false, times: { whole: 400, idle: 400 } };
  open = await startFixture({ ...options, verify: "open" });
  strict = await startFixture({ ...options, verify: "strict" });
  for (const fixture of [open, strict]) {
    fixture.handle = async (call) => {
      fixture.calls.length = 0;
      for (const value of Object.values(call.input)) {
        if (typeof value === "object" && value !== null && Symbol.asyncIterator in value) {
          for await (const _part of value as AsyncIterable<Uint8Array>) {
            // A handler that stores an object reads it to its end.
          }
        }
      }
      return {};
    };
  }
});
afterAll(() => Promise.all([open.close(), strict.close()]));
beforeEach(() => {
  open.bugs.length = 0;
  strict.bugs.length = 0;
});

/** Sends bytes as they are and reads until the server closes, or what `until` says. `undefined` when our patience ends first. */
function exchange(port: number, bytes: Uint8Array, ending: "end" | "destroy" | "wait" = "end", until?: RegExp): Promise<string | undefined> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    const socket = connect(port, "127.0.0.1");
    const timer = setTimeout(() => {
      resolve(undefined);
      socket.destroy();
    }, PATIENCE);
    const done = (): void => {
      clearTimeout(timer);
      resolve(Buffer.concat(parts).toString("latin1"));
    };
    socket.on("data", (part: Buffer) => {
      parts.push(part);
      if (until?.test(Buffer.concat(parts).toString("latin1"))) {
        done();
        socket.destroy();
      }
    });
    socket.on("error", done);
    socket.on("close", done);
    socket.write(bytes, () => {
      if (ending === "end") {
        socket.end();
      } else if (ending === "destroy") {
        socket.destroy();
      }
    });
  });
}

interface Sent {
  readonly id: ServiceId | "none";
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

function bytesOf({ method, path, headers, body }: Sent): Buffer {
  const lines = Object.entries({ host: "127.0.0.1", connection: "close", "content-length": String(body.length), ...headers });
  const head = `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), body]);
}

/** Names that a shape and what is in it have, and some that nothing has. */
function namesIn(shape: Shape, depth = 0): string[] {
  return depth > 3 ? [] : shape.members.flatMap((member) => [member.name, ...namesIn(member.shape, depth + 1)]);
}

const HOSTILE = ["__proto__", "constructor", "toString", "", ".", "\u0000", "\ud800", "%00", "%ff", "é€😀", "1e999", "-1", "999999999", "NaN", "]]>", "<!ENTITY>", "a".repeat(5000)];
const text = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ maxLength: 20 }), fc.constantFrom("true", "0", "a", "vpc-1", "10.0.0.0/16", "2026-01-01T00:00:00Z"));
const percent = (value: string): string => encodeURIComponent(Buffer.from(value, "utf8").toString("utf8"));
const credential = (service: string): string =>
  `AWS4-HMAC-SHA256 Credential=test/20260101/ap-northeast-1/${service}/aws4_request, SignedHeaders=host;x-amz-date, Signature=${"0".repeat(64)}`;

/** A value that a JSON or CBOR client might send, with the model's names in it. */
const tree = (names: readonly string[]): fc.Arbitrary<unknown> =>
  fc.object({ key: fc.oneof(fc.constantFrom("x", "__proto__", ...names), text), maxDepth: 4, maxKeys: 6, values: [text, fc.integer(), fc.double(), fc.boolean(), fc.constant(null)] });

const OPERATIONS = (Object.keys(MODELS) as ServiceId[]).flatMap((id) => MODELS[id].schemas.operationNames().map((operation) => [id, operation] as const));

function formRequest(id: ServiceId, operation: string): fc.Arbitrary<Sent> {
  const model = MODELS[id];
  const names = ["x", "1", "2", "member", "entry", "key", "value", ...namesIn(model.schemas.operation(operation)!.input).slice(0, 200)];
  const name = fc.array(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, text), { minLength: 1, maxLength: 5 }).map((parts) => parts.join("."));
  return fc.record({ pairs: fc.array(fc.tuple(name, text), { maxLength: 8 }), get: fc.boolean() }).map(({ pairs, get }) => {
    const form = [["Action", operation], ["Version", model.version], ...pairs].map(([key, value]) => `${percent(key!)}=${percent(value!)}`).join("&");
    const headers = { authorization: credential(model.signingName), "x-amz-date": "20260101T000000Z" };
    return get
      ? { id, method: "GET", path: `/?${form}`, headers, body: Buffer.alloc(0) }
      : { id, method: "POST", path: "/", headers: { ...headers, "content-type": "application/x-www-form-urlencoded" }, body: Buffer.from(form) };
  });
}

function jsonRequest(id: ServiceId, operation: string): fc.Arbitrary<Sent> {
  const model = MODELS[id];
  const headers = {
    authorization: credential(model.signingName),
    "x-amz-date": "20260101T000000Z",
    "x-amz-target": `${model.target}.${operation}`,
    "content-type": `application/x-amz-json-${model.jsonVersion}`,
  };
  return tree(namesIn(model.schemas.operation(operation)!.input).slice(0, 200)).map((value) => ({ id, method: "POST", path: "/", headers, body: Buffer.from(JSON.stringify(value)) }));
}

function cborRequest(id: ServiceId, operation: string): fc.Arbitrary<Sent> {
  const model = MODELS[id];
  const headers = { authorization: credential(model.signingName), "x-amz-date": "20260101T000000Z", "smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor" };
  const path = `/service/${model.target}/operation/${operation}`;
  return fc.uint8Array({ maxLength: 60 }).map((bytes) => ({ id, method: "POST", path, headers, body: Buffer.from(bytes) }));
}

const S3_QUERIES = ["acl", "tagging", "uploads", "uploadId", "partNumber", "versioning", "versionId", "delete", "list-type", "policy", "website", "cors", "lifecycle", "max-keys", "X-Amz-Signature", "X-Amz-Expires", "AWSAccessKeyId", "Expires", "Signature"];
const S3_HEADERS: Readonly<Record<string, readonly string[]>> = {
  "x-amz-content-sha256": ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "0".repeat(64), "x"],
  "x-amz-decoded-content-length": ["0", "5", "-1", "x", "9".repeat(30)],
  "x-amz-trailer": ["x-amz-checksum-crc32", "x", ""],
  "x-amz-checksum-crc32": ["AAAAAA==", "x"],
  "content-md5": ["x", "1B2M2Y8AsgTpgAmY7PhCfg=="],
  range: ["bytes=0-", "bytes=5-1", "x"],
  "content-encoding": ["aws-chunked", "gzip"],
  "x-amz-copy-source": ["/a/b", "%ff", "x"],
  "x-amz-meta-a": ["b", "é"],
  "if-modified-since": ["yesterday", "Thu, 01 Jan 1970 00:00:00 GMT"],
};
const XML = ["<a/>", "<Delete><Object><Key>a</Key></Object></Delete>", "<a><b></a>", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "<a>".repeat(300), "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", "<a>&#0;</a>", ""];

const s3Request: fc.Arbitrary<Sent> = fc
  .record({
    method: fc.constantFrom("GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH"),
    steps: fc.array(fc.oneof(fc.constantFrom("bucket", "key", "a b", "..", "%2F", "%ff", "%"), text.map(percent)), { maxLength: 4 }),
    query: fc.array(fc.tuple(fc.constantFrom(...S3_QUERIES), text), { maxLength: 3 }),
    headers: fc.subarray(Object.keys(S3_HEADERS), { maxLength: 5 }).chain((names) => fc.record(Object.fromEntries(names.map((name) => [name, fc.constantFrom(...S3_HEADERS[name]!)])))),
    signed: fc.boolean(),
    body: fc.oneof(fc.constantFrom(...XML).map((xml) => Buffer.from(xml)), fc.uint8Array({ maxLength: 50 })),
  })
  .map(({ method, steps, query, headers, signed, body }) => ({
    id: "s3",
    method,
    path: `/${steps.join("/")}?${query.map(([name, value]) => `${name}=${percent(value)}`).join("&")}`,
    headers: { host: "s3.ap-northeast-1.amazonaws.com", ...(headers as Record<string, string>), ...(signed ? { authorization: credential("s3"), "x-amz-date": "20260101T000000Z" } : {}) },
    body,
  }));

const anyRequest: fc.Arbitrary<Sent> = fc.oneof(
  { weight: 2, arbitrary: s3Request },
  {
    weight: 5,
    arbitrary: fc.constantFrom(...OPERATIONS).chain(([id, operation]) => {
      const { protocol, queryCompatible } = MODELS[id];
      if (protocol === "rest-xml") {
        return s3Request;
      }
      const forms = protocol === "json" ? [] : [formRequest(id, operation)];
      const trees = protocol === "json" ? [jsonRequest(id, operation)] : [];
      return fc.oneof(...forms, ...trees, ...(queryCompatible ? [formRequest(id, operation)] : []), cborRequest(id, operation));
    }),
  },
);

const mutations = fc.array(fc.tuple(fc.constantFrom("flip", "cut", "double", "insert"), fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });

function mutated(bytes: Buffer, changes: readonly (readonly [string, number, number])[]): Buffer {
  return changes.reduce((current, [kind, where, byte]) => {
    const at = where % Math.max(1, current.length);
    switch (kind) {
      case "flip":
        return Buffer.concat([current.subarray(0, at), Buffer.from([byte]), current.subarray(at + 1)]);
      case "cut":
        return Buffer.concat([current.subarray(0, at), current.subarray(at + byte)]);
      case "double":
        return Buffer.concat([current.subarray(0, at + byte), current.subarray(at)]);
      default:
        return Buffer.concat([current.subarray(0, at), Buffer.from("\r\n\0;=<&%{".slice(byte % 10)), current.subarray(at)]);
    }
  }, bytes);
}

/** In XML, JSON and CBOR, or in REST-JSON's header. */
const AWS_CODE = /x-amzn-errortype: [\w.]+|<Code>[A-Za-z][\w.]{2,80}<\/Code>|"__type":"[\w.#]+"|__type[^"]{1,3}[\w.#]+/;
/** What the endpoint answered; `undefined` for what Node itself refused as no HTTP. */
const fromUs = (reply: string): boolean => /^x-amzn?-request-?id:/im.test(reply);

function expectAnswer(reply: string | undefined, fixture: Fixture, what: string): void {
  expect(reply, `no answer to ${what}`).toBeDefined();
  expect(fixture.bugs, `bug by ${what}`).toEqual([]);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(reply!)?.[1] ?? 400);
  expect(status === 501 || status < 500, `${status} to ${what}`).toBe(true);
  if (status >= 400 && fromUs(reply!) && !what.startsWith("HEAD ")) {
    expect(reply, what).toMatch(AWS_CODE);
  }
}

const described = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

describe("whatever a client sends", () => {
  const timed = { interruptAfterTimeLimit: (SECONDS * 1000) / 3, markInterruptAsFailure: false, numRuns: 1_000_000, endOnFailure: true } as const;
  const limit = { timeout: (SECONDS * 1000) / 3 + 30_000 };

  it("in the form of a protocol gets that protocol's answer", limit, async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(anyRequest, async (sent) => {
        runs++;
        const reply = await exchange(open.port, bytesOf(sent));
        expectAnswer(reply, open, described(bytesOf(sent)));
      }),
      timed,
    );
    expect(runs).toBeGreaterThan(20);
  });

  it("with a forged signature is refused", limit, async () => {
    await fc.assert(
      fc.asyncProperty(anyRequest, async (sent) => {
        const reply = await exchange(strict.port, bytesOf(sent));
        expectAnswer(reply, strict, described(bytesOf(sent)));
        if (sent.id !== "s3") {
          expect(Number(reply!.slice(9, 12)), described(bytesOf(sent))).toBeGreaterThanOrEqual(400);
        }
      }),
      timed,
    );
  });

  it("with bytes changed, cut and doubled gets an answer", limit, async () => {
    await fc.assert(
      fc.asyncProperty(anyRequest, mutations, async (sent, changes) => {
        const bytes = mutated(bytesOf(sent), changes);
        expectAnswer(await exchange(open.port, bytes), open, described(bytes));
      }),
      timed,
    );
  });
});

describe("a socket that misbehaves", () => {
  const put = (headers: string): string => `PUT /bucket/key HTTP/1.1\r\nhost: s3.amazonaws.com\r\nx-amz-content-sha256: UNSIGNED-PAYLOAD\r\n${headers}\r\n`;
  const form = (headers: string): string => `POST / HTTP/1.1\r\nhost: sts.amazonaws.com\r\ncontent-type: application/x-www-form-urlencoded\r\n${headers}\r\n`;

  it.each([
    ["a form's body stands still", form("content-length: 100\r\nconnection: close\r\n") + "Action=", "wait", /^HTTP\/1\.1 4\d\d/],
    ["an object's body stands still", put("content-length: 100\r\nconnection: close\r\n") + "x", "wait", /^HTTP\/1\.1 400[^]*<Code>RequestTimeout</],
    ["a body ends before its length", put("content-length: 100\r\nconnection: close\r\n") + "x", "end", /^(HTTP\/1\.1 400|$)/],
    ["the client goes away", put("content-length: 100\r\n") + "x", "destroy", /^$/],
    ["a chunk's size is no number", put("transfer-encoding: chunked\r\n") + "zz\r\nx\r\n", "end", /^HTTP\/1\.1 4\d\d/],
    ["a header is a megabyte", form(`x-big: ${"a".repeat(1024 * 1024)}\r\n`), "end", /^(HTTP\/1\.1 431|$)/],
    ["there are ten thousand headers", form("x: y\r\n".repeat(10_000)), "end", /^HTTP\/1\.1 4/],
    ["the length is a lie", form("content-length: 3\r\nconnection: close\r\n") + "Action=GetCallerIdentity&Version=2011-06-15", "end", /^HTTP\/1\.1 4/],
    ["there are two lengths", form("content-length: 3\r\ncontent-length: 4\r\n") + "abcd", "end", /^HTTP\/1\.1 400/],
    ["a length and chunks", form("content-length: 3\r\ntransfer-encoding: chunked\r\n") + "0\r\n\r\n", "end", /^HTTP\/1\.1 400/],
    ["it isn't HTTP", "\u0016\u0003\u0001\u0002", "end", /^(HTTP\/1\.1 400|$)/],
  ] as const)("is answered or let go when %s", async (_what, sent, ending, wanted) => {
    const reply = await exchange(open.port, Buffer.from(sent, "latin1"), ending, ending === "wait" ? wanted : undefined);
    expect(reply).toMatch(wanted);
    expect(open.bugs).toEqual([]);
    const alive = await exchange(open.port, Buffer.from(form("connection: close\r\ncontent-length: 43\r\n") + "Action=GetCallerIdentity&Version=2011-06-15"));
    expect(alive).toMatch(/^HTTP\/1\.1 200/);
  });
});
