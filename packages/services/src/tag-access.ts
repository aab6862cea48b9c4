/** What the tags in a request mean for its authorization: the same in every service, so that none forgets it. */
import type { Access } from "@hakoniwa/kernel";
import { requestTagKeys, requestTags } from "./access.js";
import type { Asked } from "./define.js";

type TagList = readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[];

interface Tagging {
  readonly Tags?: unknown;
  readonly TagKeys?: unknown;
  readonly TagSpecifications?: unknown;
}

interface TagSpecification {
  readonly ResourceType?: string | undefined;
  readonly Tags?: TagList | undefined;
}

/**
 * Adds the condition keys of the tags that an input brings or takes away, and EC2's right to tag what is made.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html
 */
export function withTags(operation: string, needed: Access | readonly Access[], input: Tagging, asked: Asked): Access | readonly Access[] {
  if (input.Tags === undefined && input.TagKeys === undefined && input.TagSpecifications === undefined) return needed;
  const all = Array.isArray(needed) ? (needed as readonly Access[]) : [needed as Access];
  const conditions = { ...(isTagList(input.Tags) ? requestTags(input.Tags) : {}), ...(isTextList(input.TagKeys) ? requestTagKeys(input.TagKeys) : {}) };
  const keyed = all.map((access) => (access.action === "iam:PassRole" ? access : { ...access, conditions: { ...conditions, ...access.conditions } }));
  const specifications = (Array.isArray(input.TagSpecifications) ? (input.TagSpecifications as readonly TagSpecification[]) : []).filter(({ Tags }) => (Tags ?? []).length > 0);
  if (specifications.length === 0) return keyed;
  return [...keyed.flatMap((access) => byType(access, specifications)), ...specifications.map((each) => tagging(operation, each, asked))];
}

/** The keys are those of the resources that get the tags, not of what else the call touches. */
function byType(access: Access, specifications: readonly TagSpecification[]): readonly Access[] {
  if (!access.action.startsWith("ec2:")) return [access];
  const tagsFor = (resource: string): TagList | undefined => specifications.find(({ ResourceType }) => ResourceType === typeOf(resource))?.Tags;
  const plain = access.resources.filter((resource) => !tagsFor(resource));
  const tagged = access.resources.filter(tagsFor).map((resource): Access => ({ ...access, resources: [resource], conditions: { ...requestTags(tagsFor(resource)), ...access.conditions } }));
  return plain.length > 0 ? [{ ...access, resources: plain }, ...tagged] : tagged;
}

function tagging(operation: string, { ResourceType: type = "*", Tags }: TagSpecification, asked: Asked): Access {
  return {
    action: "ec2:CreateTags",
    resources: [`arn:aws:ec2:${asked.region}:${asked.account}:${type}/*`],
    conditions: { ...requestTags(Tags), "ec2:CreateAction": operation },
  };
}

/** `arn:aws:ec2:…:vpc/vpc-1` is a `vpc`. */
function typeOf(arn: string): string {
  return arn.split(":")[5]?.split("/")[0] ?? "";
}

function isTagList(value: unknown): value is TagList {
  return Array.isArray(value) && value.every((each) => typeof each === "object" && each !== null && typeof (each as { Key?: unknown }).Key === "string");
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
