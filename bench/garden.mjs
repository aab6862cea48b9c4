/** A cloud of its own for one figure, started by the command that a user types. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { get } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

export async function newGarden(extra = {}) {
  const dataDir = join(mkdtempSync(join(tmpdir(), "bench-")), "data");
  const [port, httpPort, httpsPort] = await freePorts(3);
  const env = { ...process.env, HAKONIWA_DATA_DIR: dataDir, HAKONIWA_PORT: port, HAKONIWA_HTTP_PORT: httpPort, HAKONIWA_HTTPS_PORT: httpsPort, ...extra };
  const run = (...args) =>
    new Promise((resolve, reject) => {
      const child = spawn(join(root, "hakoniwa"), args, { cwd: root, env, stdio: ["ignore", "ignore", "inherit"] });
      child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`hakoniwa ${args.join(" ")} ended with ${code}`))));
    });
  const hostPid = () => pids().find((pid) => read(`/proc/${pid}/cmdline`).includes("cloud/dist/host.js") && read(`/proc/${pid}/environ`).includes(`HAKONIWA_DATA_DIR=${dataDir}\0`));
  return {
    dataDir,
    port,
    httpPort,
    url: `http://127.0.0.1:${port}`,
    run,
    hostPid,
    /** The process that answers the API. */
    cloudPid: () => familyOf(hostPid()).find((pid) => read(`/proc/${pid}/cmdline`).includes("cloud/dist/main.js")),
    async end() {
      await run("stop");
      rmSync(join(dataDir, ".."), { recursive: true, force: true });
    },
  };
}

export async function answered(url, body) {
  for (;;) {
    const text = await ask(url);
    if (text !== undefined && (body === undefined || text === body)) return;
    // Asking more often would take the processor from what is measured.
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

/** What a GET answers; undefined when there is no good answer. */
function ask(url) {
  return new Promise((resolve) => {
    const request = get(url, { timeout: 1000 }, (response) => {
      let body = "";
      response.on("data", (chunk) => (body += chunk));
      response.on("end", () => resolve(response.statusCode === 200 ? body : undefined));
    });
    request.on("error", () => resolve(undefined));
    request.on("timeout", () => request.destroy());
  });
}

/** The process and all below it. */
export function familyOf(pid) {
  const parents = new Map(pids().map((id) => [id, Number(/\) \S (\d+)/.exec(read(`/proc/${id}/stat`))?.[1])]));
  const family = [pid];
  for (const member of family) for (const [child, parent] of parents) if (parent === member) family.push(child);
  return family;
}

/** In kB: memory, shared parts divided among those who share them. */
export function pssOfFamily(pid) {
  return familyOf(pid).reduce((sum, member) => sum + Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${member}/smaps_rollup`))?.[1] ?? 0), 0);
}

/** In kB. */
export function residentOf(pid) {
  return Number(/^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1]);
}

function pids() {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

export async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => resolve(server));
  })));
  const ports = servers.map((server) => String(server.address().port));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
