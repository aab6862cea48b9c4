/** Network ACLs: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html */
import type { Reader } from "@hakoniwa/kernel";
import { AwsError } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { aclEntryOf, describedEntries } from "./acl-entries.js";
import { allows } from "./access.js";
import { hasDependencies, invalidParameter, invalidValue, limitExceeded, notFound } from "./errors.js";
import { paginate, select, type FilterTable } from "./filters.js";
import { forgetToken, once } from "./idempotency.js";
import { named, need } from "./lookup.js";
import { networkAcls, vpcs, type NetworkAcl } from "./state.js";
import { checkTagSpecifications, dropTags, putTags, tagsOf } from "./tags.js";

/** In each direction: https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html */
const MOST_ENTRIES = 20;

export const networkAclOperations = operations(Ec2, {
  CreateNetworkAcl: {
    authorize: allows("CreateNetworkAcl", (input) => [["network-acl", undefined], ["vpc", input.VpcId]]),
    handle(ctx, input) {
      checkTagSpecifications(input.TagSpecifications, ["network-acl"]);
      const vpc = need(ctx.db, vpcs, "vpc", input.VpcId, "vpcId");
      const [id] = once(ctx, "CreateNetworkAcl", input, () => {
        const acl = ctx.db(networkAcls).put({ id: ctx.ids.aws("acl"), vpcId: vpc.id, isDefault: false, entries: [], associations: [] });
        putTags(ctx, "network-acl", acl.id, input.TagSpecifications);
        return [acl.id];
      });
      return { NetworkAcl: described(ctx, ctx.db(networkAcls).get(id!)!), ClientToken: input.ClientToken };
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
      forgetToken(ctx.db, acl.id);
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
      if (acl.entries.filter((e) => e.egress === entry.egress).length >= MOST_ENTRIES) {
        throw limitExceeded("NetworkAclEntryLimitExceeded", `The maximum number of network acl entries has been reached: ${MOST_ENTRIES} in each direction.`);
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
    authorize: allows("ReplaceNetworkAclAssociation", (input) => [["network-acl", input.NetworkAclId], ["subnet", undefined, input.AssociationId]]),
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
  const of = (value: (entry: Ec2Types.NetworkAclEntry) => string | number | boolean | undefined) => (acl: NetworkAcl) => describedEntries(acl).map(value);
  return {
    "association.association-id": (a) => a.associations.map((x) => x.id),
    "association.network-acl-id": (a) => (a.associations.length > 0 ? a.id : undefined),
    "association.subnet-id": (a) => a.associations.map((x) => x.subnetId),
    default: (a) => a.isDefault,
    "entry.cidr": of((e) => e.CidrBlock),
    "entry.egress": of((e) => e.Egress),
    "entry.icmp.code": of((e) => e.IcmpTypeCode?.Code),
    "entry.icmp.type": of((e) => e.IcmpTypeCode?.Type),
    "entry.ipv6-cidr": () => undefined,
    "entry.port-range.from": of((e) => e.PortRange?.From),
    "entry.port-range.to": of((e) => e.PortRange?.To),
    "entry.protocol": of((e) => e.Protocol),
    "entry.rule-action": of((e) => e.RuleAction),
    "entry.rule-number": of((e) => e.RuleNumber),
    "network-acl-id": (a) => a.id,
    "owner-id": () => ctx.account,
    "vpc-id": (a) => a.vpcId,
  };
}
