/** A process in one namespace of the world that opens and answers connections, as the tests ask. */
import { createSocket } from "node:dgram";
import { createServer, connect } from "node:net";
import type { Socket } from "node:net";
import type { AgentRequest, Probe } from "./protocol.js";

const held = new Map<string, Socket>();

async function carryOut(request: AgentRequest): Promise<string> {
  switch (request.kind) {
    case "listen":
      return listen(request.port, request.text);
    case "listen-udp":
      return listenUdp(request.host, request.port, request.text);
    case "probe":
      return JSON.stringify(await Promise.all(request.probes.map((probe) => (probe.protocol === "tcp" ? greet(probe, request.timeout) : askUdp(probe, request.timeout)))));
    case "connect":
      return greet(request, request.timeout);
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

function greet(to: { readonly host: string; readonly port: number; readonly source?: string }, timeout: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: to.host, port: to.port, ...(to.source !== undefined && { localAddress: to.source }) });
    const timer = setTimeout(() => end("timeout"), timeout);
    const end = (answer: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    socket.on("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    socket.once("data", (data) => end(data.toString().trim()));
  });
}

function askUdp({ source, host, port }: Probe, timeout: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    const timer = setTimeout(() => end("timeout"), timeout);
    const end = (answer: string): void => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    socket.on("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    // An answer from elsewhere is none: a connected socket would not hear it.
    socket.on("message", (data, from) => from.address === host && end(data.toString().trim()));
    socket.bind(0, source, () => socket.send("?", port, host, (error) => error && end((error as NodeJS.ErrnoException).code ?? error.message)));
  });
}

function listenUdp(host: string, port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4", (_data, from) => socket.send(`${text} ${from.address}\n`, from.port, from.address, () => {}));
    socket.on("error", reject);
    socket.bind(port, host, () => resolve("listening"));
  });
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
