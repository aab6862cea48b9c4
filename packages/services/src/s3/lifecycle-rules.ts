/** Lifecycle rules as they are given: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html */
import type { Ids } from "@hakoniwa/kernel";
import type { S3Types } from "@hakoniwa/wire";
import { invalidArgument, invalidRequest, malformedXml } from "./errors.js";
import type { LifecycleRule } from "./state.js";

const DAY = 86_400_000;
const NEEDS_THIRTY_DAYS = ["STANDARD_IA", "ONEZONE_IA"];

/** @throws MalformedXML, InvalidArgument, InvalidRequest */
export function parseRules(given: readonly S3Types.LifecycleRule[], ids: Ids): readonly LifecycleRule[] {
  if (given.length < 1 || given.length > 1000) throw malformedXml();
  const rules = given.map((rule) => parseRule(rule, rule.ID ?? ids.uuid()));
  const repeated = rules.find((rule, index) => rules.findIndex(({ id }) => id === rule.id) !== index);
  if (repeated) throw invalidArgument("ID", repeated.id, "Rule ID must be unique. Found same ID for one or more rules");
  return rules;
}

function parseRule(rule: S3Types.LifecycleRule, id: string): LifecycleRule {
  if (id.length > 255) throw invalidArgument("ID", id, "ID length should not exceed allowed limit of 255");
  if (rule.Status !== "Enabled" && rule.Status !== "Disabled") throw malformedXml();
  checkFilter(rule);
  const parsed: LifecycleRule = {
    id,
    enabled: rule.Status === "Enabled",
    ...(rule.Prefix === undefined ? {} : { legacyPrefix: rule.Prefix }),
    ...(rule.Filter === undefined ? {} : { filter: rule.Filter }),
    ...(rule.Expiration ? { expiration: parseExpiration(rule.Expiration) } : {}),
    transitions: (rule.Transitions ?? []).map(parseTransition),
    ...(rule.NoncurrentVersionExpiration ? { noncurrentExpiration: noncurrent(rule.NoncurrentVersionExpiration, "NoncurrentVersionExpiration") } : {}),
    noncurrentTransitions: (rule.NoncurrentVersionTransitions ?? []).map((each) => ({ ...noncurrent(each, "NoncurrentVersionTransition"), storageClass: each.StorageClass ?? missing() })),
    ...(rule.AbortIncompleteMultipartUpload ? { abortUploadsAfter: days(rule.AbortIncompleteMultipartUpload.DaysAfterInitiation, "AbortIncompleteMultipartUpload", "DaysAfterInitiation") } : {}),
  };
  checkActions(parsed);
  return parsed;
}

function checkFilter({ Filter: filter, Prefix: prefix }: S3Types.LifecycleRule): void {
  if ((filter === undefined) === (prefix === undefined)) throw malformedXml();
  if (!filter) return;
  const named = [filter.Prefix, filter.Tag, filter.ObjectSizeGreaterThan, filter.ObjectSizeLessThan, filter.And].filter((part) => part !== undefined);
  if (named.length > 1) throw malformedXml();
  if (!filter.And) return;
  const { Prefix, Tags = [], ObjectSizeGreaterThan: more, ObjectSizeLessThan: less } = filter.And;
  if ([Prefix, more, less].filter((part) => part !== undefined).length + Tags.length < 2) throw malformedXml();
  if (more !== undefined && less !== undefined && more >= less) throw invalidRequest("'ObjectSizeLessThan' should be greater than 'ObjectSizeGreaterThan'");
}

function parseExpiration({ Days, Date: date, ExpiredObjectDeleteMarker: deleteMarkers }: S3Types.LifecycleExpiration): NonNullable<LifecycleRule["expiration"]> {
  if ([Days, date, deleteMarkers].filter((part) => part !== undefined).length !== 1) throw malformedXml();
  if (Days !== undefined) return { days: days(Days, "Expiration", "Days") };
  return date === undefined ? { deleteMarkers: deleteMarkers ?? false } : { date: midnight(date) };
}

function parseTransition({ Days, Date: date, StorageClass: storageClass = missing() }: S3Types.Transition): LifecycleRule["transitions"][number] {
  if ((Days === undefined) === (date === undefined)) throw malformedXml();
  if (Days === undefined) return { date: midnight(date!), storageClass };
  if (!Number.isInteger(Days) || Days < 0) throw invalidArgument("Days", String(Days), "'Days' for Transition action must be nonnegative");
  if (NEEDS_THIRTY_DAYS.includes(storageClass) && Days < 30) {
    throw invalidArgument("Days", String(Days), `'Days' in Transition action must be greater than or equal to 30 for storageClass '${storageClass}'`);
  }
  return { days: Days, storageClass };
}

function noncurrent({ NoncurrentDays, NewerNoncurrentVersions: keep = 0 }: S3Types.NoncurrentVersionExpiration, action: string): { readonly days: number; readonly keep: number } {
  if (!Number.isInteger(keep) || keep < 0 || keep > 100) throw invalidArgument("NewerNoncurrentVersions", String(keep), `'NewerNoncurrentVersions' for ${action} action must be between 1 and 100`);
  return { days: days(NoncurrentDays, action, "NoncurrentDays"), keep };
}

function days(value: number | undefined, action: string, member: string): number {
  if (value === undefined) throw malformedXml();
  if (!Number.isInteger(value) || value < 1 || value > 2 ** 31 - 1) throw invalidArgument(member, String(value), `'${member}' for ${action} action must be a positive integer`);
  return value;
}

function midnight(date: Date): number {
  if (date.getTime() % DAY !== 0) throw invalidArgument("Date", date.toISOString(), "'Date' must be at midnight GMT");
  return date.getTime();
}

function missing(): never {
  throw malformedXml();
}

function checkActions(rule: LifecycleRule): void {
  const { expiration, transitions, noncurrentExpiration, noncurrentTransitions, abortUploadsAfter } = rule;
  if (!expiration && !noncurrentExpiration && abortUploadsAfter === undefined && transitions.length + noncurrentTransitions.length === 0) {
    throw invalidRequest("At least one action needs to be specified in a rule");
  }
  const tagged = rule.filter?.Tag !== undefined || (rule.filter?.And?.Tags ?? []).length > 0;
  if (tagged && abortUploadsAfter !== undefined) throw invalidRequest("AbortIncompleteMultipartUpload cannot be specified with Tags.");
  if (tagged && expiration?.deleteMarkers !== undefined) throw invalidRequest("ExpiredObjectDeleteMarker cannot be specified with Tags.");
  const late = transitions.find((transition) => expiration?.days !== undefined && transition.days !== undefined && transition.days >= expiration.days);
  if (late) throw invalidArgument("Days", String(late.days), `'Days' in the Expiration action for filter '${rule.id}' must be greater than 'Days' in the Transition action`);
}

/** A rule as GetBucketLifecycleConfiguration tells it. */
export function showRule(rule: LifecycleRule): S3Types.LifecycleRule {
  const { expiration } = rule;
  const dated = <T extends { readonly days?: number; readonly date?: number }>({ days: Days, date }: T) => ({ Days, ...(date === undefined ? {} : { Date: new Date(date) }) });
  return {
    ID: rule.id,
    Status: rule.enabled ? "Enabled" : "Disabled",
    Prefix: rule.legacyPrefix,
    Filter: rule.filter,
    Expiration: expiration && { ...dated(expiration), ExpiredObjectDeleteMarker: expiration.deleteMarkers },
    Transitions: rule.transitions.length > 0 ? rule.transitions.map((each) => ({ ...dated(each), StorageClass: each.storageClass })) : undefined,
    NoncurrentVersionExpiration: rule.noncurrentExpiration && showNoncurrent(rule.noncurrentExpiration),
    NoncurrentVersionTransitions:
      rule.noncurrentTransitions.length > 0 ? rule.noncurrentTransitions.map((each) => ({ ...showNoncurrent(each), StorageClass: each.storageClass })) : undefined,
    AbortIncompleteMultipartUpload: rule.abortUploadsAfter === undefined ? undefined : { DaysAfterInitiation: rule.abortUploadsAfter },
  };
}

function showNoncurrent({ days: NoncurrentDays, keep }: { readonly days: number; readonly keep: number }): S3Types.NoncurrentVersionExpiration {
  return { NoncurrentDays, NewerNoncurrentVersions: keep || undefined };
}
