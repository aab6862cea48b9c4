/** Reading parameters' values. */
import { Ssm } from "@hakoniwa/wire";
import { operations, type Asked } from "../define.js";
import { access, byName, byNames } from "./access.js";
import { constraint, parameterNotFound, parameterVersionNotFound } from "./errors.js";
import { matches, parseFilters, PATH_FILTERS } from "./filters.js";
import { findParameter, labelled, newestOf, publicParameter, showParameter, showPolicies } from "./lookup.js";
import { checkPath, liesUnder, parameterArn } from "./names.js";
import { page } from "./paging.js";
import { publishedParameters } from "./published.js";
import { checkTen } from "./parameters.js";
import { parameters, versions } from "./state.js";

export const readingOperations = operations(Ssm, {
  GetParameter: {
    authorize: access("GetParameter", byName),
    handle(ctx, input) {
      const lookup = findParameter(ctx.db, ctx, publishedParameters(ctx.facts), input.Name);
      if (lookup.kind === "no-parameter") throw parameterNotFound(lookup.name);
      if (lookup.kind === "no-version") throw parameterVersionNotFound(lookup.name, lookup.selector);
      return { Parameter: showParameter(ctx.db, ctx, lookup.parameter, lookup.selector, input.WithDecryption ?? false) };
    },
  },

  GetParameters: {
    authorize: access("GetParameters", byNames),
    handle(ctx, input) {
      checkTen(input.Names);
      const asked = [...new Set(input.Names)].map((name) => ({ name, lookup: findParameter(ctx.db, ctx, publishedParameters(ctx.facts), name) }));
      return {
        Parameters: asked.flatMap(({ lookup }) =>
          lookup.kind === "found" ? [showParameter(ctx.db, ctx, lookup.parameter, lookup.selector, input.WithDecryption ?? false)] : [],
        ),
        InvalidParameters: asked.filter(({ lookup }) => lookup.kind !== "found").map(({ name }) => name),
      };
    },
  },

  GetParametersByPath: {
    authorize: (input, asked: Asked) => ({
      action: "ssm:GetParametersByPath",
      resources: [parameterArn(asked, input.Path)],
      conditions: { "ssm:Recursive": String(input.Recursive ?? false) },
    }),
    handle(ctx, input) {
      checkPath(input.Path);
      const filters = parseFilters(input.ParameterFilters ?? [], PATH_FILTERS);
      // With a label, the version that bears it is read instead of the newest.
      const label = filters.find((filter) => filter.key === "Label");
      const others = filters.filter((filter) => filter !== label);
      const own = ctx
        .db(parameters)
        .list()
        .filter((parameter) => liesUnder(parameter.name, input.Path, input.Recursive ?? false))
        .flatMap(({ name, version, tags }) => {
          const found = label ? label.values.flatMap((value) => labelled(ctx.db, name, value) ?? [])[0] : newestOf(ctx.db, name, version);
          return found ? [{ tags, version: found }] : [];
        })
        .filter(({ tags, version }) => others.every((filter) => matches(filter, version, tags)))
        .map(({ version }) => version);
      const theirs = publishedParameters(ctx.facts);
      const published = input.Path.startsWith("/aws/service")
        ? [...theirs.keys()].filter((name) => liesUnder(name, input.Path, input.Recursive ?? false)).map((name) => publicParameter(theirs, name)!)
        : [];
      const sorted = [...own, ...(filters.length > 0 ? [] : published)].sort((a, b) => (a.name < b.name ? -1 : 1));
      const { records, NextToken } = page(sorted, input, 10, (found) => found.name);
      return { Parameters: records.map((found) => showParameter(ctx.db, ctx, found, undefined, input.WithDecryption ?? false)), NextToken };
    },
  },

  GetParameterHistory: {
    authorize: access("GetParameterHistory", byName),
    handle(ctx, input) {
      if (input.Name.includes(":")) throw constraint("name", input.Name, "Member must not name a version");
      const parameter = ctx.db(parameters).get(input.Name);
      if (!parameter) throw parameterNotFound(input.Name);
      const sorted = [...ctx.db(versions).where("name", parameter.name)].sort((a, b) => a.version - b.version);
      const { records, NextToken } = page(sorted, input, 50, (version) => version.version);
      return {
        Parameters: records.map((version) => ({
          Name: version.name,
          Type: version.type,
          KeyId: version.keyId,
          LastModifiedDate: new Date(version.modified),
          LastModifiedUser: version.modifiedBy,
          Description: version.description,
          Value: showParameter(ctx.db, ctx, version, undefined, input.WithDecryption ?? false).Value,
          AllowedPattern: version.allowedPattern,
          Version: version.version,
          Labels: version.labels,
          Tier: version.tier,
          Policies: showPolicies(version),
          DataType: version.dataType,
        })),
        NextToken,
      };
    },
  },
});
