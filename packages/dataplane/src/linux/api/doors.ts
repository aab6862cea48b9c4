/** The sockets at which the AWS API is reached inside the box: on the box's internet, and one set for each VPC endpoint. */
import { once } from "node:events";
import { createServer } from "node:net";
import type { Server } from "node:net";
import { API_ADDRESS, SERVICE_ADDRESSES } from "../network/reserved.js";
import type { Namespace } from "../tools/namespaces.js";
import { socketsIn } from "../tools/sockets.js";
import type { ApiEntrance, InsideApi } from "./inside-api.js";

export interface DoorSpec {
  readonly namespace: Namespace;
  /** The address to listen at. */
  readonly host: string;
  readonly ports: readonly (80 | 443)[];
  readonly entrance: ApiEntrance;
}

/** So that one flooding machine leaves descriptors to the others. */
const CONNECTIONS_PER_DOOR = 1024;

export class ApiDoors {
  readonly #api: InsideApi;
  readonly #open = new Map<string, readonly (() => void)[]>();

  constructor(api: InsideApi) {
    this.#api = api;
  }

  /** Our own namespace is the box's internet. @throws Error when an address is not there */
  async openInternet(): Promise<void> {
    const hosts = [API_ADDRESS, ...Object.values(SERVICE_ADDRESSES)];
    const ends = hosts.flatMap((host) => ([80, 443] as const).map(async (port) => {
      const server = createServer().listen({ host, port, backlog: 1024 });
      await once(server, "listening");
      return this.#serve(server, port, { kind: "internet" });
    }));
    this.#open.set("internet", await Promise.all(ends));
  }

  /** Opens a door, unless it is open. @throws Error when the sockets can't be had */
  async open(key: string, { namespace, host, ports, entrance }: DoorSpec): Promise<void> {
    if (this.#open.has(key)) return;
    // Whoever asks meanwhile must not open it a second time.
    this.#open.set(key, []);
    try {
      const { tcp } = await socketsIn(namespace, ports.map((port) => ({ name: String(port), protocol: "tcp" as const, host, port })));
      const ends = ports.flatMap((port) => {
        const server = tcp.get(String(port));
        return server === undefined ? [] : [this.#serve(server, port, entrance)];
      });
      if (this.#open.has(key)) this.#open.set(key, ends);
      else for (const end of ends) end();
    } catch (error) {
      this.#open.delete(key);
      throw error;
    }
  }

  close(key: string): void {
    for (const end of this.#open.get(key) ?? []) end();
    this.#open.delete(key);
  }

  closeAll(): void {
    for (const key of this.#open.keys()) this.close(key);
  }

  #serve(server: Server, port: 80 | 443, entrance: ApiEntrance): () => void {
    server.maxConnections = CONNECTIONS_PER_DOOR;
    return this.#api.serve(server, port === 80 ? "http" : "https", entrance);
  }
}
