import type { Vpc, Workload, WorkloadStatus } from "@hakoniwa/network";
import type { Namespace } from "../tools/namespaces.js";

/** One workload that was started, of whatever kind. */
export interface Host<Spec extends Workload> {
  readonly spec: Spec;
  status(): WorkloadStatus;
  /** Whether the host, as it is, can become `spec` by `update`; else it is stopped and started anew. */
  accepts(spec: Spec): boolean;
  update(spec: Spec): Promise<void>;
  /** Ends it, an instance in good order if that is quick, and leaves nothing of it. */
  stop(): Promise<void>;
}

/** What a host stands on. */
export interface Ground {
  readonly log: (line: string) => void;
  /** Seconds of cloud time in a real second: health checks come that much sooner. */
  readonly timeScale: number;
  /** Puts a workload's interfaces into a namespace. Resolves when `interfaces` are there; rejects when it is unplugged meanwhile. */
  plug(workload: string, namespace: Namespace, interfaces: readonly string[]): Promise<void>;
  unplug(workload: string): Promise<void>;
  /** The VPC's model as last applied. */
  vpc(id: string): Vpc | undefined;
}
