/** What the tests say to the world, and the world to its agents. */
import type { FlowReading, NetworkStatus, Vpc } from "@hakoniwa/network";

export type AgentRequest =
  | { readonly kind: "listen"; readonly port: number; readonly text: string }
  | { readonly kind: "listen-udp"; readonly host: string; readonly port: number; readonly text: string }
  /** The answers to all probes, in order, as JSON: what the server greets with, `timeout`, or the error's code. */
  | { readonly kind: "probe"; readonly probes: readonly Probe[]; readonly timeout: number }
  | { readonly kind: "connect"; readonly host: string; readonly port: number; readonly timeout: number }
  | { readonly kind: "hold"; readonly name: string; readonly host: string; readonly port: number }
  | { readonly kind: "say"; readonly name: string; readonly text: string; readonly timeout: number };

export interface Probe {
  readonly protocol: "tcp" | "udp";
  /** Our own address. */
  readonly source: string;
  readonly host: string;
  readonly port: number;
}

export interface Executed {
  readonly code: number;
  readonly output: string;
}

/** Everything that can be asked of the world. A host of `undefined` is a machine on the box's internet. */
export interface WorldCommands {
  ensure(vpc: Vpc): Promise<void>;
  remove(id: string): Promise<void>;
  observe(id: string): Promise<NetworkStatus | undefined>;
  /** Makes a host, in a namespace with a name (that may have an eth0 already) or, as instances are, in a nested user namespace; and plugs it in. */
  host(workload: string, kind?: "named" | "nested" | "occupied"): Promise<void>;
  natGateway(workload: string, address: string, cidrs: readonly string[]): Promise<void>;
  /** Unplugs a host and ends it. */
  end(workload: string): Promise<void>;
  /** Kills a host without unplugging it. */
  kill(workload: string): Promise<void>;
  exec(host: string | undefined, argv: readonly [string, ...string[]]): Promise<Executed>;
  ask(host: string | undefined, request: AgentRequest): Promise<string>;
  /** Opens a TCP and a UDP socket in a VPC's router that answer `text`. */
  serveInRouter(vpc: string, address: string, port: number, text: string): Promise<void>;
  /** What the logged interfaces of a VPC counted. */
  readFlows(vpc: string, after: string | undefined): Promise<FlowReading>;
  /** Kills the process that reads flows. */
  killFlowReader(): Promise<number>;
  /** Kills the helper processes of a kind (`ip`, `nft`), as an out-of-memory killer would. */
  killHelpers(command: string): Promise<number>;
}
