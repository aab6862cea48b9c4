/** Placement groups: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/placement-groups.html. One machine has one rack: they are kept, shown and checked. */
import { AwsError } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { invalidCombination, invalidValue, missingParameter, refuse } from "./errors.js";
import { select, type FilterTable } from "./filters.js";
import { oneOf } from "./settings.js";
import { instances } from "./state-compute.js";
import { placementGroups, type PlacementGroup } from "./state-settings.js";
import { computeArn } from "./taggable.js";
import { checkTagSpecifications, dropTags, putTags, tagsOf } from "./tags.js";

const MOST_PARTITIONS = 7;

export const placementGroupOperations = operations(Ec2, {
  CreatePlacementGroup: {
    authorize: (input, asked) => ({ action: "ec2:CreatePlacementGroup", resources: [computeArn(asked, "placement-group", input.GroupName ?? "*")] }),
    handle(ctx, input) {
      refuse("CreatePlacementGroup", input, ["LinkedGroupId", "Operator"]);
      checkTagSpecifications(input.TagSpecifications, ["placement-group"]);
      const name = input.GroupName;
      if (!name) throw missingParameter("groupName");
      if (name.length > 255 || !/^[\x20-\x7e]+$/.test(name)) throw invalidValue(`Value (${name}) for parameter groupName is invalid. Up to 255 ASCII characters.`);
      const strategy = oneOf("strategy", input.Strategy ?? "cluster", ["cluster", "spread", "partition"]);
      if (input.PartitionCount !== undefined && strategy !== "partition") throw invalidCombination("The parameter PartitionCount is only for the strategy partition.");
      if (input.SpreadLevel !== undefined && strategy !== "spread") throw invalidCombination("The parameter SpreadLevel is only for the strategy spread.");
      if (input.SpreadLevel === "host") refuse("CreatePlacementGroup", { "SpreadLevel=host": true }, ["SpreadLevel=host"]);
      const partitions = input.PartitionCount ?? 2;
      if (partitions < 1 || partitions > MOST_PARTITIONS) throw invalidValue(`Value (${partitions}) for parameter partitionCount is invalid. It must be between 1 and ${MOST_PARTITIONS}.`);
      if (ctx.db(placementGroups).get(name)) throw new AwsError("InvalidPlacementGroup.Duplicate", `The Placement Group '${name}' already exists.`);
      const group = ctx.db(placementGroups).put({
        id: ctx.ids.aws("pg"),
        name,
        strategy,
        partitionCount: strategy === "partition" ? partitions : undefined,
        spreadLevel: strategy === "spread" ? "rack" : undefined,
      });
      putTags(ctx, "placement-group", group.id, input.TagSpecifications);
      return { PlacementGroup: described(ctx, group) };
    },
  },

  DeletePlacementGroup: {
    authorize: (input, asked) => ({ action: "ec2:DeletePlacementGroup", resources: [computeArn(asked, "placement-group", input.GroupName)] }),
    handle(ctx, input) {
      const group = need(ctx, input.GroupName);
      const user = ctx.db(instances).where("placementGroup", group.name).find((instance) => instance.state !== "terminated");
      if (user) throw new AwsError("InvalidPlacementGroup.InUse", `The placement group '${group.name}' is in use and may not be deleted.`);
      ctx.db(placementGroups).delete(group.name);
      dropTags(ctx.db, group.id);
      return {};
    },
  },

  DescribePlacementGroups: {
    authorize: onEverything("ec2:DescribePlacementGroups"),
    handle(ctx, input) {
      const { GroupNames: names = [], GroupIds: ids = [] } = input;
      const named = [...names.map((name) => need(ctx, name)), ...ids.map((id) => ctx.db(placementGroups).where("id", id)[0] ?? unknown(id))];
      const asked = names.length + ids.length > 0 ? [...new Set(named)] : ctx.db(placementGroups).list();
      const filters: FilterTable<PlacementGroup> = {
        "group-name": (group) => group.name,
        "group-arn": (group) => computeArn(ctx, "placement-group", group.name),
        "spread-level": (group) => group.spreadLevel,
        state: () => "available",
        strategy: (group) => group.strategy,
      };
      return { PlacementGroups: select(ctx.db, asked, input.Filters, filters, (group) => group.id).map((group) => described(ctx, group)) };
    },
  },
});

function need(ctx: Context, name: string): PlacementGroup {
  return ctx.db(placementGroups).get(name) ?? unknown(name);
}

function unknown(name: string): never {
  throw new AwsError("InvalidPlacementGroup.Unknown", `The placement group '${name}' is unknown.`);
}

function described(ctx: Context, group: PlacementGroup): Ec2Types.PlacementGroup {
  return {
    GroupId: group.id,
    GroupName: group.name,
    GroupArn: computeArn(ctx, "placement-group", group.name),
    State: "available",
    Strategy: group.strategy,
    PartitionCount: group.partitionCount,
    SpreadLevel: group.spreadLevel,
    Tags: tagsOf(ctx.db, group.id),
  };
}
