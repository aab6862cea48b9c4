/**
 * What state a VPC peering connection is in. Each side writes its own half in its own region; the state follows from both and
 * the time: https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html#vpc-peering-lifecycle
 */
import type { Find, Reader } from "@hakoniwa/kernel";
import type { Ec2Types } from "@hakoniwa/wire";
import type { Context } from "../define.js";
import { peeringAnswers, peeringRequests, type PeeringAnswer, type PeeringRequest } from "./state-connections.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A request that nobody answers ends after a week. */
export const EXPIRES_AFTER = 7 * DAY;

export interface Peering {
  readonly id: string;
  readonly request: PeeringRequest;
  /** Missing until the request arrived in the accepter's region. */
  readonly answer: PeeringAnswer | undefined;
}

export interface PeeringState {
  readonly code: Ec2Types.VpcPeeringConnectionStateReasonCode;
  readonly message: string;
  /** When it came to be so. */
  readonly since: number;
}

/** The state of a connection. Pure. */
export function peeringState(peering: Pick<Peering, "request" | "answer">, now: number): PeeringState {
  const { request, answer } = peering;
  if (request.failure !== undefined) return { code: "failed", message: request.failure, since: request.created };
  const deleted = [request.deletedAt, answer?.deletedAt].filter((at) => at !== undefined);
  if (deleted.length > 0) return { code: "deleted", message: `Deleted by ${request.peer.account}`, since: Math.min(...deleted) };
  if (answer === undefined) return { code: "initiating-request", message: `Initiating Request to ${request.peer.account}`, since: request.created };
  if (answer.rejectedAt !== undefined) return { code: "rejected", message: `Rejected by ${request.peer.account}`, since: answer.rejectedAt };
  if (answer.acceptedAt !== undefined) return { code: "active", message: "Active", since: answer.acceptedAt };
  const expires = request.created + EXPIRES_AFTER;
  if (now >= expires) return { code: "expired", message: "Expired", since: expires };
  return { code: "pending-acceptance", message: `Pending Acceptance by ${request.peer.account}`, since: request.created };
}

/** When a connection is no longer shown; undefined as long as it may still matter. The longer of the two sides' times. */
export function forgottenAt(state: PeeringState): number | undefined {
  switch (state.code) {
    case "deleted":
    case "failed":
      return state.since + 2 * HOUR;
    case "rejected":
    case "expired":
      return state.since + 2 * DAY;
    default:
      return undefined;
  }
}

/** The whole connection, wherever its halves are. */
export function findPeering(find: Find, id: string): Peering | undefined {
  const request = find(peeringRequests, id)?.record;
  return request && { id, request, answer: find(peeringAnswers, id)?.record };
}

/** Every connection that one of a region's VPCs takes part in, in the order in which they were made. */
export function peeringsOf(db: Reader, find: Find): readonly Peering[] {
  const ids = new Set([...db(peeringRequests).list(), ...db(peeringAnswers).list()].map((half) => half.id));
  return [...ids].flatMap((id) => findPeering(find, id) ?? []).toSorted((a, b) => a.request.created - b.request.created);
}

/** The other side of an active connection, as a VPC sees it; undefined when the connection is not active or not the VPC's. */
export function activePeer(find: Find, id: string, vpcId: string, now: number): { readonly vpc: string; readonly region: string; readonly cidrs: readonly string[] } | undefined {
  const peering = findPeering(find, id);
  if (!peering?.answer || peeringState(peering, now).code !== "active") return undefined;
  const { request, answer } = peering;
  if (request.vpcId === vpcId) return { vpc: answer.vpcId, region: request.peer.region, cidrs: answer.cidrs };
  if (answer.vpcId === vpcId) return { vpc: request.vpcId, region: answer.requester.region, cidrs: request.cidrs };
  return undefined;
}

/** The connections of a VPC, of either side. */
export function peeringIdsOf(db: Reader, vpcId: string): readonly string[] {
  const halves = [...db(peeringRequests).where("vpc", vpcId), ...db(peeringAnswers).where("vpc", vpcId)];
  return [...new Set(halves.map((half) => half.id))];
}

/** The ranges that a VPC reaches through its active connections. */
export function peeredRanges(db: Reader, find: Find, vpcId: string, now: number): readonly string[] {
  return peeringIdsOf(db, vpcId).flatMap((id) => activePeer(find, id, vpcId, now)?.cidrs ?? []);
}

/** With a VPC its connections end. */
export function deletePeeringsOf(ctx: Context, vpcId: string): void {
  for (const half of ctx.db(peeringRequests).where("vpc", vpcId)) {
    if (half.deletedAt === undefined) ctx.db(peeringRequests).put({ ...half, deletedAt: ctx.now });
  }
  for (const half of ctx.db(peeringAnswers).where("vpc", vpcId)) {
    if (half.deletedAt === undefined) ctx.db(peeringAnswers).put({ ...half, deletedAt: ctx.now });
  }
}
