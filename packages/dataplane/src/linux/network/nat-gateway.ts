/** A NAT gateway: a namespace of its own with one interface, which rewrites the source of what its VPC sends through it. */
import type { Address, Cidr } from "@hakoniwa/network";
import { FORWARDING, writeSettings } from "../tools/kernel-settings.js";
import { inNamespace } from "../tools/namespaces.js";
import type { Namespace } from "../tools/namespaces.js";
import { run } from "../tools/run.js";

export interface NatGateway {
  /** The private address of its interface, `eth0`. */
  readonly address: Address;
  /** The ranges that it serves: its VPC's. */
  readonly cidrs: readonly Cidr[];
}

/**
 * Makes a namespace a NAT gateway; calling it again renews it, and connections go on. Plug the namespace before or after.
 * Nothing can be reached through it from outside, and nothing on it:
 * https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html
 * @throws Error naming what the kernel refused
 */
export async function startNatGateway(namespace: Namespace, { address, cidrs }: NatGateway): Promise<void> {
  await run(inNamespace(namespace, ["nft", "-f", "-"]), `
    add table ip nat
    delete table ip nat
    table ip nat {
      chain translate {
        type nat hook postrouting priority srcnat;
        oifname "eth0" snat to ${address}
      }
      chain to_itself {
        type filter hook input priority filter; policy drop;
        ct state established,related accept
      }
      chain through {
        type filter hook forward priority filter; policy drop;
        ct state established,related accept
        ct state invalid drop
        ip saddr { ${cidrs.join(", ")} } accept
      }
    }
  `);
  // Only now, so that no packet passes unfiltered.
  await writeSettings(namespace, FORWARDING);
}
