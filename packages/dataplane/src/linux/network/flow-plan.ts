/**
 * Flow logs as nftables' state. Pure. Each flow is one element of a dynamic set, with its own counter: behind the sender's stages and
 * behind the receiver's for what passed, in the chains that reject for what did not. Nothing of it is there while no interface is logged.
 */
import type { Vpc } from "@hakoniwa/network";
import type { FilterChain, FilterSet, FilterState } from "./filter-state.js";
import type { RouterNames } from "./names.js";

export type FlowDirection = "out" | "in";
export type FlowVerdict = "acc" | "rej";

/** One kind of packets: which they are, and how many flows of it are counted at once. */
interface FlowClass {
  readonly name: string;
  readonly match: string;
  readonly ports: "tcp" | "udp" | undefined;
  readonly passed: number;
  readonly rejected: number;
}

/**
 * A set cannot gather the TCP flags that a flow had, so packets with different ones are counted apart, and added up by who reads. The
 * most usual come first. The kernel prepares room for as many elements as a set may hold: about 8 MB a VPC.
 */
export const FLOW_CLASSES: readonly FlowClass[] = [
  { name: "tcp", match: "tcp flags & (fin | syn | rst) == 0x0", ports: "tcp", passed: 65_536, rejected: 8192 },
  { name: "udp", match: "meta l4proto udp", ports: "udp", passed: 32_768, rejected: 16_384 },
  { name: "icmp", match: "meta l4proto icmp", ports: undefined, passed: 8192, rejected: 4096 },
  { name: "syn", match: "tcp flags & (fin | syn | rst | ack) == syn", ports: "tcp", passed: 32_768, rejected: 16_384 },
  { name: "synack", match: "tcp flags & (fin | syn | rst | ack) == syn | ack", ports: "tcp", passed: 32_768, rejected: 8192 },
  { name: "rst", match: "tcp flags & rst == rst", ports: "tcp", passed: 16_384, rejected: 4096 },
  { name: "fin", match: "tcp flags & fin == fin", ports: "tcp", passed: 32_768, rejected: 4096 },
  { name: "other", match: "meta l4proto != { tcp, udp, icmp }", ports: undefined, passed: 4096, rejected: 1024 },
];

/** Of each logged interface, what found no room. */
export const MISSED_SET = "fl_missed";
const LOGGED_SET = "fl_on";
/** A flow that was silent so long is forgotten; it must have been read before. */
const SILENCE = "120s";
const DIRECTIONS: readonly FlowDirection[] = ["out", "in"];
const VERDICTS: readonly FlowVerdict[] = ["acc", "rej"];

export function flowSet(direction: FlowDirection, verdict: FlowVerdict, className: string): string {
  return `${flowChain(direction, verdict)}_${className}`;
}

/** Every set to read. */
export function flowSets(): readonly string[] {
  return DIRECTIONS.flatMap((direction) => VERDICTS.flatMap((verdict) => FLOW_CLASSES.map(({ name }) => flowSet(direction, verdict, name))));
}

/** A VPC's filter with the counting added, where an interface is logged. */
export function withFlowLogs(filter: FilterState, vpc: Vpc, names: RouterNames): FilterState {
  const logged = [...vpc.interfaces.values()].filter((one) => one.flowLogged).map((one) => `"${names.device(one.id)}"`);
  if (logged.length === 0) return filter;
  const rejecting = DIRECTIONS.map((direction): [string, FilterChain] => {
    const name = `rej_${direction}`;
    const rules = filter.chains.get(name)?.rules ?? [];
    return [name, { hook: undefined, rules: [`${deviceOf(direction)} @${LOGGED_SET} jump ${flowChain(direction, "rej")}`, ...rules] }];
  });
  return {
    sets: new Map([...filter.sets, [LOGGED_SET, { kind: "set", type: "type ifname;", elements: new Map(logged.map((device) => [device, ""])) }], ...countingSets()]),
    chains: new Map([...filter.chains, ...countingChains(), ...rejecting]),
  };
}

function flowChain(direction: FlowDirection, verdict: FlowVerdict): string {
  return `fl_${direction}_${verdict}`;
}

function deviceOf(direction: FlowDirection): string {
  return direction === "out" ? "iifname" : "oifname";
}

function countingSets(): [string, FilterSet][] {
  const dynamic = (type: string, size: number): FilterSet => ({
    kind: "set", type: `type ${type}; size ${size}; flags dynamic, timeout; timeout ${SILENCE};`, elements: new Map(),
  });
  const sets = DIRECTIONS.flatMap((direction) => VERDICTS.flatMap((verdict) => FLOW_CLASSES.map((one): [string, FilterSet] => {
    const rest = one.ports !== undefined ? " . inet_service . inet_service" : one.name === "other" ? " . inet_proto" : "";
    return [flowSet(direction, verdict, one.name), dynamic(`ifname . ipv4_addr . ipv4_addr${rest}`, verdict === "acc" ? one.passed : one.rejected)];
  })));
  return [...sets, [MISSED_SET, dynamic("ifname", 4096)]];
}

function countingChains(): [string, FilterChain][] {
  // Between the sender's ACL and the receiver's; behind the receiver's groups.
  const priorities = { out: 20, in: 50 };
  const hooked = DIRECTIONS.map((direction): [string, FilterChain] => [`flow_${direction}`, {
    hook: `type filter hook forward priority filter + ${priorities[direction]}; policy accept;`,
    rules: [`${deviceOf(direction)} @${LOGGED_SET} goto ${flowChain(direction, "acc")}`],
  }]);
  const counting = DIRECTIONS.flatMap((direction) => VERDICTS.map((verdict): [string, FilterChain] => [flowChain(direction, verdict), {
    hook: undefined,
    // A set that is full ends its rule, so that the packet comes to the last one.
    rules: [...FLOW_CLASSES.map((one) => countRule(direction, verdict, one)), `update @${MISSED_SET} { ${deviceOf(direction)} counter }`],
  }]));
  return [...counting, ...hooked];
}

function countRule(direction: FlowDirection, verdict: FlowVerdict, { name, match, ports }: FlowClass): string {
  const rest = ports !== undefined ? ` . ${ports} sport . ${ports} dport` : name === "other" ? " . meta l4proto" : "";
  return `${match} update @${flowSet(direction, verdict, name)} { ${deviceOf(direction)} . ip saddr . ip daddr${rest} counter } return`;
}
