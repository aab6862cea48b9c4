/** The `workloads` port: instances, NAT gateways and balancer nodes, each a host of its kind. */
import type { InstanceWorkload, Port, Workload, WorkloadStatus } from "@hakoniwa/network";
import type { AccessNotes } from "../../access-notes.js";
import type { ApiDoors } from "../api/doors.js";
import type { WardEvent } from "../attendant/ward.js";
import type { Host } from "./host.js";
import { InstanceHost } from "./instance-host.js";
import type { InstanceGround } from "./instance-host.js";
import { Lanes, Watchers } from "./lanes.js";
import { startBalancerHost } from "./balancer-host.js";
import { startEndpointHost } from "./endpoint-host.js";
import { startNatGatewayHost } from "./nat-gateway-host.js";

export interface Workloads extends Port<Workload, WorkloadStatus> {
  /** The first process of a running instance and its bytes of memory; undefined when it does not run. */
  running(instance: string): { readonly pid: number; readonly memory: number } | undefined;
  /** What the watch over an instance found. */
  heed(instance: string, event: WardEvent): void;
  close(): Promise<void>;
}

/** @param base with the doors to the AWS API, which interface endpoints lead to */
export function createWorkloads(base: InstanceGround & { readonly accessNotes: AccessNotes; readonly doors?: ApiDoors | undefined }): Workloads {
  const hosts = new Map<string, Host<Workload>>();
  /** Keys whose start is under way or has failed. */
  const unstarted = new Map<string, WorkloadStatus>();
  /** Keys whose removal waits for a start under way, which must not wait for its interfaces any longer. */
  const leaving = new Set<string>();
  const lanes = new Lanes();
  const watchers = new Watchers();
  const ground: InstanceGround & { readonly accessNotes: AccessNotes } = {
    ...base,
    plug(id, namespace, interfaces) {
      return leaving.has(id) ? Promise.reject(new Error(`${id} is being removed`)) : base.plug(id, namespace, interfaces);
    },
  };

  async function ensure(id: string, spec: Workload): Promise<void> {
    leaving.delete(id);
    const host = hosts.get(id);
    if (host !== undefined && host.spec.kind === spec.kind && host.accepts(spec)) {
      return host.update(spec);
    }
    if (host !== undefined) {
      await host.stop();
      hosts.delete(id);
    }
    unstarted.set(id, { state: "starting" });
    watchers.tell(id);
    try {
      hosts.set(id, await start(id, spec));
      unstarted.delete(id);
    } catch (error) {
      unstarted.set(id, { state: "exited", boot: spec.kind === "instance" ? spec.boot : 0, reason: (error as Error).message });
      throw error;
    } finally {
      watchers.tell(id);
    }
  }

  async function start(id: string, spec: Workload): Promise<Host<Workload>> {
    const changed = (): void => watchers.tell(id);
    switch (spec.kind) {
      case "instance":
        return startInstanceHost(id, spec, changed);
      case "balancer":
        return (await startBalancerHost(id, spec, ground, changed)) as Host<Workload>;
      case "nat-gateway":
        return (await startNatGatewayHost(id, spec, ground)) as Host<Workload>;
      case "endpoint":
        return (await startEndpointHost(id, spec, ground, base.doors)) as Host<Workload>;
    }
  }

  async function startInstanceHost(id: string, spec: InstanceWorkload, changed: () => void): Promise<Host<Workload>> {
    const host = new InstanceHost(id, spec, ground, changed);
    try {
      await host.start();
    } catch (error) {
      await host.stop();
      throw error;
    }
    return host as Host<Workload>;
  }

  function removeSoon(id: string): Promise<void> {
    if (unstarted.has(id)) {
      leaving.add(id);
      // Its outcome is the removal's, which does it again.
      ground.unplug(id).catch(() => {});
    }
    return lanes.submit(id, () => remove(id));
  }

  async function remove(id: string): Promise<void> {
    leaving.delete(id);
    await hosts.get(id)?.stop();
    hosts.delete(id);
    unstarted.delete(id);
    watchers.tell(id);
  }

  const keys = (): string[] => [...new Set([...hosts.keys(), ...unstarted.keys()])];
  return {
    ensure: (id, spec) => lanes.submit(id, () => ensure(id, spec)),
    remove: removeSoon,
    observe: (id) => unstarted.get(id) ?? hosts.get(id)?.status(),
    keys,
    watch: (changed) => watchers.watch(changed),
    running(id) {
      const host: unknown = hosts.get(id);
      return host instanceof InstanceHost && host.pid !== undefined ? { pid: host.pid, memory: host.spec.memory } : undefined;
    },
    heed(id, event) {
      const host: unknown = hosts.get(id);
      if (host instanceof InstanceHost) host.heed(event);
    },
    async close() {
      await Promise.all(keys().map(removeSoon));
    },
  };
}
