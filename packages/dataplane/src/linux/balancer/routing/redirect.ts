/** Where a redirect action leads: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RedirectActionConfig.html */
import type { Redirect } from "@hakoniwa/network";
import type { RequestFacts } from "./request-facts.js";

export interface RedirectFrom {
  readonly secure: boolean;
  /** The listener's. */
  readonly port: number;
}

/** The Location header's value; a port is always named, as AWS does. */
export function locationOf(redirect: Redirect, facts: RequestFacts, from: RedirectFrom): string {
  const own: Readonly<Record<string, string>> = {
    protocol: from.secure ? "https" : "http",
    host: facts.writtenHost,
    port: String(from.port),
    path: facts.path.replace(/^\//, ""),
    query: facts.query,
  };
  const fill = (text: string): string => text.replace(/#\{(protocol|host|port|path|query)\}/g, (_, name: string) => own[name] ?? "");
  const protocol = fill(redirect.protocol).toLowerCase();
  const path = fill(redirect.path);
  const query = fill(redirect.query);
  return `${protocol}://${fill(redirect.host)}:${fill(redirect.port)}${path.startsWith("/") ? path : `/${path}`}${query === "" ? "" : `?${query}`}`;
}
