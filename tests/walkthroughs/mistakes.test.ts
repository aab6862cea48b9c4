import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGarden, run, until, type Garden } from "./garden.js";

/** On paper: what goes wrong here goes wrong before any packet. */
describe("a mistake is answered by one clear message, an exit code, and nothing half made", { timeout: 60_000 }, () => {
  let garden: Garden;
  let folder: string;
  beforeAll(async () => {
    garden = await createGarden({ HAKONIWA_DATAPLANE: "paper" });
    folder = mkdtempSync(join(tmpdir(), "mistakes-"));
  });
  afterAll(async () => {
    await garden.end();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it.each([
    [["start", "--port", "banana"], /--port \(HAKONIWA_PORT\) is "banana", but must be a port from 1 to 65535/],
    [["start", "--colour", "red"], /unknown option '--colour'/],
    [["fly"], /unknown command 'fly'/],
    [["up", "castle"], /there is no stage "castle": there are minimal, rebuild/],
    [["up", "absent.yaml"], /absent\.yaml can't be read/],
    [["up", "minimal", "--set", "nat"], /--set is "nat", but must be KEY=VALUE/],
    [["up", "rebuild", "--set", "stickiness=700000"], /stickiness is "700000", but must be a whole number from 0 to 604800/],
    [["up", "/etc"], /\/etc is a folder without a cloud assembly: `npx cdk synth` writes one/],
    [["up", "absent.yaml", "--set", "size=2"], /--set is for stages/],
    [["logs"], /there is no log at .*: no cloud has run there in the background yet/],
    [["events"], /no cloud is running here/],
    [["status"], /no cloud is running here: start one with/],
    [["exec", "i-0123456789abcdef0", "true"], /no cloud is running here/],
  ])("%j", async (args, message) => {
    const { code, stderr } = await garden.hakoniwa(...args);
    expect(stderr).toMatch(message);
    expect(code).not.toBe(0);
    expect(await garden.pid()).toBeUndefined();
  });

  it("a busy port: says which, and how to choose another", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(garden.port, "127.0.0.1", resolve));
    const { code, stderr } = await garden.hakoniwa("start");
    await new Promise((resolve) => other.close(resolve));
    expect(stderr).toContain(`port ${garden.port} is in use by another program: stop it, or choose another with --port or HAKONIWA_PORT`);
    expect(code).toBe(1);
    expect(await garden.pid()).toBeUndefined();
  });

  it("a data directory that is somebody else's", async () => {
    const theirs = join(folder, "theirs");
    mkdirSync(theirs);
    writeFileSync(join(theirs, "thesis.txt"), "years of work");
    const { code, stderr } = await garden.hakoniwa("start", "--data-dir", theirs);
    expect(stderr).toContain(`${theirs} holds files that are not Hakoniwa's: choose an empty or new directory with --data-dir`);
    expect(code).toBe(1);
  });

  it("a broken template: the reason and its place, and no stack", async () => {
    const path = join(folder, "broken.yaml");
    writeFileSync(path, "Resources:\n  Vpc:\n    Type: AWS::EC2::VPC\n    Properties:\n      CidrBloc: 10.0.0.0/16\n");
    const { code, stderr } = await garden.hakoniwa("up", path);
    expect(stderr).toMatch(/CidrBloc/);
    expect(code).toBe(1);
    const status = await garden.hakoniwa("status", "--json");
    expect((JSON.parse(status.stdout) as { stacks: unknown[] }).stacks).toEqual([]);
  });

  it("a resource type that we lack is named", async () => {
    const path = join(folder, "future.yaml");
    writeFileSync(path, "Resources:\n  Db:\n    Type: AWS::RDS::DBInstance\n");
    const { code, stderr } = await garden.hakoniwa("up", path);
    expect(stderr).toMatch(/AWS::RDS::DBInstance/);
    expect(code).toBe(1);
  });

  it("another port for a cloud that runs already: its own is told", async () => {
    await garden.hakoniwa("start");
    const again = await garden.hakoniwa("start", "--port", String(garden.port + 1));
    expect(again).toMatchObject({ code: 0, stdout: `The cloud runs already: http://127.0.0.1:${garden.port}\n` });
  });

  it("a call from a foreign web page or under a foreign name gets nowhere", async () => {
    await until("the cloud runs", 20, async () => (await garden.hakoniwa("start")).code === 0);
    const api = `http://127.0.0.1:${garden.port}/`;
    const status = async (...headers: string[]) => (await run("curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}", ...headers.flatMap((h) => ["-H", h]), `${api}_hakoniwa/health`])).stdout;
    expect(await status()).toBe("200");
    expect(await status("Origin: https://evil.example")).toBe("403");
    expect(await status("Host: evil.example")).toBe("403");
    expect(await status("Sec-Fetch-Site: cross-site")).toBe("403");
    const reset = await run("curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", "POST", `${api}_hakoniwa/reset`]);
    expect(reset.stdout).toBe("403");
  });
});
