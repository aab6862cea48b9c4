/**
 * Writing CBOR (RFC 8949), as much of it as Smithy RPC v2 uses.
 * https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
 */

const TIMESTAMP_TAG = 1;

/** Writes one value: null, booleans, numbers, bigints, texts, bytes, Dates, arrays and plain objects. */
export function encodeCbor(value: unknown): Uint8Array {
  const writer = new Writer();
  writer.put(value);
  return writer.bytes();
}

class Writer {
  #buffer = Buffer.allocUnsafe(1024);
  #length = 0;

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  put(value: unknown): void {
    switch (typeof value) {
      case "string": {
        const length = Buffer.byteLength(value);
        this.#head(3, length);
        this.#room(length);
        this.#length += this.#buffer.write(value, this.#length);
        return;
      }
      case "number":
        this.#number(value);
        return;
      case "bigint":
        this.#integer(value);
        return;
      case "boolean":
        this.#byte(value ? 0xf5 : 0xf4);
        return;
      default:
        this.#compound(value);
    }
  }

  #compound(value: unknown): void {
    if (value === null || value === undefined) {
      this.#byte(0xf6);
    } else if (value instanceof Date) {
      this.#head(6, TIMESTAMP_TAG);
      this.#float(value.getTime() / 1000);
    } else if (value instanceof Uint8Array) {
      this.#head(2, value.length);
      this.#room(value.length);
      this.#buffer.set(value, this.#length);
      this.#length += value.length;
    } else if (Array.isArray(value)) {
      this.#head(4, value.length);
      for (const item of value) {
        this.put(item);
      }
    } else {
      const entries = Object.entries(value as object).filter(([, own]) => own !== undefined);
      this.#head(5, entries.length);
      for (const [key, own] of entries) {
        this.put(key);
        this.put(own);
      }
    }
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      this.#head(value >= 0 ? 0 : 1, value >= 0 ? value : -1 - value);
    } else {
      this.#float(value);
    }
  }

  #integer(value: bigint): void {
    const [major, size] = value >= 0n ? [0, value] : [1, -1n - value];
    if (size >= 2n ** 64n) {
      throw new RangeError(`${value} does not fit into 64 bits`);
    }
    this.#room(9);
    this.#buffer[this.#length++] = (major << 5) | 27;
    this.#length = this.#buffer.writeBigUInt64BE(size, this.#length);
  }

  #float(value: number): void {
    this.#byte(0xfb);
    this.#length = this.#buffer.writeDoubleBE(value, this.#length);
  }

  #byte(byte: number): void {
    this.#room(9);
    this.#buffer[this.#length++] = byte;
  }

  #head(major: number, size: number): void {
    this.#room(9);
    const top = major << 5;
    if (size < 24) {
      this.#buffer[this.#length++] = top | size;
    } else if (size < 0x100) {
      this.#buffer[this.#length++] = top | 24;
      this.#buffer[this.#length++] = size;
    } else if (size < 0x10000) {
      this.#buffer[this.#length++] = top | 25;
      this.#length = this.#buffer.writeUInt16BE(size, this.#length);
    } else if (size < 0x1_0000_0000) {
      this.#buffer[this.#length++] = top | 26;
      this.#length = this.#buffer.writeUInt32BE(size, this.#length);
    } else {
      this.#buffer[this.#length++] = top | 27;
      this.#length = this.#buffer.writeBigUInt64BE(BigInt(size), this.#length);
    }
  }

  #room(wanted: number): void {
    if (this.#length + wanted > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + wanted));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
  }
}
