/**
 * The process on the host: checks the machine, listens on 127.0.0.1, starts the cloud in its sandbox, hands the sockets
 * over. It has no privilege and no state; when it dies, the whole cloud dies with it.
 */
import { fork, type ChildProcess } from "node:child_process";
import { createServer, type Server } from "node:net";
import { fileURLToPath } from "node:url";
import { postOnThisMachine, preflight, spawnSandbox } from "@hakoniwa/dataplane/sandbox";
import { carryOut, type PostAsked } from "./host-post.js";
import type { SocketsAsked } from "./host-sockets.js";
import { openDataDirectory } from "./data-directory.js";
import { lockDataDirectory } from "./lock.js";
import { OPTIONS_VARIABLE, type CloudMessage, type HostMessage, type SocketName } from "./messages.js";
import { OPTIONS, type OptionName, type Options } from "./options.js";

const MAIN = fileURLToPath(new URL("./main.js", import.meta.url));
const PORTS = { api: "port", http: "httpPort", https: "httpsPort" } as const satisfies Record<SocketName, OptionName>;

const options = JSON.parse(process.env[OPTIONS_VARIABLE] ?? "null") as Options;

run(options).catch((error: Error) => {
  tell({ state: "failed", message: error.message });
  console.error(error.message);
  process.exitCode = 1;
});

async function run(options: Options): Promise<void> {
  lockDataDirectory(openDataDirectory(options.dataDir));
  const sockets = await listenOn(["api", "http", "https"], options);
  try {
    await serve(options, sockets);
  } catch (error) {
    for (const server of sockets.values()) server.close();
    throw error;
  }
}

/** What this machine lacks, in words for people. */
async function shortcoming(options: Options): Promise<string | undefined> {
  const problem = options.dataplane === "linux" ? await preflight({ dataDir: options.dataDir }) : undefined;
  return problem && `this machine can't run a cloud yet: ${problem.step} failed\n  ${problem.message}\n  what to do: ${problem.cure}`;
}

/** @throws Error that names the port which can't be had, and the option for another */
async function listenOn(names: readonly SocketName[], options: Options): Promise<ReadonlyMap<SocketName, Server>> {
  const servers = new Map<SocketName, Server>();
  for (const name of names) {
    const option = PORTS[name];
    const port = options[option];
    try {
      servers.set(name, await listen(port));
    } catch (error) {
      for (const server of servers.values()) server.close();
      throw new Error(whyNot(error as NodeJS.ErrnoException, option, port), { cause: error });
    }
  }
  return servers;
}

function whyNot(error: NodeJS.ErrnoException, option: OptionName, port: number): string {
  const { flag, variable } = OPTIONS[option];
  const choose = `choose another with ${flag} or ${variable}`;
  if (error.code === "EADDRINUSE") return `port ${port} is in use by another program: stop it, or ${choose}`;
  if (error.code === "EACCES") return `port ${port} needs privileges: ${choose}, above 1023`;
  return `port ${port} can't be used (${error.message}): ${choose}`;
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    // Whoever comes before the cloud can answer is sent away at once, as by a closed port, and not left waiting.
    const server = createServer((early) => early.destroy());
    server.once("error", reject);
    server.listen({ port, host: "127.0.0.1", backlog: 511 }, () => resolve(server));
  });
}

/** Resolves when the cloud ended. */
async function serve(options: Options, sockets: ReadonlyMap<SocketName, Server>): Promise<void> {
  // Once, and last: it finds what only shows when something is deployed, and explains a start that failed.
  let checked: Promise<string | undefined> | undefined;
  const check = (): Promise<string | undefined> => (checked ??= shortcoming(options));
  let cloud: ChildProcess;
  try {
    cloud = await start(options);
  } catch (error) {
    throw new Error((await check()) ?? (error as Error).message, { cause: error });
  }
  let asked = false;
  const stop = (): void => {
    // Who asks twice doesn't want to wait. A cloud that just ended can't be told, and need not.
    if (asked) cloud.kill("SIGKILL");
    else cloud.send({ stop: true } satisfies HostMessage, () => undefined);
    asked = true;
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  let failed: string | undefined;
  const handOver = (servers: ReadonlyMap<SocketName, Server>): void => {
    for (const [name, server] of servers) cloud.send({ socket: name } satisfies HostMessage, server, () => server.close());
  };
  cloud.on("message", (message: CloudMessage | PostAsked | SocketsAsked) => {
    if ("post" in message) {
      // A cloud that ended meanwhile waits for no answer.
      void carryOut(message, postOnThisMachine).then((answer) => cloud.connected && cloud.send(answer satisfies HostMessage, () => undefined));
    } else if ("listen" in message) {
      listenOn(message.listen, options).then(handOver, (error: Error) => {
        failed = error.message;
        stop();
      });
    } else if (message.state === "booted") {
      handOver(sockets);
    } else if (message.state === "failed") {
      failed = message.message;
    } else {
      void check().then((problem) => (problem === undefined ? tell(message) : cloud.kill("SIGKILL")));
    }
  });
  const code = await new Promise<number>((resolve) => cloud.once("exit", (status) => resolve(status ?? 1)));
  if (code !== 0 || failed !== undefined) throw new Error((await check()) ?? failed ?? `the cloud ended unexpectedly (exit code ${code}): its log says why`);
  process.disconnect?.();
}

/**
 * Node would let the space for young objects grow to three times 16 megabytes, and be no faster for it. And it would collect in several threads, which
 * on a busy machine wait for each other: with bodies of objects passing, twice the processor time and pauses of tens of milliseconds.
 * The space for old objects would first grow to more than twice what lives in it: 15 megabytes for nothing.
 */
const MEMORY = ["--max-semi-space-size=2", "--no-parallel-scavenge", "--no-concurrent-array-buffer-sweeping", "--heap-growing-percent=40"];

function start(options: Options): ChildProcess | Promise<ChildProcess> {
  if (options.dataplane === "paper") return fork(MAIN, { execArgv: MEMORY, stdio: ["ignore", "inherit", "inherit", "ipc"], detached: true });
  return spawnSandbox({ command: process.execPath, args: [...MEMORY, MAIN], stdio: ["ignore", "inherit", "inherit"] });
}

/** Tells the command that started us, while it is still there. */
function tell(message: CloudMessage): void {
  if (process.connected) process.send?.(message);
}
