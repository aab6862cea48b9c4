import { randomBytes } from "node:crypto";

/** Where every identifier and secret comes from: random, or from a seed when time is virtual, so that a run repeats exactly. */
export interface Ids {
  /** An id as AWS makes them today: the prefix and 17 hex digits, e.g. `aws("vpc")` → `vpc-0a1b2c3d4e5f60718`. */
  aws(prefix: string): string;
  uuid(): string;
  /** `length` characters drawn evenly from `alphabet`. */
  text(length: number, alphabet: string): string;
  /** `length` hex digits. */
  hex(length: number): string;
}

/** @param seed repeats the same ids for the same seed; without it they are unpredictable. */
export function createIds(seed?: number): Ids {
  const bytes = seed === undefined ? randomBytes : seededBytes(seed);
  const hex = (length: number): string => bytes(Math.ceil(length / 2)).toString("hex").slice(0, length);
  return {
    aws: (prefix) => `${prefix}-0${hex(16)}`,
    uuid() {
      const raw = bytes(16);
      raw[6] = (raw[6]! & 0x0f) | 0x40;
      raw[8] = (raw[8]! & 0x3f) | 0x80;
      const text = raw.toString("hex");
      return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join("-");
    },
    text(length, alphabet) {
      // Bytes beyond the last whole multiple are thrown away, or the alphabet's first letters would be likelier.
      const limit = 256 - (256 % alphabet.length);
      let out = "";
      while (out.length < length) {
        for (const byte of bytes(length)) {
          if (byte < limit && out.length < length) out += alphabet[byte % alphabet.length];
        }
      }
      return out;
    },
    hex,
  };
}

/** mulberry32: small, even enough for ids, and the same on every machine. */
function seededBytes(seed: number): (length: number) => Buffer {
  let state = seed >>> 0;
  return (length) => {
    const out = Buffer.alloc(length);
    for (let i = 0; i < length; i++) {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = state;
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      out[i] = ((t ^ (t >>> 14)) >>> 0) & 0xff;
    }
    return out;
  };
}
