/** Ports that a login forwards: from the client through the instance (-L, -J, -D) and back (-R). */
import type { Server, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Connection } from "ssh2";
import { socketsIn } from "../tools/sockets.js";
import type { Connections } from "./connections.js";

const LISTENERS_PER_LOGIN = 16;

/**
 * @param pid a process in the instance's network
 * @returns what resolves when the ports asked for so far are listened on, or are not to be had
 */
export function serveForwarding(connection: Connection, pid: number, connections: Connections): () => Promise<void> {
  let settled = Promise.resolve();
  const listeners = new Map<number, Server>();

  connection.on("tcpip", (accept, reject, { destIP, destPort }) => {
    connections.open(destIP, destPort).then(
      (socket) => join(socket, accept()),
      () => reject(),
    );
  });

  const listen = async (asked: string, port: number): Promise<number> => {
    if (listeners.size >= LISTENERS_PER_LOGIN) throw new Error("too many forwarded ports");
    // As with GatewayPorts no: only the instance itself may use them.
    const { tcp } = await socketsIn({ pid }, [{ name: "forward", protocol: "tcp", host: "127.0.0.1", port }]);
    const server = tcp.get("forward")!;
    const bound = (server.address() as { port: number }).port;
    listeners.set(bound, server);
    server.on("connection", (socket: Socket) => {
      connection.forwardOut(asked, port === 0 ? bound : port, socket.remoteAddress ?? "", socket.remotePort ?? 0, (error: Error | undefined, channel: Duplex) => {
        if (error) socket.destroy();
        else join(socket, channel);
      });
    });
    return bound;
  };

  connection.on("request", (accept: ((port?: number) => void) | undefined, reject: (() => void) | undefined, name: string, info: unknown) => {
    const { bindAddr, bindPort } = info as { readonly bindAddr: string; readonly bindPort: number };
    if (name === "tcpip-forward") {
      const done = listen(bindAddr, bindPort).then((port) => accept?.(bindPort === 0 ? port : undefined), () => reject?.());
      settled = Promise.all([settled, done]).then(() => undefined);
    } else if (name === "cancel-tcpip-forward" && listeners.has(bindPort)) {
      listeners.get(bindPort)?.close();
      listeners.delete(bindPort);
      accept?.();
    } else {
      reject?.();
    }
  });

  connection.once("close", () => {
    connections.close();
    for (const server of listeners.values()) server.close();
  });
  return () => settled;
}

/** Each end's end is the other's. */
function join(socket: Socket, channel: Duplex): void {
  socket.on("error", () => channel.destroy());
  channel.on("error", () => socket.destroy());
  channel.once("close", () => socket.destroy());
  socket.pipe(channel);
  channel.pipe(socket);
}
