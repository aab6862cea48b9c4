/** What is put to a wait condition handle's address, from an instance or the host: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-waitcondition.html#using-cfn-waitcondition-signaljson */
import { timingSafeEqual } from "node:crypto";
import type { Store } from "@hakoniwa/kernel";
import { messagesTo, waitHandles, waitMessages, type WaitHandle, type WaitMessage } from "./wait-state.js";
import { readWaitUrl, type WaitTarget } from "./wait-url.js";

export interface WaitRequest {
  readonly method: string;
  /** Of the host that was called. */
  readonly region: string;
  /** Path and query as they were sent. */
  readonly target: string;
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

export interface WaitReply {
  readonly status: number;
  /** S3's error; nothing when all is well. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** As large as AWS takes a message, in bytes. */
export const LARGEST_MESSAGE = 4096;
/** Nobody waits for more; whoever sends them without end must not fill the memory. */
const MOST_MESSAGES = 1000;

/**
 * Records the message of a request whose signature is the handle's. Whatever is no such message counts as one that can't be
 * read, as S3 takes it and CloudFormation fails on it.
 * @param now cloud time, in milliseconds
 */
export function receiveWaitSignal(store: Store, now: number, request: WaitRequest): WaitReply {
  const target = readWaitUrl(request.region, request.target);
  if (request.method !== "PUT") return refused(405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
  if (!target) return refused(403, "AccessDenied", "Access Denied");
  const scope = { account: target.account, region: target.region };
  // Anybody may ask, for any account: to look into one would be to remember it.
  const isKnown = store.scopes().some(({ account, region }) => account === scope.account && region === scope.region);
  const handle = isKnown && handleFor(store.reader(scope)(waitHandles).where("resource", `${target.stackId}/${target.logicalId}`), target);
  if (!handle) return refused(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method.");
  if (request.contentType !== undefined && request.contentType !== "") {
    const message = `The request signature we calculated does not match the signature you provided: the address was signed without a Content-Type, and ${request.contentType.slice(0, 100)} was sent (curl -H 'Content-Type:' sends none).`;
    return refused(403, "SignatureDoesNotMatch", message);
  }
  if (now >= handle.expires * 1000) return refused(403, "AccessDenied", "Request has expired");
  if (request.body.length > LARGEST_MESSAGE) return refused(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size");
  const message = { ...readMessage(request.body), url: handle.url, at: now };
  return store.transaction((tx) => {
    const db = tx.db(scope);
    const known = db(waitMessages).get(waitMessages.key(message));
    if (known && (known.status !== "SUCCESS" || message.status === "SUCCESS")) return { status: 200 };
    if (messagesTo(db, handle.url).length >= MOST_MESSAGES) return refused(503, "SlowDown", "Please reduce your request rate.");
    db(waitMessages).put(message);
    return { status: 200 };
  });
}

function handleFor(handles: readonly WaitHandle[], { signature, expires }: WaitTarget): WaitHandle | undefined {
  const given = Buffer.from(signature ?? "");
  return handles.find((handle) => {
    const own = Buffer.from(handle.signature);
    return expires === String(handle.expires) && own.length === given.length && timingSafeEqual(own, given);
  });
}

function readMessage(body: Uint8Array): Pick<WaitMessage, "uniqueId" | "status" | "reason" | "data"> {
  try {
    const { Status: status, UniqueId: uniqueId, Reason: reason = "", Data: data = "" } = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)) as Readonly<Record<string, unknown>>;
    if ((status === "SUCCESS" || status === "FAILURE") && typeof uniqueId === "string" && uniqueId !== "") return { uniqueId, status, reason: textOf(reason), data: textOf(data) };
  } catch {
    // Falls through to what can't be read.
  }
  return { uniqueId: "", status: "UNPARSABLE", reason: "", data: "" };
}

/** AWS takes any JSON for data. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function refused(status: number, code: string, message: string): WaitReply {
  return { status, error: { code, message } };
}
