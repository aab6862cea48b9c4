/** What a connection needs to know of its listener and node; read again at each request, so that an update holds at once. */
import type { HttpSettings } from "@hakoniwa/network";
import type { AccessNote } from "../../access-notes.js";
import type { Counts } from "./counts.js";
import type { Generation } from "./replies.js";
import type { Route } from "./route.js";
import type { RequestHead } from "./framing/request-head.js";

export interface NodeView {
  readonly generation: Generation;
  /** Milliseconds. */
  readonly idleTimeout: number;
  readonly http: HttpSettings;
  readonly counts: Counts;
  /** Takes what is noted of a request when it is over; undefined when nobody keeps a log. */
  readonly log: ((note: AccessNote) => void) | undefined;
}

export interface ListenerView {
  readonly node: NodeView;
  readonly port: number;
  /** HTTPS or SSL. */
  readonly secure: boolean;
  route(head: RequestHead, clientAddress: string): Route;
}
