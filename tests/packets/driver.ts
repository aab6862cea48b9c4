/** The inside of the world: runs the data plane's networks in a sandbox of its own and does what the tests say. */
import { fork, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import type { Vpc } from "@hakoniwa/network";
import { createFlowReader } from "../../packages/dataplane/src/linux/network/flow-reader.js";
import { setupInternet } from "../../packages/dataplane/src/linux/network/internet.js";
import { startNatGateway } from "../../packages/dataplane/src/linux/network/nat-gateway.js";
import { createNetworks } from "../../packages/dataplane/src/linux/network/networks.js";
import { createNamespace, deleteNamespace, inNamespace } from "../../packages/dataplane/src/linux/tools/namespaces.js";
import type { Namespace } from "../../packages/dataplane/src/linux/tools/namespaces.js";
import { run } from "../../packages/dataplane/src/linux/tools/run.js";
import { socketsIn } from "../../packages/dataplane/src/linux/tools/sockets.js";
import type { AgentRequest, Executed, WorldCommands } from "./protocol.js";

interface Host {
  readonly namespace: Namespace;
  /** Holds the namespace open, for those without a name. */
  readonly holder: ChildProcess | undefined;
}

class Agent {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (result: string) => void; reject: (error: Error) => void }>();
  readonly #ready: Promise<unknown>;
  #last = 0;

  constructor(namespace: Namespace | undefined, script: string) {
    const [execPath, ...execArgv] = inNamespace(namespace, [process.execPath]);
    this.#process = fork(script, [], { execPath, execArgv });
    this.#ready = once(this.#process, "message");
    this.#process.on("message", (message: "ready" | { id: number; result?: string; error?: string }) => {
      if (message === "ready") return;
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (message.error === undefined) waiting?.resolve(message.result ?? "");
      else waiting?.reject(new Error(message.error));
    });
  }

  async ask(request: AgentRequest): Promise<string> {
    await this.#ready;
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#process.send({ id, request });
    });
  }

  async end(): Promise<void> {
    await killed(this.#process);
  }
}

const agentScript = process.argv[2] ?? "";
const networks = createNetworks();
const flows = createFlowReader((id) => networks.logged(id));
const hosts = new Map<string, Host>();
const agents = new Map<string | undefined, Agent>();

function namespaceOf(host: string | undefined): Namespace | undefined {
  if (host === undefined) return undefined;
  const known = hosts.get(host)?.namespace ?? networks.routerNamespace(host) ?? (host.startsWith("vpce-") ? { name: host } : undefined);
  if (known === undefined) throw new Error(`there is no host "${host}"`);
  return known;
}

/** An instance's kind of namespace: owned by a user namespace of its own. */
async function nested(): Promise<Host> {
  const holder = spawn("unshare", ["--user", "--map-root-user", "--net", "sh", "-c", "echo ready; exec sleep 3600"], { stdio: ["ignore", "pipe", "inherit"] });
  if (holder.stdout === null) throw new Error("no output of the holder");
  await once(holder.stdout, "data");
  if (holder.pid === undefined) throw new Error("unshare did not start");
  return { namespace: { pid: holder.pid }, holder };
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

async function endHost(workload: string): Promise<void> {
  const host = hosts.get(workload);
  await agents.get(workload)?.end();
  agents.delete(workload);
  if (host?.holder !== undefined) {
    await killed(host.holder);
  }
  if (host !== undefined && "name" in host.namespace) await deleteNamespace(host.namespace.name);
}

const commands: WorldCommands = {
  ensure: (vpc: Vpc) => networks.ensure(vpc.id, vpc),
  remove: (id) => networks.remove(id),
  observe: async (id) => networks.observe(id),
  async host(workload, kind = "named") {
    const host = kind === "nested" ? await nested() : { namespace: await createNamespace(workload), holder: undefined };
    hosts.set(workload, host);
    if (kind === "occupied") await run(inNamespace(host.namespace, ["ip", "link", "add", "name", "eth0", "type", "veth", "peer", "name", "spare"]));
    await networks.plug(workload, host.namespace);
  },
  async natGateway(workload, address, cidrs) {
    await startNatGateway(hosts.get(workload)?.namespace ?? { name: workload }, { address, cidrs });
  },
  async end(workload) {
    await networks.unplug(workload);
    await endHost(workload);
    hosts.delete(workload);
  },
  kill: (workload) => endHost(workload),
  async exec(host, argv): Promise<Executed> {
    try {
      return { code: 0, output: await run(inNamespace(namespaceOf(host), argv) as [string, ...string[]]) };
    } catch (error) {
      return { code: 1, output: String(error) };
    }
  },
  ask(host, request) {
    const agent = agents.get(host) ?? new Agent(namespaceOf(host), agentScript);
    agents.set(host, agent);
    return agent.ask(request);
  },
  async serveInRouter(vpc, address, port, text) {
    const namespace = networks.routerNamespace(vpc);
    if (namespace === undefined) throw new Error(`${vpc} has no router`);
    const { tcp, udp } = await socketsIn(namespace, [
      { name: "tcp", protocol: "tcp", host: address, port },
      { name: "udp", protocol: "udp", host: address, port },
    ]);
    tcp.get("tcp")?.on("connection", (socket) => socket.end(`${text} ${socket.remoteAddress}\n`));
    const socket = udp.get("udp");
    socket?.on("message", (_, from) => socket.send(`${text} ${from.address}\n`, from.port, from.address));
  },
  readFlows: (id, after) => flows.read(id, after),
  killFlowReader: async () => killAll((pid) => readProc(pid, "cmdline").includes("flow-main.js")),
  killHelpers: async (command) => killAll((pid) => readProc(pid, "comm").trim() === command),
};

/** The world's own /proc: no process outside is seen here. */
function killAll(isMeant: (pid: number) => boolean): number {
  const found = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter(isMeant);
  for (const pid of found) process.kill(pid, "SIGKILL");
  return found.length;
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

process.on("message", ({ id, method, args }: { id: number; method: keyof WorldCommands; args: unknown[] }) => {
  const command = commands[method] as (...args: unknown[]) => Promise<unknown>;
  Promise.resolve().then(() => command(...args)).then(
    (result) => process.send?.({ id, result }),
    (error: unknown) => process.send?.({ id, error: error instanceof Error ? error.message : String(error) }),
  );
});
process.on("disconnect", () => process.exit());

await run(["mount", "-t", "tmpfs", "tmpfs", "/run"]);
await setupInternet();
process.send?.({ id: 0, result: "ready" });
