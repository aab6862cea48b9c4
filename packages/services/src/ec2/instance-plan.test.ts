import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MOST_STARTS, REMEMBERED, plan, type Seen, type Step } from "./instance-plan.js";
import type { Instance, InstanceState } from "./state-compute.js";

const NOW = 1_000_000;
const READY: Seen = { workload: undefined, disk: true, network: true };

function instance(change: Partial<Instance> = {}): Instance {
  return {
    id: "i-0123456789abcdef0",
    reservationId: "r-0123456789abcdef0",
    requesterId: undefined,
    launchIndex: 0,
    state: "pending",
    stateReason: undefined,
    stateTransitionReason: "",
    boot: 1,
    failedStart: undefined,
    status: "initializing",
    impairedSince: undefined,
    pausedFor: undefined,
    imageId: "ami-0123456789abcdef0",
    instanceType: "t3.micro",
    keyName: undefined,
    authorizedKeys: [],
    vpcId: "vpc-1",
    subnetId: "subnet-1",
    availabilityZone: "ap-northeast-1a",
    tenancy: "default",
    placementGroup: undefined,
    rootDeviceName: "/dev/xvda",
    created: 0,
    launchTime: 0,
    clientToken: undefined,
    userData: undefined,
    iamInstanceProfile: undefined,
    metadataOptions: { endpoint: "enabled", tokens: "required", hopLimit: 2, tags: "disabled" },
    disableApiTermination: false,
    disableApiStop: false,
    shutdownBehavior: "stop",
    monitoring: false,
    ebsOptimized: false,
    cpuCredits: "unlimited",
    cpuOptions: undefined,
    autoRecovery: "default",
    terminatedAt: undefined,
    ...change,
  };
}

const ran = (boot: number): Seen["workload"] => ({ state: "running", boot, health: new Map() });
const exited = (boot: number, reason: string): Seen["workload"] => ({ state: "exited", boot, reason });
const failed = (count: number, at = NOW) => ({ count, at, reason: "no namespace" });

describe("plan", () => {
  test.each<[string, Partial<Instance>, Partial<Seen>, Step["do"]]>([
    ["a new instance waits for its disk", {}, { disk: false }, "nothing"],
    ["a new instance waits for its network", {}, { network: false }, "nothing"],
    ["a new instance is booted when both are there", {}, {}, "ensure"],
    ["what starts is left alone", {}, { workload: { state: "starting" } }, "nothing"],
    ["what runs is up", {}, { workload: ran(1) }, "up"],
    ["an older boot is replaced", { boot: 2, state: "running" }, { workload: ran(1) }, "ensure"],
    ["what ended in an older boot starts again", { boot: 2 }, { workload: exited(1, "it powered itself off") }, "ensure"],
    ["after a restart it boots again", { state: "running", status: "ok" }, {}, "ensure"],
    ["after a restart it waits for its network", { state: "running", status: "ok" }, { network: false }, "initializing"],
    ["what crashed fails its status check", { state: "running", status: "ok" }, { workload: exited(1, "killed") }, "impaired"],
    ["what crashed stays so", { state: "running", status: "impaired" }, { workload: exited(1, "killed") }, "nothing"],
    ["what runs and can't be reached fails its status check", { state: "running", status: "ok" }, { workload: { ...ran(1), impaired: "stopped" } as Seen["workload"] }, "impaired"],
    ["what can't be reached is still told of changes", { state: "running", status: "impaired" }, { workload: { ...ran(1), impaired: "stopped" } as Seen["workload"] }, "ensure"],
    ["what can be reached again is up", { state: "running", status: "impaired" }, { workload: ran(1) }, "up"],
    ["what shut itself down leaves", { state: "running", status: "ok" }, { workload: exited(1, "it powered itself off") }, "leave"],
    ["a start that failed is tried later", { failedStart: failed(1) }, { workload: exited(1, "no namespace") }, "wait"],
    ["a start that failed is tried again", { failedStart: failed(1, NOW - 500) }, { workload: exited(1, "no namespace") }, "ensure"],
    ["a change that was refused is told again later", { state: "running", status: "ok", failedStart: failed(1) }, { workload: ran(1) }, "wait"],
    ["a launch that fails too often is given up", { failedStart: failed(MOST_STARTS) }, { workload: exited(1, "no namespace") }, "leave"],
    ["while its disk is copied it is down", { state: "running", pausedFor: "snap-1" }, { workload: ran(1) }, "halt"],
    ["while its disk is copied it stays down", { state: "running", pausedFor: "snap-1" }, {}, "nothing"],
    ["what stops is halted", { state: "stopping" }, { workload: ran(1) }, "halt"],
    ["what has stopped stays so", { state: "stopped" }, {}, "nothing"],
    ["what is to go is halted", { state: "shutting-down" }, {}, "halt"],
    ["what is gone is remembered", { state: "terminated", terminatedAt: NOW - 1 }, {}, "wait"],
    ["what is long gone is forgotten", { state: "terminated", terminatedAt: NOW - REMEMBERED }, {}, "forget"],
  ])("%s", (_name, change, seen, expected) => {
    expect(plan(instance(change), { ...READY, ...seen }, NOW).do).toBe(expected);
  });

  test("a launch that fails ends terminated, a start that fails stopped", () => {
    const seen = { ...READY, workload: exited(1, "no namespace") };
    expect(plan(instance({ failedStart: failed(MOST_STARTS) }), seen, NOW)).toMatchObject({ to: "shutting-down", code: "Server.InternalError" });
    const again = { ...READY, workload: exited(3, "no namespace") };
    expect(plan(instance({ boot: 3, failedStart: failed(MOST_STARTS) }), again, NOW)).toMatchObject({ to: "stopping" });
  });
});

const STATES: readonly InstanceState[] = ["pending", "running", "shutting-down", "terminated", "stopping", "stopped"];
const anyInstance = fc
  .record({
    state: fc.constantFrom(...STATES),
    boot: fc.integer({ min: 1, max: 3 }),
    status: fc.constantFrom("initializing" as const, "ok" as const, "impaired" as const),
    pausedFor: fc.option(fc.constant("snap-1"), { nil: undefined }),
    failedStart: fc.option(fc.record({ count: fc.integer({ min: 1, max: 9 }), at: fc.integer({ min: 0, max: 2 * NOW }), reason: fc.constant("x") }), { nil: undefined }),
    terminatedAt: fc.option(fc.integer({ min: 0, max: NOW }), { nil: undefined }),
  })
  .map(instance);
const anySeen = fc.record({
  disk: fc.boolean(),
  network: fc.boolean(),
  workload: fc.oneof(
    fc.constant(undefined),
    fc.constant({ state: "starting" as const }),
    fc.integer({ min: 1, max: 3 }).map(ran),
    fc.tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom("it powered itself off", "killed")).map(([boot, reason]) => exited(boot, reason)),
  ),
});

describe("whatever happens", () => {
  test("nothing is booted that shall be down, nor without its disk and network", () => {
    fc.assert(
      fc.property(anyInstance, anySeen, (record, seen) => {
        const step = plan(record, seen, NOW);
        if (step.do !== "ensure") return;
        expect(["pending", "running"]).toContain(record.state);
        expect(record.pausedFor).toBeUndefined();
        // A workload that the data plane knows of had both.
        if (seen.workload === undefined) expect(seen.disk && seen.network).toBe(true);
      }),
    );
  });

  test("nothing that shall run is halted, except for its disk's copy", () => {
    fc.assert(
      fc.property(anyInstance, anySeen, (record, seen) => {
        const step = plan(record, seen, NOW);
        if (step.do !== "halt" || (record.state !== "running" && record.state !== "pending")) return;
        expect(record.pausedFor).toBeDefined();
      }),
    );
  });

  test("a wait is always for the future", () => {
    fc.assert(
      fc.property(anyInstance, anySeen, (record, seen) => {
        const step = plan(record, seen, NOW);
        if (step.do === "wait") expect(step.until).toBeGreaterThan(NOW);
      }),
    );
  });
});
