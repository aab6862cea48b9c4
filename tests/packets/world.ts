/**
 * A throwaway world for one test file: user, network, mount and process namespaces of its own, in which the data plane runs
 * as it does in the sandbox. It needs no privilege, touches nothing outside, and ends with the test, however that ends.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import type { WorldCommands } from "./protocol.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Below the data plane's package, so that its scripts are found in its `dist`. */
const BUNDLES = `${ROOT}packages/dataplane/node_modules/.cache/packets`;

export interface World extends WorldCommands {
  /** What the server there greets with: its text and our address; or `timeout`, or the error's code, e.g. `ECONNREFUSED`. */
  connect(from: string | undefined, host: string, port: number): Promise<string>;
  listen(host: string | undefined, port: number): Promise<void>;
  /** Whether one ping is answered within a second. */
  ping(from: string | undefined, host: string): Promise<boolean>;
  close(): Promise<void>;
}

const COMMANDS: readonly (keyof WorldCommands)[] = [
  "ensure", "remove", "observe", "host", "natGateway", "end", "kill", "exec", "ask", "serveInRouter", "readFlows", "killFlowReader", "killHelpers",
];

/** How long a connection attempt may hang before it counts as dropped; everything here answers in a few milliseconds. */
const DROPPED_AFTER = 500;

export async function createWorld(): Promise<World> {
  await bundle();
  const child = spawn("unshare", [
    "--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
    "sh", "-c", '"$@" & wait $!', "sh", process.execPath, `${BUNDLES}/driver.mjs`, `${BUNDLES}/agent.mjs`,
  ], { stdio: ["ignore", "inherit", "inherit", "ipc"], serialization: "advanced" });
  const call = caller(child);
  await call.ready;
  const commands = Object.fromEntries(COMMANDS.map((method) => [method, (...args: unknown[]) => call.send(method, args)])) as unknown as WorldCommands;
  return {
    ...commands,
    connect: (from: string | undefined, host: string, port: number) => commands.ask(from, { kind: "connect", host, port, timeout: DROPPED_AFTER }),
    listen: async (host: string | undefined, port: number) => {
      await commands.ask(host, { kind: "listen", port, text: host ?? "internet" });
    },
    ping: async (from: string | undefined, host: string) => (await commands.exec(from, ["ping", "-n", "-c", "1", "-W", "1", host])).code === 0,
    close: () => new Promise<void>((resolve) => {
      child.once("exit", () => resolve());
      child.disconnect();
    }),
  };
}

function caller(child: ChildProcess): { ready: Promise<unknown>; send(method: string, args: unknown[]): Promise<unknown> } {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let last = 0;
  const wait = (id: number): Promise<unknown> => new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
  child.on("message", (message: { id: number; result?: unknown; error?: string }) => {
    const one = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error === undefined) one?.resolve(message.result);
    else one?.reject(new Error(message.error));
  });
  child.on("exit", (code, signal) => {
    for (const one of waiting.values()) one.reject(new Error(`the world ended with ${signal ?? code}`));
  });
  return {
    ready: wait(0),
    send(method, args) {
      const id = ++last;
      const answer = wait(id);
      child.send({ id, method, args });
      return answer;
    },
  };
}

/** The world's scripts from today's sources: it is another process, so vitest cannot translate them for it. */
async function bundle(): Promise<void> {
  await build({
    configFile: false,
    logLevel: "error",
    root: ROOT,
    resolve: { alias: [{ find: /^@hakoniwa\/([^/]+)$/, replacement: `${ROOT}packages/$1/src/index.ts` }] },
    build: {
      ssr: true,
      target: "node20",
      outDir: BUNDLES,
      emptyOutDir: false,
      minify: false,
      rollupOptions: {
        input: { driver: `${ROOT}tests/packets/driver.ts`, agent: `${ROOT}tests/packets/agent.ts` },
        output: { entryFileNames: "[name].mjs", chunkFileNames: "[name].mjs" },
      },
    },
  });
}
