/** The errors that ECR returns, with AWS's codes: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/CommonErrors.html */
import { AwsError } from "@hakoniwa/kernel";
import { notYetIn } from "../not-implemented.js";

const error = (code: string, message: string): AwsError => new AwsError(code, message, { status: 400 });

const inRegistry = (name: string, account: string): string => `the repository with name '${name}' in the registry with id '${account}'`;

export const repositoryNotFound = (name: string, account: string): AwsError =>
  error("RepositoryNotFoundException", `The repository with name '${name}' does not exist in the registry with id '${account}'`);

export const repositoryAlreadyExists = (name: string, account: string): AwsError =>
  error("RepositoryAlreadyExistsException", `The repository with name '${name}' already exists in the registry with id '${account}'`);

export const lifecyclePolicyNotFound = (name: string, account: string): AwsError =>
  error("LifecyclePolicyNotFoundException", `Lifecycle policy does not exist for ${inRegistry(name, account)}`);

export const lifecyclePreviewNotFound = (name: string, account: string): AwsError =>
  error("LifecyclePolicyPreviewNotFoundException", `Lifecycle policy preview does not exist for ${inRegistry(name, account)}`);

export const repositoryPolicyNotFound = (name: string, account: string): AwsError =>
  error("RepositoryPolicyNotFoundException", `Repository policy does not exist for ${inRegistry(name, account)}`);

export const imageNotFound = (image: { readonly imageDigest?: string | undefined; readonly imageTag?: string | undefined }, name: string, account: string): AwsError =>
  error(
    "ImageNotFoundException",
    `The image with imageId {imageDigest:'${image.imageDigest ?? "null"}', imageTag:'${image.imageTag ?? "null"}'} does not exist within ${inRegistry(name, account)}`,
  );

/** ECR words its checks in its own way. @param rule what the value must be */
export const invalidParameter = (member: string, rule: string): AwsError =>
  error("InvalidParameterException", `Invalid parameter at '${member}' failed to satisfy constraint: '${rule}'`);

export const invalidLifecyclePolicy = (reason: string): AwsError => invalidParameter("LifecyclePolicyText", `Lifecycle policy validation failure: ${reason}`);

export const invalidTag = (rule: string): AwsError => error("InvalidTagParameterException", rule);

export const tooManyTags = (): AwsError => error("TooManyTagsException", "A repository can have at most 50 tags.");

export const notYet = notYetIn("ecr");
