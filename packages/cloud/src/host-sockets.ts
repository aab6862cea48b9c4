/** The host's listening sockets, as they come to the cloud: once by themselves, and again when the process that they were handed to is gone. */
import type { Server } from "node:net";
import type { SiteSocketName, SocketName } from "./messages.js";

/** Cloud to host. */
export interface SocketsAsked {
  readonly listen: readonly SiteSocketName[];
}

export interface SiteSockets {
  readonly http: Server;
  readonly https: Server;
}

export interface HostSockets {
  /** Told of each that came. */
  came(name: SocketName, server: Server): void;
  api(): Promise<Server>;
  /** Those of the sites; asked of the host when they were taken before. */
  sites(): Promise<SiteSockets>;
}

const SITES: readonly SiteSocketName[] = ["http", "https"];

export function hostSockets(ask: (message: SocketsAsked) => void): HostSockets {
  const untaken = new Map<SocketName, Server>();
  const waiting = new Map<SocketName, (server: Server) => void>();
  let taken = false;

  function take(name: SocketName): Promise<Server> {
    const server = untaken.get(name);
    untaken.delete(name);
    return server ? Promise.resolve(server) : new Promise((resolve) => waiting.set(name, resolve));
  }

  return {
    came(name, server) {
      // It accepts from now on. Whoever comes before somebody can answer is sent away, as by a closed port, and not left waiting.
      server.on("connection", (early) => early.destroy());
      const waiter = waiting.get(name);
      if (waiter) waiter(server);
      else untaken.set(name, server);
      waiting.delete(name);
    },
    api: () => take("api"),
    async sites() {
      if (taken) ask({ listen: SITES });
      taken = true;
      const [http, https] = await Promise.all([take("http"), take("https")]);
      return { http, https };
    },
  };
}
