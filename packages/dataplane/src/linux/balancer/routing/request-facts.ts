/** What rules may ask about a request. */
import type { RequestHead } from "../framing/request-head.js";

export interface RequestFacts {
  readonly method: string;
  /** The Host header without its port; the authority of an absolute target goes first (RFC 9112, 3.2.2). */
  readonly host: string;
  /** The same with the suffix that leads from the machine itself to the site, which rules don't see. */
  readonly writtenHost: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly headers: RequestHead["headers"];
  readonly clientAddress: string;
}

const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/i;
const AUTHORITY = /^(\[[^\]]*\]|[^:]*)(?::\d{1,5})?$/;

export function factsOf(head: RequestHead, clientAddress: string): RequestFacts {
  const absolute = head.target.startsWith("/") ? null : ABSOLUTE.exec(head.target);
  const local = absolute === null ? head.target : absolute[2] || "/";
  const mark = local.indexOf("?");
  const authority = AUTHORITY.exec(absolute?.[1] ?? head.host ?? "");
  const writtenHost = authority?.[1] ?? "";
  return {
    method: head.method,
    host: writtenHost.replace(/\.localhost$/i, ""),
    writtenHost,
    path: mark < 0 ? local : local.slice(0, mark),
    query: mark < 0 ? "" : local.slice(mark + 1),
    headers: head.headers,
    clientAddress,
  };
}
