/**
 * Append-only streams of records by time: metric points, log events, audit and flow records. Tables live in memory, these don't.
 * They are written by the store (`tx.log`, `store.append`, `store.appendLater`), so that what a commit did and what it logged are
 * kept together or not at all.
 */
import type { Time } from "./clock.js";

export interface LogEntry {
  /** Any name up to 500 bytes. Give each new life of a thing a new one (an id), as a dropped stream's entries are swept later. */
  readonly stream: string;
  readonly time: Time;
  /** Plain data. */
  readonly record: object;
}

/** Where a read stopped. */
export interface Cursor {
  readonly time: Time;
  readonly number: number;
}

/** Entries come by time, those of the same time in the order in which they were appended; late ones find their place. */
export interface Range {
  /** Inclusive. */
  readonly from?: Time;
  /** Exclusive. */
  readonly to?: Time;
  /** Goes on behind this entry, in the direction of the read. */
  readonly after?: Cursor;
  /** The latest first. */
  readonly backward?: boolean;
  /** At most so many entries; 1,000 by default. */
  readonly limit?: number;
}

export interface Found<R> extends Cursor {
  readonly record: R;
}

/** What is left of a stream by `trim`. */
export interface Retention {
  /** Nothing older. */
  readonly from?: Time;
  /** No more than this, the latest; as bytes on disk, about. */
  readonly bytes?: number;
}

export interface Segments {
  /** What is stored; synchronous, and holds no more than `limit` entries in memory. The last one's `time` and `number` are the next `after`. */
  read<R extends object>(stream: string, range?: Range): readonly Found<R>[];
  /** How much a stream holds; undefined when it has none. */
  size(stream: string): { readonly entries: number; readonly bytes: number } | undefined;
  /** Forgets the oldest, a few hundred at a time. Resolves when done; interrupted, it is begun again by the next call. */
  trim(stream: string, retention: Retention): Promise<void>;
}

export const DEFAULT_LIMIT = 1_000;
/** Of a stream's name, in bytes: LMDB's keys end at 1,978. */
const LONGEST_STREAM = 500;

/** @throws Error when a stream can't have this name */
export function checkStream(stream: string): void {
  if (stream === "" || Buffer.byteLength(stream) > LONGEST_STREAM) throw new Error(`"${stream.slice(0, 50)}" can't name a stream: it has 1 to ${LONGEST_STREAM} bytes`);
}

/** What a backend writes, in the order in which it was asked for. */
export type LogStep = LogEntry | { readonly dropped: string };

export interface MemorySegments extends Segments {
  write(steps: readonly LogStep[]): void;
}

/** The twin of what the disk keeps, for a store that forgets. */
export function memorySegments(): MemorySegments {
  const streams = new Map<string, { next: number; bytes: number; readonly entries: (Found<object> & { readonly bytes: number })[] }>();
  const append = ({ stream, time, record }: LogEntry): void => {
    let held = streams.get(stream);
    if (!held) streams.set(stream, (held = { next: 0, bytes: 0, entries: [] }));
    const entry = { time, number: held.next++, record, bytes: JSON.stringify(record).length };
    held.bytes += entry.bytes;
    let at = held.entries.length;
    while (at > 0 && held.entries[at - 1]!.time > time) at--;
    held.entries.splice(at, 0, entry);
  };
  return {
    write(steps) {
      for (const step of steps) {
        if ("dropped" in step) streams.delete(step.dropped);
        else append(step);
      }
    },
    read<R extends object>(stream: string, { from = -Infinity, to = Infinity, after, backward = false, limit = DEFAULT_LIMIT }: Range = {}) {
      const entries = streams.get(stream)?.entries ?? [];
      const found = entries.filter((entry) => entry.time >= from && entry.time < to && (!after || isBehind(entry, after, backward)));
      const inOrder = backward ? found.reverse() : found;
      return inOrder.slice(0, limit).map(({ time, number, record }) => ({ time, number, record: record as R }));
    },
    size(stream) {
      const held = streams.get(stream);
      return held && { entries: held.entries.length, bytes: held.bytes };
    },
    async trim(stream, { from = -Infinity, bytes = Infinity }) {
      const held = streams.get(stream);
      while (held && held.entries.length > 0 && (held.entries[0]!.time < from || held.bytes > bytes)) held.bytes -= held.entries.shift()!.bytes;
    },
  };
}

function isBehind(entry: Cursor, after: Cursor, backward: boolean): boolean {
  const order = entry.time - after.time || entry.number - after.number;
  return backward ? order < 0 : order > 0;
}
