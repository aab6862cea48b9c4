/** What becomes of a prefix list's entries. Pure. */
import type { Ec2Types } from "@hakoniwa/wire";
import { parsedCidr } from "./cidrs.js";
import { invalidCombination, invalidParameter, invalidValue, limitExceeded, missingParameter } from "./errors.js";
import type { PrefixList, PrefixListEntry } from "./state-connections.js";

const MOST_ENTRIES = 1000;
const LONGEST_DESCRIPTION = 255;
const LONGEST_NAME = 255;

/** The entries of the current version. */
export function currentEntries(list: PrefixList): readonly PrefixListEntry[] {
  return list.versions.at(-1)!.entries;
}

export function currentVersion(list: PrefixList): number {
  return list.versions.at(-1)!.version;
}

/** @throws AwsError for a name that a list may not have */
export function checkedName(name: string | undefined): string {
  if (!name) throw missingParameter("PrefixListName");
  if (name.length > LONGEST_NAME) throw invalidParameter(name, "PrefixListName", `It must have at most ${LONGEST_NAME} characters.`);
  if (/^com\.amazonaws/i.test(name)) throw invalidParameter(name, "PrefixListName", "It must not start with com.amazonaws.");
  return name;
}

/** @throws AwsError for a size that a list may not have */
export function checkedSize(size: number | undefined): number {
  if (size === undefined) throw missingParameter("MaxEntries");
  if (!Number.isInteger(size) || size < 1 || size > MOST_ENTRIES) throw invalidParameter(size, "MaxEntries", `It must be between 1 and ${MOST_ENTRIES}.`);
  return size;
}

/**
 * The entries after a change: those that leave are taken away first; one that is added again gets its new description.
 * @throws AwsError when an entry that leaves isn't there, one comes twice, or there are more than `most`
 */
export function changedEntries(
  before: readonly PrefixListEntry[],
  added: readonly Ec2Types.AddPrefixListEntry[],
  removed: readonly Ec2Types.RemovePrefixListEntry[],
  most: number,
): readonly PrefixListEntry[] {
  const entries = new Map(before.map((entry) => [entry.cidr, entry]));
  const leaving = removed.map((entry) => parsedCidr(entry.Cidr, "RemoveEntries.Cidr"));
  const coming = added.map(checkedEntry);
  const both = leaving.find((cidr) => coming.some((entry) => entry.cidr === cidr));
  if (both !== undefined) throw invalidCombination(`The entry ${both} can't be added and removed in the same request.`);
  for (const cidr of leaving) {
    if (!entries.delete(cidr)) throw invalidValue(`The prefix list has no entry for ${cidr}.`);
  }
  const twice = coming.find((entry, index) => coming.findIndex((other) => other.cidr === entry.cidr) !== index);
  if (twice) throw invalidValue(`The entry ${twice.cidr} is given more than once.`);
  for (const entry of coming) entries.set(entry.cidr, entry);
  if (entries.size > most) {
    throw limitExceeded("PrefixListMaxEntriesExceeded", `The number of entries (${entries.size}) exceeds the prefix list's maximum number of entries (${most}).`);
  }
  return [...entries.values()];
}

function checkedEntry(entry: Ec2Types.AddPrefixListEntry): PrefixListEntry {
  const { Description: description } = entry;
  if (description !== undefined && description.length > LONGEST_DESCRIPTION) {
    throw invalidParameter(description, "Entry.Description", `It must have at most ${LONGEST_DESCRIPTION} characters.`);
  }
  return { cidr: parsedCidr(entry.Cidr, "Entry.Cidr"), description };
}
