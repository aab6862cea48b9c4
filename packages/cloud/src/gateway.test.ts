import { describe, expect, it } from "vitest";
import { refusal } from "./gateway.js";

describe("the API's door", () => {
  it.each([
    ["127.0.0.1:4566"],
    ["localhost:4566"],
    ["[::1]:4566"],
    ["site.localhost:4566"],
    ["ec2.ap-northeast-1.amazonaws.com"],
    ["EC2.Amazonaws.com"],
  ])("lets in the Host %s", (host) => {
    expect(refusal({ headers: { host } })).toBeUndefined();
  });

  it.each([["evil.example"], ["evil.example:4566"], ["127.0.0.1.evil.example"], ["amazonaws.com.evil.example"], ["localhost.evil.example"], [""], ["192.168.0.7:4566"]])(
    "refuses the Host %s, so that a rebound name reaches nothing",
    (host) => {
      expect(refusal({ headers: { host } })).toMatch(/Host/);
    },
  );

  it("refuses pages of foreign sites, and lets in pages of this machine", () => {
    const host = "127.0.0.1:4566";
    expect(refusal({ headers: { host, origin: "https://evil.example" } })).toMatch(/Origin/);
    expect(refusal({ headers: { host, origin: "null" } })).toMatch(/Origin/);
    expect(refusal({ headers: { host, "sec-fetch-site": "cross-site" } })).toMatch(/another site/);
    expect(refusal({ headers: { host, origin: "http://localhost:3000", "sec-fetch-site": "same-site" } })).toBeUndefined();
  });
});
