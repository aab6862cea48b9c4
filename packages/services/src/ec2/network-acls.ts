/** Network ACLs: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html */
import type { Reader } from "@hakoniwa/kernel";
import { AwsError } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { aclEntryOf, describedEntries } from "./acl-entries.js";
import { allows } from "./access.js";
import { hasDependencies, invalidParameter, invalidValue, notFound } from "./errors.js";
import { paginate, select, type FilterTable } from "./filters.js";
import { named, need } from "./lookup.js";
import { networkAcls, vpcs, type NetworkAcl } from "./state.js";
import { checkTagSpecifications, dropTags, putTags, tagsOf } from "./tags.js";

export const networkAclOperations = operations(Ec2, {
  CreateNetworkAcl: {
    authorize: allows("CreateNetworkAcl", (input) => [["network-acl", undefined], ["vpc", input.VpcId]]),
    handle(ctx, input) {
      checkTagSpecifications(input.TagSpecifications, ["network-acl"]);
      const vpc = need(ctx.db, vpcs, "vpc", input.VpcId, "vpcId");
      const acl = ctx.db(networkAcls).put({ id: ctx.ids.aws("acl"), vpcId: vpc.id, isDefault: false, entries: [], associations: [] });
      putTags(ctx, "network-acl", acl.id, input.TagSpecifications);
      return { NetworkAcl: described(ctx, acl), ClientToken: input.ClientToken };
    },
  },

  DescribeNetworkAcls: {
    authorize: onEverything("ec2:DescribeNetworkAcls"),
    handle(ctx, input) {
      const all = named(ctx.db, networkAcls, "networkAcl", input.NetworkAclIds);
      const page = paginate(select(ctx.db, all, input.Filters, filters(ctx), (a) => a.id), input);
      return { NetworkAcls: page.items.map((acl) => described(ctx, acl)), NextToken: page.nextToken };
    },
  },

  DeleteNetworkAcl: {
    authorize: allows("DeleteNetworkAcl", (input) => [["network-acl", input.NetworkAclId]]),
    handle(ctx, input) {
      const acl = need(ctx.db, networkAcls, "networkAcl", input.NetworkAclId, "networkAclId");
      if (acl.isDefault) throw invalidParameter(acl.id, "networkAclId", "Cannot delete default network ACL.");
      if (acl.associations.length > 0) throw hasDependencies("networkAcl", acl.id);
      ctx.db(networkAcls).delete(acl.id);
      dropTags(ctx.db, acl.id);
      return {};
    },
  },

  CreateNetworkAclEntry: {
    authorize: allows("CreateNetworkAclEntry", (input) => [["network-acl", input.NetworkAclId]]),
    handle(ctx, input) {
      const acl = need(ctx.db, networkAcls, "networkAcl", input.NetworkAclId, "networkAclId");
      const entry = aclEntryOf(input);
      if (acl.entries.some((e) => e.number === entry.number && e.egress === entry.egress)) {
        throw new AwsError("NetworkAclEntryAlreadyExists", `The network acl entry identified by ${entry.number} already exists.`);
      }
      ctx.db(networkAcls).put({ ...acl, entries: [...acl.entries, entry] });
      return {};
    },
  },

  ReplaceNetworkAclEntry: {
    authorize: allows("ReplaceNetworkAclEntry", (input) => [["network-acl", input.NetworkAclId]]),
    handle(ctx, input) {
      const acl = need(ctx.db, networkAcls, "networkAcl", input.NetworkAclId, "networkAclId");
      const entry = aclEntryOf(input);
      if (!acl.entries.some((e) => e.number === entry.number && e.egress === entry.egress)) throw noEntry(acl, entry.number);
      ctx.db(networkAcls).put({ ...acl, entries: acl.entries.map((e) => (e.number === entry.number && e.egress === entry.egress ? entry : e)) });
      return {};
    },
  },

  DeleteNetworkAclEntry: {
    authorize: allows("DeleteNetworkAclEntry", (input) => [["network-acl", input.NetworkAclId]]),
    handle(ctx, input) {
      const acl = need(ctx.db, networkAcls, "networkAcl", input.NetworkAclId, "networkAclId");
      const entries = acl.entries.filter((e) => e.number !== input.RuleNumber || e.egress !== input.Egress);
      if (entries.length === acl.entries.length) throw noEntry(acl, input.RuleNumber);
      ctx.db(networkAcls).put({ ...acl, entries });
      return {};
    },
  },

  ReplaceNetworkAclAssociation: {
    authorize: allows("ReplaceNetworkAclAssociation", (input) => [["network-acl", input.NetworkAclId]]),
    handle(ctx, input) {
      const next = need(ctx.db, networkAcls, "networkAcl", input.NetworkAclId, "networkAclId");
      const [before] = ctx.db(networkAcls).where("association", input.AssociationId);
      if (!before) throw notFound("networkAclAssociation", input.AssociationId);
      if (before.vpcId !== next.vpcId) throw invalidValue(`Network ACLs ${before.id} and ${next.id} belong to different networks`);
      const { subnetId } = before.associations.find((a) => a.id === input.AssociationId)!;
      ctx.db(networkAcls).put({ ...before, associations: before.associations.filter((a) => a.id !== input.AssociationId) });
      const current = ctx.db(networkAcls).get(next.id)!;
      const id = ctx.ids.aws("aclassoc");
      ctx.db(networkAcls).put({ ...current, associations: [...current.associations, { id, subnetId }] });
      return { NewAssociationId: id };
    },
  },
});

/** The ACL that rules a subnet. */
export function networkAclOf(db: Reader, subnetId: string): NetworkAcl | undefined {
  return db(networkAcls).where("subnet", subnetId)[0];
}

function noEntry(acl: NetworkAcl, number: number): AwsError {
  return new AwsError("InvalidNetworkAclEntry.NotFound", `The network acl entry identified by ${number} in network acl ${acl.id} does not exist`);
}

function described(ctx: Context, acl: NetworkAcl): Ec2Types.NetworkAcl {
  return {
    NetworkAclId: acl.id,
    VpcId: acl.vpcId,
    IsDefault: acl.isDefault,
    OwnerId: ctx.account,
    Associations: acl.associations.map((a) => ({ NetworkAclAssociationId: a.id, NetworkAclId: acl.id, SubnetId: a.subnetId })),
    Entries: describedEntries(acl),
    Tags: tagsOf(ctx.db, acl.id),
  };
}

function filters(ctx: Context): FilterTable<NetworkAcl> {
  return {
    "association.association-id": (a) => a.associations.map((x) => x.id),
    "association.network-acl-id": (a) => (a.associations.length > 0 ? a.id : undefined),
    "association.subnet-id": (a) => a.associations.map((x) => x.subnetId),
    default: (a) => a.isDefault,
    "entry.cidr": (a) => a.entries.map((e) => e.cidr),
    "entry.egress": (a) => a.entries.map((e) => e.egress),
    "entry.protocol": (a) => a.entries.map((e) => e.protocol),
    "entry.rule-action": (a) => a.entries.map((e) => e.action),
    "entry.rule-number": (a) => a.entries.map((e) => e.number),
    "network-acl-id": (a) => a.id,
    "owner-id": () => ctx.account,
    "vpc-id": (a) => a.vpcId,
  };
}
