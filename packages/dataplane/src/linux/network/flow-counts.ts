/** From what nft lists to what flow logs tell. Pure. */
import type { FlowCount } from "@hakoniwa/network";
import { FLOW_CLASSES, MISSED_SET } from "./flow-plan.js";

/** An element of a set, with what it counted since it is there. */
export interface Counted {
  readonly set: string;
  /** The device first. */
  readonly key: readonly (string | number)[];
  readonly packets: number;
  readonly bytes: number;
}

/** The counters as they were last seen, by set and key. */
export type Baseline = ReadonlyMap<string, { readonly packets: number; readonly bytes: number }>;

export interface Progress {
  readonly baseline: Baseline;
  /** Only what grew, by how much. */
  readonly grown: readonly Counted[];
}

interface ListedElement {
  readonly elem?: {
    readonly val: { readonly concat: readonly (string | number)[] } | string;
    readonly counter?: { readonly packets: number; readonly bytes: number };
  };
}

const TCP = 6;
const PROTOCOLS: Readonly<Record<string, number>> = { udp: 17, icmp: 1 };
/** https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html: a packet that is only an acknowledgement counts as nothing. */
const FLAGS: Readonly<Record<string, number>> = { syn: 2, synack: 18, rst: 4, fin: 1 };

/** The elements of one set, from a line that `nft -j` wrote; none from a line that is something else. */
export function parseListing(line: string): readonly Counted[] {
  if (!line.startsWith("{")) return [];
  const { nftables } = JSON.parse(line) as { readonly nftables: readonly { readonly set?: { readonly name: string; readonly elem?: readonly ListedElement[] } }[] };
  return nftables.flatMap(({ set }) => (set?.elem ?? []).flatMap(({ elem }) => {
    if (set === undefined || elem?.counter === undefined) return [];
    return [{ set: set.name, key: typeof elem.val === "string" ? [elem.val] : elem.val.concat, packets: elem.counter.packets, bytes: elem.counter.bytes }];
  }));
}

/** How much each counter grew. One that is lower than it was began anew. */
export function progressOf(before: Baseline, now: readonly Counted[]): Progress {
  const baseline = new Map<string, { readonly packets: number; readonly bytes: number }>();
  const grown: Counted[] = [];
  for (const { set, key, packets, bytes } of now) {
    const id = `${set} ${key.join(" ")}`;
    baseline.set(id, { packets, bytes });
    const last = before.get(id);
    const since = last === undefined || packets < last.packets || bytes < last.bytes ? { packets: 0, bytes: 0 } : last;
    if (packets > since.packets) grown.push({ set, key, packets: packets - since.packets, bytes: bytes - since.bytes });
  }
  return { baseline, grown };
}

/** Flows that are told until they are kept elsewhere. */
export class FlowTally {
  readonly #flows = new Map<string, FlowCount>();
  readonly #missed = new Set<string>();

  get flows(): readonly FlowCount[] {
    return [...this.#flows.values()];
  }

  get missed(): readonly string[] {
    return [...this.#missed];
  }

  /** @param interfaceOf by device; what is on none that it knows is passed over */
  add(grown: readonly Counted[], interfaceOf: (device: string) => string | undefined): void {
    for (const counted of grown) {
      const networkInterface = interfaceOf(String(counted.key[0]));
      if (networkInterface === undefined) continue;
      if (counted.set === MISSED_SET) this.#missed.add(networkInterface);
      else this.#count(networkInterface, counted);
    }
  }

  miss(networkInterface: string): void {
    this.#missed.add(networkInterface);
  }

  clear(): void {
    this.#flows.clear();
    this.#missed.clear();
  }

  #count(networkInterface: string, { set, key, packets, bytes }: Counted): void {
    const [, direction, verdict, className = ""] = set.split("_");
    const hasPorts = FLOW_CLASSES.find((one) => one.name === className)?.ports !== undefined;
    const protocol = className === "other" ? Number(key[3]) : (PROTOCOLS[className] ?? TCP);
    const [sourcePort, destinationPort] = hasPorts ? [Number(key[3]), Number(key[4])] : [0, 0];
    const id = [networkInterface, direction, verdict, protocol, key[1], key[2], sourcePort, destinationPort].join(" ");
    const known = this.#flows.get(id);
    this.#flows.set(id, {
      networkInterface,
      direction: direction === "out" ? "egress" : "ingress",
      action: verdict === "acc" ? "ACCEPT" : "REJECT",
      source: String(key[1]),
      destination: String(key[2]),
      sourcePort,
      destinationPort,
      protocol,
      packets: packets + (known?.packets ?? 0),
      bytes: bytes + (known?.bytes ?? 0),
      tcpFlags: (FLAGS[className] ?? 0) | (known?.tcpFlags ?? 0),
    });
  }
}
