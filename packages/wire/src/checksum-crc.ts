/**
 * CRC-32C and CRC-64/NVME, eight bytes a step by tables ("slicing by 8"). Node has CRC-32 itself. A CRC-64 is kept as
 * two halves of 32 bits, because BigInt arithmetic is a hundred times slower.
 */

/** Reflected polynomials, as the tables and the combination of two CRCs need them. */
export const POLYNOMIALS = {
  CRC32: 0xedb88320n,
  CRC32C: 0x82f63b78n,
  CRC64NVME: 0x9a6c9329ac4bc9b5n,
} as const;

const SLICES = 8;

/** Table `k` at `k * 256 + byte`: the CRC of that byte with `k` zero bytes after it. */
function tables(polynomial: bigint): BigUint64Array {
  const table = new BigUint64Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n;
    }
    table[byte] = crc;
  }
  for (let index = 256; index < table.length; index++) {
    const before = table[index - 256]!;
    table[index] = table[Number(before & 0xffn)]! ^ (before >> 8n);
  }
  return table;
}

const low = (table: BigUint64Array): Int32Array => Int32Array.from(table, (entry) => Number(BigInt.asIntN(32, entry)));
const high = (table: BigUint64Array): Int32Array => Int32Array.from(table, (entry) => Number(BigInt.asIntN(32, entry >> 32n)));

let castagnoli: Int32Array | undefined;

/** Continues a CRC-32C; `crc` is 0 at the start. The result is unsigned. */
export function crc32c(bytes: Uint8Array, crc = 0): number {
  const t = (castagnoli ??= low(tables(POLYNOMIALS.CRC32C)));
  const inSteps = bytes.length - (bytes.length % SLICES);
  let c = ~crc;
  let at = 0;
  for (; at < inSteps; at += SLICES) {
    c ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    c =
      t[1792 + (c & 255)]! ^
      t[1536 + ((c >>> 8) & 255)]! ^
      t[1280 + ((c >>> 16) & 255)]! ^
      t[1024 + (c >>> 24)]! ^
      t[768 + bytes[at + 4]!]! ^
      t[512 + bytes[at + 5]!]! ^
      t[256 + bytes[at + 6]!]! ^
      t[bytes[at + 7]!]!;
  }
  for (; at < bytes.length; at++) {
    c = t[(c ^ bytes[at]!) & 255]! ^ (c >>> 8);
  }
  return ~c >>> 0;
}

/** A running CRC-64: the halves are signed 32-bit integers. Starts as `{ high: 0, low: 0 }`. */
export interface Halves {
  readonly high: number;
  readonly low: number;
}

let nvme: { readonly high: Int32Array; readonly low: Int32Array } | undefined;

function nvmeTables(): { readonly high: Int32Array; readonly low: Int32Array } {
  const table = tables(POLYNOMIALS.CRC64NVME);
  return { high: high(table), low: low(table) };
}

/** Continues a CRC-64/NVME. */
export function crc64nvme(bytes: Uint8Array, crc: Halves): Halves {
  const { high: th, low: tl } = (nvme ??= nvmeTables());
  const inSteps = bytes.length - (bytes.length % SLICES);
  let h = ~crc.high;
  let l = ~crc.low;
  let at = 0;
  for (; at < inSteps; at += SLICES) {
    l ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    h ^= bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24);
    const a = 1792 + (l & 255);
    const b = 1536 + ((l >>> 8) & 255);
    const c = 1280 + ((l >>> 16) & 255);
    const d = 1024 + (l >>> 24);
    const e = 768 + (h & 255);
    const f = 512 + ((h >>> 8) & 255);
    const g = 256 + ((h >>> 16) & 255);
    const i = h >>> 24;
    l = tl[a]! ^ tl[b]! ^ tl[c]! ^ tl[d]! ^ tl[e]! ^ tl[f]! ^ tl[g]! ^ tl[i]!;
    h = th[a]! ^ th[b]! ^ th[c]! ^ th[d]! ^ th[e]! ^ th[f]! ^ th[g]! ^ th[i]!;
  }
  for (; at < bytes.length; at++) {
    const index = (l ^ bytes[at]!) & 255;
    l = ((l >>> 8) | (h << 24)) ^ tl[index]!;
    h = (h >>> 8) ^ th[index]!;
  }
  return { high: ~h, low: ~l };
}
