/** Who may do what in S3: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html */
import type { Access } from "@hakoniwa/kernel";
import type { Asked } from "../define.js";
import { bucketArn, objectArn } from "./names.js";
import { isPublic } from "./public-policy.js";
import type { Tags } from "./state.js";

type Conditions = Readonly<Record<string, string | readonly string[]>>;

/** The policy of the bucket that counts for this caller. */
function policyOf(name: string, asked: Asked): string | undefined {
  const bucket = asked.facts.s3.bucket(name);
  if (bucket?.policy === undefined) return undefined;
  const { principal, via } = asked.caller;
  const isOwn = via.kind === "servicePrincipal" || (principal.type !== "anonymous" && principal.account === bucket.account);
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
  if (!isOwn && bucket.publicAccess?.restrict && isPublic(bucket.policy)) return undefined;
  return bucket.policy;
}

function present(conditions: Readonly<Record<string, string | number | undefined>>): Conditions {
  return Object.fromEntries(Object.entries(conditions).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])));
}

/** Access to a bucket itself. @param action e.g. `s3:ListBucket` */
export function onBucket<In extends { readonly Bucket: string }>(action: string, conditions: (input: In) => Readonly<Record<string, string | number | undefined>> = () => ({})) {
  return (input: In, asked: Asked): Access => ({
    action,
    resources: [bucketArn(input.Bucket)],
    conditions: present(conditions(input)),
    resourcePolicy: policyOf(input.Bucket, asked),
  });
}

interface ObjectInput {
  readonly Bucket: string;
  readonly Key: string;
}

/** Access to an object. @param action e.g. `s3:PutObject` */
export function onObject<In extends ObjectInput>(action: string, conditions: (input: In) => Readonly<Record<string, string | number | undefined>> = () => ({})) {
  return (input: In, asked: Asked): Access => ({
    action,
    resources: [objectArn(input.Bucket, input.Key)],
    conditions: present(conditions(input)),
    resourcePolicy: policyOf(input.Bucket, asked),
  });
}

/** Access to an object or to one version of it: AWS has two actions, `s3:GetObject` and `s3:GetObjectVersion`. */
export function onVersion<In extends ObjectInput & { readonly VersionId?: string | undefined }>(action: string, versionAction: string) {
  return (input: In, asked: Asked): Access => {
    const access = input.VersionId === undefined ? onObject<In>(action)(input, asked) : onObject<In>(versionAction, ({ VersionId }) => ({ "s3:versionid": VersionId }))(input, asked);
    return { ...access, conditions: { ...access.conditions, ...existingTags(input, asked) } };
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/tagging-and-policies.html */
function existingTags({ Bucket, Key, VersionId }: ObjectInput & { readonly VersionId?: string | undefined }, asked: Asked): Conditions {
  const tags = asked.facts.s3.objectTags(Bucket, Key, VersionId) ?? {};
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [`s3:ExistingObjectTag/${key}`, value]));
}

/** The condition keys of the tags that a request brings. */
export function requestedTags(tags: Tags): Conditions {
  const keys = Object.keys(tags);
  if (keys.length === 0) return {};
  return { ...Object.fromEntries(keys.map((key) => [`s3:RequestObjectTag/${key}`, tags[key]!])), "s3:RequestObjectTagKeys": keys };
}

/** What writes an object may need besides: the right to tag it. The tags are conditions of both. */
export function withTagging(put: Access, tagging: string | undefined, tags: Tags): readonly Access[] {
  if (tagging === undefined) return [put];
  const conditions = { ...put.conditions, ...requestedTags(tags) };
  return [{ ...put, conditions }, { ...put, action: "s3:PutObjectTagging", conditions }];
}
