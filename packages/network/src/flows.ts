/** What a data plane counts for flow logs. */
import type { Address } from "./model.js";

/** Counts the traffic of the interfaces that their VPC's model says are `flowLogged`. */
export interface FlowCounters {
  /**
   * What was counted in a VPC. Every reading has a name, and asking with it as `after` says that what it told is kept elsewhere. Until
   * then the same is told again, together with what came since: a reader that crashes loses nothing and counts nothing twice. A name
   * that this data plane never gave (it was restarted meanwhile) stands for none.
   * @throws Error when the counters can't be read; the counts are told by a later reading
   */
  read(vpc: string, after: string | undefined): Promise<FlowReading>;
}

export interface FlowReading {
  readonly name: string;
  readonly flows: readonly FlowCount[];
  /** Interfaces of which some traffic went uncounted: too many flows at once, or the counting process had to be started anew. */
  readonly missed: readonly string[];
}

/** One direction of one flow at one interface, as the interface itself sees it: with private addresses. */
export interface FlowCount {
  readonly networkInterface: string;
  readonly direction: "ingress" | "egress";
  readonly action: "ACCEPT" | "REJECT";
  readonly source: Address;
  readonly destination: Address;
  /** 0 for a protocol without ports. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** The IP protocol's number. */
  readonly protocol: number;
  /** As the kernel hands them on: one may hold what the wire would carry in several. */
  readonly packets: number;
  readonly bytes: number;
  /** Of TCP, the bits FIN 1, SYN 2, RST 4 and SYN-ACK 18 that were seen; 0 for everything else. */
  readonly tcpFlags: number;
}
