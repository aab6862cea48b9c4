/** Which site a Host header, or a TLS server name, means. */

export interface Site {
  /** All that the name leads to; at least one. */
  readonly addresses: readonly string[];
  /** The port of plain HTTP; HTTPS is always at 443. */
  readonly port: number;
}

export interface Sites {
  /** By the AWS name in lower case, e.g. `web-1.ap-northeast-1.elb.amazonaws.com`. */
  readonly sites: ReadonlyMap<string, Site>;
  /** The name that `localhost` and 127.0.0.1 lead to. */
  readonly defaultSite: string | undefined;
}

export type Route =
  | { readonly kind: "site"; readonly name: string; readonly site: Site }
  /** Nothing is deployed yet. */
  | { readonly kind: "nothing-up" }
  | { readonly kind: "unknown-site"; readonly name: string }
  /** A loopback name, but there is no default site. */
  | { readonly kind: "no-default" }
  /** Neither a loopback name nor one below `.localhost`: a web page elsewhere may have had its name resolve to us (DNS rebinding). */
  | { readonly kind: "foreign"; readonly host: string };

const LOOPBACK = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;
const SUFFIX = ".localhost";

/** @param host the header's value, with or without a port; undefined when an old client sent none */
export function route(host: string | undefined, { sites, defaultSite }: Sites): Route {
  const name = (host ?? "localhost").trim().toLowerCase().replace(/:\d{1,5}$/, "").replace(/\.$/, "");
  if (LOOPBACK.test(name)) {
    const site = defaultSite === undefined ? undefined : sites.get(defaultSite.toLowerCase());
    if (site !== undefined && defaultSite !== undefined) {
      return { kind: "site", name: defaultSite, site };
    }
    return sites.size === 0 ? { kind: "nothing-up" } : { kind: "no-default" };
  }
  if (!name.endsWith(SUFFIX) || name === SUFFIX) {
    return { kind: "foreign", host: name };
  }
  const wanted = name.slice(0, -SUFFIX.length);
  const site = sites.get(wanted);
  if (site !== undefined) {
    return { kind: "site", name: wanted, site };
  }
  return sites.size === 0 ? { kind: "nothing-up" } : { kind: "unknown-site", name: wanted };
}
