/** Routes of a table: https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html */
import type { Reader } from "@hakoniwa/kernel";
import { AwsError } from "@hakoniwa/kernel";
import { contains } from "@hakoniwa/network";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { notImplemented } from "../not-implemented.js";
import { allows } from "./access.js";
import { parsedCidr } from "./cidrs.js";
import { awsPrefixLists } from "./aws-prefix-lists.js";
import { checkId, invalidCombination, invalidValue, missingParameter, notFound, refuse } from "./errors.js";
import { need } from "./lookup.js";
import { interfacesOf } from "./network-interfaces.js";
import { activePeer, findPeering, peeringState } from "./peering-state.js";
import { needPrefixList, prefixListWeight } from "./prefix-lists.js";
import { vpcEndpoints } from "./state-connections.js";
import { instances, internetGateways, natGateways, networkInterfaces, routeTables, vpcs, type Route, type RouteTable, type RouteTarget } from "./state.js";

const UNSUPPORTED = [
  "DestinationIpv6CidrBlock",
  "VpcEndpointId",
  "TransitGatewayId",
  "LocalGatewayId",
  "CarrierGatewayId",
  "CoreNetworkArn",
  "OdbNetworkArn",
  "EgressOnlyInternetGatewayId",
];
/** https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html */
const MOST_ROUTES = 500;

type RouteRequest = Ec2Types.CreateRouteRequest | Ec2Types.ReplaceRouteRequest;

export const routeOperations = operations(Ec2, {
  CreateRoute: {
    authorize: allows("CreateRoute", (input) => [["route-table", input.RouteTableId]]),
    handle(ctx, input) {
      refuse("CreateRoute", input, UNSUPPORTED);
      const table = need(ctx.db, routeTables, "routeTable", input.RouteTableId, "routeTableId");
      const destination = destinationOf(input);
      if (destination.startsWith("pl-")) needPrefixList(ctx, destination);
      const target = targetOf(ctx, table, input);
      checkAgainstLocal(ctx.db, table, destination);
      checkAgainstEndpoints(ctx, table, destination);
      const existing = table.routes.find((r) => r.destination === destination);
      if (existing) {
        // AWS takes the same route again without complaint.
        if (existing.target.kind === target.kind && existing.target.id === target.id) return { Return: true };
        throw new AwsError("RouteAlreadyExists", `The route identified by ${destination} already exists.`);
      }
      if ([...table.routes.map((each) => each.destination), destination].reduce((sum, each) => sum + weightOf(ctx.db, each), 0) > MOST_ROUTES) throw new AwsError("RouteLimitExceeded", `The maximum number of routes has been reached: ${MOST_ROUTES}.`);
      putRoutes(ctx, table, [...table.routes, { destination, target }]);
      return { Return: true };
    },
  },

  ReplaceRoute: {
    authorize: allows("ReplaceRoute", (input) => [["route-table", input.RouteTableId]]),
    handle(ctx, input) {
      refuse("ReplaceRoute", input, UNSUPPORTED);
      const table = need(ctx.db, routeTables, "routeTable", input.RouteTableId, "routeTableId");
      const destination = destinationOf(input);
      const isLocal = ctx.db(vpcs).get(table.vpcId)!.cidrs.some((c) => c.cidr === destination);
      if (input.LocalTarget) {
        if (!isLocal) throw invalidValue(`The destination ${destination} is not that of a local route, so it can't be reset to the local target.`);
        // The local route is always the default one here, so there is nothing to reset.
        return {};
      }
      if (isLocal) throw notImplemented(`local routes with another target, such as ${destination},`);
      if (!table.routes.some((r) => r.destination === destination)) {
        throw invalidValue(`There is no route defined for '${destination}' in the route table. Use CreateRoute instead.`);
      }
      const target = targetOf(ctx, table, input);
      putRoutes(ctx, table, table.routes.map((r) => (r.destination === destination ? { destination, target } : r)));
      return {};
    },
  },

  DeleteRoute: {
    authorize: allows("DeleteRoute", (input) => [["route-table", input.RouteTableId]]),
    handle(ctx, input) {
      refuse("DeleteRoute", input, UNSUPPORTED);
      const table = need(ctx.db, routeTables, "routeTable", input.RouteTableId, "routeTableId");
      const destination = destinationOf(input);
      if (ctx.db(vpcs).get(table.vpcId)!.cidrs.some((c) => c.cidr === destination)) {
        throw invalidValue(`cannot remove local route ${destination} in route table ${table.id}`);
      }
      if (endpointWith(ctx, table, destination)) throw invalidValue(`cannot remove VPC endpoint route ${destination} in route table ${table.id}`);
      if (!table.routes.some((r) => r.destination === destination)) {
        const member = destination.startsWith("pl-") ? "destination-prefix-list-id" : "destination-cidr-block";
        throw new AwsError("InvalidRoute.NotFound", `no route with ${member} ${destination} in route table ${table.id}`);
      }
      putRoutes(ctx, table, table.routes.filter((r) => r.destination !== destination));
      return {};
    },
  },
});

/** Whether what a route leads to still exists and can take packets. */
export function isActive({ db, find, now }: Pick<Context, "db" | "find" | "now">, vpcId: string, target: RouteTarget): boolean {
  switch (target.kind) {
    case "internet-gateway":
      return db(internetGateways).get(target.id)?.vpcId === vpcId;
    case "nat-gateway":
      return liveNatGateway(db, target.id) !== undefined;
    case "network-interface":
      return db(networkInterfaces).get(target.id)?.attachment !== undefined && instanceIsUp(db, target.id);
    case "vpc-peering-connection":
      return activePeer(find, target.id, vpcId, now) !== undefined;
  }
}

/** The interface of a NAT gateway that takes packets. */
export function liveNatGateway(db: Reader, id: string): string | undefined {
  const gateway = db(natGateways).get(id);
  return gateway?.state === "pending" || gateway?.state === "available" ? gateway.networkInterfaceId : undefined;
}

/** A route to a stopped instance is a black hole until it starts again. */
function instanceIsUp(db: Reader, interfaceId: string): boolean {
  const instanceId = db(networkInterfaces).get(interfaceId)?.attachment?.instanceId;
  if (instanceId === undefined) return true;
  const state = db(instances).get(instanceId)?.state;
  return state === "pending" || state === "running";
}

function putRoutes(ctx: Context, table: RouteTable, routes: readonly Route[]): void {
  ctx.db(routeTables).put({ ...table, routes });
}

interface Destination {
  readonly DestinationCidrBlock?: string | undefined;
  readonly DestinationPrefixListId?: string | undefined;
}

function destinationOf(input: Destination): string {
  const { DestinationCidrBlock: cidr, DestinationPrefixListId: list } = input;
  if (cidr && list) throw invalidCombination("A route must have exactly one destination: destinationCidrBlock or destinationPrefixListId.");
  if (list) {
    checkId("prefixList", list);
    return list;
  }
  if (!cidr) throw missingParameter("destinationCidrBlock");
  return parsedCidr(cidr, "destinationCidrBlock");
}

/** A prefix list counts as many routes as it may have entries. */
function weightOf(db: Reader, destination: string): number {
  return destination.startsWith("pl-") ? prefixListWeight(db, destination) : 1;
}

function endpointWith(ctx: Context, table: RouteTable, destination: string): boolean {
  return ctx.db(vpcEndpoints).where("routeTable", table.id).some((e) => awsPrefixLists(ctx.region).some((list) => list.id === destination && list.name === e.serviceName));
}

function checkAgainstEndpoints(ctx: Context, table: RouteTable, destination: string): void {
  if (endpointWith(ctx, table, destination)) throw new AwsError("RouteAlreadyExists", `The route identified by ${destination} already exists.`);
}

function checkAgainstLocal(db: Reader, table: RouteTable, destination: string): void {
  if (destination.startsWith("pl-")) return;
  const ranges = db(vpcs).get(table.vpcId)!.cidrs.map((c) => c.cidr);
  if (ranges.includes(destination)) throw new AwsError("RouteAlreadyExists", `The route identified by ${destination} already exists.`);
  if (ranges.some((range) => contains(range, destination))) {
    throw notImplemented(`routes inside the VPC's own range, such as ${destination},`);
  }
}

/** The one target that a request names. */
function targetOf(ctx: Context, table: RouteTable, input: RouteRequest): RouteTarget {
  const { db } = ctx;
  const given = [input.GatewayId, input.NatGatewayId, input.NetworkInterfaceId, input.InstanceId, input.VpcPeeringConnectionId].filter((id) => id !== undefined);
  const names = "gatewayId, natGatewayId, networkInterfaceId, vpcPeeringConnectionId or instanceId";
  if (given.length === 0) throw missingParameter(names);
  if (given.length > 1) throw invalidCombination(`A route must have exactly one target: ${names}.`);
  if (input.GatewayId !== undefined) return gatewayTarget(db, table, input.GatewayId);
  if (input.NatGatewayId !== undefined) return natTarget(db, table, input.NatGatewayId);
  if (input.NetworkInterfaceId !== undefined) return interfaceTarget(db, table, input.NetworkInterfaceId);
  if (input.VpcPeeringConnectionId !== undefined) return peeringTarget(ctx, table, input.VpcPeeringConnectionId);
  return instanceTarget(db, table, input.InstanceId!);
}

/** A connection may be routed to before it is active; until then the route is a black hole. */
function peeringTarget(ctx: Context, table: RouteTable, id: string): RouteTarget {
  checkId("peering", id);
  const peering = findPeering(ctx.find, id);
  if (!peering || ![peering.request.vpcId, peering.request.peer.vpcId].includes(table.vpcId)) throw notFound("peering", id);
  const { code } = peeringState(peering, ctx.now);
  if (code !== "active" && code !== "pending-acceptance") throw new AwsError("InvalidStateTransition", `The VPC peering connection ${id} is ${code}.`);
  return { kind: "vpc-peering-connection", id };
}

function gatewayTarget(db: Reader, table: RouteTable, id: string): RouteTarget {
  // A NAT gateway's id is taken here too, as AWS does.
  if (id.startsWith("nat-")) return natTarget(db, table, id);
  if (id === "local") throw invalidValue("The local route is there already: LocalTarget of ReplaceRoute resets it.");
  if (id.startsWith("vpce-")) throw new AwsError("RouteNotSupported", `Route table contains unsupported route target: ${id}. VPC Endpoints of this type cannot be used as route targets.`);
  const gateway = db(internetGateways).get(id);
  if (!gateway) throw new AwsError("InvalidGatewayID.NotFound", `The gateway ID '${id}' does not exist`);
  if (gateway.vpcId !== table.vpcId) throw invalidValue(`route table ${table.id} and network gateway ${id} belong to different networks`);
  return { kind: "internet-gateway", id };
}

function natTarget(db: Reader, table: RouteTable, id: string): RouteTarget {
  const gateway = db(natGateways).get(id);
  if (!gateway || gateway.state === "deleted") throw new AwsError("InvalidNatGatewayID.NotFound", `The natGateway ID '${id}' does not exist`);
  if (gateway.vpcId !== table.vpcId) throw invalidValue(`route table ${table.id} and NAT gateway ${id} belong to different networks`);
  return { kind: "nat-gateway", id };
}

function interfaceTarget(db: Reader, table: RouteTable, id: string): RouteTarget {
  const found = need(db, networkInterfaces, "networkInterface", id, "networkInterfaceId");
  if (found.vpcId !== table.vpcId) throw invalidValue(`route table ${table.id} and interface ${id} belong to different networks`);
  return { kind: "network-interface", id };
}

/** AWS keeps the interface; the instance must have exactly one. */
function instanceTarget(db: Reader, table: RouteTable, id: string): RouteTarget {
  const found = interfacesOf(db, id);
  if (found.length === 0) {
    if (!db(instances).get(id)) throw notFound("instance", id);
    throw new AwsError("IncorrectInstanceState", `The instance '${id}' has no network interface.`);
  }
  if (found.length > 1) throw new AwsError("InvalidInstanceID", `There are multiple interfaces attached to instance '${id}'. Please specify an interface ID for the operation instead.`);
  return interfaceTarget(db, table, found[0]!.id);
}
