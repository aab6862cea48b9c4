/** Sockets of ours in another network namespace, so that one process serves metadata and DNS in every VPC. */
import { fork } from "node:child_process";
import type { Socket as UdpSocket } from "node:dgram";
import type { Server, Socket } from "node:net";
import { inNamespace } from "./namespaces.js";
import type { Namespace } from "./namespaces.js";
import { builtScript } from "./package-root.js";

export interface SocketSpec {
  /** What the socket is called in the answer. */
  readonly name: string;
  readonly protocol: "tcp" | "udp";
  readonly host: string;
  readonly port: number;
}

export interface Sockets {
  /** Listening already: give one to `http.createServer().listen(server)`, or add a `connection` listener. */
  readonly tcp: ReadonlyMap<string, Server>;
  /** Bound already. */
  readonly udp: ReadonlyMap<string, UdpSocket>;
}

type FactoryMessage = { readonly name: string } | { readonly error: string };

/** Nobody listens to a server yet that is on its way: who connects so early is told at once, rather than left waiting for ever. */
function refusing(server: Server): Server {
  return server.on("connection", destroy);
}

function destroy(socket: Socket): void {
  socket.destroy();
}

/**
 * Opens sockets in a namespace. The sockets keep the namespace alive: close them before it should go.
 * @throws Error when one cannot be opened, e.g. `bind EADDRINUSE 10.0.0.2:53`; those already opened are closed then
 */
export function socketsIn(namespace: Namespace, specs: readonly SocketSpec[]): Promise<Sockets> {
  const [execPath, ...before] = inNamespace(namespace, [process.execPath]);
  const child = fork(builtScript("linux/tools/socket-factory.js"), [JSON.stringify(specs)], {
    execPath,
    execArgv: before,
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const tcp = new Map<string, Server>();
  const udp = new Map<string, UdpSocket>();
  const protocols = new Map(specs.map((spec) => [spec.name, spec.protocol]));
  const complaints: string[] = [];
  child.stderr?.on("data", (data: Buffer) => complaints.push(data.toString()));
  child.on("message", (message: FactoryMessage, handle) => {
    if ("error" in message) complaints.push(message.error);
    else if (protocols.get(message.name) === "udp") udp.set(message.name, handle as UdpSocket);
    else tcp.set(message.name, refusing(handle as Server));
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (tcp.size + udp.size === specs.length && complaints.length === 0) {
        // Whoever awaits this adds its own listener before the next connection can be accepted.
        for (const server of tcp.values()) server.off("connection", destroy);
        return resolve({ tcp, udp });
      }
      for (const socket of [...tcp.values(), ...udp.values()]) socket.close();
      reject(new Error(`sockets in ${JSON.stringify(namespace)}: ${complaints.join(" ").trim() || `the factory ended with ${code}`}`));
    });
  });
}
