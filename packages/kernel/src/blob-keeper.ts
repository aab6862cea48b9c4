/** Knows which blobs records reference, and removes those that none does. */
import type { BlobPart, BlobReader, BlobStore, Blobs, ByteStream } from "./blobs.js";
import type { Store } from "./store.js";
import type { Change } from "./table.js";

export interface BlobsOfCall extends Blobs {
  /** The call is over: what it wrote and nothing references goes. */
  end(): void;
}

export class BlobKeeper implements BlobReader {
  readonly #blobs: BlobStore;
  readonly #store: Store;
  readonly #references = new Map<string, number>();

  /** Sweeps what a crash left behind; so there is one for a store, made before the first call. */
  constructor(store: Store, blobs: BlobStore) {
    this.#blobs = blobs;
    this.#store = store;
    for (const table of store.tables) {
      if (!table.blobs) continue;
      for (const scope of store.scopes()) {
        for (const record of store.all(scope, table.name)) this.#count(table.blobs(record), 1);
      }
    }
    blobs.sweep((id) => this.#references.has(id));
    store.onCommit((changes) => this.#changed(changes));
  }

  read(parts: readonly BlobPart[]): ByteStream {
    const ids = parts.map((part) => part.blob);
    // A reader counts like a record for as long as it reads.
    this.#count(ids, 1);
    return inARow(parts, (part) => this.#blobs.open(part.blob, part), () => {
      this.#count(ids, -1);
      this.#removeUnreferenced(ids);
    });
  }

  /** Blobs for what one call prepares. */
  forCall(): BlobsOfCall {
    const mine: string[] = [];
    const held: string[] = [];
    return {
      write: async (content) => {
        const blob = await this.#blobs.write(content);
        mine.push(blob.id);
        return blob;
      },
      read: (parts) => {
        // What it reads it may reference in the end, even if others let go of it meanwhile.
        const ids = parts.map((part) => part.blob);
        held.push(...ids);
        this.#count(ids, 1);
        return this.read(parts);
      },
      end: () => {
        this.#count(held, -1);
        this.#removeUnreferenced([...mine, ...held]);
      },
    };
  }

  #changed(changes: readonly Change[]): void {
    const released: string[] = [];
    for (const change of changes) {
      const blobsOf = this.#store.table(change.table)?.blobs;
      if (!blobsOf) continue;
      if (change.after) this.#count(blobsOf(change.after), 1);
      if (!change.before) continue;
      const before = blobsOf(change.before);
      this.#count(before, -1);
      released.push(...before);
    }
    if (!released.some((id) => !this.#references.has(id))) return;
    // Until the commit is kept, a crash would bring back the record that needs it.
    void this.#store.stored().then(() => this.#removeUnreferenced(released));
  }

  #removeUnreferenced(ids: readonly string[]): void {
    for (const id of new Set(ids)) if (!this.#references.has(id)) this.#blobs.remove(id);
  }

  #count(ids: readonly string[], by: 1 | -1): void {
    for (const id of ids) {
      const count = (this.#references.get(id) ?? 0) + by;
      if (count > 0) this.#references.set(id, count);
      else this.#references.delete(id);
    }
  }
}

/** Not a generator: one that never began doesn't hear that it is over. */
function inARow(parts: readonly BlobPart[], open: (part: BlobPart) => ByteStream, over: () => void): ByteStream {
  let index = 0;
  let current: AsyncIterator<Uint8Array> | undefined;
  let isOver = false;
  const end = (): { readonly done: true; readonly value: undefined } => {
    if (!isOver) over();
    isOver = true;
    return { done: true, value: undefined };
  };
  const next = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
    while (!isOver) {
      const part = parts[index];
      if (!part) return end();
      current ??= open(part)[Symbol.asyncIterator]();
      const result = await current.next();
      if (!result.done) return result;
      current = undefined;
      index++;
    }
    return end();
  };
  const iterator: AsyncIterator<Uint8Array, undefined> = {
    async next() {
      try {
        return await next();
      } catch (error) {
        end();
        throw error;
      }
    },
    async return() {
      await current?.return?.();
      return end();
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
