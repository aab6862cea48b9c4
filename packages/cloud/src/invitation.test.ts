import type { IncomingMessage } from "node:http";
import type { CorsAsk } from "@hakoniwa/wire";
import { describe, expect, it } from "vitest";
import { isInvited } from "./invitation.js";

const request = (method: string, url: string, headers: Record<string, string> = {}): IncomingMessage => {
  const all = { host: "127.0.0.1:4566", origin: "https://shop.example", ...headers };
  return { method, url, headers: all, headersDistinct: Object.fromEntries(Object.entries(all).map(([name, value]) => [name, [value]])) } as unknown as IncomingMessage;
};

const shop = ({ bucket, origin }: CorsAsk): unknown => (bucket === "pictures" && origin === "https://shop.example" ? {} : undefined);

describe("a page of another site", () => {
  it.each([
    ["GET", "/pictures/cat.png"],
    ["GET", "/pictures?list-type=2"],
    ["PUT", "/pictures/cat.png?X-Amz-Signature=00"],
    ["OPTIONS", "/pictures/cat.png"],
  ])("is invited to what its bucket's rules allow: %s %s", (method, url) => {
    expect(isInvited(request(method, url, { "access-control-request-method": "PUT" }), shop)).toBe(true);
  });

  it.each([
    ["another bucket", "GET", "/other/cat.png", {}],
    ["the list of buckets", "GET", "/", {}],
    ["a bucket's own settings", "PUT", "/pictures?policy", {}],
    ["a preflight for them", "OPTIONS", "/pictures?policy", { "access-control-request-method": "PUT" }],
    ["a preflight without a method", "OPTIONS", "/pictures/cat.png", {}],
    ["an address that can't be read", "GET", "/pictures/%zz", {}],
    ["another service by its target", "POST", "/pictures/x", { "x-amz-target": "AmazonSSM.GetParameter" }],
    ["another service by CBOR", "POST", "/pictures/service/x/operation/y", { "smithy-protocol": "rpc-v2-cbor" }],
    ["another service by its signature", "POST", "/pictures/x", { authorization: `AWS4-HMAC-SHA256 Credential=test/20261122/ap-northeast-1/ec2/aws4_request, SignedHeaders=host;x-amz-date, Signature=${"0".repeat(64)}`, "x-amz-date": "20261122T000000Z" }],
    ["another service by its host", "POST", "/pictures/x", { host: "ec2.ap-northeast-1.amazonaws.com" }],
    ["a form at the root", "POST", "/?Action=RunInstances", {}],
  ])("is not invited to %s", (_what, method, url, headers) => {
    expect(isInvited(request(method, url, headers as Record<string, string>), shop)).toBe(false);
  });
});
