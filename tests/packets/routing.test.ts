import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toInternet, vpc } from "./model.js";
import { createWorld } from "./world.js";
import type { World } from "./world.js";

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.listen(undefined, 7070);
});
afterAll(() => world.close());

describe("a public and a private subnet", () => {
  const network = vpc({
    id: "vpc-routing",
    subnets: { public: { cidr: "10.0.0.0/24", routes: [toInternet] }, private: { cidr: "10.0.1.0/24" } },
    interfaces: {
      bastion: { subnet: "public", address: "10.0.0.10", public: "198.51.100.10" },
      unnamed: { subnet: "public", address: "10.0.0.11" },
      web: { subnet: "private", address: "10.0.1.10" },
      web2: { subnet: "private", address: "10.0.1.11" },
    },
  });
  beforeAll(async () => {
    await world.ensure(network);
    await Promise.all([world.host("bastion"), world.host("unnamed"), world.host("web", "nested"), world.host("web2", "nested")]);
    await Promise.all(["bastion", "unnamed", "web", "web2"].map((host) => world.listen(host, 80)));
  });

  it("reach each other by the local route", async () => {
    expect(await world.connect("bastion", "10.0.1.10", 80)).toBe("web 10.0.0.10");
    expect(await world.connect("web", "10.0.0.10", 80)).toBe("bastion 10.0.1.10");
  });

  it("reach within themselves", async () => {
    expect(await world.connect("web", "10.0.1.11", 80)).toBe("web2 10.0.1.10");
  });

  it("S4-11: the public one reaches the internet as its public address", async () => {
    expect(await world.connect("bastion", "203.0.113.1", 7070)).toBe("internet 198.51.100.10");
  });

  it("S4-11: without a public address nothing gets out", async () => {
    expect(await world.connect("unnamed", "203.0.113.1", 7070)).toBe("timeout");
  });

  it("S4-12: the private one has no way out", async () => {
    expect(await world.connect("web", "203.0.113.1", 7070)).toBe("timeout");
  });

  it("S4-22: the internet reaches a public address", async () => {
    expect(await world.connect(undefined, "198.51.100.10", 80)).toBe("bastion 203.0.113.1");
  });

  it("an address that nobody has is dropped in silence", async () => {
    expect(await world.connect("web", "10.0.1.200", 80)).toBe("timeout");
    expect(await world.connect(undefined, "198.51.100.99", 80)).not.toMatch(/^\w+ \d/);
  });
});
