/**
 * What a node refuses of its own accord, although the request can be read.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
 */
import type { HttpSettings } from "@hakoniwa/network";
import type { RequestHead } from "./framing/request-head.js";
import type { Generation, OwnStatus } from "./replies.js";

const MOST_FORWARDED = 30;
const SCHEME = /^https?:\/\//i;

/** The status that the request is refused with, if it is. */
export function refusalOf(head: RequestHead, { generation, http }: { readonly generation: Generation; readonly http: HttpSettings }): OwnStatus | undefined {
  if (generation === "application") {
    if (head.method === "TRACE") {
      return 405;
    }
    const forwarded = head.headers.reduce((sum, { key, value }) => (key === "x-forwarded-for" ? sum + value.split(",").length : sum), 0);
    if (forwarded > MOST_FORWARDED) {
      return 463;
    }
  }
  return http.desync === "strictest" && !isStrict(head) ? 400 : undefined;
}

/** What the strictest mode lets through: requests of RFC 9110's own form only. */
function isStrict({ target, headers, body, method }: RequestHead): boolean {
  const plain = target.startsWith("/") || target === "*" || SCHEME.test(target);
  const bodyless = (method === "GET" || method === "HEAD") && body.kind !== "none";
  return plain && !bodyless && headers.every(({ name }) => /^[-A-Za-z0-9]+$/.test(name));
}

/** The request asks to switch protocols (WebSocket), in a way that a target can grant. */
export function wantsUpgrade({ connection, headers, minorVersion, body }: RequestHead): boolean {
  return minorVersion === 1 && body.kind === "none" && connection.has("upgrade") && headers.some(({ key }) => key === "upgrade");
}
