/** Wait condition handles, and what was put to their addresses. */
import { table, type Reader } from "@hakoniwa/kernel";
import { signals } from "./signals-state.js";

export interface WaitHandle {
  /** The presigned address: the handle's physical id. */
  readonly url: string;
  readonly stackId: string;
  readonly logicalId: string;
  readonly signature: string;
  /** Seconds since the Unix epoch. */
  readonly expires: number;
}

export interface WaitMessage {
  readonly url: string;
  readonly uniqueId: string;
  /** UNPARSABLE when what came was no such message. */
  readonly status: "SUCCESS" | "FAILURE" | "UNPARSABLE";
  readonly reason: string;
  readonly data: string;
  readonly at: number;
}

export const waitHandles = table<WaitHandle>()({
  name: "cloudformation.waitHandles",
  key: (handle) => handle.url,
  indexes: { resource: (handle) => `${handle.stackId}/${handle.logicalId}` },
});

export const waitMessages = table<WaitMessage>()({
  name: "cloudformation.waitMessages",
  key: (message) => `${message.url} ${message.uniqueId}`,
  indexes: { handle: (message) => message.url },
});

/** All that stacks wait for from outside. */
export const waitingTables = [signals, waitHandles, waitMessages];

/** In the order in which they came. */
export function messagesTo(db: Reader, url: string): readonly WaitMessage[] {
  return db(waitMessages).where("handle", url);
}
