/** What somebody who broke into a server, or wrote a web page, can't do to the machine that a cloud runs on. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DescribeImagesCommand, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGarden, until, type Garden } from "./garden.js";

describe("a cloud started from a terminal", { timeout: 60_000 }, () => {
  let garden: Garden;
  let terminal: ChildProcess;
  let shown = "";
  let instance: string;

  beforeAll(async () => {
    garden = await createGarden();
    // `script` is a terminal; a descriptor that nobody closes comes along, as editors' terminals have them.
    terminal = spawn("bash", ["-c", 'exec 7<>/dev/null; exec script -qfec "./hakoniwa start --foreground" /dev/null'], { env: garden.env, stdio: ["ignore", "pipe", "inherit"] });
    terminal.stdout!.on("data", (chunk: Buffer) => (shown += chunk.toString()));
    await until("the API answers", 30, async () => {
      if (terminal.exitCode !== null) throw new Error(`the cloud did not start: ${shown}`);
      return fetch(`http://127.0.0.1:${garden.port}/_hakoniwa/health`, { signal: AbortSignal.timeout(500) }).then((answer) => answer.ok, () => false);
    });
    const { Images } = await garden.ec2.send(new DescribeImagesCommand({ Owners: ["amazon"] }));
    const { Instances } = await garden.ec2.send(new RunInstancesCommand({ ImageId: Images![0]!.ImageId!, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1 }));
    instance = Instances![0]!.InstanceId!;
    await until("the instance has booted", 20, async () => (await inside("test -e /run/booted")).code === 0);
  }, 60_000);

  afterAll(async () => {
    await garden.end();
    if (terminal.exitCode === null) await once(terminal, "exit");
  }, 60_000);

  const inside = (script: string) => garden.hakoniwa("exec", instance, "sh", "-c", script);

  it("gives no process of an instance a descriptor of its own, such as the store's", async () => {
    const { stdout } = await inside('for path in /proc/[0-9]*/fd/*; do echo "$path $(readlink $path)"; done');
    const held = stdout.trim().split("\n").filter((line) => !/^\S+( (socket|pipe):\[\d+\]| \/dev\/null| \/proc\/\d+\/fd)?$/.test(line.trim()));
    // The first process keeps its own script open, read-only.
    expect(held.map((line) => line.split(" ")[1])).toEqual(["/run/hakoniwa/init"]);
    expect(stdout).not.toMatch(/\/fd\/7 /);
  });

  it("shares neither its terminal nor its environment with an instance", async () => {
    await inside("echo typed-by-an-intruder >/dev/tty");
    expect(shown).not.toContain("typed-by-an-intruder");
    const { stdout } = await inside("cat /proc/[0-9]*/environ");
    expect(stdout).toContain("PATH=");
    expect(stdout).not.toContain("HAKONIWA");
  });

  it("lets nobody but its owner at the data", () => {
    const mode = (path: string): number => statSync(path).mode & 0o777;
    expect(mode(garden.dataDir)).toBe(0o700);
    for (const name of readdirSync(garden.dataDir)) {
      const path = join(garden.dataDir, name);
      if (!statSync(path).isDirectory()) expect(`${name} ${mode(path).toString(8)}`).toBe(`${name} 600`);
    }
    const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    const lines = pids.map((pid) => readOr(`/proc/${pid}/cmdline`)).filter((line) => line.includes(garden.dataDir));
    expect(lines.filter((line) => /secret|token|password/i.test(line))).toEqual([]);
  });

  it("answers no page of a foreign site, nor one that a server inside wrote", async () => {
    const ask = (headers: Record<string, string>, path = "/?Action=DescribeVpcs&Version=2016-11-15"): Promise<number> =>
      new Promise((resolve, reject) => {
        request({ port: garden.port, host: "127.0.0.1", path, headers, agent: false }, (answer) => resolve(answer.resume().statusCode ?? 0)).once("error", reject).end();
      });
    const host = `127.0.0.1:${garden.port}`;
    const health = "/_hakoniwa/health";
    expect(await ask({ host }, health)).toBe(200);
    expect(await ask({ host: "evil.example" }, health)).toBe(403);
    expect(await ask({ host: "evil.example" }, `http://127.0.0.1:${garden.port}${health}`)).toBe(403);
    expect(await ask({ host: "[::ffff:127.0.0.1]" }, health)).toBe(403);
    expect(await ask({ host, origin: `http://127.0.0.1:${garden.httpPort}`, "sec-fetch-site": "same-site" }, health)).toBe(403);
    expect(await ask({ host, origin: `http://site.localhost:${garden.httpPort}` }, health)).toBe(403);
    expect(await ask({ host, "sec-fetch-site": "same-site" })).toBe(403);
  });
});

function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
