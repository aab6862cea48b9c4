/** One page of a bucket's keys, in the order of their UTF-8 bytes. It leaps over what it needs not see, so its cost is the page's. */
import { afterKey, prefixEnd, prefixStart } from "./order.js";

/** What a listing is cut to. */
export interface Asked {
  readonly bucket: string;
  readonly prefix: string;
  readonly delimiter: string | undefined;
  readonly max: number;
  /** Where it begins, as an order; the prefix's own beginning if that is later. */
  readonly from: string | undefined;
  /** A common prefix that an earlier page has shown already. */
  readonly shownPrefix: string | undefined;
}

export type Entry<R> = { readonly record: R } | { readonly commonPrefix: string };

export interface Page<R> {
  readonly entries: readonly Entry<R>[];
  readonly truncated: boolean;
}

/**
 * @param range reads records in order
 * @param judge `take` shows a record; `next-key` passes over it and all others of its key; `skip` over it alone
 * @param each whether several records of one key are shown (versions), or only the first
 */
export function listPage<R extends { readonly key: string }>(
  range: (from: string, to: string) => Iterable<R>,
  asked: Asked,
  judge: (record: R) => "take" | "next-key" | "skip",
  each: boolean,
): Page<R> {
  const { bucket, prefix, delimiter, max } = asked;
  const entries: Entry<R>[] = [];
  if (max === 0) return { entries, truncated: false };
  const end = prefixEnd(bucket, prefix);
  const start = prefixStart(bucket, prefix);
  let from: string | undefined = asked.from !== undefined && asked.from > start ? asked.from : start;
  while (from !== undefined) {
    const begin: string = from;
    from = undefined;
    for (const record of range(begin, end)) {
      const verdict = judge(record);
      if (verdict === "skip") continue;
      if (verdict === "next-key") {
        from = afterKey(bucket, record.key);
        break;
      }
      const common = commonPrefixOf(record.key, prefix, delimiter);
      if (common !== undefined && common === asked.shownPrefix) {
        from = prefixEnd(bucket, common);
        break;
      }
      if (entries.length === max) return { entries, truncated: true };
      entries.push(common === undefined ? { record } : { commonPrefix: common });
      if (common !== undefined || !each) {
        from = common === undefined ? afterKey(bucket, record.key) : prefixEnd(bucket, common);
        break;
      }
    }
  }
  return { entries, truncated: false };
}

function commonPrefixOf(key: string, prefix: string, delimiter: string | undefined): string | undefined {
  if (delimiter === undefined || delimiter === "") return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** `encoding-type=url`: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
export function encoder(encoding: string | undefined): (text: string) => string {
  if (encoding !== "url") return (text) => text;
  return (text) => encodeURIComponent(text).replace(/[!'()]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`).replaceAll("%2F", "/");
}
