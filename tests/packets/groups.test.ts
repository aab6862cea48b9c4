import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anywhere, rule, vpc, withGroup, withInterfaces } from "./model.js";
import { createWorld } from "./world.js";
import type { World } from "./world.js";

const EGRESS = [anywhere];
const CLOSED = vpc({
  id: "vpc-groups",
  subnets: { one: { cidr: "10.0.0.0/24" }, two: { cidr: "10.0.1.0/24" } },
  groups: { "sg-client": { ingress: [], egress: EGRESS }, "sg-web": { ingress: [], egress: EGRESS }, "sg-other": { ingress: [], egress: EGRESS } },
  interfaces: {
    client: { subnet: "one", address: "10.0.0.10", groups: ["sg-client"] },
    near: { subnet: "one", address: "10.0.0.11", groups: ["sg-web"] },
    far: { subnet: "two", address: "10.0.1.10", groups: ["sg-web"] },
    stranger: { subnet: "two", address: "10.0.1.11", groups: ["sg-other"] },
  },
});
const web = (...ingress: Parameters<typeof withGroup>[2]["ingress"] & object) => withGroup(CLOSED, "sg-web", { ingress });

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.ensure(CLOSED);
  for (const host of ["client", "near", "far", "stranger"]) {
    await world.host(host);
    await world.listen(host, 80);
    await world.listen(host, 81);
  }
});
afterAll(() => world.close());

const reached = { near: "near 10.0.0.10", far: "far 10.0.0.10" };
const fromClient = async () => ({ near: await world.connect("client", "10.0.0.11", 80), far: await world.connect("client", "10.0.1.10", 80) });

describe("security groups on a running network", () => {
  it("S4-03: let nothing in that no rule names, in the same subnet too", async () => {
    await world.ensure(CLOSED);
    expect(await fromClient()).toEqual({ near: "timeout", far: "timeout" });
  });

  it("S4-27: admit a range on a port once authorized, and no longer once revoked", async () => {
    await world.ensure(web(rule("10.0.0.0/24", "tcp", 80)));
    expect(await fromClient()).toEqual(reached);
    expect(await world.connect("client", "10.0.0.11", 81)).toBe("timeout");
    await world.ensure(CLOSED);
    expect(await fromClient()).toEqual({ near: "timeout", far: "timeout" });
  });

  it("admit the members of a group, and those who join it, and not those who leave", async () => {
    const network = web(rule("sg-client", "tcp", 80));
    await world.ensure(network);
    expect(await fromClient()).toEqual(reached);
    expect(await world.connect("stranger", "10.0.1.10", 80)).toBe("timeout");
    await world.ensure(withInterfaces(network, { stranger: { securityGroups: ["sg-other", "sg-client"] } }));
    expect(await world.connect("stranger", "10.0.1.10", 80)).toBe("far 10.0.1.11");
    await world.ensure(network);
    expect(await world.connect("stranger", "10.0.1.10", 80)).toBe("timeout");
  });

  it("guard the way out as well: an answer is no way out", async () => {
    await world.ensure(withGroup(web(rule("0.0.0.0/0", "tcp")), "sg-client", { egress: [rule("10.0.1.0/24", "tcp", 80)] }));
    expect(await fromClient()).toEqual({ near: "timeout", far: "far 10.0.0.10" });
    expect(await world.connect("client", "10.0.1.10", 81)).toBe("timeout");
  });

  it("tell ping from TCP", async () => {
    await world.ensure(web({ id: "sgr-ping", protocol: "icmp", icmp: { type: 8, code: -1 }, peer: { kind: "cidr", cidr: "0.0.0.0/0" } }));
    expect(await world.ping("client", "10.0.1.10")).toBe(true);
    expect(await fromClient()).toEqual({ near: "timeout", far: "timeout" });
  });

  it("let an established connection live when its rule goes, and admit no new one", async () => {
    await world.ensure(web(rule("sg-client", "tcp", 80)));
    await world.ask("client", { kind: "hold", name: "long", host: "10.0.1.10", port: 80 });
    await world.ensure(CLOSED);
    expect(await world.ask("client", { kind: "say", name: "long", text: "still here", timeout: 500 })).toBe("still here");
    expect(await world.connect("client", "10.0.1.10", 80)).toBe("timeout");
  });

  it("let an established connection live through another interface's coming and going", async () => {
    const network = web(rule("sg-client", "tcp", 80));
    await world.ensure(network);
    await world.ask("client", { kind: "hold", name: "steady", host: "10.0.0.11", port: 80 });
    await world.end("stranger");
    await world.ensure(withInterfaces(network, { stranger: undefined }));
    expect(await world.ask("client", { kind: "say", name: "steady", text: "one", timeout: 500 })).toBe("one");
    await world.ensure(network);
    await world.host("stranger", "nested");
    expect(await world.ask("client", { kind: "say", name: "steady", text: "two", timeout: 500 })).toBe("two");
    expect(await world.ping("stranger", "10.0.1.10")).toBe(false);
  });

  it("are rebuilt whole after the filter's helper died", async () => {
    await world.ensure(web(rule("sg-client", "tcp", 80)));
    expect(await world.killHelpers("nft")).toBeGreaterThan(0);
    expect(await world.killHelpers("ip")).toBeGreaterThan(0);
    await world.ensure(web(rule("sg-client", "tcp", 81)));
    expect(await world.connect("client", "10.0.1.10", 81)).toBe("far 10.0.0.10");
    expect(await fromClient()).toEqual({ near: "timeout", far: "timeout" });
  });

  it("say what was refused, keep what they can, and recover", async () => {
    const broken = web({ id: "sgr-broken", protocol: "tcp", ports: { from: 90_000, to: 90_000 }, peer: { kind: "cidr", cidr: "0.0.0.0/0" } });
    await expect(world.ensure(broken)).rejects.toThrow(/nft: .*in: add rule ip vpc g_sg-web_in tcp dport 90000 accept/);
    expect((await world.observe("vpc-groups"))?.error).toMatch(/90000/);
    expect(await fromClient()).toEqual({ near: "timeout", far: "timeout" });
    await world.ensure(web(rule("sg-client", "tcp", 80)));
    expect(await world.observe("vpc-groups")).toEqual({ error: undefined });
    expect(await fromClient()).toEqual(reached);
  });
});
