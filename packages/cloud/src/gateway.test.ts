import { describe, expect, it } from "vitest";
import { refusal } from "./gateway.js";

const SITES = [8080, 8443, 80];

describe("the API's door", () => {
  it.each([
    ["127.0.0.1:4566"],
    ["localhost:4566"],
    ["[::1]:4566"],
    ["site.localhost:4566"],
    ["ec2.ap-northeast-1.amazonaws.com"],
    ["EC2.Amazonaws.com"],
  ])("lets in the Host %s", (host) => {
    expect(refusal({ headers: { host } }, SITES)).toBeUndefined();
  });

  it.each([["evil.example"], ["evil.example:4566"], ["127.0.0.1.evil.example"], ["amazonaws.com.evil.example"], ["localhost.evil.example"], [""], ["192.168.0.7:4566"]])(
    "refuses the Host %s, so that a rebound name reaches nothing",
    (host) => {
      expect(refusal({ headers: { host } }, SITES)).toMatch(/Host/);
    },
  );

  it("refuses pages of foreign sites, and lets in pages of this machine", () => {
    const host = "127.0.0.1:4566";
    expect(refusal({ headers: { host, origin: "https://evil.example" } }, SITES)).toMatch(/Origin/);
    expect(refusal({ headers: { host, origin: "null" } }, SITES)).toMatch(/Origin/);
    expect(refusal({ headers: { host, "sec-fetch-site": "cross-site" } }, SITES)).toMatch(/another site/);
    expect(refusal({ headers: { host, origin: "http://localhost:3000", "sec-fetch-site": "same-site" } }, SITES)).toBeUndefined();
    expect(refusal({ headers: { host, origin: "http://[::1]:3000" } }, SITES)).toBeUndefined();
  });

  it.each([["http://127.0.0.1:8080"], ["http://elb-1.ap-northeast-1.elb.amazonaws.com.localhost:8080"], ["https://x.localhost:8443"], ["http://[::1]:8080"], ["http://localhost"]])(
    "refuses %s, a page of a site inside, which an intruder may have written",
    (origin) => {
      expect(refusal({ headers: { host: "127.0.0.1:4566", origin, "sec-fetch-site": "same-site" } }, SITES)).toMatch(/Origin/);
    },
  );

  it("refuses what a page of this machine embeds or links to, as nobody says which page it is", () => {
    expect(refusal({ headers: { host: "127.0.0.1:4566", "sec-fetch-site": "same-site" } }, SITES)).toMatch(/another site/);
    expect(refusal({ headers: { host: "127.0.0.1:4566", "sec-fetch-site": "none" } }, SITES)).toBeUndefined();
  });
});
