/** Tags of buckets and objects. */
import type { Caller } from "@hakoniwa/kernel";
import type { S3Types } from "@hakoniwa/wire";
import { invalidArgument, invalidTag, tooManyTags } from "./errors.js";
import type { Tags } from "./state.js";

export const MOST_OBJECT_TAGS = 10;
export const MOST_BUCKET_TAGS = 50;

const CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** @throws InvalidTag, BadRequest when there are more than `most` */
export function tagsOf(given: readonly S3Types.Tag[], most: number): Tags {
  if (given.length > most) throw tooManyTags(most);
  const tags: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const { Key: key, Value: value } of given) {
    if (key.length < 1 || key.length > 128) throw invalidTag("The TagKey you have provided is invalid", key);
    if (value.length > 256) throw invalidTag("The TagValue you have provided is invalid", key);
    if (!CHARACTERS.test(key)) throw invalidTag("The TagKey you have provided is invalid", key);
    if (!CHARACTERS.test(value)) throw invalidTag("The TagValue you have provided is invalid", key);
    if (Object.hasOwn(tags, key)) throw invalidTag("Cannot provide multiple Tags with the same key", key);
    tags[key] = value;
  }
  return { ...tags };
}

/**
 * AWS's own tags (`aws:cloudformation:stack-name`) are services' to give and take.
 * @throws InvalidTag
 */
export function checkSystemTags({ via }: Caller, before: Tags = {}, after: Tags): void {
  if (via.kind !== "user") return;
  const isSystem = (key: string): boolean => /^aws:/i.test(key);
  const given = Object.keys(after).find((key) => isSystem(key) && after[key] !== before[key]);
  if (given !== undefined) throw invalidTag("System tags cannot be added/updated by requester", given);
  const taken = Object.keys(before).find((key) => isSystem(key) && after[key] === undefined);
  if (taken !== undefined) throw invalidTag("System tags cannot be removed by requester", taken);
}

/** The tags of an `x-amz-tagging` header, which is written as a query. */
export function tagsOfHeader(header: string | undefined): Tags {
  if (header === undefined || header === "") return {};
  const given = header.split("&").map((pair) => {
    const [key = "", value = ""] = pair.split(/=(.*)/s).map((text) => decoded(text, header));
    return { Key: key, Value: value };
  });
  if (given.some(({ Key }) => /^aws:/i.test(Key))) throw invalidTag("System tags cannot be added/updated by requester");
  return tagsOf(given, MOST_OBJECT_TAGS);
}

function decoded(text: string, header: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw invalidArgument("x-amz-tagging", header, "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.");
  }
}

export const showTags = (tags: Tags): readonly S3Types.Tag[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
