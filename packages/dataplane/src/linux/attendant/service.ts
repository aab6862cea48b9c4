/** The attendant's sockets: one metadata server and the resolvers for each VPC, port 22 of each instance, and a resolver on the box's internet. */
import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Server as TcpServer, Socket as TcpSocket } from "node:net";
import type { NameRecord } from "@hakoniwa/network";
import { DNS_ADDRESS, METADATA_ADDRESS, TIME_ADDRESS } from "../network/reserved.js";
import { INTERNET_RESOLVER } from "../sandbox/enter.js";
import { SshGate } from "../ssh/gate.js";
import { socketsIn } from "../tools/sockets.js";
import { answerDns } from "./dns.js";
import type { Asker } from "./dns.js";
import { serveStream } from "./dns-stream.js";
import type { ServedInstance, ServedNetwork, ToAttendant } from "./messages.js";
import { answerMetadata } from "./metadata.js";
import { Ward } from "./ward.js";
import type { WardEvent } from "./ward.js";
import { answerTime } from "./time.js";

const CONNECTIONS_PER_ADDRESS = 128;

interface Served {
  network: ServedNetwork;
  readonly metadata: Server;
  readonly resolvers: readonly (Socket | TcpServer)[];
}

export class AttendantService {
  readonly #names = new Map<string, NameRecord>();
  readonly #instances = new Map<string, ServedInstance>();
  readonly #networks = new Map<string, Served>();
  readonly #ssh = new SshGate((line) => console.error(line));
  readonly #ward: Ward;
  readonly #secret = randomBytes(32);
  /** DNS queries so far. */
  #turn = 0;

  /** @param tell what the watch over the instances finds */
  constructor(tell: (instance: string, event: WardEvent) => void) {
    this.#ward = new Ward(tell);
  }

  /** Resolves when the sockets are as the message says. Messages are carried out one after the other. */
  async apply(message: ToAttendant): Promise<void> {
    switch (message.kind) {
      case "name":
        return set(this.#names, message.name, message.record);
      case "instance":
        return set(this.#instances, message.id, message.instance);
      case "ssh":
        this.#ward.set(message.id, message.instance);
        return this.#ssh.set(message.id, message.instance);
      case "network":
        return this.#serve(message.vpc, message.network);
      case "internet":
        return this.#serveInternet();
    }
  }

  async #serve(vpc: string, network: ServedNetwork | undefined): Promise<void> {
    const served = this.#networks.get(vpc);
    if (served !== undefined && network !== undefined && sameSockets(served.network, network)) {
      served.network = network;
      return;
    }
    if (served !== undefined) {
      this.#networks.delete(vpc);
      served.metadata.close();
      served.metadata.closeAllConnections();
      for (const resolver of served.resolvers) {
        resolver.close();
      }
    }
    if (network !== undefined) {
      this.#networks.set(vpc, await this.#open(vpc, network));
    }
  }

  async #open(vpc: string, network: ServedNetwork): Promise<Served> {
    const resolvers = network.resolver === undefined ? [] : [network.resolver, DNS_ADDRESS];
    const sockets = await socketsIn(network.namespace, [
      { name: "metadata", protocol: "tcp", host: METADATA_ADDRESS, port: 80 },
      { name: "time", protocol: "udp", host: TIME_ADDRESS, port: 123 },
      ...resolvers.flatMap((host) => (["udp", "tcp"] as const).map((protocol) => ({ name: `${protocol} ${host}`, protocol, host, port: 53 }))),
    ]);
    const metadata = createServer({ keepAliveTimeout: 5000, headersTimeout: 5000, requestTimeout: 5000 }, (request, response) =>
      this.#answer(vpc, request, response),
    );
    metadata.on("connection", boundConnections());
    metadata.listen(sockets.tcp.get("metadata"));
    const asker = (): Asker => ({ kind: "vpc", vpc, residents: this.#networks.get(vpc)?.network.residents });
    for (const [name, socket] of sockets.udp) {
      if (name === "time") tellTime(socket);
      else this.#resolve(socket, asker);
    }
    const streams = [...sockets.tcp].filter(([name]) => name !== "metadata").map(([, server]) => server);
    for (const server of streams) {
      server.on("connection", boundConnections());
      serveStream(server, (query) => answerDns(query, this.#names, asker(), this.#turn++));
    }
    return { network, metadata, resolvers: [...sockets.udp.values(), ...streams] };
  }

  #answer(vpc: string, request: IncomingMessage, response: ServerResponse): void {
    const address = request.socket.remoteAddress ?? "";
    const id = this.#networks.get(vpc)?.network.residents.holders[address];
    const instance = id === undefined ? undefined : this.#instances.get(id);
    request.resume();
    if (id === undefined || instance === undefined) {
      response.writeHead(404).end();
      return;
    }
    const { method = "", url = "", headers } = request;
    const reply = answerMetadata({ id, instance, secret: this.#secret, now: Date.now() }, { method, url, headers });
    response.writeHead(reply.status, reply.headers);
    response.end(method === "HEAD" ? undefined : reply.body);
  }

  #resolve(socket: Socket, asker: () => Asker): void {
    socket.on("error", () => {});
    socket.on("message", (query, from) => {
      const answer = answerDns(query, this.#names, asker(), this.#turn++);
      if (answer !== undefined) {
        socket.send(answer, from.port, from.address, () => {});
      }
    });
  }

  /** Our own namespace is the box's internet. */
  async #serveInternet(): Promise<void> {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(53, INTERNET_RESOLVER, resolve);
    });
    socket.removeAllListeners("error");
    this.#resolve(socket, () => ({ kind: "internet" }));
  }
}

function tellTime(socket: Socket): void {
  socket.on("error", () => {});
  socket.on("message", (query, from) => {
    const answer = answerTime(query, Date.now());
    if (answer !== undefined) {
      socket.send(answer, from.port, from.address, () => {});
    }
  });
}

/** Refuses an address's connections beyond the limit: one instance must not take the descriptors that all are served with. */
function boundConnections(): (socket: TcpSocket) => void {
  const open = new Map<string, number>();
  return (socket) => {
    const address = socket.remoteAddress ?? "";
    const count = (open.get(address) ?? 0) + 1;
    if (count > CONNECTIONS_PER_ADDRESS) {
      socket.destroy();
      return;
    }
    open.set(address, count);
    socket.once("close", () => set(open, address, (open.get(address) ?? 1) - 1 || undefined));
  };
}

function set<Value>(map: Map<string, Value>, key: string, value: Value | undefined): void {
  if (value === undefined) {
    map.delete(key);
  } else {
    map.set(key, value);
  }
}

function sameSockets(one: ServedNetwork, other: ServedNetwork): boolean {
  return one.resolver === other.resolver && JSON.stringify(one.namespace) === JSON.stringify(other.namespace);
}
