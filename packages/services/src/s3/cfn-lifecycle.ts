/** Lifecycle rules as templates write them: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-rule.html */
import type { S3Types } from "@hakoniwa/wire";

type StorageClass = S3Types.TransitionStorageClass;

interface TransitionProperties {
  readonly StorageClass: StorageClass;
  readonly TransitionDate?: string;
  readonly TransitionInDays?: number;
}

interface NoncurrentTransitionProperties {
  readonly StorageClass: StorageClass;
  readonly TransitionInDays: number;
  readonly NewerNoncurrentVersions?: number;
}

export interface RuleProperties {
  readonly Id?: string;
  readonly Status: S3Types.ExpirationStatus;
  readonly Prefix?: string;
  readonly TagFilters?: readonly S3Types.Tag[];
  readonly ObjectSizeGreaterThan?: string;
  readonly ObjectSizeLessThan?: string;
  readonly ExpirationInDays?: number;
  readonly ExpirationDate?: string;
  readonly ExpiredObjectDeleteMarker?: boolean;
  readonly Transition?: TransitionProperties;
  readonly Transitions?: readonly TransitionProperties[];
  readonly NoncurrentVersionExpirationInDays?: number;
  readonly NoncurrentVersionExpiration?: { readonly NoncurrentDays: number; readonly NewerNoncurrentVersions?: number };
  readonly NoncurrentVersionTransition?: NoncurrentTransitionProperties;
  readonly NoncurrentVersionTransitions?: readonly NoncurrentTransitionProperties[];
  readonly AbortIncompleteMultipartUpload?: { readonly DaysAfterInitiation: number };
}

export function lifecycleRule(rule: RuleProperties): S3Types.LifecycleRule {
  const expires = rule.ExpirationInDays !== undefined || rule.ExpirationDate !== undefined || rule.ExpiredObjectDeleteMarker !== undefined;
  const noncurrentDays = rule.NoncurrentVersionExpiration ?? (rule.NoncurrentVersionExpirationInDays === undefined ? undefined : { NoncurrentDays: rule.NoncurrentVersionExpirationInDays });
  return {
    ID: rule.Id,
    Status: rule.Status,
    Filter: filterOf(rule),
    Expiration: expires ? { Days: rule.ExpirationInDays, Date: dateOf(rule.ExpirationDate), ExpiredObjectDeleteMarker: rule.ExpiredObjectDeleteMarker } : undefined,
    Transitions: listOf(rule.Transition, rule.Transitions).map((each) => ({ Days: each.TransitionInDays, Date: dateOf(each.TransitionDate), StorageClass: each.StorageClass })),
    NoncurrentVersionExpiration: noncurrentDays,
    NoncurrentVersionTransitions: listOf(rule.NoncurrentVersionTransition, rule.NoncurrentVersionTransitions).map((each) => ({
      NoncurrentDays: each.TransitionInDays,
      NewerNoncurrentVersions: each.NewerNoncurrentVersions,
      StorageClass: each.StorageClass,
    })),
    AbortIncompleteMultipartUpload: rule.AbortIncompleteMultipartUpload,
  };
}

function filterOf(rule: RuleProperties): S3Types.LifecycleRuleFilter {
  const more = rule.ObjectSizeGreaterThan === undefined ? undefined : Number(rule.ObjectSizeGreaterThan);
  const less = rule.ObjectSizeLessThan === undefined ? undefined : Number(rule.ObjectSizeLessThan);
  const Tags = rule.TagFilters ?? [];
  const sizes = { ObjectSizeGreaterThan: more, ObjectSizeLessThan: less };
  const conditions = [rule.Prefix, more, less].filter((part) => part !== undefined).length + Tags.length;
  return conditions > 1 ? { And: { Prefix: rule.Prefix, Tags, ...sizes } } : { Prefix: rule.Prefix, Tag: Tags[0], ...sizes };
}

function dateOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}

/** The old single property and the list that took its place. */
function listOf<T>(one: T | undefined, all: readonly T[] = []): readonly T[] {
  return one === undefined ? all : [...all, one];
}
