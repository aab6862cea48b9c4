/** A process of its own in an instance's network: connects where a forwarding client wants to, and hands the sockets over. */
import type { SendHandle } from "node:child_process";
import { Resolver } from "node:dns/promises";
import { connect } from "node:net";
import type { Connected, Connect } from "./connections.js";

const CONNECT_TIMEOUT = 20_000;
const resolver = new Resolver({ timeout: 2_000, tries: 2 });
const [nameserver = ""] = process.argv.slice(2);
if (nameserver !== "") resolver.setServers([nameserver]);

function answer(connected: Connected, socket?: SendHandle): void {
  process.send?.(connected, socket, {}, () => undefined);
}

async function open({ id, host, port }: Connect): Promise<void> {
  const address = host === "localhost" ? "127.0.0.1" : /^[\d.]+$/.test(host) ? host : (await resolver.resolve4(host))[0];
  // Paused, so that not a byte is read here.
  const socket = connect({ host: address ?? "", port, timeout: CONNECT_TIMEOUT, noDelay: true });
  socket.pause();
  socket.once("connect", () => answer({ id }, socket));
  socket.once("timeout", () => socket.destroy(new Error("connection timed out")));
  socket.once("error", (error) => answer({ id, error: error.message }));
}

process.on("disconnect", () => process.exit(0));
process.on("message", (asked: Connect) => {
  open(asked).catch((error: Error) => answer({ id: asked.id, error: error.message }));
});
