/** One interface of an interface VPC endpoint as a host: a namespace in which nothing but the AWS API's port 443 is heard. */
import type { EndpointWorkload } from "@hakoniwa/network";
import type { ApiDoors } from "../api/doors.js";
import { createNamespace, deleteNamespace } from "../tools/namespaces.js";
import type { Ground, Host } from "./host.js";

/** @throws Error when the kernel refuses, or there is no API to lead to; nothing of it is left then */
export async function startEndpointHost(id: string, first: EndpointWorkload, ground: Ground, doors: ApiDoors | undefined): Promise<Host<EndpointWorkload>> {
  if (doors === undefined) throw new Error(`${id} leads to ${first.service}, but this data plane was started without an API`);
  const spec = first;
  const clear = async (): Promise<void> => {
    doors.close(id);
    await ground.unplug(id);
    await deleteNamespace(id);
  };
  await deleteNamespace(id);
  const namespace = await createNamespace(id);
  try {
    await ground.plug(id, namespace, spec.interfaces);
    const entrance = { kind: "endpoint", vpc: spec.vpc, endpoint: spec.endpoint, service: spec.service } as const;
    await doors.open(id, { namespace, host: "0.0.0.0", ports: [443], entrance });
  } catch (error) {
    await clear();
    throw error;
  }
  return {
    spec,
    status: () => ({ state: "running", boot: 0, health: new Map() }),
    accepts: (next) => JSON.stringify(next) === JSON.stringify(spec),
    update: async () => {},
    stop: clear,
  };
}
