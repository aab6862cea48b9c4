/** What the edge's process and its parent say to each other. */
import type { Site } from "./route.js";

export type ToEdge =
  /** Comes with a listening socket. */
  | { readonly kind: "listen"; readonly protocol: "http" | "https" }
  /** Comes with a connection that the parent accepted before the listening socket was handed over. */
  | { readonly kind: "connection"; readonly protocol: "http" | "https" }
  | { readonly kind: "sites"; readonly sites: readonly (readonly [name: string, site: Site])[]; readonly defaultSite: string | undefined };

export type FromEdge =
  /** It can take sockets now. One that came before would accept connections with nobody to hear of them. */
  | { readonly kind: "booted" }
  | { readonly kind: "listening"; readonly protocol: "http" | "https" };
