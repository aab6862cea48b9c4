/** Reading CBOR (RFC 8949): integers, floats, text, bytes, arrays, maps, and tag 1 for timestamps. */

/** Bytes that are no CBOR, or no CBOR that AWS's clients send. */
export class MalformedCbor extends Error {
  override readonly name = "MalformedCbor";
}

const MAX_DEPTH = 100;
const TIMESTAMP_TAG = 1;
const INDEFINITE = 31;
const STOP = Symbol("the end of an item of unknown length");

/** Reads one value that fills all the bytes. Maps have no prototype. Throws MalformedCbor. */
export function decodeCbor(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes);
  const value = reader.get(0);
  if (!reader.atEnd() || value === STOP) {
    throw new MalformedCbor("there are bytes after the value");
  }
  return value;
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** The next value, or STOP where an item of unknown length may end. */
  get(depth: number): unknown {
    if (depth > MAX_DEPTH) {
      throw new MalformedCbor(`nested deeper than ${MAX_DEPTH} levels`);
    }
    const first = this.#bytes[this.#skip(1)]!;
    const major = first >> 5;
    const minor = first & 31;
    switch (major) {
      case 0:
        return this.#argument(minor);
      case 1: {
        const size = this.#argument(minor);
        return typeof size === "bigint" ? -1n - size : -1 - size;
      }
      case 2:
      case 3:
        return this.#text(major, minor, depth);
      case 4:
        return this.#array(minor, depth);
      case 5:
        return this.#map(minor, depth);
      case 6:
        return this.#tagged(minor, depth);
      default:
        return this.#simple(minor);
    }
  }

  /** Moves on by so many bytes, which must be there; gives where they begin. */
  #skip(count: number): number {
    const start = this.#at;
    if (start + count > this.#bytes.length) {
      throw new MalformedCbor("the bytes end too early");
    }
    this.#at += count;
    return start;
  }

  #argument(minor: number): number | bigint {
    if (minor < 24) {
      return minor;
    }
    switch (minor) {
      case 24:
        return this.#bytes.readUInt8(this.#skip(1));
      case 25:
        return this.#bytes.readUInt16BE(this.#skip(2));
      case 26:
        return this.#bytes.readUInt32BE(this.#skip(4));
      case 27: {
        const large = this.#bytes.readBigUInt64BE(this.#skip(8));
        return large <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(large) : large;
      }
      default:
        throw new MalformedCbor(`a length of the reserved form ${minor}`);
    }
  }

  #text(major: number, minor: number, depth: number): Uint8Array | string {
    if (minor !== INDEFINITE) {
      const length = Number(this.#argument(minor));
      const start = this.#skip(length);
      const bytes = this.#bytes.subarray(start, start + length);
      return major === 2 ? bytes : utf8(bytes);
    }
    const parts: Uint8Array[] = [];
    for (let part = this.get(depth + 1); part !== STOP; part = this.get(depth + 1)) {
      if (major === 2 ? !(part instanceof Uint8Array) : typeof part !== "string") {
        throw new MalformedCbor("a part of a text or of bytes is something else");
      }
      parts.push(typeof part === "string" ? Buffer.from(part) : (part as Uint8Array));
    }
    const whole = Buffer.concat(parts);
    return major === 2 ? whole : utf8(whole);
  }

  #array(minor: number, depth: number): unknown[] {
    const items: unknown[] = [];
    this.#items(minor, depth, (item) => items.push(item));
    return items;
  }

  #map(minor: number, depth: number): Record<string, unknown> {
    const map: Record<string, unknown> = Object.create(null);
    this.#items(minor, depth, (key) => {
      if (typeof key !== "string") {
        throw new MalformedCbor("a map's key is not a text");
      }
      map[key] = this.#one(depth);
    });
    return map;
  }

  /** A length that the bytes claim costs nothing: every item must be there. */
  #items(minor: number, depth: number, take: (item: unknown) => void): void {
    if (minor === INDEFINITE) {
      for (let item = this.get(depth + 1); item !== STOP; item = this.get(depth + 1)) {
        take(item);
      }
      return;
    }
    for (let left = this.#argument(minor); left > 0; left--) {
      take(this.#one(depth));
    }
  }

  #one(depth: number): unknown {
    const value = this.get(depth + 1);
    if (value === STOP) {
      throw new MalformedCbor("an item ends before it began");
    }
    return value;
  }

  #tagged(minor: number, depth: number): unknown {
    const tag = this.#argument(minor);
    const value = this.#one(depth);
    if (tag !== TIMESTAMP_TAG) {
      return value;
    }
    if (typeof value !== "number") {
      throw new MalformedCbor("a timestamp is not a number");
    }
    return new Date(Math.round(value * 1000));
  }

  #simple(minor: number): unknown {
    switch (minor) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
      case 23:
        return null;
      case 25:
        return half(this.#bytes.readUInt16BE(this.#skip(2)));
      case 26:
        return this.#bytes.readFloatBE(this.#skip(4));
      case 27:
        return this.#bytes.readDoubleBE(this.#skip(8));
      case INDEFINITE:
        return STOP;
      default:
        throw new MalformedCbor(`the simple value ${minor}`);
    }
  }
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new MalformedCbor("a text is not UTF-8");
  }
}

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) {
    return sign * fraction * 2 ** -24;
  }
  if (exponent === 31) {
    return fraction ? Number.NaN : sign * Infinity;
  }
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
