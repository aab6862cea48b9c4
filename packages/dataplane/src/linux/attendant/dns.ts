/** DNS answers from the box's names: pure, from a query's bytes to an answer's. */
import type { Address, NameRecord } from "@hakoniwa/network";
import { AUTHORITATIVE_ANSWER, decode, encode, RECURSION_AVAILABLE } from "dns-packet";
import type { Answer, Packet, Question } from "dns-packet";
import { apiAddressOf } from "./api-names.js";
import { privateAddressOf, privatelyNamed, privateNameOf, type Residents } from "./residents.js";

/** Who asks: a machine on the box's internet, or one in a VPC. */
export type Asker = { readonly kind: "internet" } | { readonly kind: "vpc"; readonly vpc: string; readonly residents: Residents | undefined };

/** Seconds: addresses of load balancers move, and nothing here is far away. */
const TTL = 5;
const REVERSE = ".in-addr.arpa";
const NXDOMAIN = 3;
const NOTIMP = 4;
const FORMERR = 1;

/**
 * The answer to one query; undefined when the bytes are no query that could be answered.
 * @param names by lower-case name without a final dot
 * @param turn grows with every query: the addresses of a name come in another order each time, so that all of them are used
 */
export function answerDns(query: Uint8Array, names: ReadonlyMap<string, NameRecord>, asker: Asker, turn = 0): Uint8Array | undefined {
  let packet: Packet;
  try {
    packet = decode(Buffer.from(query));
  } catch {
    return malformed(query);
  }
  if (packet.type !== "query") {
    return undefined;
  }
  const [question, ...more] = packet.questions ?? [];
  if (question === undefined || more.length > 0) {
    return respond(packet, [], FORMERR);
  }
  if (((packet.flags ?? 0) & 0x7800) !== 0) {
    return respond(packet, [], NOTIMP);
  }
  const answers = find(question, names, asker);
  return answers === undefined ? respond(packet, [], NXDOMAIN) : respond(packet, rotated(answers, turn), 0);
}

function rotated(answers: readonly Answer[], turn: number): Answer[] {
  const first = turn % Math.max(1, answers.length);
  return [...answers.slice(first), ...answers.slice(0, first)];
}

/** The records that answer a question; empty when the name has none of this type, undefined when there is no such name. */
function find(question: Question, names: ReadonlyMap<string, NameRecord>, asker: Asker): Answer[] | undefined {
  const name = question.name.toLowerCase().replace(/\.$/, "");
  if (name.endsWith(REVERSE)) {
    return findReverse(question, name, names, asker);
  }
  const addresses = addressesOf(name, names, asker);
  const wanted = question.type === "A" || (question.type as string) === "ANY";
  return addresses && (wanted ? addresses.map((data) => ({ type: "A", name: question.name, ttl: TTL, data })) : []);
}

function addressesOf(name: string, names: ReadonlyMap<string, NameRecord>, asker: Asker): readonly Address[] | undefined {
  const own = asker.kind === "vpc" && asker.residents !== undefined ? privatelyNamed(name, asker.residents) : undefined;
  if (own !== undefined) {
    return own;
  }
  const record = names.get(name);
  const visible = record !== undefined && isVisible(record, asker) ? record.addresses : undefined;
  const inside = asker.kind === "vpc" && asker.residents !== undefined ? privateAddressOf(name, asker.residents) : undefined;
  // Public names have a record only where the VPC gives them (DNS hostnames); private ones need none.
  if (inside !== undefined && (visible !== undefined || name.startsWith("ip-"))) {
    return [inside];
  }
  const api = apiAddressOf(name);
  return visible ?? (api === undefined ? undefined : [api]);
}

function findReverse(question: Question, name: string, names: ReadonlyMap<string, NameRecord>, asker: Asker): Answer[] | undefined {
  const address = name.slice(0, -REVERSE.length).split(".").toReversed().join(".");
  const inside = asker.kind === "vpc" && asker.residents !== undefined ? privateNameOf(address, asker.residents) : undefined;
  if (inside !== undefined) {
    return question.type === "PTR" ? [{ type: "PTR", name: question.name, ttl: TTL, data: inside }] : [];
  }
  const found = [...names].filter(([, record]) => isVisible(record, asker) && record.addresses.includes(address));
  if (found.length === 0) {
    return undefined;
  }
  return question.type === "PTR" ? found.map(([data]) => ({ type: "PTR", name: question.name, ttl: TTL, data })) : [];
}

function isVisible(record: NameRecord, asker: Asker): boolean {
  return record.scope.kind === "internet" || (asker.kind === "vpc" && asker.vpc === record.scope.vpc);
}

function respond(query: Packet, answers: Answer[], code: number): Uint8Array {
  const recursionDesired = (query.flags ?? 0) & 0x100;
  return encode({
    type: "response",
    ...(query.id === undefined ? {} : { id: query.id }),
    flags: AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE | recursionDesired | code,
    questions: query.questions ?? [],
    answers,
  });
}

/** A query that can't be read gets FORMERR if it at least has a header. */
function malformed(query: Uint8Array): Uint8Array | undefined {
  const isResponse = ((query[2] ?? 0x80) & 0x80) !== 0;
  if (query.length < 12 || isResponse) {
    return undefined;
  }
  return encode({ type: "response", id: ((query[0] ?? 0) << 8) | (query[1] ?? 0), flags: FORMERR, questions: [], answers: [] });
}
