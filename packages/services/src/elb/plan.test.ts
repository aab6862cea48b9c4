import type { TargetHealth, WorkloadStatus } from "@hakoniwa/network";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { InstanceFact } from "../ec2/facts.js";
import { DEFAULT_ATTRIBUTES } from "./attributes.js";
import { defaultHealthCheck } from "./health-checks.js";
import { judgeInstance, nameRecord, nodeWorkload, planNodes, startAt } from "./plan.js";
import type { InstanceHealth, LoadBalancer, Node } from "./state.js";

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
    listeners: [{ protocol: "HTTP", loadBalancerPort: 80, instanceProtocol: "HTTP", instancePort: 8080 }],
    healthCheck: { ...defaultHealthCheck(8080), target: "HTTP:8080/index.html" },
    instances: ["i-a", "i-c"],
    attributes: DEFAULT_ATTRIBUTES,
    tags: [],
    created: NOW,
    request: "",
    ...over,
  };
}

function node(id: string, subnet: typeof A, over: Partial<Node> = {}): Node {
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
    tags: {},
    ...over,
  };
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

describe("a node's work", () => {
  it("is the balancer's listeners, its check in milliseconds, and the running instances of its own zone", () => {
    expect(nodeWorkload(balancer(), node("eni-a", A), instance)).toEqual({
      kind: "balancer",
      vpc: "vpc-1",
      interfaces: ["eni-a"],
      listeners: [{ port: 80, protocol: "HTTP", targetPort: 8080, targetProtocol: "HTTP" }],
      healthCheck: { protocol: "HTTP", port: 8080, path: "/index.html", interval: 30_000, timeout: 5_000, healthyThreshold: 10, unhealthyThreshold: 2 },
      targets: [{ id: "i-a", address: "10.0.0.5" }],
      idleTimeout: 60_000,
    });
  });

  it("covers all enabled zones with cross-zone load balancing (S2-43)", () => {
    const crossZone = { ...DEFAULT_ATTRIBUTES, crossZone: true };
    const targets = (subnets: LoadBalancer["subnets"]): readonly string[] =>
      nodeWorkload(balancer({ subnets, attributes: crossZone }), node("eni-a", A), instance).targets.map((t) => t.id);
    expect(targets([A, C])).toEqual(["i-a", "i-c"]);
    expect(targets([A])).toEqual(["i-a"]);
  });

  it("leaves out instances that don't run", () => {
    expect(nodeWorkload(balancer(), node("eni-a", A), (id) => instance(id, { state: "stopping" })).targets).toEqual([]);
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
