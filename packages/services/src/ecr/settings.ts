/** What a repository does with tags and scans: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html */
import { Ecr, type EcrTypes } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { onRepository } from "./access.js";
import { invalidParameter } from "./errors.js";
import { findRepository } from "./find.js";
import { inRegistry } from "./show.js";
import { repositories, type Repository } from "./state.js";

const MUTABILITIES: readonly string[] = ["MUTABLE", "IMMUTABLE", "MUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION"];
const MOST_FILTERS = 5;
const MOST_WILDCARDS = 2;

export const settingOperations = operations(Ecr, {
  PutImageTagMutability: {
    authorize: onRepository("PutImageTagMutability"),
    handle(ctx, input) {
      const repository = findRepository(ctx, input);
      const mutability = checkMutability(input.imageTagMutability, input.imageTagMutabilityExclusionFilters);
      const { tagMutability, exclusionFilters } = ctx.db(repositories).put({ ...repository, ...mutability });
      return { ...inRegistry(ctx, repository), imageTagMutability: tagMutability, imageTagMutabilityExclusionFilters: exclusionFilters.length > 0 ? exclusionFilters : undefined };
    },
  },

  PutImageScanningConfiguration: {
    authorize: onRepository("PutImageScanningConfiguration"),
    handle(ctx, input) {
      const repository = findRepository(ctx, input);
      const { scanOnPush } = ctx.db(repositories).put({ ...repository, scanOnPush: input.imageScanningConfiguration.scanOnPush ?? false });
      return { ...inRegistry(ctx, repository), imageScanningConfiguration: { scanOnPush } };
    },
  },
});

/** @throws AwsError InvalidParameterException for filters where none may be, or none where some must be */
export function checkMutability(
  mutability: EcrTypes.ImageTagMutability,
  filters: readonly EcrTypes.ImageTagMutabilityExclusionFilter[] | undefined,
): Pick<Repository, "tagMutability" | "exclusionFilters"> {
  if (!MUTABILITIES.includes(mutability)) throw invalidParameter("imageTagMutability", `Member must satisfy enum value set: [${MUTABILITIES.join(", ")}]`);
  const excluding = mutability.endsWith("_WITH_EXCLUSION");
  const wrong = (rule: string): never => {
    throw invalidParameter("imageTagMutabilityExclusionFilters", rule);
  };
  if (!excluding && filters !== undefined) return wrong(`filters can't be given when imageTagMutability is ${mutability}`);
  if (!excluding) return { tagMutability: mutability, exclusionFilters: [] };
  if (!filters?.length) return wrong(`filters must be given when imageTagMutability is ${mutability}`);
  if (filters.length > MOST_FILTERS) return wrong(`there can be at most ${MOST_FILTERS} filters`);
  const exclusionFilters = filters.map(({ filterType, filter }) => {
    if (filterType !== "WILDCARD") return wrong(`the filterType '${String(filterType)}' is not WILDCARD`);
    if (!/^[0-9a-zA-Z._*-]{1,128}$/.test(filter ?? "")) return wrong(`the filter '${String(filter)}' must satisfy regular expression '^[0-9a-zA-Z._*-]{1,128}$'`);
    if (filter.split("*").length - 1 > MOST_WILDCARDS) return wrong(`the filter '${filter}' has more than ${MOST_WILDCARDS} wildcards`);
    return { filterType, filter };
  });
  return { tagMutability: mutability, exclusionFilters };
}
