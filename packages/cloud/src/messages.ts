/** What the host's process and the cloud inside the sandbox tell each other, and what the host tells the command that started it. */

import type { PostAnswered } from "./host-post.js";

export type SocketName = SiteSocketName | "api";
export type SiteSocketName = "http" | "https";

/** Host to cloud: a listening socket comes with each `socket`; `stop` asks for an orderly end. Signals don't pass into the sandbox. */
export type HostMessage = { readonly socket: SocketName } | { readonly stop: true } | PostAnswered;

/** Cloud to host, and host to the command. */
export type CloudMessage =
  /** It can take the sockets now. */
  | { readonly state: "booted" }
  /** The API answers. */
  | { readonly state: "ready" }
  /** It can't go on. */
  | { readonly state: "failed"; readonly message: string };

/** The environment variable that carries `Options` to both processes. */
export const OPTIONS_VARIABLE = "HAKONIWA_RUN";
