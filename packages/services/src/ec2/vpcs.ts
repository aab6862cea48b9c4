import type { Database, Reader, Table } from "@hakoniwa/kernel";
import { AwsError } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { allows } from "./access.js";
import { vpcCidr } from "./cidrs.js";
import { createDefaultVpc } from "./default-vpc.js";
import { hasDependencies, invalidCombination, invalidParameter, missingParameter, refuse } from "./errors.js";
import { paginate, select, type FilterTable } from "./filters.js";
import { forgetToken } from "./idempotency.js";
import { named, need } from "./lookup.js";
import { createVpc } from "./new-vpc.js";
import { deletePeeringsOf } from "./peering-state.js";
import { flowLogs, vpcEndpoints } from "./state-connections.js";
import { internetGateways, natGateways, networkAcls, networkInterfaces, routeTables, securityGroups, subnets, vpcs, type Vpc } from "./state.js";
import { checkTagSpecifications, dropTags, putTags, tagsOf } from "./tags.js";
import { IPAM, IPV6 } from "./vpc-cidr-blocks.js";

export const vpcOperations = operations(Ec2, {
  CreateVpc: {
    authorize: allows("CreateVpc", () => [["vpc", undefined]]),
    handle(ctx, input) {
      refuse("CreateVpc", input, [...IPV6, ...IPAM, "VpcEncryptionControl"]);
      checkTagSpecifications(input.TagSpecifications, ["vpc"]);
      if (!input.CidrBlock) throw new AwsError("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.");
      const tenancy = input.InstanceTenancy ?? "default";
      if (tenancy !== "default" && tenancy !== "dedicated") {
        throw invalidParameter(tenancy, "instanceTenancy", "It must be one of: default, dedicated.");
      }
      const vpc = createVpc(ctx, { cidr: vpcCidr(input.CidrBlock), tenancy, isDefault: false, dnsHostnames: false });
      putTags(ctx, "vpc", vpc.id, input.TagSpecifications);
      return { Vpc: described(ctx, vpc) };
    },
  },

  CreateDefaultVpc: {
    authorize: allows("CreateDefaultVpc", () => [["vpc", undefined]]),
    handle(ctx) {
      if (ctx.db(vpcs).where("default", "true").length > 0) {
        throw new AwsError("DefaultVpcAlreadyExists", "A Default VPC already exists for this account in this region.");
      }
      return { Vpc: described(ctx, createDefaultVpc(ctx)) };
    },
  },

  DescribeVpcs: {
    authorize: onEverything("ec2:DescribeVpcs"),
    handle(ctx, input) {
      const found = select(ctx.db, named(ctx.db, vpcs, "vpc", input.VpcIds), input.Filters, filters(ctx), (v) => v.id);
      const page = paginate(found, input);
      return { Vpcs: page.items.map((vpc) => described(ctx, vpc)), NextToken: page.nextToken };
    },
  },

  DeleteVpc: {
    authorize: allows("DeleteVpc", (input) => [["vpc", input.VpcId]]),
    handle(ctx, input) {
      const { id } = need(ctx.db, vpcs, "vpc", input.VpcId, "vpcId");
      if (hasContents(ctx.db, id)) throw hasDependencies("vpc", id);
      deleteAll(ctx.db, routeTables, id);
      deleteAll(ctx.db, networkAcls, id);
      deleteAll(ctx.db, securityGroups, id);
      deletePeeringsOf(ctx, id);
      for (const log of ctx.db(flowLogs).where("resource", id)) ctx.db(flowLogs).delete(log.id);
      ctx.db(vpcs).delete(id);
      dropTags(ctx.db, id);
      return {};
    },
  },

  ModifyVpcAttribute: {
    authorize: allows("ModifyVpcAttribute", (input) => [["vpc", input.VpcId]]),
    handle(ctx, input) {
      const vpc = need(ctx.db, vpcs, "vpc", input.VpcId, "vpcId");
      const support = input.EnableDnsSupport?.Value;
      const hostnames = input.EnableDnsHostnames?.Value;
      const metrics = input.EnableNetworkAddressUsageMetrics?.Value;
      const given = [support, hostnames, metrics].filter((value) => value !== undefined);
      if (given.length === 0) throw missingParameter("attribute");
      if (given.length > 1) throw invalidCombination("Only one attribute can be modified at a time.");
      const changed = {
        ...vpc,
        dnsSupport: support ?? vpc.dnsSupport,
        dnsHostnames: hostnames ?? vpc.dnsHostnames,
        networkAddressUsageMetrics: metrics ?? vpc.networkAddressUsageMetrics,
      };
      if (hostnames && !vpc.dnsSupport) throw invalidCombination("DNS hostnames can be enabled only when DNS support is enabled.");
      ctx.db(vpcs).put(changed);
      return {};
    },
  },

  DescribeVpcAttribute: {
    authorize: allows("DescribeVpcAttribute", (input) => [["vpc", input.VpcId]]),
    handle(ctx, input) {
      const vpc = need(ctx.db, vpcs, "vpc", input.VpcId, "vpcId");
      switch (input.Attribute) {
        case "enableDnsSupport":
          return { VpcId: vpc.id, EnableDnsSupport: { Value: vpc.dnsSupport } };
        case "enableDnsHostnames":
          return { VpcId: vpc.id, EnableDnsHostnames: { Value: vpc.dnsHostnames } };
        case "enableNetworkAddressUsageMetrics":
          return { VpcId: vpc.id, EnableNetworkAddressUsageMetrics: { Value: vpc.networkAddressUsageMetrics } };
        default:
          throw invalidParameter(input.Attribute, "attribute", "Unknown attribute.");
      }
    },
  },

  ModifyVpcTenancy: {
    authorize: allows("ModifyVpcTenancy", (input) => [["vpc", input.VpcId]]),
    handle(ctx, input) {
      const vpc = need(ctx.db, vpcs, "vpc", input.VpcId, "vpcId");
      if (input.InstanceTenancy !== "default") throw invalidParameter(input.InstanceTenancy, "instanceTenancy", "It must be default.");
      if (vpc.instanceTenancy !== "default") ctx.db(vpcs).put({ ...vpc, instanceTenancy: "default" });
      return { ReturnValue: true };
    },
  },
});

/** What a VPC shows of itself. */
export function described(ctx: Pick<Context, "account" | "db">, vpc: Vpc): Ec2Types.Vpc {
  return {
    VpcId: vpc.id,
    State: "available",
    CidrBlock: vpc.cidrs[0]!.cidr,
    CidrBlockAssociationSet: vpc.cidrs.map((c) => ({ AssociationId: c.associationId, CidrBlock: c.cidr, CidrBlockState: { State: "associated" } })),
    Ipv6CidrBlockAssociationSet: [],
    DhcpOptionsId: vpc.dhcpOptionsId,
    InstanceTenancy: vpc.instanceTenancy,
    IsDefault: vpc.isDefault,
    OwnerId: ctx.account,
    Tags: tagsOf(ctx.db, vpc.id),
  };
}

function filters(ctx: Context): FilterTable<Vpc> {
  return {
    cidr: (v) => v.cidrs[0]!.cidr,
    "cidr-block": (v) => v.cidrs[0]!.cidr,
    "cidr-block-association.association-id": (v) => v.cidrs.map((c) => c.associationId),
    "cidr-block-association.cidr-block": (v) => v.cidrs.map((c) => c.cidr),
    "cidr-block-association.state": (v) => v.cidrs.map(() => "associated"),
    "dhcp-options-id": (v) => v.dhcpOptionsId,
    dhcpOptionsId: (v) => v.dhcpOptionsId,
    "ipv6-cidr-block-association.association-id": () => undefined,
    "ipv6-cidr-block-association.ipv6-cidr-block": () => undefined,
    "ipv6-cidr-block-association.ipv6-pool": () => undefined,
    "ipv6-cidr-block-association.state": () => undefined,
    "is-default": (v) => v.isDefault,
    isDefault: (v) => v.isDefault,
    "owner-id": () => ctx.account,
    state: () => "available",
    "vpc-id": (v) => v.id,
  };
}

/** Whether anything but what came with the VPC is left in it. */
function hasContents(db: Reader, id: string): boolean {
  return (
    db(subnets).where("vpc", id).length > 0 ||
    db(networkInterfaces).where("vpc", id).length > 0 ||
    db(internetGateways).where("vpc", id).length > 0 ||
    db(vpcEndpoints).where("vpc", id).length > 0 ||
    db(natGateways).where("vpc", id).some((n) => n.state !== "deleted" && n.state !== "failed") ||
    db(routeTables).where("vpc", id).some((t) => !t.associations.some((a) => a.subnetId === undefined)) ||
    db(securityGroups).where("vpc", id).some((g) => g.name !== "default") ||
    db(networkAcls).where("vpc", id).some((a) => !a.isDefault)
  );
}

/** Deletes a VPC's records of one kind, with their tags. */
function deleteAll<R extends { readonly id: string }>(db: Database, table: Table<R, "vpc">, vpcId: string): void {
  for (const { id } of db(table).where("vpc", vpcId)) {
    db(table).delete(id);
    dropTags(db, id);
    forgetToken(db, id);
  }
}
