/** Lifecycle rules as templates write them: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-rule.html */
import { isDeepStrictEqual } from "node:util";
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
  readonly ObjectSizeGreaterThan?: number;
  readonly ObjectSizeLessThan?: number;
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
  const { ObjectSizeGreaterThan: more, ObjectSizeLessThan: less } = rule;
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

/** Rules as templates write them. Where the template's own rule asks for what there is, it is told in its words: there are several. */
export function readRules(live: readonly S3Types.LifecycleRule[], given: readonly RuleProperties[]): readonly RuleProperties[] {
  const left = [...given];
  return live.map((rule) => {
    const at = left.findIndex((wanted) => {
      const asked = lifecycleRule(wanted);
      return isDeepStrictEqual(plain({ ...asked, ID: wanted.Id ?? rule.ID }), plain(rule));
    });
    return at < 0 ? readRule(rule) : left.splice(at, 1)[0]!;
  });
}

/** Without what is undefined or empty, and times as text. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_key, item: unknown) => (Array.isArray(item) && item.length === 0 ? undefined : item)));
}

function readRule(rule: S3Types.LifecycleRule): RuleProperties {
  const { Expiration: expiration, Filter: filter } = rule;
  const conditions: S3Types.LifecycleRuleAndOperator = filter?.And ?? { Prefix: filter?.Prefix ?? rule.Prefix, Tags: filter?.Tag ? [filter.Tag] : [], ...sizesOf(filter ?? {}) };
  return withoutUndefined({
    Id: rule.ID,
    Status: rule.Status!,
    Prefix: conditions.Prefix,
    TagFilters: conditions.Tags?.length ? conditions.Tags : undefined,
    ...sizesOf(conditions),
    ExpirationInDays: expiration?.Days,
    ExpirationDate: expiration?.Date?.toISOString(),
    ExpiredObjectDeleteMarker: expiration?.ExpiredObjectDeleteMarker,
    Transitions: rule.Transitions?.map((each) => withoutUndefined({ StorageClass: each.StorageClass!, TransitionInDays: each.Days, TransitionDate: each.Date?.toISOString() })),
    NoncurrentVersionExpiration: rule.NoncurrentVersionExpiration && withoutUndefined({ ...rule.NoncurrentVersionExpiration, NoncurrentDays: rule.NoncurrentVersionExpiration.NoncurrentDays! }),
    NoncurrentVersionTransitions: rule.NoncurrentVersionTransitions?.map((each) => withoutUndefined({ StorageClass: each.StorageClass!, TransitionInDays: each.NoncurrentDays!, NewerNoncurrentVersions: each.NewerNoncurrentVersions })),
    AbortIncompleteMultipartUpload: rule.AbortIncompleteMultipartUpload && { DaysAfterInitiation: rule.AbortIncompleteMultipartUpload.DaysAfterInitiation! },
  }) as RuleProperties;
}

const sizesOf = ({ ObjectSizeGreaterThan, ObjectSizeLessThan }: Pick<S3Types.LifecycleRuleAndOperator, "ObjectSizeGreaterThan" | "ObjectSizeLessThan">) => ({ ObjectSizeGreaterThan, ObjectSizeLessThan });

type Defined<T> = { readonly [K in keyof T]: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Defined<T>;
}
