/** Who reaches whom in the stage `minimal`, by the network's own trace: safely, and as the article has it. */
import type { Vpc } from "@hakoniwa/network";
import { beforeAll, describe, expect, it } from "vitest";
import { interfaceOf, reach, stageStack, type StageOptions } from "./blueprint-stack.js";
import { useCloud } from "./cloud.js";

/** The interfaces of a stack with a NAT instance and a bastion. */
function standing(options: StageOptions) {
  const cloud = useCloud();
  const stack = stageStack(cloud, "minimal");
  const seen = {} as { vpc: Vpc; nat: string; bastion: string; web: string; balancer: string };
  beforeAll(async () => {
    await stack.deploy("minimal", options);
    Object.assign(seen, { vpc: await stack.network(), nat: await stack.physical("NatInstance"), bastion: await stack.physical("Bastion"), web: await stack.physical("WebGroup"), balancer: await stack.physical("LoadBalancerGroup") });
  }, 30_000);
  const at = (name: "nat" | "bastion" | "web" | "balancer") => interfaceOf(seen.vpc, seen[name]);
  return { cloud, stack, seen, at };
}

describe("minimal, safe where the article is not", () => {
  const { cloud, stack, seen, at } = standing({ nat: "instance", bastion: true });

  it("X1: everything gets through its NAT instance: HTTP, HTTPS, ping", () => {
    for (const port of [80, 443, 0]) expect(reach(seen.vpc, at("web"), "internet", port), `port ${port}`).toMatchObject({ arrivedAt: { id: at("nat").id } });
  });

  it("X2: the bastion lets in the range that it was told, and not the world (S0-53)", () => {
    expect(reach(seen.vpc, "internet", at("bastion"), 22).reachable).toBe(true);
    expect(reach(seen.vpc, "internet", at("bastion"), 22, "198.51.100.200").explanation).toMatchObject({ code: "ENI_SG_RULES_MISMATCH", component: at("bastion").id });
  });

  it("X3: the balancer alone reaches the web server's port 80, the bastion alone its port 22 (S4-04, S0-49, S2-52)", () => {
    expect(reach(seen.vpc, at("balancer"), at("web"), 80).reachable).toBe(true);
    expect(reach(seen.vpc, at("bastion"), at("web"), 22).reachable).toBe(true);
    for (const [from, port] of [["bastion", 80], ["nat", 80], ["nat", 22], ["balancer", 22]] as const) {
      expect(reach(seen.vpc, at(from), at("web"), port).explanation, `${from} to ${port}`).toMatchObject({ code: "ENI_SG_RULES_MISMATCH", component: at("web").id });
    }
  });

  it("S4-01: nothing reaches the private subnet from the internet, whatever its group says", () => {
    expect(reach(seen.vpc, "internet", at("web"), 80).reachable).toBe(false);
  });

  it("S4-05: the bastion goes when it is no longer needed, and its way to the web servers with it", async () => {
    await stack.deploy("minimal", { nat: "instance" });
    const made = await stack.resources();
    expect(["Bastion", "BastionAddress", "BastionGroup", "WebFromBastion"].filter((id) => made.has(id))).toEqual([]);
    const vpc = await stack.network();
    expect(vpc.securityGroups.get(seen.web)!.ingress.map((rule) => rule.ports?.from)).toEqual([80]);
    expect((await stack.remove())).toEqual([]);
    expect(cloud.paper.networks.keys()).toEqual([]);
  });
});

describe("minimal with article=true", () => {
  const { stack, seen, at } = standing({ article: true });

  it("X1: SSH and HTTP pass its NAT instance, HTTPS and ping don't (S4-15)", () => {
    for (const port of [22, 80]) expect(reach(seen.vpc, at("web"), "internet", port).arrivedAt).toMatchObject({ id: at("nat").id });
    for (const port of [443, 0]) expect(reach(seen.vpc, at("web"), "internet", port).explanation).toMatchObject({ code: "ENI_SG_RULES_MISMATCH", component: at("nat").id });
  });

  it("X2: everybody may knock at the bastion (S4-22)", () => {
    expect(reach(seen.vpc, "internet", at("bastion"), 22, "198.51.100.200").reachable).toBe(true);
  });

  it("X3: bastion and NAT instance reach the web server past the balancer (S4-21)", () => {
    for (const from of ["bastion", "nat"] as const) for (const port of [22, 80]) expect(reach(seen.vpc, at(from), at("web"), port).reachable).toBe(true);
  });

  it("X4: has one zone and one server; each part of it can be had safely by itself", async () => {
    expect(seen.vpc.subnets.size).toBe(2);
    expect(new Set([...seen.vpc.subnets.values()].map((subnet) => subnet.availabilityZone)).size).toBe(1);
    await stack.deploy("minimal", { article: true, webAdmits: "balancer", sshFrom: "203.0.113.1/32", natAdmits: "all" });
    const vpc = await stack.network();
    expect(reach(vpc, at("nat"), at("web"), 80).reachable).toBe(false);
    expect(reach(vpc, "internet", at("bastion"), 22, "203.0.113.2").reachable).toBe(false);
    expect(reach(vpc, at("web"), "internet", 443).arrivedAt).toMatchObject({ id: at("nat").id });
  });

  it("S4-35, X1: with a NAT gateway, which has no group, ping and HTTPS pass", async () => {
    await stack.deploy("minimal", { article: true, nat: "gateway" });
    const vpc = await stack.network();
    for (const port of [80, 443, 0]) expect(reach(vpc, interfaceOf(vpc, seen.web), "internet", port)).toMatchObject({ reachable: true, arrivedAt: { kind: "internet" } });
  });
});
