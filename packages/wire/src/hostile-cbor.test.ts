/** CBOR and compressed bodies that nobody's client sends: each is refused as the caller's mistake. */
import fc from "fast-check";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { decodeCbor } from "./cbor-reader.js";
import { encodeCbor } from "./cbor-writer.js";
import { startFixture } from "./endpoint-fixture.js";
import type { Fixture } from "./endpoint-fixture.js";

let fixture: Fixture;
beforeAll(async () => {
  fixture = await startFixture({ verify: "open" });
});
afterAll(() => fixture.close());
beforeEach(() => {
  fixture.calls.length = 0;
  fixture.bugs.length = 0;
  fixture.handle = () => ({});
});

async function cbor(service: string, operation: string, body: Uint8Array): Promise<{ status: number; value: unknown }> {
  const headers = { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor" };
  const reply = await fetch(`${fixture.url}/service/${service}/operation/${operation}`, { method: "POST", headers, body: body as never });
  const bytes = new Uint8Array(await reply.arrayBuffer());
  return { status: reply.status, value: bytes.length === 0 ? undefined : decodeCbor(bytes) };
}

describe("CBOR", () => {
  const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(" ", ""), "hex");
  const putMetrics = (body: Uint8Array): Promise<{ status: number; value: unknown }> => cbor("GraniteServiceVersion20100801", "PutMetricData", body);

  it.each([
    ["half a map", bytes("a1")],
    ["a list", encodeCbor([])],
    ["a number", encodeCbor(1)],
    ["bytes after the value", bytes("a0 a0")],
    ["a text longer than the bytes", bytes("7b ff ff ff ff ff ff ff ff")],
    ["a list of four thousand million items", bytes("9a ff ff ff ff")],
    ["a key that is no text", bytes("a1 01 01")],
    ["a text that is not UTF-8", bytes("a1 61 ff 01")],
    ["a break where nothing is open", bytes("ff")],
    ["reserved lengths", bytes("1c")],
    ["a timestamp made of text", bytes("c1 61 61")],
    ["ten thousand nested lists", Buffer.alloc(10_000, 0x81)],
    ["ten thousand nested tags", Buffer.alloc(10_000, 0xc1)],
    ["a number for a text", encodeCbor({ Namespace: 1, MetricData: [] })],
    ["a number beyond 2^53 for a structure", bytes("3b 00 20 00 00 00 00 00 00")],
    ["a text for bytes that hold a number", encodeCbor({ Namespace: "n", MetricData: [{ MetricName: "m", Value: "1" }] })],
    ["NaN", encodeCbor({ Namespace: "n", MetricData: [{ MetricName: "m", Value: Number.NaN }] })],
    ["a day that no calendar has", encodeCbor({ Namespace: "n", MetricData: [{ MetricName: "m", Timestamp: new Date(Number.NaN) }] })],
  ])("%s is a SerializationException", async (_what, body) => {
    const reply = await putMetrics(body);
    expect(reply.status).toBe(400);
    expect(reply.value).toMatchObject({ __type: "com.amazonaws.cloudwatch#SerializationException" });
    expect(fixture.calls).toEqual([]);
  });

  it("keys of maps are keys and nothing else", async () => {
    expect((await putMetrics(bytes("a1 69 5f5f70726f746f5f5f a1 68 706f6c6c75746564 01"))).status).toBe(400);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("for a service that isn't here is answered in CBOR", async () => {
    const reply = await cbor("Keyspaces", "ListTables", encodeCbor({}));
    expect(reply.status).toBe(501);
    expect(reply.value).toMatchObject({ __type: "NotImplemented" });
  });

  it("noise is never an internal failure", async () => {
    const body = fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.object({ key: fc.constantFrom("Namespace", "MetricData", "Value", "Dimensions", "__proto__"), maxDepth: 4 }).map((object) => encodeCbor(object)));
    await fc.assert(
      fc.asyncProperty(body, async (sent) => {
        expect([200, 400]).toContain((await putMetrics(sent)).status);
      }),
      { numRuns: 300 },
    );
    expect(fixture.bugs).toEqual([]);
  });
});

describe("compressed bodies", () => {
  const target = { "x-amz-target": "GraniteServiceVersion20100801.PutMetricData", "content-type": "application/x-amz-json-1.0", "content-encoding": "gzip" };
  const post = async (body: Uint8Array): Promise<Response> => fetch(fixture.url, { method: "POST", headers: target, body: body as never });

  it("are read", async () => {
    const reply = await post(gzipSync(JSON.stringify({ Namespace: "n", MetricData: [{ MetricName: "m", Value: 1 }] })));
    expect(reply.status).toBe(200);
    expect(fixture.calls[0]!.input).toMatchObject({ Namespace: "n" });
  });

  it("that unpack to more than a mebibyte, or are no gzip, are refused", async () => {
    for (const body of [gzipSync(Buffer.alloc(1_100_000, 0x20)), Buffer.from("{}")]) {
      const reply = await post(body);
      expect(reply.status).toBe(400);
      expect(await reply.text()).toContain("SerializationException");
    }
    expect(fixture.calls).toEqual([]);
  });
});
