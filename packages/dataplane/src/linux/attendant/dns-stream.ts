/** DNS over TCP (RFC 7766): every message follows its length in two bytes. */
import type { Server, Socket } from "node:net";

/** Milliseconds that a connection may be silent. */
const IDLE = 5000;
const HEADER = 2;

/** Answers the questions on every connection of a listening server, each in its turn. */
export function serveStream(server: Server, answer: (query: Uint8Array) => Uint8Array | undefined): void {
  server.on("connection", (socket) => converse(socket, answer));
}

function converse(socket: Socket, answer: (query: Uint8Array) => Uint8Array | undefined): void {
  let pending = Buffer.alloc(0);
  socket.setTimeout(IDLE, () => socket.destroy());
  socket.on("error", () => {});
  socket.on("data", (data: Buffer) => {
    pending = Buffer.concat([pending, data]);
    while (pending.length >= HEADER && pending.length >= HEADER + pending.readUInt16BE(0)) {
      const end = HEADER + pending.readUInt16BE(0);
      const reply = answer(pending.subarray(HEADER, end));
      pending = pending.subarray(end);
      if (reply === undefined) {
        socket.destroy();
        return;
      }
      // Who asks without reading the answers is not kept.
      if (!socket.write(Buffer.concat([lengthOf(reply), reply]))) socket.destroy();
    }
  });
}

function lengthOf(reply: Uint8Array): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt16BE(reply.length, 0);
  return header;
}
