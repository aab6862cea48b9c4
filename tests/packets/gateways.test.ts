import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anywhere, rule, toInternet, vpc, withGroup, withInterfaces, withRoutes } from "./model.js";
import { createWorld } from "./world.js";
import type { World } from "./world.js";

const open = { ingress: [anywhere], egress: [anywhere] };
const BASE = vpc({
  id: "vpc-gateways",
  subnets: { public: { cidr: "10.0.0.0/24", routes: [toInternet] }, private: { cidr: "10.0.1.0/24" } },
  groups: { "sg-open": open, "sg-nat": open },
  interfaces: {
    natgw: { subnet: "public", address: "10.0.0.5", public: "198.51.100.5", managed: "nat-gateway" },
    instance: { subnet: "public", address: "10.0.0.6", public: "198.51.100.6", groups: ["sg-nat"] },
    bastion: { subnet: "public", address: "10.0.0.10" },
    web: { subnet: "private", address: "10.0.1.10" },
  },
});
const everything = "0.0.0.0/0";
const byGateway = withRoutes(BASE, "private", [{ destination: everything, target: { kind: "nat-gateway", id: "nat-1", networkInterface: "eni-natgw" } }]);
const byInstance = withRoutes(BASE, "private", [{ destination: everything, target: { kind: "network-interface", id: "eni-instance" } }]);
const unchecked = (network: typeof BASE) => withInterfaces(network, { instance: { sourceDestCheck: false } });

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.listen(undefined, 7070);
  await world.ensure(BASE);
  for (const host of ["natgw", "instance", "bastion"]) await world.host(host);
  await world.host("web", "nested");
  await world.natGateway("natgw", "10.0.0.5", BASE.cidrs);
  await world.listen("web", 80);
  await world.listen("bastion", 22);
  const nat = "echo 1 > /proc/sys/net/ipv4/ip_forward; nft add table ip nat; nft 'add chain ip nat post { type nat hook postrouting priority srcnat; }'; nft 'add rule ip nat post oifname eth0 masquerade'";
  expect(await world.exec("instance", ["sh", "-c", nat])).toMatchObject({ code: 0 });
});
afterAll(() => world.close());

describe("a NAT gateway", () => {
  it("S4-35: does nothing before the route leads to it", async () => {
    await world.ensure(BASE);
    expect(await world.ping("web", "8.8.8.8")).toBe(false);
  });

  it("S4-36: lets the private subnet ping 8.8.8.8", async () => {
    await world.ensure(byGateway);
    expect(await world.ping("web", "8.8.8.8")).toBe(true);
  });

  it("S4-34: is seen on the internet by its Elastic IP", async () => {
    expect(await world.connect("web", "203.0.113.1", 7070)).toBe("internet 198.51.100.5");
  });

  it("S4-01: is no way in, and has nothing of its own to reach", async () => {
    expect(await world.connect(undefined, "198.51.100.5", 80)).toBe("timeout");
    expect(await world.ping(undefined, "198.51.100.5")).toBe(false);
    expect(await world.connect("bastion", "10.0.0.5", 80)).toBe("timeout");
  });

  it("makes the route a black hole when it is gone, and comes back", async () => {
    await world.end("natgw");
    expect(await world.connect("web", "203.0.113.1", 7070)).toBe("timeout");
    await world.host("natgw");
    await world.natGateway("natgw", "10.0.0.5", BASE.cidrs);
    expect(await world.connect("web", "203.0.113.1", 7070)).toBe("internet 198.51.100.5");
  });
});

describe("a NAT instance", () => {
  it("S4-18: gets nothing to forward while source and destination are checked", async () => {
    await world.ensure(byInstance);
    expect(await world.connect("web", "203.0.113.1", 7070)).toBe("timeout");
  });

  it("S4-18, S4-20: forwards with the check off", async () => {
    await world.ensure(unchecked(byInstance));
    expect(await world.connect("web", "203.0.113.1", 7070)).toBe("internet 198.51.100.6");
    expect(await world.ping("web", "8.8.8.8")).toBe(true);
  });

  it("S4-15: passes only what its own group admits", async () => {
    await world.ensure(withGroup(unchecked(byInstance), "sg-nat", { ingress: [rule("10.0.0.0/16", "tcp", 7070)] }));
    expect(await world.connect("web", "203.0.113.1", 7070)).toBe("internet 198.51.100.6");
    expect(await world.ping("web", "8.8.8.8")).toBe(false);
  });

  it("S4-18: an instance that forges its source is not heard", async () => {
    await world.ensure(byGateway);
    await world.exec("web", ["ip", "address", "add", "10.0.1.99/32", "dev", "eth0"]);
    expect((await world.exec("web", ["ping", "-n", "-c", "1", "-W", "1", "-I", "10.0.1.99", "8.8.8.8"])).code).not.toBe(0);
    expect((await world.exec("web", ["ping", "-n", "-c", "1", "-W", "1", "-I", "10.0.1.10", "8.8.8.8"])).code).toBe(0);
  });
});

describe("an Elastic IP", () => {
  const named = (address: string | undefined) => withInterfaces(byGateway, { bastion: { addresses: [{ private: "10.0.0.10", public: address }] } });

  it("S4-22: leads in and out once it is associated, moves, and ends", async () => {
    await world.ensure(named("198.51.100.20"));
    expect(await world.connect(undefined, "198.51.100.20", 22)).toBe("bastion 203.0.113.1");
    expect(await world.connect("bastion", "203.0.113.1", 7070)).toBe("internet 198.51.100.20");
    await world.ensure(named("198.51.100.21"));
    expect(await world.connect(undefined, "198.51.100.20", 22)).not.toMatch(/bastion/);
    expect(await world.connect(undefined, "198.51.100.21", 22)).toBe("bastion 203.0.113.1");
    await world.ensure(named(undefined));
    expect(await world.connect(undefined, "198.51.100.21", 22)).not.toMatch(/bastion/);
    expect((await world.exec(undefined, ["ip", "route", "show", "198.51.100.21"])).output).toBe("");
  });

  it("is reached from inside the VPC through the internet gateway, as a public address", async () => {
    await world.ensure(named("198.51.100.20"));
    expect(await world.connect("instance", "198.51.100.20", 22)).toBe("bastion 198.51.100.6");
  });

  it("ends for everybody with the internet gateway, and returns with it", async () => {
    await world.ensure({ ...named("198.51.100.20"), internetGateway: undefined });
    expect(await world.connect(undefined, "198.51.100.20", 22)).not.toMatch(/bastion/);
    expect(await world.connect("web", "203.0.113.1", 7070)).toBe("timeout");
    await world.ensure(named("198.51.100.20"));
    expect(await world.connect(undefined, "198.51.100.20", 22)).toBe("bastion 203.0.113.1");
    expect(await world.connect("web", "203.0.113.1", 7070)).toBe("internet 198.51.100.5");
  });
});
