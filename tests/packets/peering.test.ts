import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anywhere, peerRule, rule, toInternet, toPeer, vpc, withAcl, withGroup, withInterfaces, withRoutes } from "./model.js";
import { createWorld } from "./world.js";
import type { World } from "./world.js";

const open = { ingress: [anywhere], egress: [anywhere] };
const left = vpc({
  id: "vpc-left", cidr: "10.1.0.0/16",
  subnets: { a: { cidr: "10.1.0.0/24", routes: [toPeer("10.2.0.0/16", "vpc-right", "ap-northeast-3")] } },
  groups: { "sg-left": open, "sg-other": open },
  interfaces: { one: { subnet: "a", address: "10.1.0.10", groups: ["sg-left"] }, two: { subnet: "a", address: "10.1.0.11", groups: ["sg-other"] } },
});
const right = vpc({
  id: "vpc-right", cidr: "10.2.0.0/16", region: "ap-northeast-3",
  subnets: { b: { cidr: "10.2.0.0/24", routes: [toPeer("10.1.0.0/16", "vpc-left"), toInternet] } },
  groups: { "sg-right": open },
  interfaces: { web: { subnet: "b", address: "10.2.0.10", public: "198.51.100.10", groups: ["sg-right"] } },
});
/** Has the range of `left`, and no peering. */
const twin = vpc({ id: "vpc-twin", cidr: "10.1.0.0/16", subnets: { a: { cidr: "10.1.0.0/24" } }, interfaces: { twin: { subnet: "a", address: "10.1.0.10" } } });

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.listen(undefined, 7070);
  for (const network of [left, twin, right]) await world.ensure(network);
  for (const host of ["one", "two", "web", "twin"]) {
    await world.host(host, "nested");
    await world.listen(host, 80);
  }
});
afterAll(() => world.close());

const fromOne = () => world.connect("one", "10.2.0.10", 80);
const fromTwo = () => world.connect("two", "10.2.0.10", 80);

describe("S1-44: a peering connection between regions", () => {
  it("carries packets both ways, with their private addresses", async () => {
    expect(await fromOne()).toBe("web 10.1.0.10");
    expect(await world.connect("web", "10.1.0.11", 80)).toBe("two 10.2.0.10");
  });

  it("has no answer without a route back", async () => {
    await world.ensure(withRoutes(right, "b", [toInternet]));
    expect(await fromOne()).toBe("timeout");
    await world.ensure(right);
    expect(await fromOne()).toBe("web 10.1.0.10");
  });

  it("meets the sender's group and ACL at home", async () => {
    await world.ensure(withGroup(left, "sg-left", { egress: [rule("10.2.0.0/16", "tcp", 81)] }));
    expect(await fromOne()).toBe("timeout");
    expect(await fromTwo()).toBe("web 10.1.0.11");
    await world.ensure(withAcl(left, "a", { egress: [] }));
    expect(await fromTwo()).toBe("timeout");
    await world.ensure(left);
  });

  it("meets the receiver's ACL and group there", async () => {
    await world.ensure(withAcl(right, "b", { ingress: [] }));
    expect(await fromOne()).toBe("timeout");
    await world.ensure(withGroup(right, "sg-right", { ingress: [rule("10.1.0.11/32", "tcp", 80)] }));
    expect(await fromOne()).toBe("timeout");
    expect(await fromTwo()).toBe("web 10.1.0.11");
    await world.ensure(right);
  });

  it("lets a group of the peer be named, and follows who joins and leaves it", async () => {
    await world.ensure(withGroup(right, "sg-right", { ingress: [peerRule("vpc-left", "sg-left", "tcp", 80)] }));
    expect(await fromOne()).toBe("web 10.1.0.10");
    expect(await fromTwo()).toBe("timeout");
    await world.ensure(withInterfaces(left, { one: { securityGroups: ["sg-other"] }, two: { securityGroups: ["sg-left"] } }));
    expect(await fromOne()).toBe("timeout");
    expect(await fromTwo()).toBe("web 10.1.0.11");
    await world.ensure(left);
    await world.ensure(right);
  });

  it("leads no further: neither to the peer's internet gateway nor to its metadata and names", async () => {
    await world.ensure(withRoutes(left, "a", [toPeer("10.2.0.0/16", "vpc-right"), toPeer("0.0.0.0/0", "vpc-right")]));
    expect(await world.connect("one", "203.0.113.1", 7070)).toBe("timeout");
    expect(await world.ping("one", "8.8.8.8")).toBe(false);
    await world.serveInRouter("vpc-right", "10.2.0.2", 53, "dns");
    await world.serveInRouter("vpc-right", "10.2.0.1", 7071, "router");
    expect(await world.connect("one", "10.2.0.2", 53)).toBe("timeout");
    expect(await world.connect("one", "10.2.0.1", 7071)).toBe("timeout");
    expect(await world.connect("web", "10.2.0.2", 53)).toBe("dns 10.2.0.10");
    await world.ensure(left);
  });

  it("carries nothing with a source that is not the VPC's own", async () => {
    await world.ensure(withInterfaces(left, { one: { sourceDestCheck: false } }));
    await world.exec("one", ["ip", "address", "add", "10.9.0.9/32", "dev", "eth0"]);
    await world.ensure(withRoutes(right, "b", [toPeer("10.1.0.0/16", "vpc-left"), toPeer("10.9.0.0/16", "vpc-left")]));
    expect((await world.exec("one", ["ping", "-n", "-c", "1", "-W", "1", "-I", "10.9.0.9", "10.2.0.10"])).code).not.toBe(0);
    expect((await world.exec("one", ["ping", "-n", "-c", "1", "-W", "1", "-I", "10.1.0.10", "10.2.0.10"])).code).toBe(0);
    await world.ensure(left);
    await world.ensure(right);
  });

  it("does not mind another VPC with the peer's range", async () => {
    expect(await world.connect("twin", "10.2.0.10", 80)).toBe("timeout");
    expect(await world.connect("web", "10.1.0.10", 80)).toBe("one 10.2.0.10");
  });

  it("ends with the peer, and comes back with it", async () => {
    await world.end("web");
    await world.remove("vpc-right");
    expect(await fromOne()).toBe("timeout");
    expect(await world.observe("vpc-left")).toEqual({ error: undefined });
    await world.ensure(right);
    await world.host("web", "nested");
    await world.listen("web", 80);
    expect(await fromOne()).toBe("web 10.1.0.10");
  });

  it("leaves nothing", async () => {
    for (const network of [left, twin, right]) await world.remove(network.id);
    for (const host of ["one", "two", "web", "twin"]) await world.end(host);
    expect((await world.exec(undefined, ["ip", "netns", "list"])).output).toBe("");
  });
});
