import type { WorkloadStatus } from "@hakoniwa/network";
import type { NatGateway } from "./state.js";

/** A deleted gateway can be described for about an hour: https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html */
const SHOWN_AFTERWARDS = 60 * 60 * 1000;

export interface NatPlan {
  /** Its workload should run. */
  readonly run: boolean;
  readonly takeDown: boolean;
  readonly next: { readonly from: NatGateway["state"]; readonly to: NatGateway["state"] | "gone" } | undefined;
  readonly wakeAt: number | undefined;
}

/** What a NAT gateway needs next. Pure. */
export function natPlan(gateway: NatGateway, workload: WorkloadStatus | undefined, now: number): NatPlan {
  const idle = { run: false, takeDown: false, next: undefined, wakeAt: undefined };
  const { state } = gateway;
  switch (state) {
    case "pending":
      if (gateway.failure) return { ...idle, next: { from: state, to: "failed" } };
      return { ...idle, run: true, next: workload?.state === "running" ? { from: state, to: "available" } : undefined };
    case "available":
      return { ...idle, run: true };
    case "deleting":
      return { ...idle, takeDown: true, next: { from: state, to: "deleted" } };
    case "deleted":
    case "failed": {
      const until = (gateway.deleteTime ?? gateway.createTime) + SHOWN_AFTERWARDS;
      return now >= until ? { ...idle, next: { from: state, to: "gone" } } : { ...idle, wakeAt: until };
    }
  }
}
