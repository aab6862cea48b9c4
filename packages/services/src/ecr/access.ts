/** Who may do what with repositories: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html */
import type { Access } from "@hakoniwa/kernel";
import { requestTagKeys, requestTags, resourceTags } from "../access.js";
import type { Asked } from "../define.js";
import { nameIn, repositoryArn } from "./names.js";

/** Access to a repository, which its own policy may grant as well. */
export function onRepository(operation: string) {
  return (input: { readonly repositoryName: string }, asked: Asked): Access => accessTo(operation, input.repositoryName, asked);
}

/** The same where the input has an ARN, as with tags. */
export function onArn(operation: string) {
  return (input: { readonly resourceArn: string; readonly tags?: Parameters<typeof requestTags>[0]; readonly tagKeys?: readonly string[] }, asked: Asked): Access => {
    const found = accessTo(operation, nameIn(input.resourceArn) ?? "*", asked);
    return { ...found, resources: [input.resourceArn], conditions: { ...found.conditions, ...requestTags(input.tags), ...requestTagKeys(input.tagKeys ?? []) } };
  };
}

export function accessTo(operation: string, name: string, asked: Asked): Access {
  const repository = asked.facts.ecr.repository(name);
  return {
    action: `ecr:${operation}`,
    resources: [repositoryArn(asked, name)],
    conditions: resourceTags(repository?.tags, "ecr"),
    resourcePolicy: repository?.policy,
  };
}
