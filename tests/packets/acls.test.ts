import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allowAll, vpc, withAcl } from "./model.js";
import { createWorld } from "./world.js";
import type { World } from "./world.js";

const NETWORK = vpc({
  id: "vpc-acls",
  subnets: { web: { cidr: "10.0.0.0/24" }, db: { cidr: "10.0.1.0/24" } },
  interfaces: {
    web1: { subnet: "web", address: "10.0.0.10" },
    web2: { subnet: "web", address: "10.0.0.11" },
    db: { subnet: "db", address: "10.0.1.10" },
  },
});
const postgres = { number: 100, action: "allow", protocol: "tcp", cidr: "10.0.0.0/16", ports: { from: 5432, to: 5432 } } as const;
const ephemeral = { number: 100, action: "allow", protocol: "tcp", cidr: "10.0.0.0/16", ports: { from: 1024, to: 65_535 } } as const;
const denyWeb1 = { number: 90, action: "deny", protocol: "all", cidr: "10.0.0.10/32" } as const;

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.ensure(NETWORK);
  for (const host of ["web1", "web2", "db"]) {
    await world.host(host);
    await world.listen(host, 5432);
  }
});
afterAll(() => world.close());

describe("network ACLs", () => {
  it("S0-51: keep no state: an answer needs a rule for ephemeral ports", async () => {
    await world.ensure(withAcl(NETWORK, "db", { ingress: [postgres], egress: [] }));
    expect(await world.connect("web1", "10.0.1.10", 5432)).toBe("timeout");
    await world.ensure(withAcl(NETWORK, "db", { ingress: [postgres], egress: [ephemeral] }));
    expect(await world.connect("web1", "10.0.1.10", 5432)).toBe("db 10.0.0.10");
  });

  it("S0-51: which holds at the sender's subnet too", async () => {
    await world.ensure(withAcl(NETWORK, "web", { ingress: [postgres], egress: [allowAll] }));
    expect(await world.connect("web1", "10.0.1.10", 5432)).toBe("timeout");
    await world.ensure(withAcl(NETWORK, "web", { ingress: [ephemeral], egress: [allowAll] }));
    expect(await world.connect("web1", "10.0.1.10", 5432)).toBe("db 10.0.0.10");
  });

  it("are tried in the order of their numbers, however they are listed", async () => {
    await world.ensure(withAcl(NETWORK, "db", { ingress: [postgres, denyWeb1] }));
    expect(await world.connect("web1", "10.0.1.10", 5432)).toBe("timeout");
    expect(await world.connect("web2", "10.0.1.10", 5432)).toBe("db 10.0.0.11");
    await world.ensure(withAcl(NETWORK, "db", { ingress: [postgres, { ...denyWeb1, number: 110 }] }));
    expect(await world.connect("web1", "10.0.1.10", 5432)).toBe("db 10.0.0.10");
  });

  it("stop an established connection at once", async () => {
    await world.ensure(NETWORK);
    await world.ask("web1", { kind: "hold", name: "long", host: "10.0.1.10", port: 5432 });
    await world.ensure(withAcl(NETWORK, "db", { ingress: [denyWeb1, allowAll] }));
    expect(await world.ask("web1", { kind: "say", name: "long", text: "anyone?", timeout: 300 })).toBe("timeout");
  });

  it("do not touch what stays inside the subnet", async () => {
    await world.ensure(withAcl(NETWORK, "web", { ingress: [], egress: [] }));
    expect(await world.connect("web1", "10.0.0.11", 5432)).toBe("web2 10.0.0.10");
    expect(await world.connect("web1", "10.0.1.10", 5432)).toBe("timeout");
  });
});
