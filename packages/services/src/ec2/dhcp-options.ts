/** Sets of DHCP options: https://docs.aws.amazon.com/vpc/latest/userguide/VPC_DHCP_Options.html */
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { allows } from "./access.js";
import { checkedOptions } from "./dhcp-plan.js";
import { hasDependencies } from "./errors.js";
import { paginate, select, type FilterTable } from "./filters.js";
import { named, need } from "./lookup.js";
import { dhcpOptions, vpcs, type DhcpOptions } from "./state.js";
import { checkTagSpecifications, dropTags, putTags, tagsOf } from "./tags.js";

/** What a VPC has that has no set. */
const NONE = "default";

export const dhcpOptionsOperations = operations(Ec2, {
  CreateDhcpOptions: {
    authorize: allows("CreateDhcpOptions", () => [["dhcp-options", undefined]]),
    handle(ctx, input) {
      checkTagSpecifications(input.TagSpecifications, ["dhcp-options"]);
      const made = ctx.db(dhcpOptions).put({ id: ctx.ids.aws("dopt"), configurations: checkedOptions(input.DhcpConfigurations) });
      putTags(ctx, "dhcp-options", made.id, input.TagSpecifications);
      return { DhcpOptions: described(ctx, made) };
    },
  },

  AssociateDhcpOptions: {
    authorize: allows("AssociateDhcpOptions", (input) => [["dhcp-options", input.DhcpOptionsId], ["vpc", input.VpcId]]),
    handle(ctx, input) {
      const vpc = need(ctx.db, vpcs, "vpc", input.VpcId, "vpcId");
      const id = input.DhcpOptionsId === NONE ? NONE : need(ctx.db, dhcpOptions, "dhcpOptions", input.DhcpOptionsId, "dhcpOptionsId").id;
      if (vpc.dhcpOptionsId !== id) ctx.db(vpcs).put({ ...vpc, dhcpOptionsId: id });
      return {};
    },
  },

  DeleteDhcpOptions: {
    authorize: allows("DeleteDhcpOptions", (input) => [["dhcp-options", input.DhcpOptionsId]]),
    handle(ctx, input) {
      const { id } = need(ctx.db, dhcpOptions, "dhcpOptions", input.DhcpOptionsId, "dhcpOptionsId");
      if (ctx.db(vpcs).where("dhcpOptions", id).length > 0) throw hasDependencies("dhcpOptions", id);
      ctx.db(dhcpOptions).delete(id);
      dropTags(ctx.db, id);
      return {};
    },
  },

  DescribeDhcpOptions: {
    authorize: onEverything("ec2:DescribeDhcpOptions"),
    handle(ctx, input) {
      const all = named(ctx.db, dhcpOptions, "dhcpOptions", input.DhcpOptionsIds);
      const page = paginate(select(ctx.db, all, input.Filters, filters(ctx), (d) => d.id), input);
      return { DhcpOptions: page.items.map((options) => described(ctx, options)), NextToken: page.nextToken };
    },
  },
});

function described(ctx: Context, options: DhcpOptions): Ec2Types.DhcpOptions {
  return {
    DhcpOptionsId: options.id,
    OwnerId: ctx.account,
    DhcpConfigurations: options.configurations.map(({ key, values }) => ({ Key: key, Values: values.map((Value) => ({ Value })) })),
    Tags: tagsOf(ctx.db, options.id),
  };
}

function filters(ctx: Context): FilterTable<DhcpOptions> {
  return {
    "dhcp-options-id": (d) => d.id,
    key: (d) => d.configurations.map((c) => c.key),
    value: (d) => d.configurations.flatMap((c) => c.values),
    "owner-id": () => ctx.account,
  };
}
