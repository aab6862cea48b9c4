/** One node of a load balancer as a host: a namespace of its own with our proxy in it. */
import type { BalancerWorkload, TargetHealth, WorkloadStatus } from "@hakoniwa/network";
import type { AccessNote, AccessNotes } from "../../access-notes.js";
import { startBalancer } from "../balancer/start.js";
import { createNamespace, deleteNamespace } from "../tools/namespaces.js";
import type { Ground, Host } from "./host.js";

/**
 * Resolves when the node's listeners listen.
 * @throws Error when they can't; nothing of it is left then
 */
export async function startBalancerHost(id: string, first: BalancerWorkload, ground: Ground & { readonly accessNotes: AccessNotes }, changed: () => void): Promise<Host<BalancerWorkload>> {
  let spec = first;
  let stopping = false;
  let status: WorkloadStatus = { state: "starting" };
  let health: ReadonlyMap<string, TargetHealth> = new Map();
  const set = (next: WorkloadStatus): void => {
    status = next;
    changed();
  };
  const clear = async (): Promise<void> => {
    await ground.unplug(id);
    await deleteNamespace(id);
  };

  await deleteNamespace(id);
  const namespace = await createNamespace(id);
  try {
    await ground.plug(id, namespace, spec.interfaces);
  } catch (error) {
    await clear();
    throw error;
  }
  const onHealth = (found: ReadonlyMap<string, TargetHealth>): void => {
    health = found;
    if (status.state === "running") {
      set({ state: "running", boot: 0, health });
    }
  };
  const onRequests = (notes: readonly AccessNote[]): void => {
    const lost = ground.accessNotes.add(id, notes);
    if (lost > 0) ground.log(`${lost} requests of balancer node ${id} are missing from its access log: too many wait to be read`);
  };
  const node = startBalancer(namespace, spec, onHealth, { timeScale: ground.timeScale, onRequests });
  void node.exited.then((reason) => {
    if (!stopping) ground.log(`balancer node ${id} ended: ${reason}`);
    set({ state: "exited", boot: 0, reason });
  });
  try {
    await node.ready;
  } catch (error) {
    await clear();
    throw error;
  }
  set({ state: "running", boot: 0, health });

  return {
    get spec() {
      return spec;
    },
    status: () => (status.state === "running" ? { ...status, traffic: node.traffic() } : status),
    // A node that ended is started anew.
    accepts: (next) => status.state === "running" && next.vpc === spec.vpc,
    async update(next) {
      const attached = next.interfaces.join() !== spec.interfaces.join();
      spec = next;
      node.update(next);
      if (attached) {
        await ground.plug(id, namespace, spec.interfaces);
      }
    },
    async stop() {
      stopping = true;
      await node.stop();
      await clear();
    },
  };
}
