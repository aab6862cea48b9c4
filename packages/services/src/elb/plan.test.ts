import type { BalancerTarget, BalancerTraffic, TargetHealth, WorkloadStatus } from "@hakoniwa/network";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { InstanceFact } from "../ec2/facts.js";
import { DEFAULT_ATTRIBUTES } from "./attributes.js";
import { defaultHealthCheck } from "./health-checks.js";
import { farewell, nameRecord, planNodes, startAt, type BalancerNode } from "../balancer-nodes.js";
import { judgeInstance, nodeWorkload, type Known } from "./plan.js";
import type { InstanceHealth, LoadBalancer } from "./state.js";

const A = { id: "subnet-a", availabilityZone: "ap-northeast-1a" };
const C = { id: "subnet-c", availabilityZone: "ap-northeast-1c" };
const NOW = Date.UTC(2026, 0, 1);

function balancer(over: Partial<LoadBalancer> = {}): LoadBalancer {
  return {
    name: "front",
    dnsName: "front-1.ap-northeast-1.elb.amazonaws.com",
    scheme: "internet-facing",
    vpcId: "vpc-1",
    subnets: [A, C],
    securityGroups: ["sg-1"],
    sourceSecurityGroup: "elb",
    listeners: [{ protocol: "HTTP", loadBalancerPort: 80, instanceProtocol: "HTTP", instancePort: 8080, certificate: undefined, policies: [] }],
    healthCheck: { ...defaultHealthCheck(8080), target: "HTTP:8080/index.html" },
    instances: ["i-a", "i-c"],
    draining: [],
    policies: [],
    attributes: DEFAULT_ATTRIBUTES,
    tags: [],
    created: NOW,
    request: "",
    ...over,
  };
}

function node(id: string, subnet: typeof A, over: Partial<BalancerNode> = {}): BalancerNode {
  return {
    id,
    dnsName: "front-1.ap-northeast-1.elb.amazonaws.com",
    vpcId: "vpc-1",
    subnetId: subnet.id,
    availabilityZone: subnet.availabilityZone,
    securityGroups: ["sg-1"],
    privateAddress: `10.0.0.${id.length}`,
    publicAddress: { ip: `203.0.113.${id.charCodeAt(4)}`, allocation: "eipalloc-1", association: "eipassoc-1" },
    failedStart: undefined,
    ...over,
  };
}

function instance(id: string, over: Partial<InstanceFact> = {}): InstanceFact {
  return {
    id,
    state: "running",
    vpcId: "vpc-1",
    subnetId: "subnet-a",
    availabilityZone: id === "i-c" ? C.availabilityZone : A.availabilityZone,
    privateIpAddress: id === "i-c" ? "10.0.1.5" : "10.0.0.5",
    instanceType: "t3.micro",
    launchTime: NOW,
    status: "ok",
    vcpus: 2,
    monitoring: false,
    tags: {},
    ...over,
  };
}

function known(of: Known["instance"] = instance): Known {
  return { instance: of, certificate: () => undefined };
}

function targetsOf(of: LoadBalancer, instances: Known["instance"] = instance): readonly BalancerTarget[] {
  return nodeWorkload(of, node("eni-a", A), known(instances)).groups.flatMap(({ targets }) => targets);
}

function running(health: Readonly<Record<string, TargetHealth["state"]>>): WorkloadStatus {
  return { state: "running", boot: 0, health: new Map(Object.entries(health).map(([id, state]) => [id, { state, reason: undefined }])) };
}

describe("nodes", () => {
  it("are one for each subnet, and none once the balancer is deleted (S4-27)", () => {
    const here = node("eni-a", A);
    expect(planNodes(balancer(), [here])).toEqual({ create: [C], regroup: [], retire: [] });
    expect(planNodes(undefined, [here])).toEqual({ create: [], regroup: [], retire: [here] });
  });

  it("get the balancer's new security groups, and leave subnets that were detached", () => {
    const a = node("eni-a", A);
    const c = node("eni-c", C);
    expect(planNodes(balancer({ securityGroups: ["sg-2"], subnets: [A] }), [a, c])).toEqual({ create: [], regroup: [a], retire: [c] });
  });

  it("end up one a subnet from any set of nodes, and then nothing is left to do", () => {
    const some = fc.subarray([A, C, { id: "subnet-d", availabilityZone: "ap-northeast-1d" }]);
    fc.assert(
      fc.property(some, some, fc.boolean(), (wanted, there, deleted) => {
        const wish = deleted ? undefined : balancer({ subnets: wanted });
        const nodes = there.map((subnet) => node(`eni-${subnet.id}`, subnet));
        const plan = planNodes(wish, nodes);
        const after = [...nodes.filter((n) => !plan.retire.includes(n)), ...plan.create.map((subnet) => node(`eni-${subnet.id}`, subnet))];
        expect(after.map((n) => n.subnetId).sort()).toEqual(deleted ? [] : wanted.map((s) => s.id).sort());
        expect(planNodes(wish, after)).toEqual({ create: [], regroup: [], retire: [] });
      }),
    );
  });
});

it("a node that can't be started is tried again later and later, at most half a minute apart", () => {
  const delay = (count: number): number => startAt(node("eni-a", A, { failedStart: { count, at: NOW, reason: "no network" } })) - NOW;
  expect([1, 2, 3, 20].map(delay)).toEqual([200, 400, 800, 30_000]);
});

it("a node whose subnet is taken away serves on while its address is still known, then drains, for a minute at most", () => {
  const busy = (activeConnections: number): WorkloadStatus => ({ state: "running", boot: 0, health: new Map(), traffic: { activeConnections } as BalancerTraffic });
  const after = (seconds: number, connections = 1): string => farewell(node("eni-a", A, { leavingSince: NOW }), busy(connections), NOW + seconds * 1000);
  expect([0, 1.9, 2, 59, 60].map((seconds) => after(seconds))).toEqual(["serve", "serve", "drain", "drain", "over"]);
  expect([0, 1.9, 2].map((seconds) => after(seconds, 0))).toEqual(["over", "over", "over"]);
  expect(farewell(node("eni-a", A, { leavingSince: NOW }), { state: "exited", boot: 0, reason: "killed" }, NOW)).toBe("over");
});

describe("a node's work", () => {
  it("is the balancer's listeners, its check in milliseconds, and the running instances of its own zone", () => {
    const at = { port: 8080, protocol: "HTTP", stickiness: undefined };
    expect(nodeWorkload(balancer(), node("eni-a", A), known())).toMatchObject({
      kind: "balancer",
      vpc: "vpc-1",
      interfaces: ["eni-a"],
      generation: "classic",
      listeners: [{ port: 80, protocol: "HTTP", tls: undefined, rules: [{ conditions: [], action: { kind: "forward", to: [{ group: "instances", weight: 1, at }] } }] }],
      groups: [
        {
          id: "instances",
          healthCheck: { protocol: "HTTP", port: 8080, path: "/index.html", matcher: "200", interval: 30_000, timeout: 5_000, healthyThreshold: 10, unhealthyThreshold: 2 },
          targets: [{ id: "i-a", address: "10.0.0.5", port: undefined, workload: "i-a", draining: false }],
          failOpen: false,
        },
      ],
      idleTimeout: 60_000,
    });
  });

  it("keeps an instance that drains, without new requests (S2-53)", () => {
    const leaving = balancer({ instances: [], draining: [{ id: "i-a", until: NOW }] });
    expect(targetsOf(leaving)).toEqual([{ id: "i-a", address: "10.0.0.5", port: undefined, workload: "i-a", draining: true }]);
  });

  it("speaks TLS with the listener's certificate and policy, and leaves out a listener whose certificate is gone (S4-39)", () => {
    const listener = { protocol: "HTTPS", loadBalancerPort: 443, instanceProtocol: "HTTP", instancePort: 80, certificate: "arn:cert", policies: ["strict"] } as const;
    const secure = balancer({ listeners: [listener], policies: [{ kind: "ssl", name: "strict", reference: "ELBSecurityPolicy-TLS-1-2-2017-01" }] });
    const certificate = { certificate: "CERT", chain: undefined, privateKey: "KEY" };
    const [open] = nodeWorkload(secure, node("eni-a", A), { ...known(), certificate: () => certificate }).listeners;
    expect(open).toMatchObject({ port: 443, protocol: "HTTPS", tls: { certificates: [certificate], minVersion: "TLSv1.2", maxVersion: "TLSv1.2" } });
    expect(nodeWorkload(secure, node("eni-a", A), known()).listeners).toEqual([]);
  });

  it("covers all enabled zones with cross-zone load balancing (S2-43)", () => {
    const crossZone = { ...DEFAULT_ATTRIBUTES, crossZone: true };
    const targets = (subnets: LoadBalancer["subnets"]): readonly string[] =>
      targetsOf(balancer({ subnets, attributes: crossZone })).map((t) => t.id);
    expect(targets([A, C])).toEqual(["i-a", "i-c"]);
    expect(targets([A])).toEqual(["i-a"]);
  });

  it("leaves out instances that don't run", () => {
    expect(targetsOf(balancer(), (id) => instance(id, { state: "stopping" }))).toEqual([]);
  });
});

describe("an instance's health", () => {
  const judged = (found: WorkloadStatus | undefined, fact: InstanceFact | undefined = instance("i-a"), before?: InstanceHealth): InstanceHealth =>
    judgeInstance(balancer({ subnets: [A] }), "i-a", fact, [{ node: node("eni-a", A), status: found }], before, NOW);

  it.each([
    ["InService", "N/A", "N/A", running({ "i-a": "healthy" }), instance("i-a")],
    ["OutOfService", "Instance", "Instance has failed at least the UnhealthyThreshold number of health checks consecutively.", running({ "i-a": "unhealthy" }), instance("i-a")],
    ["OutOfService", "ELB", "Instance registration is still in progress.", running({ "i-a": "initial" }), instance("i-a")],
    ["OutOfService", "ELB", "Instance registration is still in progress.", { state: "starting" } as const, instance("i-a")],
    ["OutOfService", "Instance", "Instance is in stopped state.", running({}), instance("i-a", { state: "stopped" })],
    ["OutOfService", "Instance", "Instance is in terminated state.", running({}), instance("i-a", { state: "terminated" })],
    ["OutOfService", "Instance", "Instance is in the EC2 Availability Zone for which LoadBalancer is not configured to route traffic to.", running({}), instance("i-a", { availabilityZone: C.availabilityZone })],
  ])("%s (%s): %s", (state, reasonCode, description, status, fact) => {
    expect(judged(status, fact)).toMatchObject({ state, reasonCode, description });
  });

  describe("with a node in each of two zones", () => {
    const crossZone = balancer({ attributes: { ...DEFAULT_ATTRIBUTES, crossZone: true } });
    const before = (state: InstanceHealth["state"]): InstanceHealth => ({ ...judged(undefined), state });
    const inBoth = (ofA: WorkloadStatus | undefined, ofC: WorkloadStatus | undefined, was?: InstanceHealth, of = crossZone): string =>
      judgeInstance(of, "i-a", instance("i-a"), [{ node: node("eni-a", A), status: ofA }, { node: node("eni-c", C), status: ofC }], was, NOW).state;
    const well = running({ "i-a": "healthy" });

    it.each([
      ["is still checking it", running({ "i-a": "initial" })],
      ["does not know it yet", running({})],
    ])("comes into service only when no node %s, so that the others may be taken away then (S2-53)", (_, other) => {
      expect(inBoth(well, other, before("OutOfService"))).toBe("OutOfService");
      expect(inBoth(well, other, before("InService"))).toBe("InService");
      expect(inBoth(well, well, before("OutOfService"))).toBe("InService");
    });

    it("comes into service when one node finds it so, and the other otherwise, or does not run, or does not route to it", () => {
      expect(inBoth(well, running({ "i-a": "unhealthy" }), before("OutOfService"))).toBe("InService");
      expect(inBoth(well, { state: "starting" }, before("OutOfService"))).toBe("InService");
      expect(inBoth(well, running({}), before("OutOfService"), balancer())).toBe("InService");
    });

    it("comes back into service only when no node is about to find it well again", () => {
      const recovering: WorkloadStatus = { state: "running", boot: 0, health: new Map([["i-a", { state: "unhealthy", reason: "timeout", recovering: true }]]) };
      const failed = judged(running({ "i-a": "unhealthy" }));
      expect(inBoth(well, recovering, failed)).toBe("OutOfService");
      expect(inBoth(well, running({ "i-a": "unhealthy" }), failed)).toBe("InService");
      expect(inBoth(recovering, recovering, failed)).toBe("OutOfService");
    });

    it("stays out of service for its failures until all have judged it again", () => {
      const failed = judged(running({ "i-a": "unhealthy" }));
      expect(judgeInstance(crossZone, "i-a", instance("i-a"), [{ node: node("eni-a", A), status: well }, { node: node("eni-c", C), status: running({}) }], failed, NOW)).toEqual(failed);
    });
  });

  it("remembers since when it is checked, anew whenever its checks begin from nothing", () => {
    const first = judged(running({ "i-a": "initial" }));
    const later: InstanceHealth = { ...judged(running({ "i-a": "healthy" }), instance("i-a"), first), checkedSince: NOW - 9000 };
    expect(judged(running({ "i-a": "unhealthy" }), instance("i-a"), later).checkedSince).toBe(NOW - 9000);
    expect(judged({ state: "starting" }, instance("i-a"), later).checkedSince).toBe(NOW);
  });
});

describe("a balancer's name", () => {
  const a = node("eni-a", A);
  const c = node("eni-c", C);

  it("leads to the nodes that have a healthy instance, to all while none has", () => {
    const addresses = (ofA: TargetHealth["state"], ofC: TargetHealth["state"]): readonly string[] =>
      nameRecord(balancer(), [{ node: a, status: running({ "i-a": ofA }) }, { node: c, status: running({ "i-c": ofC }) }]).addresses;
    expect(addresses("healthy", "unhealthy")).toEqual([a.publicAddress?.ip]);
    expect(addresses("healthy", "healthy")).toHaveLength(2);
    expect(addresses("unhealthy", "unhealthy")).toHaveLength(2);
  });

  it("leads to private addresses, and is no site, when the balancer is internal (S2-46)", () => {
    const inner = node("eni-a", A, { publicAddress: undefined });
    expect(nameRecord(balancer({ scheme: "internal" }), [{ node: inner, status: undefined }])).toEqual({ addresses: [inner.privateAddress], scope: { kind: "internet" }, site: false });
  });
});
