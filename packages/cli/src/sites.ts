/** How the host reaches the cloud's sites. */
import type { Options } from "@hakoniwa/cloud/client";

/** AWS's own name with `.localhost` behind it, which browsers and curl resolve to this machine. */
export function siteAddress(options: Pick<Options, "httpPort">, dnsName: string): string {
  return `http://${dnsName}.localhost:${options.httpPort}/`;
}

/** For programs that don't resolve `*.localhost`: the only, or first, site. */
export function defaultSiteAddress(options: Pick<Options, "httpPort">): string {
  return `http://127.0.0.1:${options.httpPort}/`;
}
