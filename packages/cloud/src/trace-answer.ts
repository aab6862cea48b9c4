/** What happens to a packet, told: the model's trace, followed on where an instance or the internet hands it on. Pure. */
import { trace, wordExplanation, wordHop, wordTraffic, type Hop, type NameOf, type Packet, type Trace, type Vpc } from "@hakoniwa/network";
import type { EveryNetwork } from "@hakoniwa/services";
import { findEnd, startOf, type End, type Start, type TraceQuestion } from "./trace-question.js";

export interface TraceAnswer {
  readonly reachable: boolean;
  readonly source: ToldEnd;
  readonly destination: ToldEnd;
  /** e.g. `tcp 80`. */
  readonly traffic: string;
  /** One, and another wherever an instance or the internet hands the packet on. */
  readonly stages: readonly Stage[];
  /** Why it is not reachable. */
  readonly explanation?: { readonly code: string; readonly component: string; readonly way: string; readonly direction: string; readonly text: string } | undefined;
  /** What the network alone doesn't say. */
  readonly notes: readonly string[];
}

export interface ToldEnd {
  readonly given: string;
  readonly networkInterface?: string | undefined;
  readonly name?: string | undefined;
  readonly address: string;
}

export interface Stage {
  readonly packet: Packet;
  /** Who hands it on, where that is not the source. */
  readonly handedOnBy?: string | undefined;
  readonly hops: readonly ToldHop[];
}

export interface ToldHop extends Hop {
  readonly kind: string;
  readonly name?: string | undefined;
  readonly rule: string;
}

/** A packet that is handed on in a circle has to end. */
const MOST_STAGES = 4;

/** @throws QuestionError when the ends are not there */
export function answerTrace(question: TraceQuestion, network: EveryNetwork): TraceAnswer {
  const { vpcs, nameOf } = network;
  const source = findEnd(question.source, network);
  const destination = findEnd(question.destination, network);
  const stages: Stage[] = [];
  let start: (Start & { readonly handedOnBy?: string }) | undefined = startOf(source, destination, question, vpcs);
  const first = start.packet;
  let result: Trace | undefined;
  while (start !== undefined && stages.length < MOST_STAGES) {
    result = trace(start.vpc, start.packet, start.from, vpcs);
    stages.push({ packet: start.packet, handedOnBy: start.handedOnBy, hops: result.hops.map((hop) => told(hop, vpcs, nameOf)) });
    start = result.reachable ? handedOn(result, vpcs) : undefined;
  }
  const why = result?.explanation;
  return {
    reachable: why === undefined && start === undefined,
    source: toldEnd(source, first.source, nameOf),
    destination: toldEnd(destination, first.destination, nameOf),
    traffic: wordTraffic(first),
    stages,
    explanation: why && { code: why.code, component: why.component, way: why.way, direction: why.direction, text: wordExplanation(why, vpcs, nameOf) },
    notes: [source, destination].flatMap((end) => note(end, network)),
  };
}

/** The internet delivers what has a VPC's public address; an instance whose source/destination check is off is taken to forward and masquerade, as a NAT instance does. */
function handedOn({ arrivedAt, arrivedAs }: Trace, vpcs: readonly Vpc[]): (Start & { readonly handedOnBy: string }) | undefined {
  if (arrivedAt === undefined || arrivedAs === undefined) return undefined;
  if (arrivedAt.kind === "internet") {
    const vpc = vpcs.find((one) => [...one.interfaces.values()].some(({ addresses }) => addresses.some((address) => address.public === arrivedAs.destination)));
    return vpc && { vpc, from: arrivedAt, packet: arrivedAs, handedOnBy: "internet" };
  }
  if (arrivedAt.kind !== "network-interface") return undefined;
  const vpc = vpcs.find((one) => one.interfaces.has(arrivedAt.id));
  const [own] = vpc?.interfaces.get(arrivedAt.id)?.addresses ?? [];
  const isItsOwn = vpc?.interfaces.get(arrivedAt.id)?.addresses.some((one) => one.private === arrivedAs.destination) ?? true;
  if (vpc === undefined || own === undefined || isItsOwn || arrivedAs.source === own.private) return undefined;
  return { vpc, from: arrivedAt, packet: { ...arrivedAs, source: own.private }, handedOnBy: arrivedAt.id };
}

function told(hop: Hop, vpcs: readonly Vpc[], nameOf: NameOf): ToldHop {
  return { ...hop, ...wordHop(hop, vpcs, nameOf), name: nameOf(hop.component) };
}

function toldEnd({ given, at }: End, address: string, nameOf: NameOf): ToldEnd {
  return { given, networkInterface: at?.networkInterface.id, name: at && nameOf(at.networkInterface.id), address };
}

function note({ at }: End, { instanceState }: EveryNetwork): readonly string[] {
  const workload = at?.networkInterface.attachment?.workload;
  const state = workload === undefined ? undefined : instanceState(workload);
  return state === undefined || state === "running" ? [] : [`${workload} is ${state}: whatever the network allows, nothing answers there`];
}
