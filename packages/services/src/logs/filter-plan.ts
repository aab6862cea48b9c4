/** Events of several streams as one, by time. The reading is left to who calls. */
import type { Cursor, Found } from "@hakoniwa/kernel";
import { invalidToken } from "./errors.js";
import type { LogStream, StoredEvent } from "./state.js";

export interface FoundEvent extends Found<StoredEvent> {
  readonly stream: LogStream;
}

/** Where FilterLogEvents stopped: events go by time, then by the stream's id, then by number. */
export interface Stop extends Cursor {
  readonly stream: string;
}

export interface Reading {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly after: Stop | undefined;
  read(stream: LogStream, range: { readonly from: number; readonly to: number; readonly after?: Cursor; readonly limit: number }): readonly Found<StoredEvent>[];
}

interface Head {
  readonly stream: LogStream;
  readonly rest: readonly Found<StoredEvent>[];
  readonly at: number;
}

const PIECE = 100;

/** All events of the streams, lazily. */
export function* merged(streams: readonly LogStream[], reading: Reading): IterableIterator<FoundEvent> {
  const heads: Head[] = [];
  for (const stream of streams) {
    if (stream.lastEvent === undefined || stream.lastEvent < reading.from || stream.firstEvent! >= reading.to) continue;
    const rest = firstPiece(stream, reading);
    if (rest.length > 0) insert(heads, { stream, rest, at: 0 });
  }
  for (let head = heads.pop(); head; head = heads.pop()) {
    const { stream, rest, at } = head;
    const event = rest[at]!;
    yield { ...event, stream };
    if (at + 1 < rest.length) {
      insert(heads, { stream, rest, at: at + 1 });
    } else if (rest.length === PIECE) {
      const next = reading.read(stream, { from: reading.from, to: reading.to, after: event, limit: PIECE });
      if (next.length > 0) insert(heads, { stream, rest: next, at: 0 });
    }
  }
}

function firstPiece(stream: LogStream, { from, to, after, read }: Reading): readonly Found<StoredEvent>[] {
  if (!after) return read(stream, { from, to, limit: PIECE });
  if (stream.id === after.stream) return read(stream, { from, to, after, limit: PIECE });
  // Of the events of that very moment, those of streams with a higher id are still to come.
  return read(stream, { from: Math.max(from, stream.id > after.stream ? after.time : after.time + 1), to, limit: PIECE });
}

/** The next to come is last. */
function insert(heads: Head[], head: Head): void {
  let low = 0;
  let high = heads.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(head, heads[middle]!)) low = middle + 1;
    else high = middle;
  }
  heads.splice(low, 0, head);
}

function isBefore(one: Head, other: Head): boolean {
  const byTime = one.rest[one.at]!.time - other.rest[other.at]!.time;
  return byTime < 0 || (byTime === 0 && one.stream.id < other.stream.id);
}

export function stopToken({ time, number, stream }: Stop): string {
  return Buffer.from(JSON.stringify([time, number, stream])).toString("base64url");
}

/** @throws InvalidParameterException for what no page gave */
export function parseStop(token: string): Stop {
  try {
    const [time, number, stream] = JSON.parse(Buffer.from(token, "base64url").toString()) as unknown[];
    if (Number.isSafeInteger(time) && Number.isSafeInteger(number) && typeof stream === "string") return { time: time as number, number: number as number, stream };
  } catch {
    // Below.
  }
  throw invalidToken();
}

/** 56 digits, as AWS's: the same event always has the same one. */
export function eventId({ time, number, stream }: FoundEvent): string {
  const ofStream = BigInt(`0x${stream.id.replaceAll("-", "").slice(0, 16)}`);
  return `${String(time).padStart(15, "3")}${String(ofStream).padStart(20, "0")}${String(number).padStart(21, "0")}`;
}
