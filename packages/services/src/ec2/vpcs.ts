import type { Database, Reader, Table } from "@hakoniwa/kernel";
import { AwsError } from "@hakoniwa/kernel";
import { overlaps } from "@hakoniwa/network";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { allows } from "./access.js";
import { vpcCidr } from "./cidrs.js";
import { createDefaultVpc } from "./default-vpc.js";
import { hasDependencies, invalidCombination, invalidParameter, missingParameter, refuse } from "./errors.js";
import { paginate, select, type FilterTable } from "./filters.js";
import { named, need } from "./lookup.js";
import { createVpc } from "./new-vpc.js";
import { internetGateways, natGateways, networkAcls, networkInterfaces, routeTables, securityGroups, subnets, vpcs, type Vpc } from "./state.js";
import { checkTagSpecifications, dropTags, putTags, tagsOf } from "./tags.js";

const IPV6 = ["AmazonProvidedIpv6CidrBlock", "Ipv6Pool", "Ipv6CidrBlock", "Ipv6IpamPoolId", "Ipv6NetmaskLength", "Ipv6CidrBlockNetworkBorderGroup"];
const IPAM = ["Ipv4IpamPoolId", "Ipv4NetmaskLength"];
/** https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html */
const MOST_CIDRS = 5;

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
      if (ctx.db(vpcs).list().some((v) => v.isDefault)) {
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
      ctx.db(vpcs).delete(id);
      dropTags(ctx.db, id);
      return {};
    },
  },

  ModifyVpcAttribute: {
    authorize: allows("ModifyVpcAttribute", (input) => [["vpc", input.VpcId]]),
    handle(ctx, input) {
      const vpc = need(ctx.db, vpcs, "vpc", input.VpcId, "vpcId");
      refuse("ModifyVpcAttribute", input, ["EnableNetworkAddressUsageMetrics"]);
      const support = input.EnableDnsSupport?.Value;
      const hostnames = input.EnableDnsHostnames?.Value;
      if (support === undefined && hostnames === undefined) throw missingParameter("attribute");
      if (support !== undefined && hostnames !== undefined) throw invalidCombination("Only one attribute can be modified at a time.");
      const changed = { ...vpc, dnsSupport: support ?? vpc.dnsSupport, dnsHostnames: hostnames ?? vpc.dnsHostnames };
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
          return { VpcId: vpc.id, EnableNetworkAddressUsageMetrics: { Value: false } };
        default:
          throw invalidParameter(input.Attribute, "attribute", "Unknown attribute.");
      }
    },
  },

  AssociateVpcCidrBlock: {
    authorize: allows("AssociateVpcCidrBlock", (input) => [["vpc", input.VpcId]]),
    handle(ctx, input) {
      refuse("AssociateVpcCidrBlock", input, [...IPV6, ...IPAM]);
      const vpc = need(ctx.db, vpcs, "vpc", input.VpcId, "vpcId");
      if (!input.CidrBlock) throw missingParameter("cidrBlock");
      const cidr = vpcCidr(input.CidrBlock);
      if (vpc.cidrs.some((c) => overlaps(c.cidr, cidr))) {
        throw new AwsError("InvalidVpc.Range", `The CIDR '${input.CidrBlock}' conflicts with another CIDR block of the VPC.`);
      }
      if (vpc.cidrs.length >= MOST_CIDRS) throw new AwsError("CidrLimitExceeded", `This network '${vpc.id}' has met its maximum number of allowed CIDRs: ${MOST_CIDRS}`);
      const added = { associationId: ctx.ids.aws("vpc-cidr-assoc"), cidr };
      ctx.db(vpcs).put({ ...vpc, cidrs: [...vpc.cidrs, added] });
      return { VpcId: vpc.id, CidrBlockAssociation: { AssociationId: added.associationId, CidrBlock: cidr, CidrBlockState: { State: "associating" } } };
    },
  },

  DisassociateVpcCidrBlock: {
    authorize: onEverything("ec2:DisassociateVpcCidrBlock"),
    handle(ctx, input) {
      const vpc = ctx.db(vpcs).list().find((v) => v.cidrs.some((c) => c.associationId === input.AssociationId));
      if (!vpc) throw new AwsError("InvalidVpcCidrBlockAssociationID.NotFound", `The vpc CIDR block association ID '${input.AssociationId}' does not exist`);
      const leaving = vpc.cidrs.find((c) => c.associationId === input.AssociationId)!;
      if (leaving === vpc.cidrs[0]) {
        throw new AwsError("OperationNotPermitted", `The vpc CIDR block with association ID ${input.AssociationId} may not be disassociated. It is the primary IPv4 CIDR block of the VPC`);
      }
      if (ctx.db(subnets).where("vpc", vpc.id).some((s) => overlaps(s.cidr, leaving.cidr))) throw hasDependencies("vpc CIDR block association", input.AssociationId);
      ctx.db(vpcs).put({ ...vpc, cidrs: vpc.cidrs.filter((c) => c !== leaving) });
      return { VpcId: vpc.id, CidrBlockAssociation: { AssociationId: leaving.associationId, CidrBlock: leaving.cidr, CidrBlockState: { State: "disassociating" } } };
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
  }
}
