/** ECR's records and tables. */
import { table } from "@hakoniwa/kernel";
import type { EcrTypes } from "@hakoniwa/wire";

export interface ExclusionFilter {
  readonly filterType: EcrTypes.ImageTagMutabilityExclusionFilterType;
  readonly filter: string;
}

/** A repository of a private registry. It holds no images: there is no registry that they could be pushed to. */
export interface Repository {
  readonly name: string;
  readonly arn: string;
  readonly created: number;
  readonly tagMutability: EcrTypes.ImageTagMutability;
  readonly exclusionFilters: readonly ExclusionFilter[];
  readonly scanOnPush: boolean;
  /** JSON: who else may do what with it. */
  readonly policy?: string;
  /** JSON. */
  readonly lifecyclePolicy?: string;
  /** The policy of the last preview, JSON. */
  readonly previewed?: string;
  readonly tags: Readonly<Record<string, string>>;
}

export const repositories = table<Repository>()({ name: "ecr.repositories", key: (repository) => repository.name });
