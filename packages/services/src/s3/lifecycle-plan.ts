/** What lifecycle rules do to the versions of one key, and to uploads. Pure: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html */
import type { S3Types } from "@hakoniwa/wire";
import type { Bucket, LifecycleRule, ObjectVersion, Upload } from "./state.js";

export const DAY = 86_400_000;
const SMALL = 128 * 1024;
/** From warm to cold: S3 moves objects in this direction only. */
const COLDNESS = ["STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"];

export type Action =
  /** The key's object goes, or is hidden by a delete marker in a versioned bucket. */
  | { readonly kind: "expire"; readonly version: ObjectVersion }
  | { readonly kind: "remove"; readonly version: ObjectVersion }
  | { readonly kind: "transition"; readonly version: ObjectVersion; readonly storageClass: S3Types.TransitionStorageClass };

/** When something is due that happens `days` after a moment: at the next midnight in UTC. */
export function dueAfter(moment: number, days: number): number {
  return Math.floor((moment + days * DAY) / DAY) * DAY + DAY;
}

/**
 * What is due for one key.
 * @param versions all of the key's, the newest first
 * @param asOf the last midnight, in cloud time
 */
export function planKey(bucket: Bucket, versions: readonly ObjectVersion[], asOf: number): readonly Action[] {
  const rules = (bucket.lifecycle ?? []).filter((rule) => rule.enabled);
  return versions.flatMap((version, index) => {
    const matching = rules.filter((rule) => matches(rule, version));
    const newer = versions[index - 1];
    const action = newer ? planNoncurrent(bucket, matching, version, newer, index, asOf) : planCurrent(bucket, matching, version, versions.length === 1, asOf);
    return action ? [action] : [];
  });
}

function planCurrent(bucket: Bucket, rules: readonly LifecycleRule[], version: ObjectVersion, only: boolean, asOf: number): Action | undefined {
  if (!version.content) {
    // A marker that hides nothing any more: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configuration-examples.html#lifecycle-config-conceptual-ex7
    const goes = rules.some(({ expiration }) => expiration?.deleteMarkers || (expiration?.days !== undefined && dueAfter(version.modified, expiration.days) <= asOf));
    return only && goes ? { kind: "remove", version } : undefined;
  }
  if (rules.some((rule) => (expiresAt(rule, version.modified) ?? Infinity) <= asOf)) return { kind: "expire", version };
  const due = rules.flatMap((rule) => rule.transitions.filter((each) => at(each, version.modified) <= asOf && mayMove(bucket, rule, version, each.storageClass)));
  return move(version, due);
}

function planNoncurrent(bucket: Bucket, rules: readonly LifecycleRule[], version: ObjectVersion, newer: ObjectVersion, index: number, asOf: number): Action | undefined {
  // It is noncurrent since there is a newer one. `index - 1` noncurrent ones are newer than it.
  const isDue = ({ days, keep }: { readonly days: number; readonly keep: number }): boolean => index - 1 >= keep && dueAfter(newer.modified, days) <= asOf;
  if (rules.some(({ noncurrentExpiration: rule }) => rule && isDue(rule))) return { kind: "remove", version };
  return move(version, rules.flatMap((rule) => rule.noncurrentTransitions.filter((each) => isDue(each) && mayMove(bucket, rule, version, each.storageClass))));
}

/** When a rule lets an object expire, if it does. */
export function expiresAt({ expiration }: LifecycleRule, modified: number): number | undefined {
  return expiration && (expiration.days !== undefined || expiration.date !== undefined) ? at(expiration, modified) : undefined;
}

/** The `x-amz-expiration` header of a key's newest version: which rule lets it expire, and when. */
export function expirationOf(bucket: Bucket, version: ObjectVersion): string | undefined {
  const due = (bucket.lifecycle ?? []).flatMap((rule) => {
    const moment = rule.enabled && matches(rule, version) ? expiresAt(rule, version.modified) : undefined;
    return moment === undefined ? [] : [{ moment, id: rule.id }];
  });
  const [first] = due.sort((a, b) => a.moment - b.moment);
  return first && `expiry-date="${new Date(first.moment).toUTCString()}", rule-id="${encodeURIComponent(first.id)}"`;
}

function at({ days, date }: { readonly days?: number; readonly date?: number }, modified: number): number {
  return days !== undefined ? dueAfter(modified, days) : Math.max(date ?? Infinity, dueAfter(modified, 0));
}

function move(version: ObjectVersion, due: readonly { readonly storageClass: S3Types.TransitionStorageClass }[]): Action | undefined {
  const now = COLDNESS.indexOf(version.content?.storageClass ?? "STANDARD");
  const [coldest] = due.map(({ storageClass }) => storageClass).filter((name) => COLDNESS.indexOf(name) > now).sort((a, b) => COLDNESS.indexOf(b) - COLDNESS.indexOf(a));
  return coldest && version.content ? { kind: "transition", version, storageClass: coldest } : undefined;
}

/** Objects under 128 KB stay, unless the rule itself speaks of sizes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html */
function mayMove(bucket: Bucket, { filter }: LifecycleRule, { content }: ObjectVersion, storageClass: string): boolean {
  const speaksOfSize = [filter?.ObjectSizeGreaterThan, filter?.ObjectSizeLessThan, filter?.And?.ObjectSizeGreaterThan, filter?.And?.ObjectSizeLessThan].some((size) => size !== undefined);
  if (speaksOfSize || (content?.size ?? 0) >= SMALL) return true;
  return bucket.transitionMinimum === "varies_by_storage_class" && (storageClass === "GLACIER" || storageClass === "DEEP_ARCHIVE");
}

/** Whether a rule is about an object. */
export function matches({ legacyPrefix, filter }: LifecycleRule, { key, content }: Pick<ObjectVersion, "key" | "content">): boolean {
  const { Prefix: prefix = legacyPrefix ?? "", ObjectSizeGreaterThan: more, ObjectSizeLessThan: less } = filter?.And ?? filter ?? {};
  const tags = [...(filter?.And?.Tags ?? []), ...(filter?.Tag ? [filter.Tag] : [])];
  if (!key.startsWith(prefix) || !tags.every(({ Key, Value }) => content?.tags[Key] === Value)) return false;
  const size = content?.size;
  return (more === undefined || (size !== undefined && size > more)) && (less === undefined || (size !== undefined && size < less));
}

/** Whether an upload was begun too long ago. */
export function isStale(bucket: Bucket, upload: Upload, asOf: number): boolean {
  return (bucket.lifecycle ?? []).some(
    (rule) => rule.enabled && rule.abortUploadsAfter !== undefined && upload.key.startsWith(rule.legacyPrefix ?? rule.filter?.Prefix ?? rule.filter?.And?.Prefix ?? "") && dueAfter(upload.initiated, rule.abortUploadsAfter) <= asOf,
  );
}
