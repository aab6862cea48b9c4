import { describeResourceTypes, type ResourceCase } from "../cloudformation/cases/testing.js";
import { ecr } from "./index.js";

const lifecycle = (countNumber: number): string =>
  JSON.stringify({ rules: [{ rulePriority: 1, selection: { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days", countNumber }, action: { type: "expire" } }] });
const policy = (Action: string) => ({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action }] });

const cases: Readonly<Record<string, ResourceCase>> = {
  "AWS::ECR::Repository": {
    minimal: {},
    maximal: {
      RepositoryName: "team/everything",
      ImageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
      ImageTagMutabilityExclusionFilters: [{ ImageTagMutabilityExclusionFilterType: "WILDCARD", ImageTagMutabilityExclusionFilterValue: "dev-*" }],
      ImageScanningConfiguration: { ScanOnPush: true },
      EncryptionConfiguration: { EncryptionType: "AES256" },
      LifecyclePolicy: { LifecyclePolicyText: lifecycle(365), RegistryId: { Ref: "AWS::AccountId" } },
      RepositoryPolicyText: policy("ecr:BatchGetImage"),
      EmptyOnDelete: true,
      Tags: [{ Key: "team", Value: "four" }],
    },
    changed: {
      RepositoryName: "team/everything",
      ImageTagMutability: "IMMUTABLE",
      EncryptionConfiguration: { EncryptionType: "AES256" },
      LifecyclePolicy: { LifecyclePolicyText: lifecycle(30) },
      RepositoryPolicyText: policy("ecr:GetDownloadUrlForLayer"),
      Tags: [{ Key: "env", Value: "prod" }],
    },
    replaced: { RepositoryName: "team/another" },
    failing: { properties: { RepositoryName: "Team" }, says: "Invalid parameter at 'repositoryName'" },
    drift: { by: ({ aws }, repositoryName) => aws.ecr.PutImageTagMutability({ repositoryName, imageTagMutability: "MUTABLE" }), at: "ImageTagMutability" },
  },
};

describeResourceTypes(ecr.resources, cases);
