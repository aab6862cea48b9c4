/** What a balancer's process and its parent say to each other. */
import type { AccessNote } from "../../access-notes.js";
import type { BalancerSpec, BalancerTraffic, TargetHealth } from "@hakoniwa/network";

export interface ToBalancer {
  readonly version: number;
  readonly spec: BalancerSpec;
  readonly timeScale: number;
}

/** `version` is that of the spec under which it was so. */
export type FromBalancer =
  | { readonly kind: "listening"; readonly version: number }
  | { readonly kind: "failed"; readonly version: number; readonly reason: string }
  | { readonly kind: "requests"; readonly notes: readonly AccessNote[] }
  | { readonly kind: "traffic"; readonly traffic: BalancerTraffic }
  | { readonly kind: "health"; readonly version: number; readonly health: readonly (readonly [id: string, health: TargetHealth])[] };
