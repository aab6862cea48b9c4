/** One listener of a node, with the connections that came by it. */
import net from "node:net";
import tls from "node:tls";
import type { BalancerListener } from "@hakoniwa/network";
import type { Group } from "./group.js";
import { HttpConnection } from "./http-connection.js";
import type { NodeView } from "./listener-view.js";
import { routeOf, targetOf, type Routing } from "./route.js";
import { compileRules } from "./routing/rules.js";
import { pipeToTarget } from "./tcp-connection.js";
import { contextsOf, optionsOf, type TlsContexts } from "./tls.js";

export interface OpenListener {
  readonly spec: BalancerListener;
  /** Sets rules and certificates, for requests and connections from now on. */
  update(spec: BalancerListener): void;
  listen(host: string): Promise<void>;
  address(): ReturnType<net.Server["address"]>;
  /** Accepts no more: the port is free at once, while what is under way goes on. */
  retire(): void;
  /** Ends everything at once. */
  close(): Promise<void>;
}

const BACKLOG = 1024;
/** Milliseconds a client may take for TLS's handshake. */
const HANDSHAKE_TIMEOUT = 10_000;

/** @throws Error when its certificates can't be used */
export function openListener(first: BalancerListener, node: NodeView, groups: ReadonlyMap<string, Group>): OpenListener {
  const secure = first.protocol === "HTTPS" || first.protocol === "SSL";
  const connections = new Set<HttpConnection>();
  const sockets = new Set<net.Socket>();
  let spec = first;
  let rules = compileRules(first.rules);
  let contexts = contextsFor(first);

  const server = secure
    ? tls.createServer({
        allowHalfOpen: true,
        noDelay: true,
        handshakeTimeout: HANDSHAKE_TIMEOUT,
        SNICallback: (name, done) => done(null, contexts?.select(name)),
      })
    : net.createServer({ allowHalfOpen: true, noDelay: true });
  setDefault();
  server.on(secure ? "secureConnection" : "connection", accept);
  server.on("tlsClientError", () => {
    node.counts.clientTlsErrors += 1;
  });

  /** For clients that ask for no name. */
  function setDefault(): void {
    const [certificate] = spec.tls?.certificates ?? [];
    if (server instanceof tls.Server && spec.tls !== undefined && certificate !== undefined) {
      server.setSecureContext(optionsOf(certificate, spec.tls));
    }
  }

  function accept(socket: net.Socket): void {
    sockets.add(socket);
    node.counts.newConnections += 1;
    node.counts.activeConnections += 1;
    socket.on("close", () => {
      sockets.delete(socket);
      node.counts.activeConnections -= 1;
    });
    if (spec.protocol === "TCP" || spec.protocol === "SSL") {
      pipeToTarget(socket, { port: spec.port, idleTimeout: node.idleTimeout, counts: node.counts, log: node.log, next: (tried) => targetOf(routing(), tried) });
      return;
    }
    const connection = new HttpConnection(socket, {
      node,
      port: spec.port,
      secure,
      route: (head, clientAddress) => routeOf(routing(), head, clientAddress),
    });
    connections.add(connection);
    socket.on("close", () => connections.delete(connection));
  }

  function routing(): Routing {
    return { generation: node.generation, rules, groups, port: spec.port, secure };
  }

  return {
    get spec() {
      return spec;
    },
    update(next) {
      // Both may throw, and then nothing has changed.
      const nextRules = compileRules(next.rules);
      const nextContexts = contextsFor(next);
      spec = next;
      rules = nextRules;
      contexts = nextContexts;
      setDefault();
    },
    listen: (host) =>
      new Promise((resolve, reject) => {
        server.once("error", (error) => reject(new Error(`port ${spec.port} can't be listened on: ${error.message}`)));
        server.listen({ host, port: spec.port, backlog: BACKLOG }, resolve);
      }),
    address: () => server.address(),
    retire() {
      server.close();
      for (const connection of connections) {
        connection.retire();
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) {
          socket.destroy();
        }
      }),
  };
}

function contextsFor({ tls: wanted }: BalancerListener): TlsContexts | undefined {
  return wanted === undefined ? undefined : contextsOf(wanted);
}
