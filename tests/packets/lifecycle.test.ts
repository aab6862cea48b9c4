import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toInternet, vpc, withInterfaces } from "./model.js";
import { createWorld } from "./world.js";
import type { World } from "./world.js";

const twin = (id: string, host: string, address: string) => vpc({
  id, subnets: { main: { cidr: "10.0.0.0/24", routes: [toInternet] } }, interfaces: { [host]: { subnet: "main", address: "10.0.0.10", public: address } },
});

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

const namespaces = async () => (await world.exec(undefined, ["ip", "netns", "list"])).output;
const links = async () => (await world.exec(undefined, ["sh", "-c", "ip -o link show type veth; ip route show table all | grep veth; true"])).output;

describe("two VPCs with the same range", () => {
  it("hold the same address twice, and don't hear each other", async () => {
    await Promise.all([world.ensure(twin("vpc-left", "left", "198.51.100.1")), world.ensure(twin("vpc-right", "right", "198.51.100.2"))]);
    for (const host of ["left", "right"]) {
      await world.host(host, "nested");
      await world.listen(host, 80);
    }
    expect(await world.connect("left", "10.0.0.10", 80)).toBe("left 10.0.0.10");
    expect(await world.connect("right", "10.0.0.10", 80)).toBe("right 10.0.0.10");
    expect(await world.connect("left", "198.51.100.2", 80)).toBe("right 198.51.100.1");
    expect(await world.connect(undefined, "10.0.0.10", 80)).not.toMatch(/left|right/);
  });

  it("go one by one", async () => {
    await world.end("left");
    await world.remove("vpc-left");
    expect(await namespaces()).toMatch(/^vpc-right/);
    expect(await world.connect(undefined, "198.51.100.2", 80)).toBe("right 203.0.113.1");
  });

  it("leave nothing", async () => {
    await world.remove("vpc-right");
    expect(await namespaces()).toBe("");
    expect(await links()).toBe("");
    expect(await world.observe("vpc-right")).toBeUndefined();
    await world.remove("vpc-right");
    await world.end("right");
  });
});

describe("a network that changes", () => {
  const network = vpc({
    id: "vpc-life",
    subnets: { main: { cidr: "10.0.0.0/24" }, other: { cidr: "10.0.1.0/24" } },
    interfaces: {
      one: { subnet: "main", address: "10.0.0.10" },
      two: { subnet: "main", address: "10.0.0.11" },
      "two-more": { subnet: "other", address: "10.0.1.11", workload: "two", deviceIndex: 1 },
    },
  });
  const early = withInterfaces(network, { two: undefined, "two-more": undefined });

  it("takes a workload that is plugged before the model knows it", async () => {
    await world.ensure(early);
    await world.host("two", "nested");
    await world.host("one");
    await world.ensure(withInterfaces(network, { "two-more": undefined }));
    await world.listen("two", 80);
    expect(await world.connect("one", "10.0.0.11", 80)).toBe("two 10.0.0.10");
  });

  it("gives a running workload a second interface, which answers through itself", async () => {
    await world.ensure(network);
    expect(await world.connect("one", "10.0.1.11", 80)).toBe("two 10.0.0.10");
    await world.ensure(withInterfaces(network, { "two-more": undefined }));
    expect(await world.connect("one", "10.0.1.11", 80)).toBe("timeout");
    expect((await world.exec("two", ["ip", "-o", "link", "show"])).output).not.toMatch(/eth1/);
  });

  it("gives an interface a secondary address, and moves it to another", async () => {
    const secondary = (name: string, primary: string, ...more: string[]) => ({
      [name]: { addresses: [primary, ...more].map((address) => ({ private: address, public: undefined })) },
    });
    await world.listen("one", 80);
    await world.ensure(withInterfaces(network, secondary("two", "10.0.0.11", "10.0.0.50")));
    expect(await world.connect("one", "10.0.0.50", 80)).toBe("two 10.0.0.10");
    await world.ensure(withInterfaces(network, secondary("one", "10.0.0.10", "10.0.0.50")));
    expect(await world.connect("two", "10.0.0.50", 80)).toBe("one 10.0.0.11");
    await world.ensure(network);
    expect(await world.connect("two", "10.0.0.50", 80)).toBe("timeout");
  });

  it("moves an interface from one running workload to another, with its addresses and its public ones", async () => {
    const addresses = [{ private: "10.0.1.11", public: "198.51.100.50" }, { private: "10.0.1.12", public: "198.51.100.51" }];
    const routed = { ...withInterfaces(network, { "two-more": { addresses } }), routeTables: new Map(network.routeTables).set("rtb-other", { id: "rtb-other", routes: [toInternet] }) };
    await world.ensure(routed);
    for (const { private: address, public: outer } of addresses) {
      expect(await world.connect("one", address, 80)).toBe("two 10.0.0.10");
      expect(await world.connect(undefined, outer, 80)).toBe("two 203.0.113.1");
    }
    await world.ensure(withInterfaces(routed, { "two-more": { attachment: { workload: "one", deviceIndex: 1 } } }));
    expect(await world.connect("two", "10.0.1.12", 80)).toBe("one 10.0.0.11");
    expect(await world.connect(undefined, "198.51.100.50", 80)).toBe("one 203.0.113.1");
    expect((await world.exec("two", ["ip", "-o", "link", "show"])).output).not.toMatch(/eth1/);
    const swapped = withInterfaces(routed, { "two-more": { addresses: [{ private: "10.0.1.11", public: "198.51.100.51" }, { private: "10.0.1.12", public: undefined }] } });
    await world.ensure(swapped);
    expect(await world.connect(undefined, "198.51.100.51", 80)).toBe("two 203.0.113.1");
    expect(await world.connect(undefined, "198.51.100.50", 80)).not.toMatch(/ \d/);
    await world.ensure(network);
  });

  it("takes a workload again that died without being unplugged", async () => {
    await world.ensure(network);
    await world.kill("two");
    await world.ensure(withInterfaces(network, { two: { securityGroups: [] } }));
    await world.end("two");
    await world.ensure(network);
    await world.host("two", "nested");
    await world.listen("two", 80);
    expect(await world.connect("one", "10.0.0.11", 80)).toBe("two 10.0.0.10");
  });

  it("says which workload could not be connected, and connects the others", async () => {
    await world.ensure(network);
    await world.end("one");
    await world.end("two");
    const [occupied, other] = await Promise.allSettled([world.host("two", "occupied"), world.host("one", "nested")]);
    expect(occupied).toMatchObject({ reason: { message: expect.stringMatching(/^two could not be connected to vpc-life: .*eth0.*File exists/) as unknown } });
    expect(other.status).toBe("fulfilled");
    expect((await world.observe("vpc-life"))?.error).toMatch(/eth0/);
    await world.end("two");
    await world.host("two");
    await world.ensure(network);
    expect(await world.observe("vpc-life")).toEqual({ error: undefined });
    expect(await world.ping("two", "10.0.0.10")).toBe(true);
  });

  it("serves metadata and names in the router, on sockets of ours", async () => {
    await world.ensure(network);
    await world.serveInRouter("vpc-life", "169.254.169.254", 80, "metadata");
    await world.serveInRouter("vpc-life", "10.0.0.2", 53, "dns");
    expect(await world.connect("two", "169.254.169.254", 80)).toBe("metadata 10.0.0.11");
    expect(await world.connect("two", "10.0.0.2", 53)).toBe("dns 10.0.0.11");
    expect(await world.connect("two", "169.254.169.254", 22)).toBe("timeout");
    await world.ensure({ ...network, dnsSupport: false });
    expect(await world.connect("two", "10.0.0.2", 53)).toBe("timeout");
    await expect(world.serveInRouter("vpc-life", "10.0.0.2", 53, "again")).rejects.toThrow("EADDRINUSE");
  });

  it("refuses ids and names that would end in a command line", async () => {
    await expect(world.ensure({ ...network, id: "vpc-1; flush ruleset" })).rejects.toThrow('"vpc-1; flush ruleset" cannot be an id in the network');
    await expect(world.host("x; reboot")).rejects.toThrow('"x; reboot" cannot be the name');
  });

  it("leaves nothing", async () => {
    await world.remove("vpc-life");
    await world.end("one");
    await world.end("two");
    expect(await namespaces()).toBe("");
    expect(await links()).toBe("");
  });
});
