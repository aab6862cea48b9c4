/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecr-repository.html */
import type { Aws, EcrTypes } from "@hakoniwa/wire";
import { documentAs, documentText } from "../policy-documents.js";
import { resourceType } from "../resource-type.js";
import { unlessGone } from "../unless-gone.js";

export interface RepositoryProperties {
  readonly RepositoryName?: string;
  readonly ImageTagMutability?: EcrTypes.ImageTagMutability;
  readonly ImageTagMutabilityExclusionFilters?: readonly Filter[];
  readonly ImageScanningConfiguration?: { readonly ScanOnPush?: boolean };
  readonly EncryptionConfiguration?: { readonly EncryptionType: EcrTypes.EncryptionType; readonly KmsKey?: string };
  readonly LifecyclePolicy?: { readonly LifecyclePolicyText?: string; readonly RegistryId?: string };
  readonly RepositoryPolicyText?: unknown;
  readonly EmptyOnDelete?: boolean;
  readonly Tags?: readonly EcrTypes.Tag[];
}

interface Filter {
  readonly ImageTagMutabilityExclusionFilterType: EcrTypes.ImageTagMutabilityExclusionFilterType;
  readonly ImageTagMutabilityExclusionFilterValue: string;
}

const CARRIES = [
  "RepositoryName", "ImageTagMutability", "ImageTagMutabilityExclusionFilters", "ImageScanningConfiguration", "EncryptionConfiguration.EncryptionType", "LifecyclePolicy",
  "RepositoryPolicyText", "EmptyOnDelete", "Tags",
];

export const repository = resourceType<RepositoryProperties>("AWS::ECR::Repository", CARRIES, {
  create(aws, properties, request) {
    // Repositories' names have no capitals.
    const repositoryName = properties.RepositoryName ?? request.physicalName(256).toLowerCase();
    const { EncryptionConfiguration: encryption } = properties;
    aws.ecr.CreateRepository({
      repositoryName,
      imageTagMutability: properties.ImageTagMutability,
      imageTagMutabilityExclusionFilters: filtersOf(properties),
      imageScanningConfiguration: { scanOnPush: properties.ImageScanningConfiguration?.ScanOnPush },
      encryptionConfiguration: encryption && { encryptionType: encryption.EncryptionType, kmsKey: encryption.KmsKey },
      tags: tagsOf(properties, request.tags),
    });
    setPolicies(aws, repositoryName, properties);
    return repositoryName;
  },

  update(aws, repositoryName, next, previous, request) {
    aws.ecr.PutImageTagMutability({
      repositoryName,
      imageTagMutability: next.ImageTagMutability ?? "MUTABLE",
      imageTagMutabilityExclusionFilters: filtersOf(next),
    });
    aws.ecr.PutImageScanningConfiguration({ repositoryName, imageScanningConfiguration: { scanOnPush: next.ImageScanningConfiguration?.ScanOnPush ?? false } });
    setPolicies(aws, repositoryName, next);
    if (lifecycleOf(next) === undefined && lifecycleOf(previous) !== undefined) unlessGone(() => aws.ecr.DeleteLifecyclePolicy({ repositoryName }));
    if (next.RepositoryPolicyText === undefined && previous.RepositoryPolicyText !== undefined) unlessGone(() => aws.ecr.DeleteRepositoryPolicy({ repositoryName }));
    setTags(aws, repositoryName, tagsOf(next, request.tags));
  },

  delete(aws, repositoryName, { EmptyOnDelete }) {
    unlessGone(() => aws.ecr.DeleteRepository({ repositoryName, force: EmptyOnDelete ?? false }));
  },

  read(aws, repositoryName, properties) {
    const found = unlessGone(() => describe(aws, repositoryName));
    if (!found) return undefined;
    const lifecycle = unlessGone(() => aws.ecr.GetLifecyclePolicy({ repositoryName }))?.lifecyclePolicyText;
    const policy = unlessGone(() => aws.ecr.GetRepositoryPolicy({ repositoryName }))?.policyText;
    return {
      RepositoryName: repositoryName,
      ImageTagMutability: found.imageTagMutability!,
      ImageTagMutabilityExclusionFilters: (found.imageTagMutabilityExclusionFilters ?? []).map(({ filterType, filter }) => ({
        ImageTagMutabilityExclusionFilterType: filterType,
        ImageTagMutabilityExclusionFilterValue: filter,
      })),
      ImageScanningConfiguration: { ScanOnPush: found.imageScanningConfiguration?.scanOnPush ?? false },
      EncryptionConfiguration: { EncryptionType: found.encryptionConfiguration!.encryptionType },
      ...(lifecycle === undefined ? {} : { LifecyclePolicy: { ...properties.LifecyclePolicy, LifecyclePolicyText: lifecycle } }),
      ...(policy === undefined ? {} : { RepositoryPolicyText: documentAs(properties.RepositoryPolicyText, policy) }),
      ...(properties.EmptyOnDelete === undefined ? {} : { EmptyOnDelete: properties.EmptyOnDelete }),
      Tags: aws.ecr.ListTagsForResource({ resourceArn: found.repositoryArn! }).tags ?? [],
    };
  },

  attributes(aws, repositoryName) {
    const { repositoryArn, repositoryUri } = describe(aws, repositoryName);
    return { Arn: repositoryArn, RepositoryUri: repositoryUri };
  },
});

function describe(aws: Aws, name: string): EcrTypes.Repository {
  return aws.ecr.DescribeRepositories({ repositoryNames: [name] }).repositories![0]!;
}

/** CloudFormation takes an empty text for none. */
function lifecycleOf({ LifecyclePolicy }: RepositoryProperties): string | undefined {
  return LifecyclePolicy?.LifecyclePolicyText || undefined;
}

function setPolicies(aws: Aws, repositoryName: string, properties: RepositoryProperties): void {
  const lifecyclePolicyText = lifecycleOf(properties);
  if (lifecyclePolicyText !== undefined) aws.ecr.PutLifecyclePolicy({ repositoryName, registryId: properties.LifecyclePolicy?.RegistryId, lifecyclePolicyText });
  if (properties.RepositoryPolicyText !== undefined) aws.ecr.SetRepositoryPolicy({ repositoryName, policyText: documentText(properties.RepositoryPolicyText) });
}

function filtersOf({ ImageTagMutabilityExclusionFilters: filters }: RepositoryProperties): readonly EcrTypes.ImageTagMutabilityExclusionFilter[] | undefined {
  return filters?.map((each) => ({ filterType: each.ImageTagMutabilityExclusionFilterType, filter: each.ImageTagMutabilityExclusionFilterValue }));
}

function tagsOf({ Tags = [] }: RepositoryProperties, more: readonly EcrTypes.Tag[]): readonly EcrTypes.Tag[] {
  return [...Tags, ...more.filter(({ Key }) => !Tags.some((own) => own.Key === Key))];
}

function setTags(aws: Aws, name: string, wanted: readonly EcrTypes.Tag[]): void {
  const resourceArn = describe(aws, name).repositoryArn!;
  const now = aws.ecr.ListTagsForResource({ resourceArn }).tags ?? [];
  const leaving = now.map(({ Key }) => Key).filter((key) => !wanted.some(({ Key }) => Key === key));
  if (leaving.length > 0) aws.ecr.UntagResource({ resourceArn, tagKeys: leaving });
  if (wanted.length > 0) aws.ecr.TagResource({ resourceArn, tags: wanted });
}
