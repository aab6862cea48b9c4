/**
 * Texts that sort as S3 lists keys: by their UTF-8 bytes, one bucket after the other. Each byte is one character, NUL is
 * escaped and what follows a whole key begins with NUL, so that a key comes before those that it is the beginning of.
 */

/** Sorts as the UTF-8 bytes do. */
export function byteOrder(text: string): string {
  // Plain texts are their bytes already.
  // oxlint-disable-next-line no-control-regex
  if (/^[\x01-\x7f]*$/.test(text)) return text;
  return Buffer.from(text, "utf8").toString("latin1").replaceAll("\0", "\0\xff");
}

const END_OF_KEY = "\0\x01";
const BEYOND = "\uffff";

/** Where the records of one key begin. */
export const keyOrder = (bucket: string, key: string): string => `${bucket}/${byteOrder(key)}${END_OF_KEY}`;

/** Where the records of the next key begin. */
export const afterKey = (bucket: string, key: string): string => `${bucket}/${byteOrder(key)}\0\x02`;

/** Where the keys with a prefix begin, and where they end. */
export const prefixStart = (bucket: string, prefix: string): string => `${bucket}/${byteOrder(prefix)}`;
export const prefixEnd = (bucket: string, prefix: string): string => `${bucket}/${byteOrder(prefix)}${BEYOND}`;
