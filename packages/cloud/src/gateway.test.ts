import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { createGateway, refusal } from "./gateway.js";

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
    expect(refusal({ headers: { host }, url: "/" }, SITES)).toBeUndefined();
  });

  it.each([["evil.example"], ["evil.example:4566"], ["127.0.0.1.evil.example"], ["amazonaws.com.evil.example"], ["localhost.evil.example"], [""], ["192.168.0.7:4566"]])(
    "refuses the Host %s, so that a rebound name reaches nothing",
    (host) => {
      expect(refusal({ headers: { host }, url: "/" }, SITES)).toMatch(/Host/);
    },
  );

  it("refuses pages of foreign sites, and lets in pages of this machine", () => {
    const host = "127.0.0.1:4566";
    expect(refusal({ headers: { host, origin: "https://evil.example" }, url: "/" }, SITES)).toMatch(/Origin/);
    expect(refusal({ headers: { host, origin: "null" }, url: "/" }, SITES)).toMatch(/Origin/);
    expect(refusal({ headers: { host, "sec-fetch-site": "cross-site" }, url: "/" }, SITES)).toMatch(/another site/);
    expect(refusal({ headers: { host, origin: "http://localhost:3000", "sec-fetch-site": "same-site" }, url: "/" }, SITES)).toBeUndefined();
    expect(refusal({ headers: { host, origin: "http://[::1]:3000" }, url: "/" }, SITES)).toBeUndefined();
  });

  it.each([["http://127.0.0.1:8080"], ["http://elb-1.ap-northeast-1.elb.amazonaws.com.localhost:8080"], ["https://x.localhost:8443"], ["http://[::1]:8080"], ["http://localhost"]])(
    "refuses %s, a page of a site inside, which an intruder may have written",
    (origin) => {
      expect(refusal({ headers: { host: "127.0.0.1:4566", origin, "sec-fetch-site": "same-site" }, url: "/" }, SITES)).toMatch(/Origin/);
    },
  );

  it("refuses what a page of this machine embeds or links to, as nobody says which page it is", () => {
    expect(refusal({ headers: { host: "127.0.0.1:4566", "sec-fetch-site": "same-site" }, url: "/" }, SITES)).toMatch(/another site/);
    expect(refusal({ headers: { host: "127.0.0.1:4566", "sec-fetch-site": "none" }, url: "/" }, SITES)).toBeUndefined();
  });

  it("lets a foreign page in where a bucket's CORS configuration invites it, and nowhere else", () => {
    const headers = { host: "127.0.0.1:4566", origin: "https://shop.example", "sec-fetch-site": "cross-site" };
    expect(refusal({ headers, url: "/" }, SITES, () => true)).toBeUndefined();
    expect(refusal({ headers: { ...headers, host: "evil.example" }, url: "/" }, SITES, () => true)).toMatch(/Host/);
    // Who says no origin can't be invited.
    expect(refusal({ headers: { host: headers.host, "sec-fetch-site": "cross-site" }, url: "/" }, SITES, () => true)).toMatch(/another site/);
  });

  it("lets a page that is an object in a bucket load more objects, and sign nothing", () => {
    const headers = { host: "127.0.0.1:4566", "sec-fetch-site": "same-origin" };
    expect(refusal({ headers, url: "/site/style.css" }, SITES)).toBeUndefined();
    expect(refusal({ headers: { ...headers, authorization: "AWS4-HMAC-SHA256 Credential=test" }, url: "/?Action=TerminateInstances" }, SITES)).toMatch(/sign/);
    expect(refusal({ headers, url: "/?Action=TerminateInstances&X-Amz-Signature=00" }, SITES)).toMatch(/sign/);
  });

  it.each([
    "/_hakoniwa/outbox",
    "/_hakoniwa/health",
    "/approvals?code=00000000-0000-4000-8000-000000000000",
    "/?Action=ConfirmSubscription&TopicArn=arn&Token=0",
    "/?x=1?&%41ction=Unsubscribe&SubscriptionArn=arn",
  ])("keeps %s, which nobody signs, from a page that is an object in a bucket: it would read letters and follow their links", (url) => {
    expect(refusal({ headers: { host: "127.0.0.1:4566", "sec-fetch-site": "same-origin" }, url }, SITES)).toMatch(/objects/);
    expect(refusal({ headers: { host: "127.0.0.1:4566", "sec-fetch-site": "none" }, url }, SITES)).toBeUndefined();
  });
});

describe("what topics left behind", () => {
  it("is read at the door: letters, and the certificate of what is signed", async () => {
    const name = `SimpleNotificationService-${"0".repeat(32)}.pem`;
    const CODE = "00000000-0000-4000-8000-000000000000";
    const gateway = createGateway({
      endpoint: async (_request, response) => void response.writeHead(400).end(),
      health: () => ({}),
      outbox: () => [{ to: "ops@example.com" }],
      certificate: (asked) => (asked === name ? "-----BEGIN" : undefined),
      approve: async (code) => (code === CODE ? "www.example.com" : undefined),
      sitePorts: [],
    });
    await new Promise<void>((resolve) => gateway.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
    expect(await (await fetch(`${url}/_hakoniwa/outbox`)).json()).toEqual({ outbox: [{ to: "ops@example.com" }] });
    expect(await (await fetch(`${url}/${name}`)).text()).toBe("-----BEGIN");
    expect((await fetch(`${url}/${name.replace("0", "1")}`)).status).toBe(400);
    expect(await (await fetch(`${url}/approvals?code=${CODE}`)).text()).toBe("You have approved the certificate request for www.example.com.\n");
    expect((await fetch(`${url}/approvals?code=${CODE.replace("0", "1")}`)).status).toBe(404);
    expect((await fetch(`${url}/approvals?code=${CODE}`, { method: "POST" })).status).toBe(400);
    expect((await fetch(`${url}/approvals?code=${CODE}`, { headers: { "sec-fetch-site": "cross-site" } })).status).toBe(403);
    gateway.closeAllConnections();
    await new Promise<void>((resolve) => gateway.close(() => resolve()));
  });
});
