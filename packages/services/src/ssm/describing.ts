import { Ssm } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations } from "../define.js";
import { validation, notYet } from "./errors.js";
import { DESCRIBE_FILTERS, matches, parseFilters } from "./filters.js";
import { newestOf, showPolicies } from "./lookup.js";
import { parameterArn } from "./names.js";
import { page } from "./paging.js";
import { parameters } from "./state.js";

export const describingOperations = operations(Ssm, {
  DescribeParameters: {
    authorize: onEverything("ssm:DescribeParameters"),
    handle(ctx, input) {
      if (input.Shared) throw notYet("shared parameters");
      if (input.Filters?.length && input.ParameterFilters?.length) {
        throw validation("You can use either Filters or ParameterFilters in a single request.");
      }
      // The older Filters know three keys, and compare from the beginning.
      const older = (input.Filters ?? []).map((filter) => ({ Key: filter.Key, Option: "BeginsWith", Values: filter.Values }));
      const filters = [...parseFilters(older, ["Name", "Type", "KeyId"]), ...parseFilters(input.ParameterFilters ?? [], DESCRIBE_FILTERS)];
      const sorted = ctx
        .db(parameters)
        .list()
        .map((parameter) => ({ parameter, version: newestOf(ctx.db, parameter.name, parameter.version) }))
        .filter(({ parameter, version }) => filters.every((filter) => matches(filter, version, parameter.tags)))
        .map(({ version }) => version)
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      const { records, NextToken } = page(sorted, input, 50, (version) => version.name);
      return {
        Parameters: records.map((version) => ({
          Name: version.name,
          ARN: parameterArn(ctx, version.name),
          Type: version.type,
          KeyId: version.keyId,
          LastModifiedDate: new Date(version.modified),
          LastModifiedUser: version.modifiedBy,
          Description: version.description,
          AllowedPattern: version.allowedPattern,
          Version: version.version,
          Tier: version.tier,
          Policies: showPolicies(version),
          DataType: version.dataType,
        })),
        NextToken,
      };
    },
  },
});
