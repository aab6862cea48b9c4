import { Ec2 } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { paginate, select, type FilterTable } from "./filters.js";
import { named } from "./lookup.js";
import { dhcpOptions, type DhcpOptions } from "./state.js";
import { tagsOf } from "./tags.js";

/** Every VPC has the region's own set; others can't be made yet. */
export const dhcpOptionsOperations = operations(Ec2, {
  DescribeDhcpOptions: {
    authorize: onEverything("ec2:DescribeDhcpOptions"),
    handle(ctx, input) {
      const all = named(ctx.db, dhcpOptions, "dhcpOptions", input.DhcpOptionsIds);
      const page = paginate(select(ctx.db, all, input.Filters, filters(ctx), (d) => d.id), input);
      return {
        DhcpOptions: page.items.map((options) => ({
          DhcpOptionsId: options.id,
          OwnerId: ctx.account,
          DhcpConfigurations: options.configurations.map(({ key, values }) => ({ Key: key, Values: values.map((Value) => ({ Value })) })),
          Tags: tagsOf(ctx.db, options.id),
        })),
        NextToken: page.nextToken,
      };
    },
  },
});

function filters(ctx: Context): FilterTable<DhcpOptions> {
  return {
    "dhcp-options-id": (d) => d.id,
    key: (d) => d.configurations.map((c) => c.key),
    value: (d) => d.configurations.flatMap((c) => c.values),
    "owner-id": () => ctx.account,
  };
}
