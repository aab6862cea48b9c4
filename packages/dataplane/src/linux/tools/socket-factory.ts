/**
 * A process of its own: `socketsIn` starts it in another network namespace; it opens sockets there, sends them to its
 * parent and ends. It must end at once, as a listening socket kept here would steal connections.
 */
import type { SendHandle } from "node:child_process";
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import type { SocketSpec } from "./sockets.js";

function open(spec: SocketSpec): Promise<void> {
  return new Promise((resolve, reject) => {
    if (spec.protocol === "udp") {
      const socket = createSocket("udp4");
      socket.on("error", reject);
      // Closed only once it is sent: earlier, the parent would get a dead socket.
      socket.bind(spec.port, spec.host, () => send({ name: spec.name }, socket, () => socket.close(() => resolve())));
    } else {
      // One that this process accepts in spite of all must not keep it from ending.
      const server = createServer((connection) => connection.destroy());
      server.on("error", reject);
      server.listen({ host: spec.host, port: spec.port, backlog: 1024 }, () => send({ name: spec.name }, server, () => server.close(() => resolve())));
    }
  });
}

function send(message: object, handle: SendHandle | undefined, sent: () => void): void {
  process.send?.(message, handle, {}, sent);
}

const specs = JSON.parse(process.argv[2] ?? "[]") as readonly SocketSpec[];
try {
  for (const spec of specs) await open(spec);
  process.disconnect();
} catch (error) {
  send({ error: error instanceof Error ? error.message : String(error) }, undefined, () => process.disconnect());
}
