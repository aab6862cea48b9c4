/** Who may do what in S3: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html */
import type { Access } from "@hakoniwa/kernel";
import type { Asked } from "../define.js";
import { bucketArn, objectArn } from "./names.js";
import { isPublic } from "./public-policy.js";

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
  return (input: In, asked: Asked): Access =>
    input.VersionId === undefined
      ? onObject<In>(action)(input, asked)
      : onObject<In>(versionAction, ({ VersionId }) => ({ "s3:versionid": VersionId }))(input, asked);
}
