/** Lists in pages. A token names the last record of its page, for the call that gave it alone; clients can do nothing with it but give it back. */
import { createCipheriv, createDecipheriv, createHash } from "node:crypto";
import type { AwsError } from "@hakoniwa/kernel";

/** What records are sorted by, of the same shape for all of a list's records. */
export type SortKey = string | number | readonly (string | number)[];

export interface PageRequest<T> {
  /** The operation's input, as it came: a token is good for the same operation with the same filters only. */
  readonly input: object;
  /** How many records at most; undefined for as many as there are. */
  readonly size: number | undefined;
  /** What the page before gave as `next`. */
  readonly token: string | undefined;
  /** Different for each record, and the same for as long as the record exists. */
  readonly key: (record: T) => SortKey;
  readonly descending?: boolean;
  readonly invalid: (token: string) => AwsError;
}

/**
 * One page of `all`. Who follows the tokens sees exactly once what is there the whole time, whatever comes and goes meanwhile.
 * @returns the records in the order of their keys, or as they were given if they all fit in one page
 * @throws what `invalid` makes, for a token that no page of this operation with these filters gave
 */
export function pageOf<T>(all: readonly T[], asked: PageRequest<T>): { readonly records: readonly T[]; readonly next: string | undefined } {
  const { size = all.length, key } = asked;
  const purpose = purposeOf(asked.input);
  const after = asked.token ? opened(asked.token, purpose) : undefined;
  if (asked.token && after === undefined) throw asked.invalid(asked.token);
  if (after === undefined && all.length <= size) return { records: all, next: undefined };
  const order = asked.descending ? (one: SortKey, other: SortKey) => compare(other, one) : compare;
  const rest = all
    .map((record) => ({ record, key: key(record) }))
    .filter((entry) => after === undefined || order(entry.key, after) > 0)
    .sort((one, other) => order(one.key, other.key));
  const page = rest.slice(0, size);
  const last = page.at(-1);
  return { records: page.map(({ record }) => record), next: last && rest.length > page.length ? sealed(last.key, purpose) : undefined };
}

const operationOf = new WeakMap<object, string>();

/** Says which operation's input this is, once for every call, so that those who cut lists need not. */
export function nameOperation(input: object, operation: string): void {
  operationOf.set(input, operation);
}

const PAGE_MEMBERS = /^(next)?(token|marker)$|^max(results|items|records|datapoints)$|^(pagesize|limit)$/i;

function purposeOf(input: object): Buffer {
  const filters = Object.entries(input).filter(([name, value]) => value !== undefined && !PAGE_MEMBERS.test(name));
  return digest(JSON.stringify([operationOf.get(input) ?? "", filters.sort(([one], [other]) => (one < other ? -1 : 1))]));
}

function compare(one: SortKey, other: SortKey): number {
  const [left, right] = [[one].flat(), [other].flat()];
  for (const [index, part] of left.entries()) {
    const against = right[index]!;
    if (part !== against) return part < against ? -1 : 1;
  }
  return 0;
}

const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The nonce follows from the text: the same page gives the same token, and the cloud that comes back after a restart knows it. */
function sealed(key: SortKey, purpose: Buffer): string {
  const text = JSON.stringify(key);
  const nonce = digest(text).subarray(0, NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, purpose, nonce);
  return Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]).toString("base64url");
}

function opened(token: string, purpose: Buffer): SortKey | undefined {
  const bytes = Buffer.from(token, "base64url");
  if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.toString("base64url") !== token) return undefined;
  try {
    const decipher = createDecipheriv(CIPHER, purpose, bytes.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString("utf8")) as SortKey;
  } catch {
    return undefined;
  }
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
