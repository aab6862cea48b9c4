/** Measures the budgets of docs/figures.md and prints each beside its budget. Absolute times mean little on a noisy machine; look at them together. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { get } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const all = { synthesis, start, up, paper };
const wanted = process.argv.slice(2);
for (const name of wanted) if (!all[name]) throw new Error(`there is no figure "${name}": there are ${Object.keys(all).join(", ")}`);
for (const [name, measure] of Object.entries(all)) if (wanted.length === 0 || wanted.includes(name)) await measure();

/** Node alone, on the same machine at the same moment: the peer of what starts processes. */
function bareNode() {
  return timed(() => spawnSync(process.execPath, ["-e", "0"]));
}

async function synthesis() {
  const times = [];
  for (let round = 0; round < rounds; round++) {
    const env = { ...process.env, CDK_VALIDATION: "false" };
    times.push(timed(() => spawnSync(process.execPath, ["packages/blueprint/dist/synth.js", "minimal"], { cwd: root, env })));
  }
  const bare = median(Array.from({ length: rounds }, bareNode));
  print("template synthesis", median(times), 2000, `${(median(times) / bare).toFixed(1)} times bare node`);
}

/** From typing `start` to the API's first answer. */
async function start() {
  const times = [];
  for (let round = 0; round < rounds; round++) {
    const garden = await newGarden();
    const began = performance.now();
    const starting = garden.run("start");
    await answered(`http://127.0.0.1:${garden.port}/_hakoniwa/health`);
    times.push(performance.now() - began);
    await starting;
    await garden.end();
  }
  const bare = median(Array.from({ length: rounds }, bareNode));
  print("start to first API answer", median(times), 700, `${(median(times) / bare).toFixed(1)} times bare node`);
}

/** From typing `up` with an empty data directory to the first hello!, and the memory of everything that then runs. */
async function up() {
  const times = [];
  const memory = [];
  for (let round = 0; round < rounds; round++) {
    const garden = await newGarden();
    const began = performance.now();
    const going = garden.run("up");
    await answered(`http://127.0.0.1:${garden.httpPort}/`, "hello!\n");
    times.push(performance.now() - began);
    await going;
    memory.push(pssOfFamily(garden.hostPid()));
    await garden.end();
  }
  // Two checks of the balancer are needed, and they are 5 s apart by AWS's shortest interval.
  print("up to the first hello!", median(times), 12_000);
  print("  of which ours", median(times) - 5000, 4000);
  print("memory of the whole cloud (PSS)", median(memory) / 1024, 400, "MB", "MB");
}

/** 1,000 instances that change all the time on paper, and a client that asks meanwhile. */
async function paper() {
  const { status, stdout } = spawnSync(process.execPath, ["bench/paper.mjs"], { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  if (status !== 0) throw new Error("bench/paper.mjs failed");
  const { p50, p99, calls, changes } = JSON.parse(stdout);
  print("API p99 with 1,000 changing instances", p99, 20, `p50 ${p50.toFixed(2)} ms, ${calls} calls, ${changes} commits meanwhile`);
}

async function newGarden() {
  const dataDir = join(mkdtempSync(join(tmpdir(), "bench-")), "data");
  const [port, httpPort, httpsPort] = await freePorts(3);
  const env = { ...process.env, HAKONIWA_DATA_DIR: dataDir, HAKONIWA_PORT: port, HAKONIWA_HTTP_PORT: httpPort, HAKONIWA_HTTPS_PORT: httpsPort };
  const run = (...args) =>
    new Promise((resolve, reject) => {
      const child = spawn(join(root, "hakoniwa"), args, { cwd: root, env, stdio: ["ignore", "ignore", "inherit"] });
      child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`hakoniwa ${args.join(" ")} ended with ${code}`))));
    });
  return {
    port,
    httpPort,
    run,
    hostPid: () => pids().find((pid) => read(`/proc/${pid}/cmdline`).includes("cloud/dist/host.js") && read(`/proc/${pid}/environ`).includes(`HAKONIWA_DATA_DIR=${dataDir}\0`)),
    async end() {
      await run("stop");
      rmSync(join(dataDir, ".."), { recursive: true, force: true });
    },
  };
}

async function answered(url, body) {
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

function pssOfFamily(pid) {
  const parents = new Map(pids().map((id) => [id, Number(/\) \S (\d+)/.exec(read(`/proc/${id}/stat`))?.[1])]));
  const family = [pid];
  for (const member of family) for (const [child, parent] of parents) if (parent === member) family.push(child);
  return family.reduce((sum, member) => sum + Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${member}/smaps_rollup`))?.[1] ?? 0), 0);
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

async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => resolve(server));
  })));
  const ports = servers.map((server) => String(server.address().port));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function timed(work) {
  const began = performance.now();
  work();
  return performance.now() - began;
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

function print(name, value, budget, note = "", unit = "ms") {
  const verdict = value <= budget ? "within" : "OVER";
  console.log(`${name.padEnd(40)} ${value.toFixed(unit === "ms" && value < 100 ? 2 : 0).padStart(8)} ${unit}   ${verdict} ${budget} ${unit}   ${note === unit ? "" : note}`.trimEnd());
}
