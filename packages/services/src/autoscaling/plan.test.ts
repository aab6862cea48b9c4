import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { InstanceHealth } from "../elb/state.js";
import type { ObservedMember } from "./judge.js";
import { plan, type Action } from "./plan.js";
import type { Group, Member, ScalingProcess } from "./state.js";

const NOW = Date.UTC(2026, 0, 1);
const SUBNETS = [
  { id: "subnet-a", availabilityZone: "ap-northeast-1a" },
  { id: "subnet-c", availabilityZone: "ap-northeast-1c" },
];

function group(over: Partial<Group> = {}): Group {
  return {
    name: "web",
    arn: "arn:aws:autoscaling:ap-northeast-1:123456789012:autoScalingGroup:0:autoScalingGroupName/web",
    created: NOW,
    launch: { kind: "configuration", name: "web" },
    min: 0,
    max: 10,
    desired: 2,
    subnets: SUBNETS,
    bySubnet: true,
    loadBalancers: [],
    healthCheckType: "EC2",
    gracePeriod: 60,
    cooldown: 300,
    terminationPolicies: ["Default"],
    protectNew: false,
    suspended: [],
    tags: [],
    serviceLinkedRoleArn: "",
    deleting: false,
    request: undefined,
    replacements: 0,
    launchFailures: 0,
    retryAt: undefined,
    ...over,
  };
}

function member(id: string, over: Partial<Member> = {}): Member {
  return {
    instanceId: id,
    group: "web",
    lifecycle: "InService",
    health: "Healthy",
    illness: undefined,
    unhealthyFrom: undefined,
    availabilityZone: "ap-northeast-1a",
    subnetId: "subnet-a",
    instanceType: "t3.micro",
    imageId: "ami-1",
    launchedFrom: { configuration: "web", template: undefined, age: NOW },
    launched: NOW - 600_000,
    inService: NOW - 600_000,
    protectedFromScaleIn: false,
    loadBalancers: [],
    activityId: "",
    ...over,
  };
}

function view(m: Member, state: NonNullable<ObservedMember["instance"]>["state"] | "forgotten" = "running", balancerHealth: readonly InstanceHealth[] = []): ObservedMember {
  return { member: m, instance: state === "forgotten" ? undefined : { state, status: "ok" }, balancerHealth };
}

function failing(instanceId: string, over: Partial<InstanceHealth> = {}): InstanceHealth {
  const description = "Instance has failed at least the UnhealthyThreshold number of health checks consecutively.";
  return { loadBalancerName: "front", instanceId, state: "OutOfService", reasonCode: "Instance", description, checkedSince: NOW - 600_000, ...over };
}

/** Actions as one reads them: `terminate i-1`, `launch subnet-a`. */
function said(g: Group, views: readonly ObservedMember[], existing: readonly string[] = g.loadBalancers): readonly string[] {
  return plan(g, views, new Set(existing), NOW).actions.map(say);
}

function say(action: Action): string {
  if (action.kind === "launch") return `launch ${action.subnet.id}`;
  if (action.kind === "delete-group") return "delete-group";
  return `${action.kind} ${action.member.instanceId}${"loadBalancer" in action ? ` ${action.loadBalancer}` : ""}`;
}

describe("a group at its desired capacity", () => {
  it("is left alone", () => {
    expect(said(group(), [view(member("i-1")), view(member("i-2"))])).toEqual([]);
  });

  it("takes a pending instance into service once EC2 runs it, and registers it (S4-31)", () => {
    const g = group({ desired: 1, loadBalancers: ["front"] });
    const pending = member("i-1", { lifecycle: "Pending", inService: undefined });
    expect(said(g, [view(pending, "pending")])).toEqual([]);
    expect(said(g, [view(pending)])).toEqual(["enter-service i-1", "register i-1 front"]);
  });

  it("registers an instance with a balancer once: what the user deregistered stays out (S2-53)", () => {
    const g = group({ desired: 1, loadBalancers: ["front"] });
    expect(said(g, [view(member("i-1", { loadBalancers: ["front"] }))])).toEqual([]);
  });

  it("does not register with a balancer that was deleted", () => {
    expect(said(group({ desired: 1, loadBalancers: ["front"] }), [view(member("i-1"))], [])).toEqual([]);
  });
});

describe("missing capacity", () => {
  it("is launched zone by zone, emptiest first (S4-30)", () => {
    expect(said(group({ desired: 3 }), [])).toEqual(["launch subnet-a", "launch subnet-c", "launch subnet-a"]);
    expect(said(group({ desired: 2 }), [view(member("i-1"))])).toEqual(["launch subnet-c"]);
  });

  it("waits after a failed launch, and says until when", () => {
    const waiting = plan(group({ retryAt: NOW + 5000 }), [], new Set(), NOW);
    expect(waiting).toEqual({ actions: [], wake: NOW + 5000 });
    expect(plan(group({ retryAt: NOW }), [], new Set(), NOW).actions).toHaveLength(2);
  });

  it("counts an instance that ended before it ran as a failed launch, and does not launch in the same breath", () => {
    expect(said(group({ desired: 1 }), [view(member("i-1", { lifecycle: "Pending" }), "terminated")])).toEqual(["launch-failed i-1"]);
  });

  it("is not launched while the process Launch is suspended", () => {
    expect(said(group({ suspended: ["Launch"] }), [])).toEqual([]);
  });
});

describe("an unhealthy instance", () => {
  it("that was terminated by hand leaves at once, and its replacement waits for its place under the maximum (S4-33)", () => {
    const g = group({ desired: 1, max: 1, loadBalancers: ["front"] });
    const dead = member("i-1", { loadBalancers: ["front"] });
    expect(said(g, [view(dead, "shutting-down")])).toEqual(["terminate i-1", "deregister i-1 front"]);
    const leaving = member("i-1", { lifecycle: "Terminating" });
    expect(said(g, [view(leaving, "shutting-down")])).toEqual([]);
    expect(said(g, [view(leaving, "terminated")])).toEqual(["remove i-1", "launch subnet-a"]);
  });

  it("is replaced at the same time where the maximum leaves room", () => {
    const views = [view(member("i-1"), "stopped"), view(member("i-2", { availabilityZone: "ap-northeast-1c", subnetId: "subnet-c" }))];
    expect(said(group({ max: 3 }), views)).toEqual(["terminate i-1", "end-instance i-1", "launch subnet-a"]);
  });

  it.each([
    ["failed its balancer's checks, grace over", { gracePeriod: 60 }, failing("i-1"), true, undefined],
    ["failed its balancer's checks within the grace period", { gracePeriod: 900 }, failing("i-1"), false, NOW + 300_000],
    ["is judged by a balancer that began to check just now", { gracePeriod: 60 }, failing("i-1", { checkedSince: NOW }), false, NOW + 60_000],
    ["is not judged yet", { gracePeriod: 0 }, failing("i-1", { reasonCode: "ELB" }), false, undefined],
    ["is in a group that does not ask its balancer", { gracePeriod: 0, healthCheckType: "EC2" as const }, failing("i-1"), false, undefined],
  ])("counts by its balancer's checks: one that %s (S4-30)", (_, over, health, out, wake) => {
    const g = group({ desired: 1, loadBalancers: ["front"], healthCheckType: "ELB", ...over });
    const decided = plan(g, [view(member("i-1", { loadBalancers: ["front"] }), "running", [health])], new Set(["front"]), NOW);
    expect(decided.actions.some((a) => a.kind === "terminate")).toBe(out);
    expect(decided.wake).toBe(wake);
  });

  it("with failed status checks leaves", () => {
    const impaired: ObservedMember = { ...view(member("i-1")), instance: { state: "running", status: "impaired" } };
    expect(said(group({ desired: 1, max: 1 }), [impaired])).toEqual(["terminate i-1", "end-instance i-1"]);
  });

  it("is only marked while ReplaceUnhealthy is suspended, and keeps its place", () => {
    const g = group({ desired: 1, suspended: ["ReplaceUnhealthy"] });
    expect(said(g, [view(member("i-1"), "stopped")])).toEqual(["mark-unhealthy i-1"]);
    expect(said(g, [view(member("i-1", { health: "Unhealthy" }), "stopped")])).toEqual([]);
  });

  it("is not noticed while HealthCheck is suspended, unless the user says so", () => {
    const g = group({ desired: 1, max: 1, suspended: ["HealthCheck"] });
    expect(said(g, [view(member("i-1"), "stopped")])).toEqual([]);
    expect(said(g, [view(member("i-1", { unhealthyFrom: NOW }))])).toEqual(["terminate i-1", "end-instance i-1"]);
    expect(plan(g, [view(member("i-1", { unhealthyFrom: NOW + 1000 }))], new Set(), NOW)).toEqual({ actions: [], wake: NOW + 1000 });
  });
});

describe("excess capacity", () => {
  const a1 = member("i-a1", { launched: NOW - 3000 });
  const a2 = member("i-a2", { launched: NOW - 2000 });
  const c1 = member("i-c1", { launched: NOW - 9000, availabilityZone: "ap-northeast-1c", subnetId: "subnet-c" });
  const all = [a1, a2, c1].map((m) => view(m));

  it.each([
    ["OldestInstance", "i-a1"],
    ["NewestInstance", "i-a2"],
  ] as const)("leaves from the fullest zone, there by %s", (policy, id) => {
    expect(said(group({ desired: 2, terminationPolicies: [policy] }), all)).toEqual([`terminate ${id}`, `end-instance ${id}`]);
  });

  it("leaves from the oldest launch configuration first by default", () => {
    const old = view({ ...a2, launchedFrom: { ...a2.launchedFrom, age: NOW - 1 } });
    expect(said(group({ desired: 2 }), [view(a1), old, view(c1)])).toContain("terminate i-a2");
  });

  it("never takes a protected instance", () => {
    const guarded = [a1, a2, c1].map((m) => view({ ...m, protectedFromScaleIn: true }));
    expect(said(group({ desired: 0 }), guarded)).toEqual([]);
  });
});

describe("a group that is being deleted", () => {
  it("ends all its instances whatever is suspended, then itself", () => {
    const g = group({ deleting: true, desired: 0, min: 0, max: 0, suspended: ["Terminate"] });
    expect(said(g, [view(member("i-1"))])).toEqual(["terminate i-1", "end-instance i-1"]);
    expect(said(g, [view(member("i-1", { lifecycle: "Terminating" }), "terminated")])).toEqual(["remove i-1", "delete-group"]);
    expect(said(g, [])).toEqual(["delete-group"]);
  });
});

/** A world of one group, changed by events and by what plans say: what the reconciler and EC2 do, without them. */
interface Small {
  readonly group: Group;
  readonly views: readonly ObservedMember[];
  readonly now: number;
  readonly launched: number;
}

const event = fc.oneof(
  fc.record({ kind: fc.constant("progress" as const) }),
  fc.record({ kind: fc.constant("die" as const), index: fc.nat(12), to: fc.constantFrom("shutting-down", "terminated", "stopped") }),
  fc.record({ kind: fc.constant("desire" as const), desired: fc.nat(8) }),
  fc.record({ kind: fc.constant("suspend" as const), process: fc.option(fc.constantFrom<ScalingProcess>("Launch", "Terminate", "ReplaceUnhealthy", "HealthCheck"), { nil: undefined }) }),
  fc.record({ kind: fc.constant("wait" as const), seconds: fc.integer({ min: 1, max: 600 }) }),
);
type Event = typeof event extends fc.Arbitrary<infer E> ? E : never;

function happen(world: Small, e: Event): Small {
  const states = { pending: "running", "shutting-down": "terminated", stopping: "stopped" } as const;
  switch (e.kind) {
    case "progress":
      return { ...world, views: world.views.map((v) => (v.instance && v.instance.state in states ? { ...v, instance: { ...v.instance, state: states[v.instance.state as keyof typeof states] } } : v)) };
    case "die":
      return { ...world, views: world.views.map((v, i) => (i === e.index && v.instance?.state !== "terminated" ? { ...v, instance: { state: e.to as "stopped", status: "ok" } } : v)) };
    case "desire":
      return { ...world, group: { ...world.group, desired: Math.min(e.desired, world.group.max) } };
    case "suspend":
      return { ...world, group: { ...world.group, suspended: e.process ? [e.process] : [] } };
    case "wait":
      return { ...world, now: world.now + e.seconds * 1000 };
  }
}

function apply(world: Small, action: Action): Small {
  const change = (to: (v: ObservedMember) => ObservedMember): Small => ({
    ...world,
    views: world.views.map((v) => ("member" in action && v.member.instanceId === action.member.instanceId ? to(v) : v)),
  });
  switch (action.kind) {
    case "launch": {
      const { subnet } = action;
      const id = `i-${world.launched}`;
      const fresh = member(id, { lifecycle: "Pending", subnetId: subnet.id, availabilityZone: subnet.availabilityZone, launched: world.now, inService: undefined });
      return { ...world, launched: world.launched + 1, views: [...world.views, view(fresh, "pending")] };
    }
    case "enter-service":
      return change((v) => ({ ...v, member: { ...v.member, lifecycle: "InService", inService: world.now } }));
    case "terminate":
      return change((v) => ({ ...v, member: { ...v.member, lifecycle: "Terminating" } }));
    case "end-instance":
      return change((v) => ({ ...v, instance: { state: "shutting-down", status: "ok" } }));
    case "mark-unhealthy":
      return change((v) => ({ ...v, member: { ...v.member, health: "Unhealthy", illness: action.illness } }));
    case "remove":
      return { ...world, views: world.views.filter((v) => v.member.instanceId !== action.member.instanceId) };
    case "launch-failed":
      return { ...world, group: { ...world.group, retryAt: world.now + 10_000 }, views: world.views.filter((v) => v.member.instanceId !== action.member.instanceId) };
    default:
      return world;
  }
}

const decide = (world: Small): readonly Action[] => plan(world.group, world.views, new Set(), world.now).actions;
const existing = (world: Small): number => world.views.filter((v) => v.instance !== undefined && v.instance.state !== "terminated").length;

describe("whatever happens to a group", () => {
  const runs = fc.record({ max: fc.integer({ min: 0, max: 8 }), desired: fc.nat(8), events: fc.array(event, { maxLength: 40 }) });

  it("launches never lead above the maximum, what leaves still counting, nor above what is desired", () => {
    fc.assert(
      fc.property(runs, ({ max, desired, events }) => {
        let world: Small = { group: group({ max, desired: Math.min(max, desired) }), views: [], now: NOW, launched: 0 };
        for (const e of events) {
          world = happen(world, e);
          const actions = decide(world);
          const after = actions.reduce(apply, world);
          if (actions.some((a) => a.kind === "launch")) {
            expect(existing(after)).toBeLessThanOrEqual(max);
            expect(after.views.filter((v) => v.member.lifecycle !== "Terminating").length).toBeLessThanOrEqual(world.group.desired);
          }
          world = after;
        }
      }),
    );
  });

  it("a second look does nothing", () => {
    fc.assert(
      fc.property(runs, ({ max, desired, events }) => {
        let world: Small = { group: group({ max, desired: Math.min(max, desired) }), views: [], now: NOW, launched: 0 };
        for (const e of events) {
          world = decide(happen(world, e)).reduce(apply, happen(world, e));
          expect(decide(world).map(say)).toEqual([]);
        }
      }),
    );
  });

  it("left in peace, it comes to its desired capacity, balanced over its zones when it grew from nothing", () => {
    fc.assert(
      fc.property(runs, ({ max, desired, events }) => {
        const settle = (world: Small): Small => {
          let now: Small = { ...world, group: { ...world.group, suspended: [] }, now: world.now + 60_000 };
          for (let i = 0; i < 12; i++) now = happen(decide(now).reduce(apply, now), { kind: "progress" });
          return now;
        };
        const fresh = settle({ group: group({ max, desired: Math.min(max, desired) }), views: [], now: NOW, launched: 0 });
        const inZone = (zone: string): number => fresh.views.filter((v) => v.member.availabilityZone === zone).length;
        expect(Math.abs(inZone("ap-northeast-1a") - inZone("ap-northeast-1c"))).toBeLessThanOrEqual(1);
        const tried = settle(events.reduce((world, e) => { const next = happen(world, e); return decide(next).reduce(apply, next); }, fresh));
        expect(tried.views.filter((v) => v.member.lifecycle === "InService").length).toBe(tried.group.desired);
        expect(tried.views.length).toBe(tried.group.desired);
      }),
    );
  });
});
