import type { TargetHealth as Observed, WorkloadStatus } from "@hakoniwa/network";
import { describe, expect, it } from "vitest";
import type { BalancerNode, ObservedNode } from "../balancer-nodes.js";
import type { InstanceFact } from "../ec2/facts.js";
import { judgeTarget, type Known } from "./plan.js";
import type { LoadBalancer, TargetGroup, TargetHealth } from "./state.js";

const A = "ap-northeast-1a";
const C = "ap-northeast-1c";
const ARN = "arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:targetgroup/web/0123456789abcdef";
const ID = "targetgroup/web/0123456789abcdef i-a:80";

const BALANCER = {
  dnsName: "site-1.ap-northeast-1.elb.amazonaws.com",
  subnets: [A, C].map((availabilityZone) => ({ id: `subnet-${availabilityZone}`, availabilityZone })),
} as unknown as LoadBalancer;

const TARGET = { id: "i-a", port: 80, availabilityZone: undefined, drainingUntil: undefined };

function group(attributes: Readonly<Record<string, string>> = {}): TargetGroup {
  return { arn: ARN, targetType: "instance", attributes, targets: [TARGET] } as unknown as TargetGroup;
}

const known: Known = {
  instance: (id) => ({ id, state: "running", availabilityZone: A, privateIpAddress: "10.0.0.5" }) as InstanceFact,
  certificate: () => undefined,
};

function running(state?: Observed["state"]): WorkloadStatus {
  return { state: "running", boot: 0, health: new Map(state ? [[ID, { state, reason: "HTTP 503" }]] : []) };
}

function node(zone: string, status: WorkloadStatus, subnetId = `subnet-${zone}`): ObservedNode {
  return { node: { dnsName: BALANCER.dnsName, availabilityZone: zone, subnetId } as BalancerNode, status };
}

function judged(ofA: WorkloadStatus, ofC: WorkloadStatus, before: TargetHealth["state"] = "initial", of = group()): string {
  const was = { state: before, reason: before === "unhealthy" ? "Target.Timeout" : undefined, description: undefined } as TargetHealth;
  const { state, reason } = judgeTarget(of, TARGET, [BALANCER], [node(A, ofA), node(C, ofC)], was, known);
  return reason ?? state;
}

describe("a target's health, from the nodes of two zones", () => {
  const well = running("healthy");

  it("is healthy only when no node is still checking it or does not know it yet, so that the others may be taken away then (S2-53)", () => {
    expect(judged(well, running("initial"))).toBe("Elb.InitialHealthChecking");
    expect(judged(well, running())).toBe("Elb.InitialHealthChecking");
    expect(judged(well, well)).toBe("healthy");
  });

  it("stays healthy while any node finds it so: a node that starts anew flips nothing", () => {
    expect(judged(well, running(), "healthy")).toBe("healthy");
    expect(judged(running(), well, "healthy")).toBe("healthy");
    expect(judged(well, { state: "starting" }, "healthy")).toBe("healthy");
  });

  it("waits for a node that found it sick and has just seen it answer: it is about to find it well", () => {
    const recovering: WorkloadStatus = { state: "running", boot: 0, health: new Map([[ID, { state: "unhealthy", reason: "timeout", recovering: true }]]) };
    expect(judged(well, recovering, "unhealthy")).toBe("Target.Timeout");
    expect(judged(well, running("unhealthy"), "unhealthy")).toBe("healthy");
    expect(judged(well, recovering, "healthy")).toBe("healthy");
    expect(judged(recovering, recovering, "unhealthy")).toBe("Target.Timeout");
  });

  it("waits for no node that does not run, that found it sick, or that is on its way out", () => {
    expect(judged(well, { state: "starting" })).toBe("healthy");
    expect(judged(well, running("unhealthy"))).toBe("healthy");
    expect(judgeTarget(group(), TARGET, [BALANCER], [node(A, well), node(C, running(), "subnet-left")], undefined, known).state).toBe("healthy");
  });

  it("waits for no node of another zone when cross-zone load balancing is off", () => {
    expect(judged(well, running(), "initial", group({ "load_balancing.cross_zone.enabled": "false" }))).toBe("healthy");
  });

  it("is what it was, while one found it healthy again and another is asked anew", () => {
    expect(judged(well, running(), "unhealthy")).toBe("Target.Timeout");
    expect(judged(running("unhealthy"), running(), "unhealthy")).toBe("Target.ResponseCodeMismatch");
    expect(judged(running("initial"), running("initial"))).toBe("Elb.InitialHealthChecking");
    expect(judged(running(), running())).toBe("Elb.RegistrationInProgress");
  });
});
