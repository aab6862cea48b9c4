/** Streams in the store's LMDB environment: `["stream", name]` → its head, `["entry", id, time, number]` → one record. */
import { asBinary, type RootDatabase } from "lmdb";
import { checkStream, DEFAULT_LIMIT, type Found, type LogEntry, type LogStep, type Range, type Segments } from "./segments.js";

type Key = (string | number)[];
type Database = RootDatabase<unknown, Key>;

interface Head {
  /** Never given twice, so that entries of a dropped stream are nobody's. */
  readonly id: number;
  /** The next entry's number. */
  readonly next: number;
  readonly entries: number;
  readonly bytes: number;
}

/** How many entries one step of forgetting takes: a step holds up every call that comes meanwhile. */
const SWEEP = 500;
/** What a key and LMDB's own bookkeeping take of each entry, about. */
const OVERHEAD = 48;

export interface LmdbSegments extends Segments {
  /** Carries steps out, inside a transaction of the environment. */
  write(steps: readonly LogStep[]): void;
  /** Forgets what dropped streams left, also those of an earlier life of the process. */
  sweep(): Promise<void>;
}

/** @param transact runs its argument in one transaction, in turn with the commits; resolves when that is stored */
export function lmdbSegments(db: Database, transact: (work: () => void) => Promise<void>): LmdbSegments {
  const encode = (record: object): Buffer => (db as unknown as { readonly encoder: { encode(value: object): Buffer } }).encoder.encode(record);
  const headOf = (stream: string): Head | undefined => db.get(["stream", stream]) as Head | undefined;

  const newId = (): number => {
    const id = ((db.get(["meta", "streams"]) as number | undefined) ?? 0) + 1;
    db.putSync(["meta", "streams"], id);
    return id;
  };

  /** Heads are written once a batch, however many entries their streams get. */
  const appendAll = (entries: readonly LogEntry[]): void => {
    const heads = new Map<string, Head>();
    for (const { stream, time, record } of entries) {
      checkStream(stream);
      const head = heads.get(stream) ?? headOf(stream) ?? { id: newId(), next: 0, entries: 0, bytes: 0 };
      const value = encode(record);
      db.putSync(["entry", head.id, time, head.next], asBinary(value));
      heads.set(stream, { id: head.id, next: head.next + 1, entries: head.entries + 1, bytes: head.bytes + value.length + OVERHEAD });
    }
    for (const [stream, head] of heads) db.putSync(["stream", stream], head);
  };

  const drop = (stream: string): void => {
    const head = headOf(stream);
    if (!head) return;
    db.removeSync(["stream", stream]);
    db.putSync(["dropped", head.id], 1);
  };

  /** The oldest keys of a stream, with what each takes. */
  const oldest = (id: number, end: Key): { readonly key: Key; readonly bytes: number }[] =>
    Array.from(db.getKeys({ start: ["entry", id], end, limit: SWEEP }), (key) => ({ key, bytes: (db.getBinary(key)?.length ?? 0) + OVERHEAD }));

  /** One step of `trim`. Returns whether there may be more to forget. */
  const trimSome = (stream: string, from: number, bytes: number): boolean => {
    const head = headOf(stream);
    if (!head) return false;
    let { entries, bytes: held } = head;
    const candidates = oldest(head.id, ["entry", head.id + 1]);
    for (const { key, bytes: size } of candidates) {
      if ((key[2] as number) >= from && held <= bytes) break;
      db.removeSync(key);
      entries--;
      held -= size;
    }
    if (entries !== head.entries) db.putSync(["stream", stream], { ...head, entries, bytes: held });
    return head.entries - entries === SWEEP;
  };

  /** One step of `sweep`. Returns whether there may be more to forget. */
  const sweepSome = (): boolean => {
    const [dropped] = db.getKeys({ start: ["dropped"], limit: 1 });
    if (dropped?.[0] !== "dropped") return false;
    const id = dropped[1] as number;
    const keys = Array.from(db.getKeys({ start: ["entry", id], end: ["entry", id + 1], limit: SWEEP }));
    for (const key of keys) db.removeSync(key);
    if (keys.length < SWEEP) db.removeSync(dropped);
    return true;
  };

  const repeat = async (step: () => boolean): Promise<void> => {
    for (let more = true; more; ) {
      await transact(() => (more = step()));
      // Calls go first.
      if (more) await new Promise((resolve) => setImmediate(resolve));
    }
  };

  return {
    write(steps) {
      let entries: LogEntry[] = [];
      for (const step of steps) {
        if (!("dropped" in step)) {
          entries.push(step);
          continue;
        }
        appendAll(entries);
        entries = [];
        drop(step.dropped);
      }
      appendAll(entries);
    },
    read<R extends object>(stream: string, range: Range = {}): readonly Found<R>[] {
      const head = headOf(stream);
      if (!head) return [];
      return Array.from(db.getRange(bounds(head.id, range)), ({ key, value }) => ({ time: key[2] as number, number: key[3] as number, record: value as R }));
    },
    size(stream) {
      const head = headOf(stream);
      return head && { entries: head.entries, bytes: head.bytes };
    },
    trim: (stream, { from = -Infinity, bytes = Infinity }) => repeat(() => trimSome(stream, from, bytes)),
    sweep: () => repeat(sweepSome),
  };
}

/** A key without its last parts comes before all that begin like it. */
function bounds(id: number, { from, to, after, backward = false, limit = DEFAULT_LIMIT }: Range) {
  const low: Key = from === undefined || from === -Infinity ? ["entry", id] : ["entry", id, from];
  const high: Key = to === undefined || to === Infinity ? ["entry", id + 1] : ["entry", id, to];
  if (backward) {
    const start: Key = after && (to === undefined || after.time < to) ? ["entry", id, after.time, after.number - 1] : high;
    return { start, end: low, reverse: true, limit };
  }
  const start: Key = after && (from === undefined || after.time >= from) ? ["entry", id, after.time, after.number + 1] : low;
  return { start, end: high, limit };
}
