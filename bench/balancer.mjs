/** The balancer's figures, beside nginx with one worker where that is installed: the same server behind both, by turns. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { at, median, print } from "./figures.mjs";
import { freePorts, residentOf, root } from "./garden.mjs";

const LOAD = fileURLToPath(new URL("load.mjs", import.meta.url));
const CONNECTIONS = 32;
const REQUEST = "GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n";
const SECONDS = Number(process.env.BENCH_SECONDS ?? 3);

export async function balancer() {
  const ports = await freePorts(4);
  const [target, ours, ruled, theirs] = ports;
  const server = spawn(process.execPath, ["-e", SERVER], { env: { ...process.env, PORT: String(target) }, stdio: "inherit" });
  const nginx = startNginx(theirs, target);
  const node = startNode([spec(target, ours, ruled)]);
  try {
    await Promise.all([ours, ruled, ...(nginx ? [theirs] : [])].map(answers));
    const rounds = { ours: [], theirs: [], ruled: [] };
    const before = residentOf(node.pid);
    for (let round = 0; round < 3; round++) {
      if (nginx) rounds.theirs.push(await load(theirs));
      rounds.ours.push(await load(ours));
      rounds.ruled.push(await load(ruled));
    }
    const rate = (of) => median(of.map(({ latencies, seconds }) => latencies.length / seconds));
    const p99 = (of) => median(of.map(({ latencies }) => at(latencies, 0.99)));
    const note = `${rate(rounds.ours).toFixed(0)} a second, p99 ${p99(rounds.ours).toFixed(1)} ms`;
    if (nginx) {
      print("balancer, requests a second, times nginx's", rate(rounds.ours) / rate(rounds.theirs), 0.8, { unit: "×", atLeast: true, note: `${note}; nginx ${rate(rounds.theirs).toFixed(0)}` });
      print("balancer, p99, times nginx's", p99(rounds.ours) / p99(rounds.theirs), 1.5, { unit: "×", note: `nginx ${p99(rounds.theirs).toFixed(1)} ms` });
    } else console.log(`balancer: ${note}; there is no peer to compare with: nginx is not on the PATH`);
    print("balancer with 50 rules and 200 targets, times plain", rate(rounds.ruled) / rate(rounds.ours), 0.8, { unit: "×", atLeast: true, note: `${rate(rounds.ruled).toFixed(0)} a second` });
    const failures = [...rounds.ours, ...rounds.ruled].reduce((sum, round) => sum + round.failures, 0);
    print("balancer, failed requests", failures, 0, { unit: "" });
    print("balancer, growth of memory under the load", (residentOf(node.pid) - before) / 1024, 40, { unit: "MB" });
  } finally {
    node.kill("SIGKILL");
    nginx?.end();
    server.kill("SIGKILL");
  }
}

/** As small and quick as a server in Node can be, so that what is measured is what stands before it. */
const SERVER = `
const answer = Buffer.from("HTTP/1.1 200 OK\\r\\nContent-Length: 6\\r\\n\\r\\nhello!");
require("net").createServer((socket) => {
  socket.setNoDelay(true).on("error", () => {}).on("data", (bytes) => { if (bytes.includes("\\r\\n\\r\\n")) socket.write(answer); });
}).listen(Number(process.env.PORT), "0.0.0.0");
`;

function spec(target, plain, ruled) {
  const forward = (group) => [{ priority: 0, conditions: [], action: { kind: "forward", to: [{ group, weight: 1 }] } }];
  const group = (id, count) => ({
    id,
    protocol: "HTTP",
    targets: Array.from({ length: count }, (_, n) => ({ id: `${id}-${n}`, address: `127.0.0.${n + 1}`, port: target, draining: false })),
    algorithm: "round-robin",
    slowStart: 0,
    failOpen: true,
  });
  const rules = Array.from({ length: 50 }, (_, n) => ({ priority: n + 1, conditions: [{ field: "path", patterns: [`/never/${n}/*`] }], action: { kind: "forward", to: [{ group: "one", weight: 1 }] } }));
  return {
    generation: "application",
    listeners: [
      { port: plain, protocol: "HTTP", rules: forward("one") },
      { port: ruled, protocol: "HTTP", rules: [...rules, ...forward("many")] },
    ],
    groups: [group("one", 1), group("many", 200)],
    idleTimeout: 60_000,
    http: { forwardedFor: "append", clientPort: false, preserveHost: true, dropInvalidHeaders: false, desync: "defensive", tlsHeaders: false },
    logs: false,
  };
}

function startNode([wanted]) {
  const child = spawn(process.execPath, [join(root, "packages/dataplane/dist/linux/balancer/main.js")], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  child.send({ version: 1, timeScale: 1, spec: wanted });
  return child;
}

function startNginx(port, target) {
  if (spawnSync("nginx", ["-v"]).error) return undefined;
  const directory = mkdtempSync(join(tmpdir(), "bench-nginx-"));
  const conf = join(directory, "nginx.conf");
  writeFileSync(
    conf,
    `worker_processes 1; daemon off; pid ${directory}/pid; error_log ${directory}/error.log;
     events { worker_connections 1024; }
     http { access_log off; keepalive_requests 1000000000;
       client_body_temp_path ${directory}/b; proxy_temp_path ${directory}/p; fastcgi_temp_path ${directory}/f; uwsgi_temp_path ${directory}/u; scgi_temp_path ${directory}/s;
       upstream target { server 127.0.0.1:${target}; keepalive 64; }
       server { listen 127.0.0.1:${port}; location / { proxy_pass http://target; proxy_http_version 1.1; proxy_set_header Connection "";
         proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Port $server_port; proxy_set_header X-Forwarded-Proto $scheme; } } }`,
  );
  const child = spawn("nginx", ["-c", conf, "-e", join(directory, "error.log")], { stdio: "ignore" });
  return {
    end() {
      process.kill(Number(readFileSync(join(directory, "pid"), "utf8")), "SIGTERM");
      child.once("exit", () => rmSync(directory, { recursive: true }));
    },
  };
}

async function answers(port) {
  for (let tries = 0; tries < 100; tries++) {
    const ok = await fetch(`http://127.0.0.1:${port}/`).then((answer) => answer.ok, () => false);
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nobody answers on port ${port}`);
}

function load(port) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [LOAD], { stdio: ["pipe", "pipe", "inherit"] });
    let out = "";
    child.stdout.on("data", (bytes) => (out += bytes));
    child.once("close", () => resolve(JSON.parse(out)));
    child.stdin.end(JSON.stringify({ port, request: REQUEST, connections: CONNECTIONS, seconds: SECONDS }));
  });
}
