/** VPC peering connections: https://docs.aws.amazon.com/vpc/latest/peering/what-is-vpc-peering.html */
import { AwsError } from "@hakoniwa/kernel";
import { overlaps } from "@hakoniwa/network";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { notImplemented } from "../not-implemented.js";
import { allows } from "./access.js";
import { checkId, invalidCombination, invalidValue, limitExceeded, missingParameter, notFound, refuse } from "./errors.js";
import { paginate, select, type FilterTable } from "./filters.js";
import { need } from "./lookup.js";
import { EXPIRES_AFTER, findPeering, peeringIdsOf, peeringState, peeringsOf, type Peering } from "./peering-state.js";
import { peeringAnswers, peeringRequests, type PeeringAnswer, type PeeringOptions, type PeeringRequest } from "./state-connections.js";
import { vpcs, type Vpc } from "./state.js";
import { checkTagSpecifications, putTags, tagsOf } from "./tags.js";
import { timestamp } from "./times.js";
import { REGIONS } from "./zones.js";

/** https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html */
const MOST_ACTIVE = 50;
const CLASSIC_LINK = ["AllowEgressFromLocalClassicLinkToRemoteVpc", "AllowEgressFromLocalVpcToRemoteClassicLink"];
const NO_OPTIONS: PeeringOptions = { allowDnsResolutionFromRemoteVpc: false };

export const peeringOperations = operations(Ec2, {
  CreateVpcPeeringConnection: {
    authorize: allows("CreateVpcPeeringConnection", (input) => [["vpc-peering-connection", undefined], ["vpc", input.VpcId]]),
    handle(ctx, input) {
      checkTagSpecifications(input.TagSpecifications, ["vpc-peering-connection"]);
      const vpc = need(ctx.db, vpcs, "vpc", input.VpcId, "vpcId");
      const peer = peerOf(ctx, input);
      const twin = peeringIdsOf(ctx.db, vpc.id).map((id) => findPeering(ctx.find, id)!).find((p) => isSameAndAlive(ctx, p, vpc.id, peer.vpcId));
      if (twin) throw new AwsError("VpcPeeringConnectionAlreadyExists", `vpc-peering-connection ${twin.id} already exists between ${vpc.id} and ${peer.vpcId}`);
      const other = ctx.find(vpcs, peer.vpcId);
      const there = other?.scope.region === peer.region && other.scope.account === peer.account ? other.record : undefined;
      const request = ctx.db(peeringRequests).put({
        id: ctx.ids.aws("pcx"),
        vpcId: vpc.id,
        cidrs: vpc.cidrs.map((c) => c.cidr),
        peer,
        created: ctx.now,
        failure: failureOf(vpc, there, peer),
        deletedAt: undefined,
        options: NO_OPTIONS,
      });
      if (there && request.failure === undefined && peer.region === ctx.region) ctx.db(peeringAnswers).put(arrival(request, there, { account: ctx.account, region: ctx.region }));
      putTags(ctx, "vpc-peering-connection", request.id, input.TagSpecifications);
      return { VpcPeeringConnection: described(ctx, { id: request.id, request, answer: undefined }) };
    },
  },

  AcceptVpcPeeringConnection: {
    authorize: allows("AcceptVpcPeeringConnection", (input) => [["vpc-peering-connection", input.VpcPeeringConnectionId]]),
    handle(ctx, input) {
      const peering = mine(ctx, input.VpcPeeringConnectionId);
      const answer = ours(ctx, peering, "provisioning");
      const active = peeringsOf(ctx.db, ctx.find).filter((p) => peeringState(p, ctx.now).code === "active");
      if (active.filter((p) => p.request.vpcId === answer.vpcId || p.answer?.vpcId === answer.vpcId).length >= MOST_ACTIVE) {
        throw limitExceeded("ActiveVpcPeeringConnectionPerVpcLimitExceeded", `Vpc ${answer.vpcId} has met its maximum number of active VPC peering connections: ${MOST_ACTIVE}`);
      }
      const accepted = ctx.db(peeringAnswers).put({ ...answer, acceptedAt: ctx.now });
      const shown = described(ctx, { ...peering, answer: accepted });
      return { VpcPeeringConnection: { ...shown, Status: { Code: "provisioning", Message: "Provisioning" } } };
    },
  },

  RejectVpcPeeringConnection: {
    authorize: allows("RejectVpcPeeringConnection", (input) => [["vpc-peering-connection", input.VpcPeeringConnectionId]]),
    handle(ctx, input) {
      const peering = mine(ctx, input.VpcPeeringConnectionId);
      ctx.db(peeringAnswers).put({ ...ours(ctx, peering, "rejected"), rejectedAt: ctx.now });
      return { Return: true };
    },
  },

  DeleteVpcPeeringConnection: {
    authorize: allows("DeleteVpcPeeringConnection", (input) => [["vpc-peering-connection", input.VpcPeeringConnectionId]]),
    handle(ctx, input) {
      const peering = mine(ctx, input.VpcPeeringConnectionId);
      const { code } = peeringState(peering, ctx.now);
      const request = ctx.db(peeringRequests).get(peering.id);
      // The requester may take back what is not answered yet; the accepter then rejects it instead.
      if (code !== "active" && !(request && (code === "pending-acceptance" || code === "initiating-request"))) throw wrongState(peering.id, code, "deleted");
      if (request) ctx.db(peeringRequests).put({ ...request, deletedAt: ctx.now });
      else ctx.db(peeringAnswers).put({ ...ctx.db(peeringAnswers).get(peering.id)!, deletedAt: ctx.now });
      return { Return: true };
    },
  },

  DescribeVpcPeeringConnections: {
    authorize: onEverything("ec2:DescribeVpcPeeringConnections"),
    handle(ctx, input) {
      const ids = input.VpcPeeringConnectionIds;
      const all = ids?.length ? [...new Set(ids)].map((id) => mine(ctx, id)) : peeringsOf(ctx.db, ctx.find);
      const page = paginate(select(ctx.db, all, input.Filters, filters(ctx), (p) => p.id), input);
      return { VpcPeeringConnections: page.items.map((peering) => described(ctx, peering)), NextToken: page.nextToken };
    },
  },

  ModifyVpcPeeringConnectionOptions: {
    authorize: allows("ModifyVpcPeeringConnectionOptions", (input) => [["vpc-peering-connection", input.VpcPeeringConnectionId]]),
    handle(ctx, input) {
      const peering = mine(ctx, input.VpcPeeringConnectionId);
      const { RequesterPeeringConnectionOptions: requester, AccepterPeeringConnectionOptions: accepter } = input;
      if (!requester && !accepter) throw missingParameter("AccepterPeeringConnectionOptions or RequesterPeeringConnectionOptions");
      for (const asked of [requester, accepter]) if (asked) refuse("ModifyVpcPeeringConnectionOptions", asked, CLASSIC_LINK);
      const { code } = peeringState(peering, ctx.now);
      if (code !== "active") throw new AwsError("OperationNotPermitted", `Peering ${peering.id} is not active.`);
      const [request, answer] = [ctx.db(peeringRequests).get(peering.id), ctx.db(peeringAnswers).get(peering.id)];
      if (requester && !request) throw invalidCombination("Requester options can be changed in the requester's region only.");
      if (accepter && !answer) throw invalidCombination("Accepter options can be changed in the accepter's region only.");
      if (requester) ctx.db(peeringRequests).put({ ...request!, options: optionsOf(requester) });
      if (accepter) ctx.db(peeringAnswers).put({ ...answer!, options: optionsOf(accepter) });
      return {
        RequesterPeeringConnectionOptions: requester && shownOptions(optionsOf(requester)),
        AccepterPeeringConnectionOptions: accepter && shownOptions(optionsOf(accepter)),
      };
    },
  },
});

/** The accepter's half of a request that arrived. */
export function arrival(request: PeeringRequest, vpc: Vpc, from: { readonly account: string; readonly region: string }): PeeringAnswer {
  return {
    id: request.id,
    vpcId: vpc.id,
    cidrs: vpc.cidrs.map((c) => c.cidr),
    requester: { ...from, vpcId: request.vpcId },
    acceptedAt: undefined,
    rejectedAt: undefined,
    deletedAt: undefined,
    options: NO_OPTIONS,
  };
}

function peerOf(ctx: Context, input: Ec2Types.CreateVpcPeeringConnectionRequest): PeeringRequest["peer"] {
  if (!input.PeerVpcId) throw missingParameter("peerVpcId");
  checkId("vpc", input.PeerVpcId);
  const account = input.PeerOwnerId ?? ctx.account;
  const region = input.PeerRegion ?? ctx.region;
  if (!/^\d{12}$/.test(account)) throw invalidValue(`Value (${account}) for parameter peerOwnerId is invalid. It must be an account's 12 digits.`);
  if (!REGIONS.includes(region)) throw invalidValue(`Value (${region}) for parameter peerRegion is invalid. It must be one of: ${REGIONS.join(", ")}.`);
  if (account !== ctx.account) throw notImplemented("VPC peering with another account");
  if (input.PeerVpcId === input.VpcId) throw invalidValue(`A VPC can't be peered with itself: ${input.PeerVpcId}.`);
  return { account, region, vpcId: input.PeerVpcId };
}

/** AWS takes the request and lets the connection fail. */
function failureOf(vpc: Vpc, other: Vpc | undefined, peer: PeeringRequest["peer"]): string | undefined {
  if (!other) return `Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range`;
  const clash = vpc.cidrs.some((own) => other.cidrs.some((theirs) => overlaps(own.cidr, theirs.cidr)));
  return clash ? `Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range: ${vpc.id} and ${peer.vpcId}` : undefined;
}

function isSameAndAlive(ctx: Context, peering: Peering, one: string, other: string): boolean {
  const ends = [peering.request.vpcId, peering.request.peer.vpcId];
  return ends.includes(one) && ends.includes(other) && ["active", "pending-acceptance", "initiating-request"].includes(peeringState(peering, ctx.now).code);
}

/** The connection that a request names, if this region has a half of it. */
function mine(ctx: Context, id: string | undefined): Peering {
  if (!id) throw missingParameter("vpcPeeringConnectionId");
  const found = ctx.db(peeringRequests).get(id) ?? ctx.db(peeringAnswers).get(id);
  const peering = found && findPeering(ctx.find, id);
  if (!peering) throw notFound("peering", id);
  return peering;
}

/** The accepter's half, while it can still be answered here. */
function ours(ctx: Context, peering: Peering, wanted: string): PeeringAnswer {
  const { code } = peeringState(peering, ctx.now);
  const answer = ctx.db(peeringAnswers).get(peering.id);
  if (code !== "pending-acceptance") throw wrongState(peering.id, code, wanted);
  if (!answer) throw new AwsError("OperationNotPermitted", `Incorrect region (${ctx.region}) specified for this request. VPC peering connection ${peering.id} must be accepted in region ${peering.request.peer.region}`);
  return answer;
}

function wrongState(id: string, from: string, to: string): AwsError {
  return new AwsError("InvalidStateTransition", `Invalid state transition for ${id}, attempted to transition from ${from} to ${to}`);
}

function optionsOf(asked: Ec2Types.PeeringConnectionOptionsRequest): PeeringOptions {
  return { allowDnsResolutionFromRemoteVpc: asked.AllowDnsResolutionFromRemoteVpc ?? false };
}

function shownOptions(options: PeeringOptions): Required<Ec2Types.PeeringConnectionOptions> {
  return {
    AllowDnsResolutionFromRemoteVpc: options.allowDnsResolutionFromRemoteVpc,
    AllowEgressFromLocalClassicLinkToRemoteVpc: false,
    AllowEgressFromLocalVpcToRemoteClassicLink: false,
  };
}

function described(ctx: Context, peering: Peering): Ec2Types.VpcPeeringConnection {
  const { request, answer } = peering;
  const { code, message } = peeringState(peering, ctx.now);
  const pending = code === "pending-acceptance" || code === "initiating-request";
  const requesterRegion = answer?.requester.region ?? ctx.find(peeringRequests, peering.id)?.scope.region ?? ctx.region;
  const ranges = (cidrs: readonly string[]): Pick<Ec2Types.VpcPeeringConnectionVpcInfo, "CidrBlock" | "CidrBlockSet"> => ({
    CidrBlock: cidrs[0],
    CidrBlockSet: cidrs.map((CidrBlock) => ({ CidrBlock })),
  });
  return {
    VpcPeeringConnectionId: peering.id,
    Status: { Code: code, Message: message },
    ExpirationTime: pending ? timestamp(request.created + EXPIRES_AFTER) : undefined,
    RequesterVpcInfo: { ...ranges(request.cidrs), OwnerId: ctx.account, VpcId: request.vpcId, Region: requesterRegion, PeeringOptions: shownOptions(request.options) },
    AccepterVpcInfo: {
      // Its ranges and options are told only once it agreed.
      ...(code === "active" && answer ? { ...ranges(answer.cidrs), PeeringOptions: shownOptions(answer.options) } : {}),
      OwnerId: request.peer.account,
      VpcId: request.peer.vpcId,
      Region: request.peer.region,
    },
    Tags: tagsOf(ctx.db, peering.id),
  };
}

function filters(ctx: Context): FilterTable<Peering> {
  const shown = (p: Peering): Ec2Types.VpcPeeringConnection => described(ctx, p);
  return {
    "accepter-vpc-info.cidr-block": (p) => shown(p).AccepterVpcInfo?.CidrBlock,
    "accepter-vpc-info.owner-id": (p) => p.request.peer.account,
    "accepter-vpc-info.vpc-id": (p) => p.request.peer.vpcId,
    "expiration-time": (p) => shown(p).ExpirationTime?.toISOString(),
    "requester-vpc-info.cidr-block": (p) => p.request.cidrs[0],
    "requester-vpc-info.owner-id": () => ctx.account,
    "requester-vpc-info.vpc-id": (p) => p.request.vpcId,
    "status-code": (p) => shown(p).Status?.Code,
    "status-message": (p) => shown(p).Status?.Message,
    "vpc-peering-connection-id": (p) => p.id,
  };
}
