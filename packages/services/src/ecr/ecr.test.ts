import type { Caller } from "@hakoniwa/kernel";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const ACCOUNT = "123456789012";
const ARN = `arn:aws:ecr:ap-northeast-1:${ACCOUNT}:repository`;
const repositoryName = "team/web";

const lifecycle = (...rules: readonly object[]): string => JSON.stringify({ rules }, undefined, 2);
const rule = (changes: object = {}, selection: object = {}): object => ({
  rulePriority: 1,
  description: "Untagged images go after a year",
  selection: { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days", countNumber: 365, ...selection },
  action: { type: "expire" },
  ...changes,
});
const policy = (statement: object): string => JSON.stringify({ Version: "2012-10-17", Statement: [statement] });

describe("repositories", () => {
  it("are made with what AWS fills in, found again, and deleted", async () => {
    const made = await cloud.aws.ecr.CreateRepository({ repositoryName, tags: [{ Key: "team", Value: "four" }] });
    expect(made.repository).toMatchObject({
      repositoryArn: `${ARN}/team/web`,
      registryId: ACCOUNT,
      repositoryName,
      repositoryUri: `${ACCOUNT}.dkr.ecr.ap-northeast-1.amazonaws.com/team/web`,
      imageTagMutability: "MUTABLE",
      imageScanningConfiguration: { scanOnPush: false },
      encryptionConfiguration: { encryptionType: "AES256" },
    });
    expect((await cloud.aws.ecr.DescribeRepositories({ repositoryNames: [repositoryName] })).repositories).toEqual([made.repository]);
    expect((await cloud.aws.ecr.ListTagsForResource({ resourceArn: `${ARN}/team/web` })).tags).toEqual([{ Key: "team", Value: "four" }]);
    expect((await cloud.aws.ecr.DeleteRepository({ repositoryName, force: true })).repository).toEqual(made.repository);
    expect((await cloud.aws.ecr.DescribeRepositories({})).repositories).toEqual([]);
    await expect(cloud.aws.ecr.DeleteRepository({ repositoryName })).rejects.toThrow(`The repository with name 'team/web' does not exist in the registry with id '${ACCOUNT}'`);
  });

  it("are told in pages, each once", async () => {
    for (const name of ["aa", "bb", "cc"]) await cloud.aws.ecr.CreateRepository({ repositoryName: name });
    const first = await cloud.aws.ecr.DescribeRepositories({ maxResults: 2 });
    const second = await cloud.aws.ecr.DescribeRepositories({ maxResults: 2, nextToken: first.nextToken! });
    expect([...first.repositories!, ...second.repositories!].map((each) => each.repositoryName)).toEqual(["aa", "bb", "cc"]);
    expect(second.nextToken).toBeUndefined();
    await expect(cloud.aws.ecr.DescribeRepositories({ nextToken: "x" })).rejects.toThrow("Invalid parameter at 'nextToken'");
    await expect(cloud.aws.ecr.DescribeRepositories({ maxResults: 0 })).rejects.toThrow("Invalid parameter at 'maxResults'");
  });

  it.each([
    [{ repositoryName: "Team" }, "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '"],
    [{ repositoryName: "a" }, "Invalid parameter at 'repositoryName'"],
    [{ repositoryName: "a--b" }, "Invalid parameter at 'repositoryName'"],
    [{ repositoryName, registryId: "x" }, "Invalid parameter at 'registryId'"],
    [{ repositoryName, imageTagMutability: "SOMETIMES" }, "Invalid parameter at 'imageTagMutability'"],
    [{ repositoryName, imageTagMutability: "IMMUTABLE_WITH_EXCLUSION" }, "filters must be given"],
    [{ repositoryName, imageTagMutabilityExclusionFilters: [{ filterType: "WILDCARD", filter: "dev*" }] }, "filters can't be given"],
    [{ repositoryName, imageTagMutability: "IMMUTABLE_WITH_EXCLUSION", imageTagMutabilityExclusionFilters: [{ filterType: "WILDCARD", filter: "a*b*c*" }] }, "more than 2 wildcards"],
    [{ repositoryName, encryptionConfiguration: { encryptionType: "KMS" } }, "Hakoniwa does not implement encryptionType KMS of ecr yet"],
    [{ repositoryName, tags: [{ Key: "aws:x", Value: "" }] }, "reserved"],
    [{ repositoryName, tags: [{ Key: "a", Value: "1" }, { Key: "a", Value: "2" }] }, "given twice"],
  ])("refuse %j, and nothing is made", async (input, message) => {
    await expect(cloud.aws.ecr.CreateRepository(input as never)).rejects.toThrow(message);
    expect((await cloud.aws.ecr.DescribeRepositories({})).repositories).toEqual([]);
  });

  it("are told apart by their names", async () => {
    await cloud.aws.ecr.CreateRepository({ repositoryName });
    await expect(cloud.aws.ecr.CreateRepository({ repositoryName })).rejects.toThrow(`The repository with name 'team/web' already exists in the registry with id '${ACCOUNT}'`);
    await expect(cloud.aws.ecr.ListImages({ repositoryName, registryId: "210987654321" })).rejects.toThrow("does not exist in the registry with id '210987654321'");
  });

  it("change how tags and scans are treated", async () => {
    await cloud.aws.ecr.CreateRepository({ repositoryName });
    const imageTagMutabilityExclusionFilters = [{ filterType: "WILDCARD" as const, filter: "dev-*" }];
    await cloud.aws.ecr.PutImageTagMutability({ repositoryName, imageTagMutability: "IMMUTABLE_WITH_EXCLUSION", imageTagMutabilityExclusionFilters });
    await cloud.aws.ecr.PutImageScanningConfiguration({ repositoryName, imageScanningConfiguration: { scanOnPush: true } });
    expect((await cloud.aws.ecr.DescribeRepositories({})).repositories).toMatchObject([
      { imageTagMutability: "IMMUTABLE_WITH_EXCLUSION", imageTagMutabilityExclusionFilters, imageScanningConfiguration: { scanOnPush: true } },
    ]);
    await cloud.aws.ecr.PutImageTagMutability({ repositoryName, imageTagMutability: "IMMUTABLE" });
    expect((await cloud.aws.ecr.DescribeRepositories({})).repositories![0]!.imageTagMutabilityExclusionFilters).toBeUndefined();
  });

  it("have tags by their ARN", async () => {
    await cloud.aws.ecr.CreateRepository({ repositoryName, tags: [{ Key: "a", Value: "1" }] });
    const resourceArn = `${ARN}/team/web`;
    await cloud.aws.ecr.TagResource({ resourceArn, tags: [{ Key: "b", Value: "2" }] });
    await cloud.aws.ecr.UntagResource({ resourceArn, tagKeys: ["a"] });
    expect((await cloud.aws.ecr.ListTagsForResource({ resourceArn })).tags).toEqual([{ Key: "b", Value: "2" }]);
    await expect(cloud.aws.ecr.ListTagsForResource({ resourceArn: "web" })).rejects.toThrow("Invalid parameter at 'resourceArn' failed to satisfy constraint: 'Invalid ARN'");
    await expect(cloud.aws.ecr.ListTagsForResource({ resourceArn: `${ARN}/none` })).rejects.toThrow("The repository with name 'none' does not exist");
    const many = Array.from({ length: 50 }, (_, i) => ({ Key: `k${i}`, Value: "" }));
    await expect(cloud.aws.ecr.TagResource({ resourceArn, tags: many })).rejects.toThrow("at most 50 tags");
  });
});

describe("lifecycle policies", () => {
  beforeEach(() => cloud.aws.ecr.CreateRepository({ repositoryName }));

  it("are kept as given, previewed on what is there, and deleted", async () => {
    const text = lifecycle(rule());
    await expect(cloud.aws.ecr.GetLifecyclePolicy({ repositoryName })).rejects.toThrow(`Lifecycle policy does not exist for the repository with name 'team/web' in the registry with id '${ACCOUNT}'`);
    await expect(cloud.aws.ecr.StartLifecyclePolicyPreview({ repositoryName })).rejects.toThrow("Lifecycle policy does not exist");
    await cloud.aws.ecr.PutLifecyclePolicy({ repositoryName, lifecyclePolicyText: text });
    expect(await cloud.aws.ecr.GetLifecyclePolicy({ repositoryName })).toMatchObject({ repositoryName, lifecyclePolicyText: text });
    await expect(cloud.aws.ecr.GetLifecyclePolicyPreview({ repositoryName })).rejects.toThrow("Lifecycle policy preview does not exist");
    await cloud.aws.ecr.StartLifecyclePolicyPreview({ repositoryName });
    expect(await cloud.aws.ecr.GetLifecyclePolicyPreview({ repositoryName })).toMatchObject({ status: "COMPLETE", previewResults: [], summary: { expiringImageTotalCount: 0 } });
    expect(await cloud.aws.ecr.DeleteLifecyclePolicy({ repositoryName })).toMatchObject({ lifecyclePolicyText: text });
    await expect(cloud.aws.ecr.DeleteLifecyclePolicy({ repositoryName })).rejects.toThrow("Lifecycle policy does not exist");
  });

  it.each([
    ["no JSON", "x".repeat(100), "Could not map policyString into LifecyclePolicy."],
    ["too short", "{}", "string length 2"],
    ["no rules", JSON.stringify({ pad: "x".repeat(100) }), 'object has missing required properties (["rules"])'],
    ["no action", lifecycle(rule({ action: undefined })), 'object has missing required properties (["action"])'],
    ["a member too many", lifecycle(rule({ colour: "red" })), 'object instance has properties which are not allowed by the schema: (["colour"])'],
    ["an unknown tagStatus", lifecycle(rule({}, { tagStatus: "some" })), 'instance value ("some") not found in enum'],
    ["a count with a unit", lifecycle(rule({}, { countType: "imageCountMoreThan" })), "instance failed to match exactly one schema (matched 0 out of 2)"],
    ["an age without one", lifecycle(rule({}, { countUnit: undefined })), "instance failed to match exactly one schema (matched 0 out of 2)"],
    ["prefixes of what has no tag", lifecycle(rule({}, { tagPrefixList: ["v"] })), "matched 0 out of 2"],
    ["tagged without prefixes", lifecycle(rule({}, { tagStatus: "tagged" })), "matched 0 out of 2"],
    ["a count of none", lifecycle(rule({}, { countNumber: 0 })), "numeric instance is lower than the required minimum (minimum: 1, found: 0)"],
    ["one priority twice", lifecycle(rule(), rule()), "rule priorities must be unique"],
    ["any before others", lifecycle(rule({ rulePriority: 2 }), rule({}, { tagStatus: "any" })), "must have the highest rulePriority"],
  ])("with %s are refused", async (_what, lifecyclePolicyText, message) => {
    await expect(cloud.aws.ecr.PutLifecyclePolicy({ repositoryName, lifecyclePolicyText })).rejects.toThrow(`Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: `);
    await expect(cloud.aws.ecr.PutLifecyclePolicy({ repositoryName, lifecyclePolicyText })).rejects.toThrow(message);
    await expect(cloud.aws.ecr.GetLifecyclePolicy({ repositoryName })).rejects.toThrow("does not exist");
  });
});

describe("repositories' policies", () => {
  beforeEach(() => cloud.aws.ecr.CreateRepository({ repositoryName }));

  it("let in whom identities' policies don't, and keep out whom they do", async () => {
    const { User } = await cloud.aws.iam.CreateUser({ UserName: "reader" });
    const caller: Caller = { principal: { type: "user", account: ACCOUNT, arn: User!.Arn, id: User!.UserId, name: "reader" }, accessKeyId: "AKIA", via: { kind: "user" } };
    const reader = cloud.core.calls.asyncCalls(caller, "ap-northeast-1");
    await expect(reader.ecr.ListImages({ repositoryName })).rejects.toThrow("is not authorized to perform: ecr:ListImages on resource: " + `${ARN}/team/web`);
    await cloud.aws.ecr.SetRepositoryPolicy({ repositoryName, policyText: policy({ Effect: "Allow", Principal: { AWS: User!.Arn }, Action: "ecr:ListImages" }) });
    expect(await reader.ecr.ListImages({ repositoryName })).toMatchObject({ imageIds: [] });
    await cloud.aws.ecr.SetRepositoryPolicy({ repositoryName, policyText: policy({ Effect: "Deny", Principal: "*", Action: ["ecr:ListImages"] }) });
    await expect(cloud.aws.ecr.ListImages({ repositoryName })).rejects.toThrow("with an explicit deny");
    await cloud.aws.ecr.DeleteRepositoryPolicy({ repositoryName });
    await expect(cloud.aws.ecr.GetRepositoryPolicy({ repositoryName })).rejects.toThrow(`Repository policy does not exist for the repository with name 'team/web' in the registry with id '${ACCOUNT}'`);
  });

  it("that lock their author out must be forced", async () => {
    const policyText = policy({ Effect: "Deny", Principal: "*", Action: "ecr:SetRepositoryPolicy" });
    await expect(cloud.aws.ecr.SetRepositoryPolicy({ repositoryName, policyText })).rejects.toThrow("Invalid parameter at 'PolicyText'");
    await cloud.aws.ecr.SetRepositoryPolicy({ repositoryName, policyText, force: true });
    await expect(cloud.aws.ecr.SetRepositoryPolicy({ repositoryName, policyText, force: true })).rejects.toThrow("not authorized");
  });

  it.each([
    ["no JSON", "{"],
    ["no statement", JSON.stringify({ Version: "2012-10-17" })],
    ["a resource, which it is about anyway", policy({ Effect: "Allow", Principal: "*", Action: "ecr:*", Resource: "*" })],
    ["no principal", policy({ Effect: "Allow", Action: "ecr:*" })],
    ["another service's action", policy({ Effect: "Allow", Principal: "*", Action: "s3:GetObject" })],
    ["an effect of its own", policy({ Effect: "Maybe", Principal: "*", Action: "ecr:*" })],
  ])("with %s are refused", async (_what, policyText) => {
    await expect(cloud.aws.ecr.SetRepositoryPolicy({ repositoryName, policyText })).rejects.toThrow("Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'");
  });
});

describe("images", () => {
  it("are none, and asking for one says so", async () => {
    await cloud.aws.ecr.CreateRepository({ repositoryName });
    expect(await cloud.aws.ecr.DescribeImages({ repositoryName })).toMatchObject({ imageDetails: [] });
    await expect(cloud.aws.ecr.DescribeImages({ repositoryName, imageIds: [{ imageTag: "v1" }] })).rejects.toThrow(
      `The image with imageId {imageDigest:'null', imageTag:'v1'} does not exist within the repository with name 'team/web' in the registry with id '${ACCOUNT}'`,
    );
    expect((await cloud.aws.ecr.BatchGetImage({ repositoryName, imageIds: [{ imageTag: "v1" }] })).failures).toMatchObject([{ failureCode: "ImageNotFound" }]);
    await expect(cloud.aws.ecr.ListImages({ repositoryName: "none" })).rejects.toThrow("The repository with name 'none' does not exist");
  });

  it.each(["GetAuthorizationToken", "PutImage", "InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload", "GetDownloadUrlForLayer"] as const)(
    "can't be pushed, as there is no registry: %s is refused by name",
    async (operation) => {
      await expect(cloud.aws.ecr[operation]({} as never)).rejects.toThrow(`Hakoniwa does not implement ecr:${operation} yet`);
    },
  );
});
