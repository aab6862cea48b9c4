import type { Caller } from "@hakoniwa/kernel";
import type { SsmTypes } from "@hakoniwa/wire";
import { constraint, tooManyTags, validation } from "./errors.js";

type Tags = Readonly<Record<string, string>>;

const MOST_TAGS = 50;

/** @throws ValidationException, TooManyTagsError */
export function mergeTags(before: Tags, added: readonly SsmTypes.Tag[], caller: Caller): Tags {
  const seen = new Set<string>();
  for (const { Key: key, Value: value } of added) {
    if (key.length < 1 || key.length > 128) throw constraint("tags", key.slice(0, 140), "Member must have length between 1 and 128, inclusive");
    if (value.length > 256) throw constraint("tags", `${value.slice(0, 100)}…`, "Member must have length less than or equal to 256");
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(key + value)) throw validation(`The tag '${key}' has characters that tags can't have.`);
    if (seen.has(key)) throw validation(`The tag key '${key}' was specified more than once.`);
    // CloudFormation alone may write aws:cloudformation:*.
    if (/^aws:/i.test(key) && caller.via.kind === "user") throw validation(`Tag keys can't begin with aws:, which '${key}' does.`);
    seen.add(key);
  }
  const merged = { ...before, ...Object.fromEntries(added.map((tag) => [tag.Key, tag.Value])) };
  if (Object.keys(merged).filter((key) => !key.startsWith("aws:")).length > MOST_TAGS) throw tooManyTags();
  return merged;
}

export const showTags = (tags: Tags): readonly SsmTypes.Tag[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
