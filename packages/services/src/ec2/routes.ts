/** Routes of a table: https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html */
import type { Reader } from "@hakoniwa/kernel";
import { AwsError } from "@hakoniwa/kernel";
import { contains } from "@hakoniwa/network";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { notImplemented } from "../not-implemented.js";
import { allows } from "./access.js";
import { parsedCidr } from "./cidrs.js";
import { invalidCombination, invalidValue, missingParameter, notFound, refuse } from "./errors.js";
import { need } from "./lookup.js";
import { interfacesOf } from "./network-interfaces.js";
import { instances, internetGateways, natGateways, networkInterfaces, routeTables, vpcs, type Route, type RouteTable, type RouteTarget } from "./state.js";

const UNSUPPORTED = [
  "DestinationPrefixListId",
  "DestinationIpv6CidrBlock",
  "VpcEndpointId",
  "TransitGatewayId",
  "LocalGatewayId",
  "CarrierGatewayId",
  "CoreNetworkArn",
  "OdbNetworkArn",
  "EgressOnlyInternetGatewayId",
  "VpcPeeringConnectionId",
  "LocalTarget",
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
      const target = targetOf(ctx.db, table, input);
      checkAgainstLocal(ctx.db, table, destination);
      const existing = table.routes.find((r) => r.destination === destination);
      if (existing) {
        // AWS takes the same route again without complaint.
        if (existing.target.kind === target.kind && existing.target.id === target.id) return { Return: true };
        throw new AwsError("RouteAlreadyExists", `The route identified by ${destination} already exists.`);
      }
      if (table.routes.length >= MOST_ROUTES) throw new AwsError("RouteLimitExceeded", `The maximum number of routes has been reached: ${MOST_ROUTES}.`);
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
      if (!table.routes.some((r) => r.destination === destination)) {
        throw invalidValue(`There is no route defined for '${destination}' in the route table. Use CreateRoute instead.`);
      }
      const target = targetOf(ctx.db, table, input);
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
      if (!table.routes.some((r) => r.destination === destination)) {
        throw new AwsError("InvalidRoute.NotFound", `no route with destination-cidr-block ${destination} in route table ${table.id}`);
      }
      putRoutes(ctx, table, table.routes.filter((r) => r.destination !== destination));
      return {};
    },
  },
});

/** Whether what a route leads to still exists and can take packets. */
export function isActive(db: Reader, vpcId: string, target: RouteTarget): boolean {
  switch (target.kind) {
    case "internet-gateway":
      return db(internetGateways).get(target.id)?.vpcId === vpcId;
    case "nat-gateway":
      return liveNatGateway(db, target.id) !== undefined;
    case "network-interface":
      return db(networkInterfaces).get(target.id)?.attachment !== undefined && instanceIsUp(db, target.id);
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

function destinationOf(input: { readonly DestinationCidrBlock?: string | undefined }): string {
  if (!input.DestinationCidrBlock) throw missingParameter("destinationCidrBlock");
  return parsedCidr(input.DestinationCidrBlock, "destinationCidrBlock");
}

function checkAgainstLocal(db: Reader, table: RouteTable, destination: string): void {
  const ranges = db(vpcs).get(table.vpcId)!.cidrs.map((c) => c.cidr);
  if (ranges.includes(destination)) throw new AwsError("RouteAlreadyExists", `The route identified by ${destination} already exists.`);
  if (ranges.some((range) => contains(range, destination))) {
    throw notImplemented(`routes inside the VPC's own range, such as ${destination},`);
  }
}

/** The one target that a request names. */
function targetOf(db: Reader, table: RouteTable, input: RouteRequest): RouteTarget {
  const given = [input.GatewayId, input.NatGatewayId, input.NetworkInterfaceId, input.InstanceId].filter((id) => id !== undefined);
  if (given.length === 0) throw missingParameter("gatewayId, natGatewayId, networkInterfaceId or instanceId");
  if (given.length > 1) throw invalidCombination("A route must have exactly one target: gatewayId, natGatewayId, networkInterfaceId or instanceId.");
  if (input.GatewayId !== undefined) return gatewayTarget(db, table, input.GatewayId);
  if (input.NatGatewayId !== undefined) return natTarget(db, table, input.NatGatewayId);
  if (input.NetworkInterfaceId !== undefined) return interfaceTarget(db, table, input.NetworkInterfaceId);
  return instanceTarget(db, table, input.InstanceId!);
}

function gatewayTarget(db: Reader, table: RouteTable, id: string): RouteTarget {
  // A NAT gateway's id is taken here too, as AWS does.
  if (id.startsWith("nat-")) return natTarget(db, table, id);
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
