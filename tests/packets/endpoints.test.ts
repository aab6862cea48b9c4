import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Route } from "@hakoniwa/network";
import { anywhere, rule, toInternet, vpc, withAcl, withGroup, withRoutes } from "./model.js";
import { createWorld } from "./world.js";
import type { World } from "./world.js";

const S3 = "52.219.0.10";
const toS3: Route = { destination: "52.219.0.0/20", target: { kind: "gateway-endpoint", id: "vpce-s3", service: "s3" }, prefixList: "pl-61a54008" };
const BASE = vpc({
  id: "vpc-endpoints",
  subnets: { private: { cidr: "10.0.1.0/24" }, public: { cidr: "10.0.0.0/24", routes: [toInternet] } },
  groups: { "sg-open": { ingress: [anywhere], egress: [anywhere] } },
  interfaces: { web: { subnet: "private", address: "10.0.1.10" }, bastion: { subnet: "public", address: "10.0.0.10", public: "198.51.100.10" } },
});
const withEndpoint = withRoutes(BASE, "private", [toS3]);
/** Another VPC of the same range, with an endpoint of its own. */
const twin = vpc({
  id: "vpc-twin", subnets: { private: { cidr: "10.0.1.0/24", routes: [{ ...toS3, target: { kind: "gateway-endpoint", id: "vpce-twin", service: "s3" } }] } },
  interfaces: { twin: { subnet: "private", address: "10.0.1.10" } },
});

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.ensure(withEndpoint);
  for (const host of ["web", "bastion"]) await world.host(host, "nested");
  await world.listen("vpce-s3", 443);
});
afterAll(() => world.close());

const fromWeb = () => world.connect("web", S3, 443);

describe("S3-40: a gateway endpoint", () => {
  it("leads to the service from a subnet without internet, with the private address", async () => {
    expect(await fromWeb()).toBe("vpce-s3 10.0.1.10");
  });

  it("leads there alone: no other address, and only from the subnets whose tables it is in", async () => {
    expect(await world.connect("web", "52.219.0.11", 443)).toBe("timeout");
    expect(await world.connect("web", "203.0.113.1", 443)).toBe("timeout");
    expect(await world.connect("bastion", S3, 443)).not.toMatch(/vpce/);
  });

  it("meets the sender's group, and the ACL both ways", async () => {
    await world.ensure(withGroup(withEndpoint, "sg-open", { egress: [rule("10.0.0.0/8")] }));
    expect(await fromWeb()).toBe("timeout");
    await world.ensure(withGroup(withEndpoint, "sg-open", { ingress: [], egress: [rule("52.219.0.0/20", "tcp", 443)] }));
    expect(await fromWeb()).toBe("vpce-s3 10.0.1.10");
    const https = { number: 100, action: "allow", protocol: "tcp", cidr: "0.0.0.0/0", ports: { from: 443, to: 443 } } as const;
    await world.ensure(withAcl(withEndpoint, "private", { ingress: [https], egress: [https] }));
    expect(await fromWeb()).toBe("timeout");
    await world.ensure(withEndpoint);
    expect(await fromWeb()).toBe("vpce-s3 10.0.1.10");
  });

  it("is no way in: the service's namespace reaches nothing by itself", async () => {
    await world.ensure(withGroup(withEndpoint, "sg-open", { ingress: [] }));
    await world.listen("web", 80);
    expect(await world.connect("vpce-s3", "10.0.1.10", 80)).toBe("timeout");
    expect(await world.connect("vpce-s3", "203.0.113.1", 80)).not.toMatch(/ \d/);
    await world.ensure(withEndpoint);
  });

  it("tells two VPCs with the same addresses apart", async () => {
    await world.ensure(twin);
    await world.host("twin", "nested");
    await world.listen("vpce-twin", 443);
    expect(await world.connect("twin", S3, 443)).toBe("vpce-twin 10.0.1.10");
    expect(await fromWeb()).toBe("vpce-s3 10.0.1.10");
    await world.end("vpce-twin");
    await world.end("twin");
    await world.remove("vpc-twin");
  });

  it("goes with its route", async () => {
    await world.end("vpce-s3");
    await world.ensure(BASE);
    expect(await fromWeb()).toBe("timeout");
    expect((await world.exec(undefined, ["ip", "netns", "list"])).output).not.toMatch(/vpce/);
    await world.ensure(withEndpoint);
    await world.listen("vpce-s3", 443);
    expect(await fromWeb()).toBe("vpce-s3 10.0.1.10");
  });
});
