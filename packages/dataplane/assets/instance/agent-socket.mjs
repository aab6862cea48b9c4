// The instance's end of a forwarded SSH agent: a socket that only its user may open. What comes in goes out as frames on
// standard output (connection, length, bytes; no bytes end it), and back. It ends with its input.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";

const folder = mkdtempSync("/tmp/ssh-");
const path = `${folder}/agent.${process.pid}`;
const connections = new Map();
let last = 0;

function frame(id, data) {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(id, 0);
  head.writeUInt32BE(data.length, 4);
  process.stdout.write(Buffer.concat([head, data]));
}

const server = createServer((socket) => {
  const id = ++last;
  connections.set(id, socket);
  socket.on("data", (data) => frame(id, data));
  socket.on("error", () => {});
  socket.on("close", () => {
    if (connections.delete(id)) frame(id, Buffer.alloc(0));
  });
});
process.umask(0o177);
server.listen(path, () => process.stdout.write(`${path}\n`));

let rest = Buffer.alloc(0);
process.stdin.on("data", (chunk) => {
  rest = Buffer.concat([rest, chunk]);
  while (rest.length >= 8 && rest.length >= 8 + rest.readUInt32BE(4)) {
    const id = rest.readUInt32BE(0);
    const data = rest.subarray(8, 8 + rest.readUInt32BE(4));
    rest = rest.subarray(8 + data.length);
    if (data.length > 0) {
      connections.get(id)?.write(data);
    } else {
      connections.get(id)?.end();
      connections.delete(id);
    }
  }
});
process.stdin.on("close", () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});
