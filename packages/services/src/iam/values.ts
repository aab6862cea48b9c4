/** What IAM's members may hold, and how its lists are cut. */
import type { Ids } from "@hakoniwa/kernel";
import type { IamTypes } from "@hakoniwa/wire";
import { pageOf, type SortKey } from "../paging.js";
import { constraint, invalidInput, quotaExceeded, validation } from "./errors.js";
import type { Tags } from "./state.js";

const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS = "0123456789";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids */
export const uniqueId = (ids: Ids, prefix: "AIDA" | "AGPA" | "AROA" | "AIPA" | "ANPA" | "ASCA" | "APKA"): string => prefix + ids.text(17, UPPER + DIGITS);
export const accessKeyId = (ids: Ids): string => `AKIA${ids.text(16, `${UPPER}234567`)}`;
export const secretKey = (ids: Ids): string => ids.text(40, `${UPPER}${UPPER.toLowerCase()}${DIGITS}+/`);

/** @throws ValidationError unless it is one of the model's values */
export function checkOneOf(member: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) throw constraint(member, value, `satisfy enum value set: [${allowed.join(", ")}]`);
}

/** @throws ValidationError unless it is a whole number in the range */
export function checkRange(member: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined) return;
  if (!Number.isInteger(value) || value < least) throw constraint(member, value, `have value greater than or equal to ${least}`);
  if (value > most) throw constraint(member, value, `have value less than or equal to ${most}`);
}

/** @throws ValidationError */
export function checkLength(member: string, value: string, least: number, most: number): void {
  if (value.length < least) throw constraint(member, value, `have length greater than or equal to ${least}`);
  if (value.length > most) throw constraint(member, value, `have length less than or equal to ${most}`);
}

/** @throws ValidationError */
export function checkDescription(text: string | undefined): { readonly description?: string } {
  if (text === undefined || text === "") return {};
  checkLength("description", text, 0, 1000);
  if (!/^[\t\n\r\x20-\x7e\xa1-\xff]*$/.test(text)) throw constraint("description", text, "satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*");
  return { description: text };
}

/** @throws ValidationError */
export function checkName(member: string, name: string, longest: number): void {
  if (name.length < 1 || name.length > longest) {
    throw constraint(member, name, `have length between 1 and ${longest}, inclusive`);
  }
  if (!/^[\w+=,.@-]+$/.test(name)) {
    throw validation(`The specified value for ${member} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-`);
  }
}

/** @throws ValidationError */
export function checkedPath(path: string | undefined): string {
  const given = path ?? "/";
  if (given.length > 512 || !/^\/([!-~]+\/)?$/.test(given)) {
    throw validation("The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.");
  }
  return given;
}

const MOST_TAGS = 50;

/** Later tags win over earlier ones. @throws ValidationError, InvalidInput, LimitExceeded */
export function mergeTags(before: Tags, added: readonly IamTypes.Tag[], fromUser: boolean): Tags {
  const seen = new Set<string>();
  for (const { Key: key, Value: value } of added) {
    if (key.length < 1 || key.length > 128) throw validation(`The tag key '${key.slice(0, 140)}' must be 1 to 128 characters long.`);
    if (value.length > 256) throw validation(`The value of the tag '${key}' must be at most 256 characters long.`);
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(key + value)) throw validation(`The tag '${key}' has characters that tags can't have.`);
    if (fromUser && /^aws:/i.test(key)) throw invalidInput(`Tag keys can't begin with aws:, which '${key}' does.`);
    if (seen.has(key.toLowerCase())) throw invalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
    seen.add(key.toLowerCase());
  }
  const kept = Object.entries(before).filter(([key]) => !seen.has(key.toLowerCase()));
  const merged = Object.fromEntries([...kept, ...added.map((tag) => [tag.Key, tag.Value] as const)]);
  if (Object.keys(merged).filter((key) => !key.startsWith("aws:")).length > MOST_TAGS) throw quotaExceeded("TagsPerResource", MOST_TAGS);
  return merged;
}

export const removeTags = (before: Tags, keys: readonly string[]): Tags => Object.fromEntries(Object.entries(before).filter(([key]) => !keys.includes(key)));
export const showTags = (tags: Tags): readonly IamTypes.Tag[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

export interface PageRequest {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

/** Cuts a list. @throws ValidationError */
export function page<T>(all: readonly T[], input: PageRequest, key: (record: T) => SortKey): { readonly records: readonly T[]; readonly rest: { readonly IsTruncated: boolean; readonly Marker?: string } } {
  const size = input.MaxItems ?? 100;
  checkRange("maxItems", size, 1, 1000);
  const { records, next } = pageOf(all, { input, size, token: input.Marker, key, invalid: (wrong) => validation(`Invalid Marker: '${wrong}'`) });
  return { records, rest: next === undefined ? { IsTruncated: false } : { IsTruncated: true, Marker: next } };
}

/** For `page`. */
export const nameOf = (record: { readonly name: string }): string => record.name;
export const idOf = (record: { readonly id: string }): string => record.id;
export const byName = (a: { readonly name: string }, b: { readonly name: string }): number => (a.name < b.name ? -1 : 1);
export const underPath = (prefix: string | undefined) => (record: { readonly path: string }): boolean => record.path.startsWith(prefix ?? "/");

/** Documents travel encoded as RFC 3986 says: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html */
export const encodeDocument = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
