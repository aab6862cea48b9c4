/** Repositories as AWS shows them. */
import type { Scope } from "@hakoniwa/kernel";
import type { EcrTypes } from "@hakoniwa/wire";
import { repositoryUri } from "./names.js";
import type { Repository } from "./state.js";

export function showRepository(scope: Scope, repository: Repository): EcrTypes.Repository {
  return {
    repositoryArn: repository.arn,
    registryId: scope.account,
    repositoryName: repository.name,
    repositoryUri: repositoryUri(scope, repository.name),
    createdAt: new Date(repository.created),
    imageTagMutability: repository.tagMutability,
    imageTagMutabilityExclusionFilters: repository.exclusionFilters.length > 0 ? repository.exclusionFilters : undefined,
    imageScanningConfiguration: { scanOnPush: repository.scanOnPush },
    encryptionConfiguration: { encryptionType: "AES256" },
  };
}

/** What every answer about a repository begins with. */
export function inRegistry(scope: Scope, { name }: Repository): { readonly registryId: string; readonly repositoryName: string } {
  return { registryId: scope.account, repositoryName: name };
}
