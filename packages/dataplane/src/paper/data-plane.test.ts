import type { BalancerWorkload, InstanceWorkload, WorkloadStatus } from "@hakoniwa/network";
import { describe, expect, it } from "vitest";
import type { PaperClock } from "./clock.js";
import { specTo, targetAt } from "../linux/balancer/testing.js";
import { createPaperDataPlane, type PaperDataPlane, type PaperOptions } from "./data-plane.js";

/** A clock that only moves when told, running what falls due in order. */
class FakeClock implements PaperClock {
  runs = 0;
  #now = 0;
  #jobs: { readonly at: number; readonly order: number; readonly run: () => void }[] = [];
  #order = 0;

  now(): number {
    return this.#now;
  }

  schedule(at: number, run: () => void): () => void {
    const job = { at, order: this.#order, run };
    this.#order += 1;
    this.#jobs.push(job);
    return () => {
      this.#jobs = this.#jobs.filter((other) => other !== job);
    };
  }

  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const due = this.#jobs.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (due === undefined) {
        break;
      }
      this.#jobs = this.#jobs.filter((job) => job !== due);
      this.#now = Math.max(this.#now, due.at);
      this.runs += 1;
      due.run();
    }
    this.#now = end;
  }
}

function instance(boot = 1): InstanceWorkload {
  return {
    kind: "instance",
    vpc: "vpc-1",
    interfaces: ["eni-1"],
    boot,
    rootDisk: "vol-1",
    hostname: "ip-10-0-0-5",
    memory: 1e9,
    userData: undefined,
    authorizedKeys: [],
    metadata: {},
    metadataOptions: { enabled: true, tokens: "required", hopLimit: 1 },
  };
}

function balancer(...targets: string[]): BalancerWorkload {
  return {
    kind: "balancer",
    vpc: "vpc-1",
    interfaces: ["eni-2"],
    ...specTo(80, {
      healthCheck: { protocol: "HTTP", port: 80, path: "/", matcher: "200", interval: 5_000, timeout: 2_000, healthyThreshold: 2, unhealthyThreshold: 3 },
      targets: targets.map((id) => targetAt({ id, address: "10.0.0.5", workload: id })),
    }),
  };
}

function setUp(options: PaperOptions = {}): { clock: FakeClock; paper: PaperDataPlane; healthOf: (target: string) => unknown } {
  const clock = new FakeClock();
  const paper = createPaperDataPlane({ clock, ...options });
  const healthOf = (target: string): unknown => {
    const status = paper.workloads.observe("node-1");
    return status?.state === "running" ? status.health.get(target) : status;
  };
  return { clock, paper, healthOf };
}

const HEALTHY = { state: "healthy", reason: undefined };

describe("an instance on paper", () => {
  it("starts, runs after its boot time, and boots again when another boot is wanted", async () => {
    const { clock, paper } = setUp({ bootTime: 1_000 });
    const seen: (WorkloadStatus | undefined)[] = [];
    paper.workloads.watch((key) => seen.push(paper.workloads.observe(key)));
    await paper.workloads.ensure("i-1", instance());
    clock.advance(999);
    expect(paper.workloads.observe("i-1")).toEqual({ state: "starting" });
    clock.advance(1);
    await paper.workloads.ensure("i-1", instance());
    await paper.workloads.ensure("i-1", instance(2));
    clock.advance(1_000);
    expect(seen.map((status) => status?.state)).toEqual(["starting", "running", "starting", "running"]);
    expect(paper.workloads.observe("i-1")).toMatchObject({ state: "running", boot: 2 });
  });

  it("stays exited after a crash until another boot is wanted", async () => {
    const { clock, paper } = setUp();
    await paper.workloads.ensure("i-1", instance());
    clock.advance(0);
    paper.crash("i-1", "its kernel panicked");
    await paper.workloads.ensure("i-1", instance());
    clock.advance(10_000);
    expect(paper.workloads.observe("i-1")).toEqual({ state: "exited", boot: 1, reason: "its kernel panicked" });
    await paper.workloads.ensure("i-1", instance(2));
    clock.advance(0);
    expect(paper.workloads.observe("i-1")).toMatchObject({ state: "running", boot: 2 });
  });

  it("leaves nothing when removed, even while it boots", async () => {
    const { clock, paper } = setUp({ bootTime: 1_000 });
    await paper.workloads.ensure("i-1", instance());
    await paper.workloads.remove("i-1");
    clock.advance(2_000);
    expect(paper.workloads.observe("i-1")).toBeUndefined();
    expect(paper.workloads.keys()).toEqual([]);
  });

  it("runs no commands, and says so", async () => {
    const { paper } = setUp();
    await expect(paper.exec("i-1", ["true"], { stdin: undefined, stdout: process.stdout, stderr: process.stderr })).rejects.toThrow("i-1 is on paper");
    expect(() => paper.crash("i-1", "x")).toThrow("i-1 does not run");
  });
});

describe("a balancer on paper", () => {
  it("S2-47 finds a target healthy after healthyThreshold checks, the first at once", async () => {
    const { clock, paper, healthOf } = setUp();
    await paper.workloads.ensure("i-1", instance());
    await paper.workloads.ensure("node-1", balancer("i-1"));
    clock.advance(0);
    expect(healthOf("i-1")).toEqual({ state: "initial", reason: undefined });
    clock.advance(4_999);
    expect(healthOf("i-1")).toEqual({ state: "initial", reason: undefined });
    clock.advance(1);
    expect(healthOf("i-1")).toEqual(HEALTHY);
  });

  it("S2-48 S2-49 takes a failing target out after unhealthyThreshold checks, and back in when it is mended", async () => {
    const { clock, paper, healthOf } = setUp();
    await paper.workloads.ensure("i-1", instance());
    await paper.workloads.ensure("node-1", balancer("i-1"));
    clock.advance(7_000);
    paper.fail("i-1", "HTTP 503");
    clock.advance(12_999);
    expect(healthOf("i-1")).toEqual({ state: "healthy", reason: "HTTP 503" });
    clock.advance(1);
    expect(healthOf("i-1")).toEqual({ state: "unhealthy", reason: "HTTP 503" });
    paper.mend("i-1");
    clock.advance(9_999);
    expect(healthOf("i-1")).toEqual({ state: "unhealthy", reason: "HTTP 503" });
    clock.advance(1);
    expect(healthOf("i-1")).toEqual(HEALTHY);
  });

  it("S4-33 notices a terminated target, and takes its replacement in", async () => {
    const { clock, paper, healthOf } = setUp();
    await paper.workloads.ensure("i-1", instance());
    await paper.workloads.ensure("node-1", balancer("i-1"));
    clock.advance(10_000);
    await paper.workloads.remove("i-1");
    clock.advance(15_000);
    expect(healthOf("i-1")).toEqual({ state: "unhealthy", reason: "timeout" });
    await paper.workloads.ensure("i-2", instance());
    await paper.workloads.ensure("node-1", balancer("i-2"));
    expect(healthOf("i-1")).toBeUndefined();
    clock.advance(5_000);
    expect(healthOf("i-2")).toEqual(HEALTHY);
  });

  it("costs nothing while nothing changes", async () => {
    const { clock, paper } = setUp();
    await paper.workloads.ensure("i-1", instance());
    await paper.workloads.ensure("node-1", balancer("i-1"));
    clock.advance(10_000);
    const before = clock.runs;
    clock.advance(24 * 3_600_000);
    expect(clock.runs).toBe(before);
  });
});

describe("the other ports on paper", () => {
  it("keep names as given, and forget them", async () => {
    const { paper } = setUp();
    await paper.names.ensure("a.example", { addresses: ["203.0.113.5"], scope: { kind: "internet" }, site: true });
    expect(paper.names.observe("a.example")).toEqual({ addresses: ["203.0.113.5"] });
    await paper.names.remove("a.example");
    await paper.names.remove("a.example");
    expect(paper.names.keys()).toEqual([]);
  });

  it("refuse work once closed", async () => {
    const { paper } = setUp();
    await paper.close();
    await expect(paper.disks.ensure("vol-1", { source: { kind: "empty" }, snapshots: [] })).rejects.toThrow("closed");
  });
});

describe("1,000 changing instances on paper", () => {
  it("are taken through boot, crash and reboot in well under a second on the wall clock", async () => {
    const paper = createPaperDataPlane();
    let changes = 0;
    const allRunning = new Promise<void>((resolve) => {
      paper.workloads.watch((key) => {
        const status = paper.workloads.observe(key);
        if (status?.state !== "running") {
          return;
        }
        changes += 1;
        if (status.boot < 5) {
          paper.crash(key, "again");
          void paper.workloads.ensure(key, instance(status.boot + 1));
        } else if (changes === 5_000) {
          resolve();
        }
      });
    });
    const started = performance.now();
    await Promise.all(Array.from({ length: 1_000 }, (_, i) => paper.workloads.ensure(`i-${i}`, instance())));
    await allRunning;
    expect(performance.now() - started).toBeLessThan(2_000);
    await paper.close();
  });
});
