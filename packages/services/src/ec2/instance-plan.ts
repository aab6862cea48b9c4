/** What an instance needs next. Pure: the same record and the same sight of the data plane give the same step. */
import type { WorkloadStatus } from "@hakoniwa/network";
import type { Instance } from "./state-compute.js";

/** What the data plane shows of an instance. */
export interface Seen {
  readonly workload: WorkloadStatus | undefined;
  /** Its root disk can be booted from, and its other volumes are there. */
  readonly disk: boolean;
  /** Its VPC's network has been applied. */
  readonly network: boolean;
}

export type Step =
  | { readonly do: "nothing" }
  /** Look again then. */
  | { readonly do: "wait"; readonly until: number }
  /** Tell the data plane what should run: again and again, as it is level. */
  | { readonly do: "ensure" }
  /** It runs: `running`, status checks passed; and what runs shall be as the records say now. */
  | { readonly do: "up" }
  /** Its boot is under way, or has to wait for its disk or network. */
  | { readonly do: "initializing" }
  /** It died, or runs and can't be reached: it keeps its state, but its status check fails. */
  | { readonly do: "impaired" }
  /** It leaves by itself, to `stopping` or `shutting-down`. */
  | { readonly do: "leave"; readonly to: "stopping" | "shutting-down"; readonly code: string; readonly message: string }
  /** End the workload; the instance shall be in this state afterwards. */
  | { readonly do: "halt"; readonly to: "stopped" | "terminated" | "running" }
  /** It has been terminated for an hour: nobody needs to know of it any longer. */
  | { readonly do: "forget" };

/** How long a terminated instance stays describable, in milliseconds. */
export const REMEMBERED = 3_600_000;
/** How often a first boot is tried before the launch has failed. */
export const MOST_STARTS = 5;
const FIRST_RETRY = 500;
const LAST_RETRY = 30_000;
/** What a data plane says of an instance that shut itself down in good order. */
const POWERED_OFF = "it powered itself off";

const NOTHING: Step = { do: "nothing" };

export function plan(instance: Instance, seen: Seen, now: number): Step {
  switch (instance.state) {
    case "pending":
    case "running":
      return instance.pausedFor === undefined ? keepUp(instance, seen, now) : pause(seen);
    case "stopping":
      return { do: "halt", to: "stopped" };
    case "shutting-down":
      return { do: "halt", to: "terminated" };
    case "stopped":
      return seen.workload === undefined ? NOTHING : { do: "halt", to: "stopped" };
    case "terminated": {
      const until = (instance.terminatedAt ?? now) + REMEMBERED;
      return now >= until ? { do: "forget" } : { do: "wait", until };
    }
  }
}

/** When a start that failed is tried again. */
export function retryAt(failed: { readonly count: number; readonly at: number }): number {
  return failed.at + Math.min(LAST_RETRY, FIRST_RETRY * 2 ** (failed.count - 1));
}

/** Its disk is being copied: it must not run, and boots again when the copy is there. */
function pause(seen: Seen): Step {
  return seen.workload === undefined ? NOTHING : { do: "halt", to: "running" };
}

function keepUp(instance: Instance, seen: Seen, now: number): Step {
  const { workload } = seen;
  if (workload?.state === "running" && workload.boot === instance.boot) return whileUp(instance, workload.impaired !== undefined, now);
  if (workload?.state === "exited" && workload.boot === instance.boot) return afterExit(instance, workload.reason, now);
  // What starts tells when it has started or failed to.
  if (workload?.state === "starting") return initializing(instance);
  if (!seen.disk || !seen.network) return initializing(instance);
  return { do: "ensure" };
}

/** What changes while it runs is told to the data plane, which may refuse that too. */
function whileUp(instance: Instance, impaired: boolean, now: number): Step {
  if (impaired) return instance.state === "running" && instance.status === "impaired" ? { do: "ensure" } : { do: "impaired" };
  const failed = instance.failedStart;
  const known = instance.state === "running" && instance.status === "ok";
  if (known && failed) return now < retryAt(failed) ? { do: "wait", until: retryAt(failed) } : { do: "ensure" };
  return { do: "up" };
}

function initializing(instance: Instance): Step {
  return instance.status === "initializing" ? NOTHING : { do: "initializing" };
}

function afterExit(instance: Instance, reason: string, now: number): Step {
  const failed = instance.failedStart;
  if (failed) {
    if (instance.state === "pending" && failed.count >= MOST_STARTS) return giveUp(instance, failed.reason);
    const until = retryAt(failed);
    return now < until ? { do: "wait", until } : { do: "ensure" };
  }
  if (reason === POWERED_OFF) {
    return {
      do: "leave",
      to: instance.shutdownBehavior === "terminate" ? "shutting-down" : "stopping",
      code: "Client.InstanceInitiatedShutdown",
      message: "Client.InstanceInitiatedShutdown: Instance initiated shutdown",
    };
  }
  return instance.state === "running" && instance.status === "impaired" ? NOTHING : { do: "impaired" };
}

/** A launch that fails ends terminated, a start stopped: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html */
function giveUp(instance: Instance, reason: string): Step {
  const to = instance.boot === 1 ? "shutting-down" : "stopping";
  return { do: "leave", to, code: "Server.InternalError", message: `Server.InternalError: Internal error on launch: ${reason}` };
}
