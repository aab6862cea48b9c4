/** A rolling update of a group's instances: what it knows, what it sees, what it may do. */
import type { ResourceSignal, Settled } from "@hakoniwa/cloudformation";

/** Plain data: the stack keeps it between steps. */
export interface RollingState {
  /** `arriving` until the group has as many instances in service as it wants, `waiting` for their signals or the pause, `leaving` while a batch ends. */
  readonly phase: "arriving" | "waiting" | "leaving";
  /** When the phase began. */
  readonly since: number;
  /** Instances that were there before, or were waited for already. */
  readonly known: readonly string[];
  /** What has to go; null until that is found out. */
  readonly obsolete: readonly string[] | null;
  readonly batch: number;
  /** The sizes to go back to; null while they are as they should be. */
  readonly sizes: { readonly min: number; readonly desired: number } | null;
  readonly leaving: readonly string[];
  /** How many obsolete instances have ended. */
  readonly ended: number;
  /** How many signals the present wait is for. */
  readonly awaited: number;
  /** The signals that earlier waits were about. */
  readonly counted: readonly string[];
  readonly succeeded: number;
  readonly failed: number;
  /** How many signals the whole update is for. */
  readonly total: number;
  /** The processes that are held off meanwhile. */
  readonly suspended: readonly string[];
}

export interface RollingMember {
  readonly id: string;
  readonly inService: boolean;
  /** On its way out. */
  readonly leaving: boolean;
  /** Not launched as the group launches today, or where it no longer launches. */
  readonly obsolete: boolean;
}

export interface RollingView {
  readonly min: number;
  readonly max: number;
  readonly desired: number;
  readonly members: readonly RollingMember[];
  readonly signals: readonly ResourceSignal[];
  /** The latest scaling activity, when it failed. */
  readonly failure: { readonly at: number; readonly message: string } | undefined;
  readonly now: number;
}

export type RollingAction =
  | { readonly do: "resize"; readonly min: number; readonly desired: number }
  | { readonly do: "terminate"; readonly id: string }
  | { readonly do: "suspend" }
  | { readonly do: "resume" };

export interface RollingStep {
  readonly state: RollingState;
  readonly actions: readonly RollingAction[];
  readonly told: readonly string[];
  readonly settled: Settled;
  readonly again: number | undefined;
}
