/** Bytes through a network, as fast as they go: one process sends, one counts. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { fileURLToPath } from "node:url";

const SECONDS = 1;
const PORT = 5000;
const CHUNK = Buffer.alloc(256 * 1024);

/** Gbit/s from one named namespace to an address in another. */
export async function pumped(from, to, address) {
  const start = (namespace, ...args) => spawn("nsenter", [`--net=/run/netns/${namespace}`, "--", process.execPath, fileURLToPath(import.meta.url), ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const receiver = start(to, "receive");
  await once(receiver.stdout, "data");
  const sender = start(from, "send", address);
  const [text] = await once(receiver.stdout, "data");
  sender.kill();
  receiver.kill();
  return Number(text);
}

function receive() {
  const server = createServer((socket) => {
    let bytes = 0;
    let began;
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      began ??= performance.now();
      bytes += data.length;
      const seconds = (performance.now() - began) / 1000;
      if (seconds < SECONDS) return;
      console.log((bytes * 8) / seconds / 1e9);
      socket.destroy();
      server.close();
    });
  });
  server.listen(PORT, "0.0.0.0", () => console.log("listening"));
}

function send(address) {
  const socket = connect(PORT, address);
  socket.on("error", () => process.exit());
  const more = () => {
    while (socket.write(CHUNK));
  };
  socket.on("drain", more).once("connect", more);
}

if (process.argv[2] === "receive") receive();
if (process.argv[2] === "send") send(process.argv[3]);
