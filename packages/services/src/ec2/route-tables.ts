import type { Database, Reader } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { allows } from "./access.js";
import { awsPrefixLists } from "./aws-prefix-lists.js";
import { alreadyAssociated, hasDependencies, invalidValue, missingParameter, notFound, refuse } from "./errors.js";
import { paginate, select, type FilterTable } from "./filters.js";
import { forgetToken, once } from "./idempotency.js";
import { named, need } from "./lookup.js";
import { isActive } from "./routes.js";
import { vpcEndpoints } from "./state-connections.js";
import { networkInterfaces, routeTables, subnets, vpcs, type Route, type RouteTable } from "./state.js";
import { checkTagSpecifications, dropTags, putTags, tagsOf } from "./tags.js";

export const routeTableOperations = operations(Ec2, {
  CreateRouteTable: {
    authorize: allows("CreateRouteTable", (input) => [["route-table", undefined], ["vpc", input.VpcId]]),
    handle(ctx, input) {
      checkTagSpecifications(input.TagSpecifications, ["route-table"]);
      const vpc = need(ctx.db, vpcs, "vpc", input.VpcId, "vpcId");
      const [id] = once(ctx, "CreateRouteTable", input, () => {
        const table = ctx.db(routeTables).put({ id: ctx.ids.aws("rtb"), vpcId: vpc.id, routes: [], associations: [] });
        putTags(ctx, "route-table", table.id, input.TagSpecifications);
        return [table.id];
      });
      return { RouteTable: described(ctx, ctx.db(routeTables).get(id!)!), ClientToken: input.ClientToken };
    },
  },

  DescribeRouteTables: {
    authorize: onEverything("ec2:DescribeRouteTables"),
    handle(ctx, input) {
      const all = named(ctx.db, routeTables, "routeTable", input.RouteTableIds);
      const page = paginate(select(ctx.db, all, input.Filters, filters(ctx), (t) => t.id), input, 5, 100);
      return { RouteTables: page.items.map((table) => described(ctx, table)), NextToken: page.nextToken };
    },
  },

  DeleteRouteTable: {
    authorize: allows("DeleteRouteTable", (input) => [["route-table", input.RouteTableId]]),
    handle(ctx, input) {
      const table = need(ctx.db, routeTables, "routeTable", input.RouteTableId, "routeTableId");
      if (table.associations.length > 0) throw hasDependencies("routeTable", table.id);
      for (const endpoint of ctx.db(vpcEndpoints).where("routeTable", table.id)) {
        ctx.db(vpcEndpoints).put({ ...endpoint, routeTableIds: endpoint.routeTableIds.filter((id) => id !== table.id) });
      }
      ctx.db(routeTables).delete(table.id);
      dropTags(ctx.db, table.id);
      forgetToken(ctx.db, table.id);
      return {};
    },
  },

  AssociateRouteTable: {
    authorize: allows("AssociateRouteTable", (input) => [["route-table", input.RouteTableId], ["subnet", input.SubnetId]]),
    handle(ctx, input) {
      refuse("AssociateRouteTable", input, ["GatewayId", "PublicIpv4Pool"]);
      const table = need(ctx.db, routeTables, "routeTable", input.RouteTableId, "routeTableId");
      const subnet = need(ctx.db, subnets, "subnet", input.SubnetId, "subnetId");
      if (table.vpcId !== subnet.vpcId) throw invalidValue(`Route table ${table.id} and subnet ${subnet.id} belong to different networks`);
      const [other] = ctx.db(routeTables).where("subnet", subnet.id);
      if (other?.id === table.id) {
        // Once more the same: AWS answers with the association there is.
        return { AssociationId: table.associations.find((a) => a.subnetId === subnet.id)!.id, AssociationState: { State: "associated" } };
      }
      if (other) throw alreadyAssociated(`the specified association for route table ${table.id} conflicts with an existing association`);
      return { AssociationId: associate(ctx, table, subnet.id), AssociationState: { State: "associated" } };
    },
  },

  DisassociateRouteTable: {
    authorize: allows("DisassociateRouteTable", (input) => [["route-table", undefined, input.AssociationId], ["subnet", undefined, input.AssociationId]]),
    handle(ctx, input) {
      const table = tableOfAssociation(ctx.db, input.AssociationId);
      const leaving = table.associations.find((a) => a.id === input.AssociationId)!;
      if (leaving.subnetId === undefined) throw invalidValue(`cannot disassociate the main route table association ${input.AssociationId}`);
      dissociate(ctx.db, table, input.AssociationId);
      return {};
    },
  },

  ReplaceRouteTableAssociation: {
    authorize: allows("ReplaceRouteTableAssociation", (input) => [["route-table", input.RouteTableId], ["subnet", undefined, input.AssociationId]]),
    handle(ctx, input) {
      const next = need(ctx.db, routeTables, "routeTable", input.RouteTableId, "routeTableId");
      const before = tableOfAssociation(ctx.db, input.AssociationId);
      if (before.vpcId !== next.vpcId) throw invalidValue(`Route tables ${before.id} and ${next.id} belong to different networks`);
      const { subnetId } = before.associations.find((a) => a.id === input.AssociationId)!;
      dissociate(ctx.db, before, input.AssociationId);
      const id = associate(ctx, ctx.db(routeTables).get(next.id)!, subnetId);
      return { NewAssociationId: id, AssociationState: { State: "associated" } };
    },
  },
});

/** The table that rules a subnet: its own association's, else the VPC's main one. */
export function routeTableOf(db: Reader, subnet: { readonly id: string; readonly vpcId: string }): RouteTable | undefined {
  return db(routeTables).where("subnet", subnet.id)[0] ?? mainRouteTable(db, subnet.vpcId);
}

/** The table with the VPC's main association. */
export function mainRouteTable(db: Reader, vpcId: string): RouteTable | undefined {
  return db(routeTables).where("vpc", vpcId).find(isMain);
}

function isMain(table: RouteTable): boolean {
  return table.associations.some((a) => a.subnetId === undefined);
}

function tableOfAssociation(db: Reader, id: string | undefined): RouteTable {
  if (!id) throw missingParameter("associationId");
  const [table] = db(routeTables).where("association", id);
  if (!table) throw notFound("routeTableAssociation", id);
  return table;
}

function associate(ctx: Context, table: RouteTable, subnetId: string | undefined): string {
  const id = ctx.ids.aws("rtbassoc");
  ctx.db(routeTables).put({ ...table, associations: [...table.associations, { id, subnetId }] });
  return id;
}

function dissociate(db: Database, table: RouteTable, id: string): void {
  db(routeTables).put({ ...table, associations: table.associations.filter((a) => a.id !== id) });
}

function described(ctx: Context, table: RouteTable): Ec2Types.RouteTable {
  return {
    RouteTableId: table.id,
    VpcId: table.vpcId,
    OwnerId: ctx.account,
    Associations: table.associations.map((a) => ({
      RouteTableAssociationId: a.id,
      RouteTableId: table.id,
      Main: a.subnetId === undefined,
      SubnetId: a.subnetId,
      AssociationState: { State: "associated" },
    })),
    PropagatingVgws: [],
    Routes: [...localRoutes(ctx.db, table), ...table.routes.map((route) => describedRoute(ctx, table, route)), ...endpointRoutes(ctx, table)],
    Tags: tagsOf(ctx.db, table.id),
  };
}

function localRoutes(db: Reader, table: RouteTable): readonly Ec2Types.Route[] {
  const ranges = db(vpcs).get(table.vpcId)?.cidrs ?? [];
  return ranges.map((c) => ({ DestinationCidrBlock: c.cidr, GatewayId: "local", Origin: "CreateRouteTable", State: "active" }));
}

/** Gateway endpoints bring their own routes. */
function endpointRoutes(ctx: Context, table: RouteTable): readonly Ec2Types.Route[] {
  return ctx.db(vpcEndpoints).where("routeTable", table.id).map((endpoint) => ({
    DestinationPrefixListId: awsPrefixLists(ctx.region).find((list) => list.name === endpoint.serviceName)?.id,
    GatewayId: endpoint.id,
    Origin: "CreateRoute",
    State: "active",
  }));
}

function describedRoute(ctx: Context, table: RouteTable, route: Route): Ec2Types.Route {
  const base = {
    ...(route.destination.startsWith("pl-") ? { DestinationPrefixListId: route.destination } : { DestinationCidrBlock: route.destination }),
    Origin: "CreateRoute",
    State: isActive(ctx, table.vpcId, route.target) ? "active" : "blackhole",
  } as const;
  switch (route.target.kind) {
    case "internet-gateway":
      return { ...base, GatewayId: route.target.id };
    case "nat-gateway":
      return { ...base, NatGatewayId: route.target.id };
    case "vpc-peering-connection":
      return { ...base, VpcPeeringConnectionId: route.target.id };
    case "network-interface": {
      const instanceId = ctx.db(networkInterfaces).get(route.target.id)?.attachment?.instanceId;
      return { ...base, NetworkInterfaceId: route.target.id, ...(instanceId ? { InstanceId: instanceId, InstanceOwnerId: ctx.account } : {}) };
    }
  }
}

function filters(ctx: Context): FilterTable<RouteTable> {
  const routes = (t: RouteTable): readonly Ec2Types.Route[] => described(ctx, t).Routes!;
  return {
    "association.gateway-id": () => undefined,
    "association.main": (t) => t.associations.map((a) => a.subnetId === undefined),
    "association.route-table-association-id": (t) => t.associations.map((a) => a.id),
    "association.route-table-id": (t) => (t.associations.length > 0 ? t.id : undefined),
    "association.subnet-id": (t) => t.associations.map((a) => a.subnetId),
    "owner-id": () => ctx.account,
    "route-table-id": (t) => t.id,
    "route.destination-cidr-block": (t) => routes(t).map((r) => r.DestinationCidrBlock),
    "route.destination-ipv6-cidr-block": () => undefined,
    "route.destination-prefix-list-id": (t) => routes(t).map((r) => r.DestinationPrefixListId),
    "route.egress-only-internet-gateway-id": () => undefined,
    "route.transit-gateway-id": () => undefined,
    "route.vpc-peering-connection-id": (t) => routes(t).map((r) => r.VpcPeeringConnectionId),
    "route.gateway-id": (t) => routes(t).map((r) => r.GatewayId),
    "route.instance-id": (t) => routes(t).map((r) => r.InstanceId),
    "route.nat-gateway-id": (t) => routes(t).map((r) => r.NatGatewayId),
    "route.origin": (t) => routes(t).map((r) => r.Origin),
    "route.state": (t) => routes(t).map((r) => r.State),
    "vpc-id": (t) => t.vpcId,
  };
}
