/** The data plane without Linux: everything is kept as given, and workloads "run" on the clock. */
import type {
  BalancerTarget,
  BalancerTraffic,
  DataPlane,
  Disk,
  DiskStatus,
  FlowCount,
  NameRecord,
  NameStatus,
  NetworkStatus,
  OutgoingRequest,
  TargetHealth,
  Vpc,
  Workload,
  WorkloadStatus,
  WorkloadUsage,
} from "@hakoniwa/network";
import { AccessNotes, type AccessNote } from "../access-notes.js";
import type { CheckResult } from "../linux/balancer/health.js";
import { wallClock, type PaperClock } from "./clock.js";
import { PaperFlows } from "./flows.js";
import { PaperHealthChecks } from "./health-checks.js";
import { PaperOutgoing, type Post } from "./outgoing.js";
import { PaperPort } from "./port.js";

export interface PaperOptions {
  /** @default the wall's time */
  readonly clock?: PaperClock;
  /** Who carries the cloud's own HTTP requests; without one every endpoint answers 200. */
  readonly post?: Post;
  /** Milliseconds of the clock from `ensure` until a workload runs. @default 0, which is the clock's next turn */
  readonly bootTime?: number;
}

/** A paper data plane, and what a test may do to it. */
export interface PaperDataPlane extends DataPlane {
  /** The instance's health checks fail with this reason from now on, e.g. `HTTP 503`. */
  fail(workload: string, reason: string): void;
  /** What a workload was last told to be; undefined when it is not kept. */
  workloadSpec(workload: string): Workload | undefined;
  /** What a network was last told to be; undefined when it is not kept. */
  networkSpec(vpc: string): Vpc | undefined;
  /** The instance's health checks pass again. */
  mend(workload: string): void;
  /**
   * The workload ends by itself.
   * @throws Error when it does not run
   */
  crash(workload: string, reason: string): void;
  /** The instance has used so much since it booted. */
  use(workload: string, usage: Partial<Omit<WorkloadUsage, "at">>): void;
  /** The balancer node has counted so much. */
  count(node: string, traffic: BalancerTraffic): void;
  /** The requests that the cloud sent of itself. */
  readonly posted: readonly OutgoingRequest[];
  /** What an endpoint answers from now on; without, nobody answers there. */
  answer(url: string, status: number | undefined): void;
  /** Traffic at an interface, which a flow log tells of if one wants to. Its VPC and its model must be there. */
  flow(vpc: string, count: FlowCount): void;
  /** A request that a balancer node served just now, which its access log tells of if there is one. */
  request(node: string, note: Omit<AccessNote, "endedAt">): void;
}

const PASSED: CheckResult = { passed: true };
const NOTHING_USED: Omit<WorkloadUsage, "at"> = { cpuSeconds: 0, bytesIn: 0, bytesOut: 0, packetsIn: 0, packetsOut: 0 };
const NO_HEALTH: ReadonlyMap<string, TargetHealth> = new Map();

/** Makes a data plane on paper; `prove`, unit tests and machines without Linux use it. */
export function createPaperDataPlane(options: PaperOptions = {}): PaperDataPlane {
  const clock = options.clock ?? wallClock;
  const bootTime = options.bootTime ?? 0;
  const networks = new PaperPort<Vpc, NetworkStatus>();
  const workloads = new PaperPort<Workload, WorkloadStatus>();
  const names = new PaperPort<NameRecord, NameStatus>();
  const disks = new PaperPort<Disk, DiskStatus>();
  const booting = new Map<string, { readonly boot: number; readonly cancel: () => void }>();
  const failing = new Map<string, string>();
  const balancers = new Map<string, PaperHealthChecks>();
  const flows = new PaperFlows((vpc, id) => networks.spec(vpc)?.interfaces.get(id)?.flowLogged === true);
  const accessNotes = new AccessNotes(() => clock.now());
  const outgoing = new PaperOutgoing(options.post);
  const used = new Map<string, Omit<WorkloadUsage, "at">>();
  let closed = false;

  function ensureWorkload(key: string, spec: Workload): void {
    refuseWhenClosed();
    workloads.keep(key, spec);
    const status = workloads.status(key);
    const boot = bootOf(spec);
    if (booting.get(key)?.boot === boot) {
      return;
    }
    if (status?.state === "running" && status.boot === boot) {
      if (spec.kind === "balancer") {
        balancers.get(key)?.update(spec);
      } else if (spec.kind === "instance" && String(status.volumes) !== String(volumesOf(spec))) {
        workloads.report(key, { ...status, volumes: volumesOf(spec) });
      }
      return;
    }
    // An instance that ended stays so until another boot is wanted; balancers and NAT gateways are simply wanted.
    if (status?.state === "exited" && spec.kind === "instance" && status.boot === boot) {
      return;
    }
    booting.get(key)?.cancel();
    booting.set(key, { boot, cancel: clock.schedule(clock.now() + bootTime, () => run(key, boot)) });
    workloads.report(key, { state: "starting" });
    checkAgain(key);
  }

  function run(key: string, boot: number): void {
    booting.delete(key);
    const spec = workloads.spec(key);
    if (spec?.kind === "balancer") {
      startChecks(key);
    }
    workloads.report(key, { state: "running", boot, health: balancers.get(key)?.health() ?? NO_HEALTH, volumes: volumesOf(spec) });
    checkAgain(key);
  }

  function startChecks(key: string): void {
    const checks = new PaperHealthChecks({
      clock,
      result: checkResult,
      changed: (health) => {
        const status = workloads.status(key);
        if (status?.state === "running") {
          workloads.report(key, { ...status, health });
        }
      },
    });
    balancers.set(key, checks);
    const spec = workloads.spec(key);
    if (spec?.kind === "balancer") {
      checks.update(spec);
    }
  }

  function stopChecks(key: string): void {
    balancers.get(key)?.close();
    balancers.delete(key);
  }

  /** A check of a target that does not run finds what the network would answer for it: a refusal while it boots, else silence. */
  function checkResult({ workload }: BalancerTarget): CheckResult {
    const status = workload === undefined ? undefined : workloads.status(workload);
    if (status?.state !== "running") {
      return { passed: false, reason: status?.state === "starting" ? "connection refused" : "timeout" };
    }
    const reason = failing.get(workload ?? "");
    return reason === undefined ? PASSED : { passed: false, reason };
  }

  function checkAgain(workload: string): void {
    for (const checks of balancers.values()) {
      for (const target of checks.of(workload)) {
        checks.lookAgain(target);
      }
    }
  }

  function removeWorkload(key: string): void {
    booting.get(key)?.cancel();
    booting.delete(key);
    failing.delete(key);
    used.delete(key);
    stopChecks(key);
    workloads.forget(key);
    checkAgain(key);
  }

  function refuseWhenClosed(): void {
    if (closed) {
      throw new Error("the data plane is closed");
    }
  }

  /** A port that keeps what it is given, with a status that follows from it. */
  function kept<Spec, Status>(port: PaperPort<Spec, Status>, statusOf: (spec: Spec) => Status): ReturnType<typeof port.port> {
    return port.port(
      (key, spec) => {
        refuseWhenClosed();
        if (port.spec(key) !== spec) {
          port.keep(key, spec);
          port.report(key, statusOf(spec));
        }
      },
      (key) => port.forget(key),
    );
  }

  return {
    networks: kept(networks, () => ({ error: undefined })),
    workloads: workloads.port(ensureWorkload, removeWorkload),
    names: kept(names, ({ addresses }) => ({ addresses })),
    disks: kept(disks, () => ({ ready: true })),
    flows,
    accessLogs: accessNotes,
    exec: async (workload) => {
      throw new Error(`${workload} is on paper: paper instances run no commands`);
    },
    console: async () => new Uint8Array(),
    usage: (workload) => (workloads.status(workload)?.state === "running" ? { at: clock.now() / 1_000, ...(used.get(workload) ?? NOTHING_USED) } : undefined),
    post: (request) => outgoing.post(request),
    posted: outgoing.posted,
    answer: (url, status) => outgoing.answer(url, status),
    use: (workload, usage) => void used.set(workload, { ...(used.get(workload) ?? NOTHING_USED), ...usage }),
    count(node, traffic) {
      const status = workloads.status(node);
      if (status?.state !== "running") {
        throw new Error(`${node} does not run, so it counts nothing`);
      }
      workloads.report(node, { ...status, traffic });
    },
    async close() {
      closed = true;
      for (const { cancel } of booting.values()) {
        cancel();
      }
      booting.clear();
      for (const checks of balancers.values()) {
        checks.close();
      }
      balancers.clear();
      for (const port of [networks, workloads, names, disks]) {
        port.clear();
      }
    },
    workloadSpec: (workload) => workloads.spec(workload),
    networkSpec: (vpc) => networks.spec(vpc),
    fail(workload, reason) {
      failing.set(workload, reason);
      checkAgain(workload);
    },
    mend(workload) {
      failing.delete(workload);
      checkAgain(workload);
    },
    flow: (vpc, count) => flows.count(vpc, count),
    request(node, note) {
      const spec = workloads.spec(node);
      if (spec?.kind === "balancer" && spec.logs) accessNotes.add(node, [{ ...note, endedAt: clock.now() }]);
    },
    crash(workload, reason) {
      const status = workloads.status(workload);
      const spec = workloads.spec(workload);
      if (spec === undefined || (status?.state !== "running" && status?.state !== "starting")) {
        throw new Error(`${workload} does not run, so it can't crash`);
      }
      booting.get(workload)?.cancel();
      booting.delete(workload);
      stopChecks(workload);
      workloads.report(workload, { state: "exited", boot: bootOf(spec), reason });
      checkAgain(workload);
    },
  };
}

/** On paper a volume is attached as soon as it is wanted. */
function volumesOf(spec: Workload | undefined): readonly string[] {
  return spec?.kind === "instance" ? (spec.volumes ?? []).map(({ disk }) => disk) : [];
}

/** Only instances boot again; the others have one life. */
function bootOf(spec: Workload): number {
  return spec.kind === "instance" ? spec.boot : 0;
}
