import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anywhere, rule, vpc, withGroup } from "./model.js";
import { createWorld } from "./world.js";
import type { World } from "./world.js";

const groupsOf = (at: number) => [`sg-${at % 150}`, `sg-${(at * 7 + 1) % 150}`];
const interfaces = Object.fromEntries(Array.from({ length: 450 }, (_, at) => [
  `host-${at}`, { subnet: "large", address: `10.0.${1 + Math.floor(at / 200)}.${1 + (at % 200)}`, groups: groupsOf(at) },
]));
const groups = Object.fromEntries(Array.from({ length: 150 }, (_, at) => [
  `sg-${at}`, { ingress: Array.from({ length: 20 }, (_rule, port) => rule(`sg-${(at + port) % 150}`, "tcp", 1000 + port)), egress: [anywhere] },
]));
const network = vpc({ id: "vpc-large", subnets: { large: { cidr: "10.0.0.0/16" } }, groups, interfaces });

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

describe("a large network", () => {
  it("is applied in pieces that the kernel takes without privilege", async () => {
    await world.ensure(network);
    expect(await world.observe("vpc-large")).toEqual({ error: undefined });
  });

  it("works, and changes a group in place", async () => {
    await world.host("host-0");
    await world.host("host-1");
    await world.listen("host-1", 1019);
    await world.listen("host-1", 22);
    expect(await world.connect("host-0", "10.0.1.2", 22)).toBe("timeout");
    await world.ensure(withGroup(network, "sg-1", { ingress: [rule("sg-0", "tcp", 22)] }));
    expect(await world.connect("host-0", "10.0.1.2", 22)).toBe("host-1 10.0.1.1");
  });

  it("is taken down to nothing", async () => {
    await world.end("host-0");
    await world.end("host-1");
    await world.remove("vpc-large");
    expect((await world.exec(undefined, ["ip", "netns", "list"])).output).toBe("");
  });
});
