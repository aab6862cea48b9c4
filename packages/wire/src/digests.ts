/** Checksums of contents that pass by: of short ones computed here, of long ones in threads. */
import { checksum } from "./checksum.js";
import type { ChecksumAlgorithm } from "./checksum.js";
import { openLanes, SLAB } from "./digest-threads.js";
import type { Lanes } from "./digest-threads.js";
import type { ByteStream } from "./model.js";

/** What is held back until it fills a slab is held in at most so many parts: who sends byte after byte must not cost memory. */
const MOST_PARTS = 1024;

class Digests {
  readonly #algorithms: readonly ChecksumAlgorithm[];
  #held: Uint8Array[] = [];
  #size = 0;
  #lanes: Lanes | undefined;

  constructor(algorithms: Iterable<ChecksumAlgorithm>) {
    this.#algorithms = [...algorithms];
  }

  /** @returns what to wait for before the next update, if anything */
  update(part: Uint8Array): Promise<void> | undefined {
    if (this.#algorithms.length === 0) {
      return undefined;
    }
    this.#held.push(part);
    this.#size += part.length;
    return this.#size >= SLAB || this.#held.length >= MOST_PARTS ? this.#passOn() : undefined;
  }

  /** Gives what is held to the threads, but for what doesn't fill a slab. */
  async #passOn(): Promise<void> {
    this.#lanes ??= openLanes(this.#algorithms);
    do {
      await this.#lanes.write(this.#slab());
    } while (this.#size >= SLAB);
  }

  /** Takes a slab's worth off what is held. */
  #slab(): readonly Uint8Array[] {
    const taken: Uint8Array[] = [];
    let room = SLAB;
    while (room > 0 && this.#held.length > 0) {
      const part = this.#held.shift()!;
      taken.push(part.subarray(0, room));
      if (part.length > room) {
        this.#held.unshift(part.subarray(room));
      }
      room -= Math.min(room, part.length);
    }
    this.#size -= SLAB - room;
    return taken;
  }

  /** Base64. */
  async end(): Promise<ReadonlyMap<ChecksumAlgorithm, string>> {
    if (!this.#lanes) {
      return new Map(this.#algorithms.map((algorithm) => [algorithm, this.#short(algorithm)]));
    }
    if (this.#size > 0) {
      await this.#lanes.write(this.#slab());
    }
    const digests = await this.#lanes.end();
    this.#lanes = undefined;
    return new Map(this.#algorithms.map((algorithm, index) => [algorithm, digests[index]!]));
  }

  #short(algorithm: ChecksumAlgorithm): string {
    const sum = checksum(algorithm);
    for (const part of this.#held) {
      sum.update(part);
    }
    return sum.digest().toString("base64");
  }

  drop(): void {
    this.#lanes?.drop();
    this.#lanes = undefined;
  }
}

/** A content that is read once, and whose checksums are there when it has been read to its end. */
export class DigestedStream implements ByteStream {
  readonly #open: () => AsyncIterator<Uint8Array, unknown>;
  readonly #check: ((end: unknown) => void) | undefined;
  readonly #wanted = new Set<ChecksumAlgorithm>();
  #digests: ReadonlyMap<ChecksumAlgorithm, string> | undefined;
  #begun = false;
  #size = 0;

  /** @param check hears what the source returned at its end; what it throws the reader gets */
  constructor(open: () => AsyncIterator<Uint8Array, unknown>, check?: (end: unknown) => void) {
    this.#open = open;
    this.#check = check;
  }

  /** How many bytes were read so far. */
  get size(): number {
    return this.#size;
  }

  /** Asks for checksums, before the first part is read. */
  want(...algorithms: readonly ChecksumAlgorithm[]): this {
    if (this.#begun) {
      throw new Error("this content is being read: it's too late to ask for a checksum");
    }
    for (const algorithm of algorithms) {
      this.#wanted.add(algorithm);
    }
    return this;
  }

  /** Base64. Only after the end, for what was wanted; throws otherwise: that is a bug. */
  digest(algorithm: ChecksumAlgorithm): string {
    const found = this.#digests?.get(algorithm);
    if (found === undefined) {
      throw new Error(`the ${algorithm} of this content was not asked for, or it was not read to its end`);
    }
    return found;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, undefined> {
    this.#begun = true;
    const digests = new Digests(this.#wanted);
    const source = this.#open();
    let finished = false;
    try {
      let next = await source.next();
      for (; !next.done; next = await source.next()) {
        this.#size += next.value.length;
        const busy = digests.update(next.value);
        if (busy) {
          await busy;
        }
        yield next.value;
      }
      finished = true;
      this.#digests = await digests.end();
      this.#check?.(next.value);
      return undefined;
    } finally {
      digests.drop();
      if (!finished) {
        await source.return?.();
      }
    }
  }
}

/** The same content, with checksums. Of one that has some already, such as a request's body, nothing is computed twice. */
export function digested(content: ByteStream, ...algorithms: readonly ChecksumAlgorithm[]): DigestedStream {
  const stream = content instanceof DigestedStream ? content : new DigestedStream(() => content[Symbol.asyncIterator]());
  return stream.want(...algorithms);
}
