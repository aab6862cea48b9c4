import type { Reader } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { AwsError } from "@hakoniwa/kernel";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { allows } from "./access.js";
import { alreadyAssociated, hasDependencies, invalidValue, notAttached } from "./errors.js";
import { paginate, select, type FilterTable } from "./filters.js";
import { named, need } from "./lookup.js";
import { addresses, internetGateways, networkInterfaces, vpcs, type InternetGateway } from "./state.js";
import { checkTagSpecifications, dropTags, putTags, tagsOf } from "./tags.js";

export const internetGatewayOperations = operations(Ec2, {
  CreateInternetGateway: {
    authorize: allows("CreateInternetGateway", () => [["internet-gateway", undefined]]),
    handle(ctx, input) {
      checkTagSpecifications(input.TagSpecifications, ["internet-gateway"]);
      const gateway = ctx.db(internetGateways).put({ id: ctx.ids.aws("igw"), vpcId: undefined });
      putTags(ctx, "internet-gateway", gateway.id, input.TagSpecifications);
      return { InternetGateway: described(ctx, gateway) };
    },
  },

  DescribeInternetGateways: {
    authorize: onEverything("ec2:DescribeInternetGateways"),
    handle(ctx, input) {
      const all = named(ctx.db, internetGateways, "internetGateway", input.InternetGatewayIds);
      const page = paginate(select(ctx.db, all, input.Filters, filters(ctx), (g) => g.id), input);
      return { InternetGateways: page.items.map((gateway) => described(ctx, gateway)), NextToken: page.nextToken };
    },
  },

  AttachInternetGateway: {
    authorize: allows("AttachInternetGateway", (input) => [["internet-gateway", input.InternetGatewayId], ["vpc", input.VpcId]]),
    handle(ctx, input) {
      const gateway = need(ctx.db, internetGateways, "internetGateway", input.InternetGatewayId, "internetGatewayId");
      const vpc = need(ctx.db, vpcs, "vpc", input.VpcId, "vpcId");
      if (gateway.vpcId) throw alreadyAssociated(`resource ${gateway.id} is already attached to network ${gateway.vpcId}`);
      if (hasInternetGateway(ctx.db, vpc.id)) throw invalidValue(`Network ${vpc.id} already has an internet gateway attached`);
      ctx.db(internetGateways).put({ ...gateway, vpcId: vpc.id });
      return {};
    },
  },

  DetachInternetGateway: {
    authorize: allows("DetachInternetGateway", (input) => [["internet-gateway", input.InternetGatewayId], ["vpc", input.VpcId]]),
    handle(ctx, input) {
      const gateway = need(ctx.db, internetGateways, "internetGateway", input.InternetGatewayId, "internetGatewayId");
      const vpc = need(ctx.db, vpcs, "vpc", input.VpcId, "vpcId");
      if (gateway.vpcId !== vpc.id) throw notAttached(`resource ${gateway.id} is not attached to network ${vpc.id}`);
      if (hasPublicAddresses(ctx.db, vpc.id)) {
        throw new AwsError(
          "DependencyViolation",
          `Network ${vpc.id} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.`,
        );
      }
      ctx.db(internetGateways).put({ ...gateway, vpcId: undefined });
      return {};
    },
  },

  DeleteInternetGateway: {
    authorize: allows("DeleteInternetGateway", (input) => [["internet-gateway", input.InternetGatewayId]]),
    handle(ctx, input) {
      const gateway = need(ctx.db, internetGateways, "internetGateway", input.InternetGatewayId, "internetGatewayId");
      if (gateway.vpcId) throw hasDependencies("internetGateway", gateway.id);
      ctx.db(internetGateways).delete(gateway.id);
      dropTags(ctx.db, gateway.id);
      return {};
    },
  },
});

export function hasInternetGateway(db: Reader, vpcId: string): boolean {
  return db(internetGateways).where("vpc", vpcId).length > 0;
}

function hasPublicAddresses(db: Reader, vpcId: string): boolean {
  return db(networkInterfaces).where("vpc", vpcId).some((i) => db(addresses).where("networkInterface", i.id).length > 0);
}

function described(ctx: Context, gateway: InternetGateway): Ec2Types.InternetGateway {
  return {
    InternetGatewayId: gateway.id,
    // The API says `available` here, although the model knows `attached` only.
    Attachments: gateway.vpcId ? [{ VpcId: gateway.vpcId, State: "available" as Ec2Types.AttachmentStatus }] : [],
    OwnerId: ctx.account,
    Tags: tagsOf(ctx.db, gateway.id),
  };
}

function filters(ctx: Context): FilterTable<InternetGateway> {
  return {
    "attachment.state": (g) => (g.vpcId ? "available" : undefined),
    "attachment.vpc-id": (g) => g.vpcId,
    "internet-gateway-id": (g) => g.id,
    "owner-id": () => ctx.account,
  };
}
