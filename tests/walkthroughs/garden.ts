/** A cloud of its own for one walkthrough: own ports, own data directory, driven by the commands that a user types. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { EC2Client } from "@aws-sdk/client-ec2";
import { ElasticLoadBalancingClient } from "@aws-sdk/client-elastic-load-balancing";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Garden {
  readonly dataDir: string;
  readonly port: number;
  readonly httpPort: number;
  readonly env: NodeJS.ProcessEnv;
  readonly ec2: EC2Client;
  readonly elb: ElasticLoadBalancingClient;
  readonly autoscaling: AutoScalingClient;
  readonly cloudformation: CloudFormationClient;
  /** Runs `./hakoniwa …`. */
  hakoniwa(...args: readonly string[]): Promise<Ran>;
  /** What the site answers to curl on the host: its body, or undefined when there is no good answer within the time. */
  curl(seconds?: number): Promise<string | undefined>;
  /** The cloud's host process; undefined when none runs. */
  pid(): Promise<number | undefined>;
  log(): string;
  /** Stops the cloud and removes its data. */
  end(): Promise<void>;
}

export async function createGarden(extra: NodeJS.ProcessEnv = {}): Promise<Garden> {
  const dataDir = mkdtempSync(join(tmpdir(), "garden-"));
  rmSync(dataDir, { recursive: true });
  const [port, httpPort, httpsPort] = await freePorts(3);
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    HAKONIWA_DATA_DIR: dataDir,
    HAKONIWA_PORT: String(port),
    HAKONIWA_HTTP_PORT: String(httpPort),
    HAKONIWA_HTTPS_PORT: String(httpsPort),
    ...extra,
  };
  const aws = { endpoint: `http://127.0.0.1:${port}`, region: "ap-northeast-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 };
  const garden: Garden = {
    dataDir,
    port: port!,
    httpPort: httpPort!,
    env,
    ec2: new EC2Client(aws),
    elb: new ElasticLoadBalancingClient(aws),
    autoscaling: new AutoScalingClient(aws),
    cloudformation: new CloudFormationClient(aws),
    hakoniwa: (...args) => run(join(root, "hakoniwa"), args, env),
    async curl(seconds = 2) {
      const { code, stdout } = await run("curl", ["-sf", "--max-time", String(seconds), `http://127.0.0.1:${httpPort}/`], env);
      return code === 0 ? stdout : undefined;
    },
    async pid() {
      const { stdout } = await run("pgrep", ["-f", `^${process.execPath} ${join(root, "packages/cloud/dist/host.js")}`], env);
      const pids = stdout.split("\n").filter(Boolean).map(Number);
      return pids.find((pid) => environOf(pid).includes(`HAKONIWA_DATA_DIR=${dataDir}\0`));
    },
    log: () => readFileSync(join(dataDir, "hakoniwa.log"), "utf8"),
    async end() {
      await garden.hakoniwa("stop");
      // Disks may belong to users of instances, whom only the cloud's own command may act for.
      await garden.hakoniwa("reset");
    },
  };
  return garden;
}

/** Empty when the process is no more. */
export function environOf(pid: number): string {
  try {
    return `${readFileSync(`/proc/${pid}/environ`, "utf8")}\0`;
  } catch {
    return "";
  }
}

export function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env, cwd = root): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
}

/** Waits until `look` gives something, asking again every `pause` milliseconds. Fails with what was waited for. */
export async function until<T>(what: string, seconds: number, look: () => Promise<T | undefined | false>, pause = 100): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`after ${seconds} s still not so: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** Ports that nobody listens on now. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer();
      return new Promise<typeof server>((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
