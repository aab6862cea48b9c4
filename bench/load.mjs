/**
 * Sends one request again and again, as fast as the answers come: `node load.mjs` with a JSON object on its standard input, `{ port, secure,
 * request, connections, seconds }`. Prints a JSON object. A process of its own with plain sockets, so that what is measured is the server.
 */
import { connect as connectPlain } from "node:net";
import { text } from "node:stream/consumers";
import { connect as connectSecure } from "node:tls";

const { port, secure, request, connections, seconds } = JSON.parse(await text(process.stdin));
const bytes = Buffer.from(request, "latin1");
const end = performance.now() + seconds * 1000;
const latencies = [];
let failures = 0;

await Promise.all(Array.from({ length: connections }, client));
process.stdout.write(JSON.stringify({ latencies, failures, seconds }));

/** One connection, opened again when the server closes it, as some do after every answer. */
async function client() {
  let socket;
  while (performance.now() < end) {
    const began = performance.now();
    if (!socket || socket.destroyed || socket.readableEnded) socket = connect();
    const answer = await exchange(socket);
    if (/^HTTP\/1\.\d 200/.test(answer.head)) latencies.push(performance.now() - began);
    else failures++;
    if (answer.closes) socket.destroy();
  }
  socket?.destroy();
}

function connect() {
  // Whoever measures doesn't ask who vouches for the certificate.
  const socket = secure ? connectSecure({ port, host: "127.0.0.1", servername: "www.example.com", rejectUnauthorized: false }) : connectPlain(port, "127.0.0.1");
  return socket.setNoDelay(true);
}

function exchange(socket) {
  return new Promise((resolve) => {
    let head = "";
    let missing = Infinity;
    const done = (closes) => {
      socket.off("data", hear).off("close", lost).off("error", lost);
      resolve({ head, closes });
    };
    const lost = () => done(true);
    const hear = (chunk) => {
      if (missing !== Infinity) {
        missing -= chunk.length;
      } else {
        head += chunk.toString("latin1");
        const cut = head.indexOf("\r\n\r\n");
        if (cut < 0) return;
        missing = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? NaN) - (head.length - cut - 4);
        if (Number.isNaN(missing)) throw new Error(`an answer without a content-length can't be measured:\n${head.slice(0, cut)}`);
        head = head.slice(0, cut);
      }
      if (missing <= 0) done(/^HTTP\/1\.0|\r\nconnection: *close/i.test(head));
    };
    socket.on("data", hear).on("close", lost).on("error", lost);
    socket.write(bytes);
  });
}
