/** A client's agent in the instance: a socket there, whose connections become channels to the client. */
import { spawn } from "node:child_process";
import type { Duplex, Readable, Writable } from "node:stream";
import type { Connection } from "ssh2";
import { insideInstance, OUTSIDE } from "../hosts/exec.js";
import type { ExecTarget } from "../hosts/exec.js";
import { asUser } from "./account.js";
import type { Account } from "./account.js";
import { openAgentChannel } from "./agent-channel.js";

/** A message of an agent is a key or a signature; nothing of more than this many bytes is honest. */
const LARGEST_FRAME = 256 * 1024;
const CONNECTIONS = 32;

/**
 * Starts the instance's side (assets/instance/agent-socket.mjs), which answers with the socket's path and then speaks in
 * frames: the connection's number, the length of what follows, and that; no bytes end a connection.
 * @throws Error when the instance can't make the socket
 */
export function forwardAgent(connection: Connection, target: ExecTarget, account: Account): Promise<string> {
  const helper = ["/usr/lib/hakoniwa/node", "/usr/lib/hakoniwa/agent-socket.mjs"];
  const [file = "", ...args] = insideInstance(target, ["PATH=/usr/bin:/bin", `HOME=${account.home}`], [...asUser(account), ...helper]);
  const child = spawn(file, args, { env: OUTSIDE, detached: true, stdio: ["pipe", "pipe", "ignore"] });
  const end = (): void => void child.kill("SIGKILL");
  connection.once("close", end);
  const channels = new Map<number, Promise<Duplex>>();
  child.stdin.on("error", () => {});
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => {
      reject(new Error("the agent's socket could not be made"));
      for (const channel of channels.values()) void channel.then((one) => one.destroy(), () => {});
    });
    readFrames(child.stdout, resolve, end, (id, data) => {
      if (!channels.has(id) && (data.length === 0 || channels.size >= CONNECTIONS)) return;
      if (!channels.has(id)) channels.set(id, openFor(connection, id, child.stdin, () => channels.delete(id)));
      void channels.get(id)?.then((channel) => (data.length === 0 ? channel.end() : channel.write(data)), () => frame(child.stdin, id, Buffer.alloc(0)));
    });
  });
}

async function openFor(connection: Connection, id: number, out: Writable, closed: () => void): Promise<Duplex> {
  const channel = await openAgentChannel(connection);
  channel.on("data", (data: Buffer) => frame(out, id, data));
  channel.on("error", () => {});
  channel.once("close", () => {
    closed();
    frame(out, id, Buffer.alloc(0));
  });
  return channel;
}

function frame(out: Writable, id: number, data: Buffer): void {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(id, 0);
  head.writeUInt32BE(data.length, 4);
  out.write(Buffer.concat([head, data]));
}

function readFrames(stream: Readable, path: (path: string) => void, dishonest: () => void, each: (id: number, data: Buffer) => void): void {
  let rest = Buffer.alloc(0);
  let greeted = false;
  stream.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    if (!greeted) {
      const newline = rest.indexOf(10);
      if (newline < 0) return void (rest.length > 200 && dishonest());
      const line = rest.toString("latin1", 0, newline);
      if (!/^\/tmp\/ssh-[A-Za-z0-9]+\/agent\.\d+$/.test(line)) return dishonest();
      greeted = true;
      rest = rest.subarray(newline + 1);
      path(line);
    }
    while (rest.length >= 8) {
      const length = rest.readUInt32BE(4);
      if (length > LARGEST_FRAME) return dishonest();
      if (rest.length < 8 + length) return;
      each(rest.readUInt32BE(0), rest.subarray(8, 8 + length));
      rest = rest.subarray(8 + length);
    }
  });
}
