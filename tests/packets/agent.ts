/** A process in one namespace of the world that opens and answers connections, as the tests ask. */
import { createServer, connect } from "node:net";
import type { Socket } from "node:net";
import type { AgentRequest } from "./protocol.js";

const held = new Map<string, Socket>();

async function carryOut(request: AgentRequest): Promise<string> {
  switch (request.kind) {
    case "listen":
      return listen(request.port, request.text);
    case "connect":
      return new Promise((resolve) => {
        const socket = connect({ host: request.host, port: request.port });
        const end = (answer: string): void => {
          socket.destroy();
          resolve(answer);
        };
        socket.setTimeout(request.timeout, () => end("timeout"));
        socket.on("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
        socket.once("data", (data) => end(data.toString().trim()));
      });
    case "hold":
      return new Promise((resolve, reject) => {
        const socket = connect({ host: request.host, port: request.port });
        socket.on("error", reject);
        socket.once("data", (data) => resolve(data.toString().trim()));
        held.set(request.name, socket);
      });
    case "say": {
      const socket = held.get(request.name);
      if (socket === undefined) return "not held";
      return new Promise((resolve) => {
        const timer = setTimeout(() => resolve("timeout"), request.timeout);
        socket.once("data", (data) => {
          clearTimeout(timer);
          resolve(data.toString().trim());
        });
        socket.write(`${request.text}\n`);
      });
    }
  }
}

/** Greets every connection with a text and the peer's address, then repeats what it is told. */
function listen(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.write(`${text} ${socket.remoteAddress}\n`);
      socket.pipe(socket);
    });
    server.on("error", reject);
    server.listen({ host: "0.0.0.0", port }, () => resolve("listening"));
  });
}

process.on("message", ({ id, request }: { id: number; request: AgentRequest }) => {
  carryOut(request).then(
    (result) => process.send?.({ id, result }),
    (error: unknown) => process.send?.({ id, error: String(error) }),
  );
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
