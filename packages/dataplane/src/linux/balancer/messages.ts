/** What a balancer's process and its parent say to each other. */
import type { TargetHealth } from "@hakoniwa/network";
import type { ProxySpec } from "./proxy.js";

export interface ToBalancer {
  readonly version: number;
  readonly spec: ProxySpec;
  readonly timeScale: number;
}

export type FromBalancer =
  | { readonly kind: "listening"; readonly version: number }
  | { readonly kind: "failed"; readonly version: number; readonly reason: string }
  | { readonly kind: "health"; readonly health: readonly (readonly [id: string, health: TargetHealth])[] };
