/** A repository with something of each kind, and what every read of ECR asks about it. */
import { CreateRepositoryCommand, PutLifecyclePolicyCommand, SetRepositoryPolicyCommand, StartLifecyclePolicyPreviewCommand, type ECRClient } from "@aws-sdk/client-ecr";
import { ACCOUNT, REGION } from "./cloud.js";

const repositoryName = "everything";

export async function someRepository(client: ECRClient): Promise<void> {
  await client.send(new CreateRepositoryCommand({ repositoryName, tags: [{ Key: "team", Value: "four" }], imageScanningConfiguration: { scanOnPush: true } }));
  const selection = { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days", countNumber: 30 };
  const rules = [{ rulePriority: 1, description: "Untagged images go", selection, action: { type: "expire" } }];
  await client.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText: JSON.stringify({ rules }) }));
  await client.send(new StartLifecyclePolicyPreviewCommand({ repositoryName }));
  const Statement = [{ Effect: "Allow", Principal: { AWS: ACCOUNT }, Action: "ecr:ListImages" }];
  await client.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: JSON.stringify({ Version: "2012-10-17", Statement }) }));
}

const named = (): object => ({ repositoryName });

export const questionsAboutRepositories: Readonly<Record<string, () => object>> = {
  "ecr:DescribeImages": named,
  "ecr:ListImages": named,
  "ecr:GetLifecyclePolicy": named,
  "ecr:GetLifecyclePolicyPreview": named,
  "ecr:GetRepositoryPolicy": named,
  "ecr:ListTagsForResource": () => ({ resourceArn: `arn:aws:ecr:${REGION}:${ACCOUNT}:repository/${repositoryName}` }),
};

/** There is no registry that images could be pushed to. */
export const WITHOUT_IMAGES: ReadonlySet<string> = new Set(["ecr:DescribeImages", "ecr:ListImages", "ecr:GetLifecyclePolicyPreview"]);
