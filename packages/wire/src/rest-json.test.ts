/** What nobody's client sends to a REST service that speaks JSON. EKS is the model; nothing serves it. */
import * as eks from "@aws-sdk/client-eks";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { flatten } from "../tools/flatten.mjs";
import { metadataOf } from "../tools/metadata.mjs";
import { startFixture } from "./endpoint-fixture.js";
import type { Fixture } from "./endpoint-fixture.js";
import type { Model, ModelMeta } from "./model.js";
import { Schemas } from "./shape.js";
import type { ModelFile } from "./shape.js";

const Eks: Model = { ...(metadataOf("eks", eks) as ModelMeta), schemas: new Schemas(flatten(eks) as ModelFile) };
const AUTHORIZATION = `AWS4-HMAC-SHA256 Credential=k/20260101/ap-northeast-1/eks/aws4_request, SignedHeaders=host, Signature=${"0".repeat(64)}`;

let fixture: Fixture;
beforeAll(async () => {
  fixture = await startFixture({ models: [Eks], verify: "open" });
});
afterAll(() => fixture.close());
beforeEach(() => {
  fixture.calls.length = 0;
  fixture.bugs.length = 0;
  fixture.handle = () => ({});
});

async function call(method: string, path: string, body?: string): Promise<{ status: number; type: string | null; value: unknown }> {
  const headers = { authorization: AUTHORIZATION, "x-amz-date": "20260101T000000Z", "content-type": "application/json" };
  const reply = await fetch(`${fixture.url}${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
  return { status: reply.status, type: reply.headers.get("x-amzn-errortype"), value: await reply.json() };
}

describe("rest-json", () => {
  it.each([
    ["GET", "/clusters/a", "DescribeCluster", { name: "a" }],
    ["GET", "/clusters/a%2Fb", "DescribeCluster", { name: "a/b" }],
    ["GET", "/clusters/a/node-groups/b", "DescribeNodegroup", { clusterName: "a", nodegroupName: "b" }],
    ["GET", "/clusters?maxResults=5&nextToken=x%2By", "ListClusters", { maxResults: 5, nextToken: "x+y" }],
    ["GET", "/clusters?include=a&include=b", "ListClusters", { include: ["a", "b"] }],
    ["DELETE", "/tags/arn?tagKeys=a&tagKeys=b", "UntagResource", { resourceArn: "arn", tagKeys: ["a", "b"] }],
    ["POST", "/tags/arn", "TagResource", { resourceArn: "arn", tags: { __proto__x: "y" } }],
  ])("%s %s is %s", async (method, path, operation, input) => {
    const reply = await call(method, path, method === "POST" ? '{"tags":{"__proto__x":"y"},"other":1}' : undefined);
    expect(reply.status).toBe(200);
    expect(fixture.calls).toMatchObject([{ service: "eks", operation, input }]);
  });

  it.each([
    ["an address that nobody has", "GET", "/nowhere", undefined, 404, "UnknownOperationException"],
    ["a label that is empty", "GET", "/clusters/a/node-groups/", undefined, 404, "UnknownOperationException"],
    ["a label that is empty in the middle", "GET", "/clusters//node-groups", undefined, 404, "UnknownOperationException"],
    ["a method that isn't there", "PATCH", "/clusters/a", undefined, 404, "UnknownOperationException"],
    ["an address that is not UTF-8", "GET", "/clusters/%ff", undefined, 400, "SerializationException"],
    ["half a document", "POST", "/tags/arn", '{"tags":', 400, "SerializationException"],
    ["a list for a structure", "POST", "/tags/arn", "[]", 400, "SerializationException"],
    ["a number for a text", "POST", "/tags/arn", '{"tags":{"a":1}}', 400, "SerializationException"],
    ["a word for a number", "GET", "/clusters?maxResults=many", undefined, 400, "SerializationException"],
    ["a hundred thousand brackets", "POST", "/tags/arn", "[".repeat(100_000), 400, "SerializationException"],
    ["a required member that is absent", "POST", "/tags/arn", "{}", 400, "ValidationException"],
  ])("%s is refused", async (_what, method, path, body, status, code) => {
    const reply = await call(method, path, body);
    expect(reply).toMatchObject({ status, type: code });
    expect(fixture.calls).toEqual([]);
    expect(fixture.bugs).toEqual([]);
  });

  it("names the member and the value", async () => {
    expect((await call("GET", "/clusters?maxResults=many")).value).toMatchObject({ message: "maxResults: 'many' is not a number" });
  });
});
