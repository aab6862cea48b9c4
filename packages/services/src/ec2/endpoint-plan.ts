import type { WorkloadStatus } from "@hakoniwa/network";
import type { VpcEndpoint } from "./state-connections.js";

export interface EndpointPlan {
  /** The workloads of its interfaces should run. */
  readonly run: boolean;
  readonly takeDown: boolean;
  readonly next: { readonly to: "available" | "failed" | "gone"; readonly failure?: string | undefined } | undefined;
}

/** What a VPC endpoint needs next. Pure. @param workloads the statuses of its interfaces' workloads */
export function endpointPlan(endpoint: VpcEndpoint, workloads: readonly (WorkloadStatus | undefined)[]): EndpointPlan {
  const idle = { run: false, takeDown: false, next: undefined };
  switch (endpoint.state) {
    case "pending": {
      const ended = workloads.find((status) => status?.state === "exited");
      if (ended?.state === "exited") return { ...idle, run: true, next: { to: "failed", failure: ended.reason } };
      const ready = workloads.every((status) => status?.state === "running");
      return { ...idle, run: true, next: ready ? { to: "available" } : undefined };
    }
    case "available":
      return { ...idle, run: true };
    case "deleting":
      return { ...idle, takeDown: true, next: { to: "gone" } };
    case "failed":
      return idle;
  }
}
