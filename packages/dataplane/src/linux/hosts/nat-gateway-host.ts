/** A NAT gateway as a host: a namespace with nothing in it but its interface and the kernel's own address translation. */
import type { NatGatewayWorkload } from "@hakoniwa/network";
import { startNatGateway } from "../network/nat-gateway.js";
import type { NatGateway } from "../network/nat-gateway.js";
import { createNamespace, deleteNamespace } from "../tools/namespaces.js";
import type { Ground, Host } from "./host.js";

/** @throws Error when the kernel refuses; nothing of it is left then */
export async function startNatGatewayHost(id: string, first: NatGatewayWorkload, ground: Ground): Promise<Host<NatGatewayWorkload>> {
  let spec = first;
  const clear = async (): Promise<void> => {
    await ground.unplug(id);
    await deleteNamespace(id);
  };
  await deleteNamespace(id);
  const namespace = await createNamespace(id);
  try {
    await ground.plug(id, namespace, spec.interfaces);
    await startNatGateway(namespace, gatewayOf(id, spec, ground));
  } catch (error) {
    await clear();
    throw error;
  }
  return {
    get spec() {
      return spec;
    },
    status: () => ({ state: "running", boot: 0, health: new Map() }),
    accepts: (next) => next.vpc === spec.vpc && next.interfaces.join() === spec.interfaces.join(),
    async update(next) {
      spec = next;
      await startNatGateway(namespace, gatewayOf(id, spec, ground));
    },
    stop: clear,
  };
}

function gatewayOf(id: string, spec: NatGatewayWorkload, ground: Ground): NatGateway {
  const vpc = ground.vpc(spec.vpc);
  const networkInterface = vpc?.interfaces.get(spec.interfaces[0] ?? "");
  const address = networkInterface?.addresses[0]?.private;
  if (vpc === undefined || address === undefined) {
    throw new Error(`${id} has no interface in the VPC ${spec.vpc}`);
  }
  return { address, cidrs: vpc.cidrs };
}
