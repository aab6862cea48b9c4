/** What the balancer's figures are taken of: a server, a node of ours before it, and nginx before the same where that is installed. */
import { spawn, spawnSync } from "node:child_process";
import { webcrypto } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./garden.mjs";

const LOAD = fileURLToPath(new URL("load.mjs", import.meta.url));
const CONNECTIONS = 32;
const REQUEST = "GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n";
const SECONDS = Number(process.env.BENCH_SECONDS ?? 3);

export function startServer(port) {
  return spawn(process.execPath, ["-e", SERVER], { env: { ...process.env, PORT: String(port) }, stdio: "inherit" });
}

/** A certificate that vouches for itself, with its key; both in PEM. */
export async function makeCertificate() {
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  x509.cryptoProvider.set(webcrypto);
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const extensions = [new x509.SubjectAlternativeNameExtension([{ type: "dns", value: "www.example.com" }])];
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({ name: "CN=www.example.com", keys, signingAlgorithm: algorithm, extensions });
  const key = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { certificate: certificate.toString("pem"), privateKey: x509.PemConverter.encode(key, "PRIVATE KEY") };
}

/** As small and quick as a server in Node can be, so that what is measured is what stands before it. */
const SERVER = `
const answer = Buffer.from("HTTP/1.1 200 OK\\r\\nContent-Length: 6\\r\\n\\r\\nhello!");
require("net").createServer((socket) => {
  socket.setNoDelay(true).on("error", () => {}).on("data", (bytes) => { if (bytes.includes("\\r\\n\\r\\n")) socket.write(answer); });
}).listen(Number(process.env.PORT), "0.0.0.0");
`;

/** Two listeners of a plain rule, one of them with TLS, and one with 50 rules before it and 200 targets behind. */
export function spec(target, { plain, secure, ruled }, certificate) {
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
      { port: secure, protocol: "HTTPS", rules: forward("one"), tls: { certificates: [{ ...certificate, chain: undefined }], minVersion: "TLSv1.2", maxVersion: "TLSv1.3" } },
      { port: ruled, protocol: "HTTP", rules: [...rules, ...forward("many")] },
    ],
    groups: [group("one", 1), group("many", 200)],
    idleTimeout: 60_000,
    http: { forwardedFor: "append", clientPort: false, preserveHost: true, dropInvalidHeaders: false, desync: "defensive", tlsHeaders: false },
    logs: false,
  };
}

/** A node of a load balancer as the cloud starts it. */
export function startNode(wanted) {
  const child = spawn(process.execPath, [join(root, "packages/dataplane/dist/linux/balancer/main.js")], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  child.send({ version: 1, timeScale: 1, spec: wanted });
  return child;
}

/** Undefined where there is none. */
export function startNginx({ plain, secure }, target, { certificate, privateKey }) {
  if (spawnSync("nginx", ["-v"]).error) return undefined;
  const directory = mkdtempSync(join(tmpdir(), "bench-nginx-"));
  const conf = join(directory, "nginx.conf");
  writeFileSync(join(directory, "certificate.pem"), certificate);
  writeFileSync(join(directory, "key.pem"), privateKey, { mode: 0o600 });
  writeFileSync(
    conf,
    `worker_processes 1; daemon off; pid ${directory}/pid; error_log ${directory}/error.log;
     events { worker_connections 1024; }
     http { access_log off; keepalive_requests 1000000000;
       client_body_temp_path ${directory}/b; proxy_temp_path ${directory}/p; fastcgi_temp_path ${directory}/f; uwsgi_temp_path ${directory}/u; scgi_temp_path ${directory}/s;
       upstream target { server 127.0.0.1:${target}; keepalive 64; }
       ssl_certificate ${directory}/certificate.pem; ssl_certificate_key ${directory}/key.pem; ssl_protocols TLSv1.2 TLSv1.3;
       server { listen 127.0.0.1:${plain}; listen 127.0.0.1:${secure} ssl; location / { proxy_pass http://target; proxy_http_version 1.1; proxy_set_header Connection "";
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

export async function answers(port) {
  for (let tries = 0; tries < 100; tries++) {
    const open = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1").once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nobody answers on port ${port}`);
}

/** @param options.secure over TLS */
export function load(port, { secure = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [LOAD], { stdio: ["pipe", "pipe", "inherit"] });
    let out = "";
    child.stdout.on("data", (bytes) => (out += bytes));
    child.once("close", () => resolve(JSON.parse(out)));
    child.stdin.end(JSON.stringify({ port, secure, request: REQUEST, connections: CONNECTIONS, seconds: SECONDS }));
  });
}
