import type { AcmTypes } from "@hakoniwa/wire";
import type { Context } from "../define.js";
import { invalidTag, tooManyTags, validation } from "./errors.js";
import type { Tags } from "./state.js";

const MOST = 50;

/** Later tags win. @throws AwsError ValidationException, InvalidTagException, TooManyTagsException */
export function mergeTags({ caller }: Context, arn: string, before: Tags, added: readonly AcmTypes.Tag[] | undefined): Tags {
  const seen = new Set<string>();
  for (const { Key: key } of added ?? []) {
    if (caller.via.kind === "user" && /^aws:/i.test(key)) throw validation(`Invalid Tag Key: "${key}". AWS internal tags cannot be changed with this API`);
    if (seen.has(key)) throw invalidTag(`The tag key '${key}' was specified more than once.`);
    seen.add(key);
  }
  const merged = Object.fromEntries([...Object.entries(before), ...(added ?? []).map(({ Key, Value }) => [Key, Value ?? ""] as const)]);
  if (Object.keys(merged).filter((key) => !key.startsWith("aws:")).length > MOST) throw tooManyTags(arn);
  return merged;
}
