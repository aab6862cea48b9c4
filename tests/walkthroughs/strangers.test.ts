import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePorts, root, run, type Ran } from "./garden.js";

const VPC = "Resources:\n  Vpc:\n    Type: AWS::EC2::VPC\n    Properties:\n      CidrBlock: 10.9.0.0/16\n";

/** A user id that has no account and no subordinate users: the poorest stranger. Whoever is not root is ordinary enough. */
const STRANGER = 64_242;
const become = process.getuid!() === 0 ? ["setpriv", `--reuid=${STRANGER}`, `--regid=${STRANGER}`, "--clear-groups", "--"] : [];
const mayRead = spawnSync("env", [...become, "test", "-r", join(root, "packages/cli/dist/main.js")]).status === 0;

// A clone below a closed home can only be run by its owner.
describe.skipIf(!mayRead)("on a stranger's machine", { timeout: 120_000 }, () => {
  let folder: string;
  let home: string;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "stranger-"));
    home = join(folder, "a home");
    mkdirSync(home, { mode: 0o700 });
    if (become.length > 0) for (const path of [folder, home]) chownSync(path, STRANGER, STRANGER);
    const [port, httpPort, httpsPort] = await freePorts(3);
    env = { PATH: process.env.PATH, HOME: home, HAKONIWA_PORT: String(port), HAKONIWA_HTTP_PORT: String(httpPort), HAKONIWA_HTTPS_PORT: String(httpsPort) };
  });
  afterAll(async () => {
    await hakoniwa("stop");
    await hakoniwa("reset");
    chmodSync(folder, 0o755);
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const inFolder = (extra: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<Ran> => run("env", [...become, join(root, "hakoniwa"), ...args], { ...env, ...extra }, folder);
  const hakoniwa = (...args: readonly string[]): Promise<Ran> => inFolder({}, ...args);

  it("an ordinary user without root, account or subordinate users has a site; nothing of it is left behind", async () => {
    const up = await hakoniwa("up");
    expect(up).toMatchObject({ code: 0, stderr: "" });
    const site = await run("curl", ["-sf", "--max-time", "3", `http://127.0.0.1:${env.HAKONIWA_HTTP_PORT}/`]);
    expect(site.stdout).toBe("hello!\n");
    expect(await hakoniwa("internet", "ping", "-c", "1", "-W", "2", "8.8.8.8")).toMatchObject({ code: 0 });
    expect((await hakoniwa("stop")).code).toBe(0);
    expect(cloudsOf(home), "processes when `stop` has returned").toEqual([]);
    expect(await hakoniwa("reset")).toMatchObject({ code: 0, stdout: expect.stringContaining("is deleted") });
    expect(readdirSync(home).filter((name) => name !== ".cache")).toEqual([]);
  });

  it("a template's path is relative to where the command is typed, and may hold spaces", async () => {
    writeFileSync(join(folder, "my vpc.yaml"), VPC);
    const up = await inFolder({ HAKONIWA_DATAPLANE: "paper", HAKONIWA_DATA_DIR: "here" }, "up", "my vpc.yaml");
    expect(up).toMatchObject({ code: 0, stderr: "" });
    expect(existsSync(join(folder, "here", "hakoniwa.json"))).toBe(true);
    await inFolder({ HAKONIWA_DATA_DIR: "here" }, "stop");
  });

  it("a second cloud is not started on the same data directory, whatever its ports", async () => {
    const paper = { HAKONIWA_DATAPLANE: "paper" };
    const [port, httpPort, httpsPort] = (await freePorts(3)).map(String);
    const other = { ...paper, HAKONIWA_PORT: port, HAKONIWA_HTTP_PORT: httpPort, HAKONIWA_HTTPS_PORT: httpsPort };
    const both = await Promise.all([inFolder(paper, "start"), inFolder(other, "start")]);
    await hakoniwa("stop");
    // The later one may have seen that the first runs already.
    for (const { code, stderr, stdout } of both) expect(code === 0 ? stdout : stderr).toMatch(code === 0 ? /The cloud runs/ : /another cloud runs on .*choose another directory with --data-dir/);
    expect(both.filter(({ stdout }) => stdout.includes("The cloud runs:"))).toHaveLength(1);
  });

  it.each([
    ["/nonexistent", /the data directory \/nonexistent\/\.hakoniwa can't be used \(EACCES.*choose another with --data-dir or HAKONIWA_DATA_DIR/],
    ["/proc", /the data directory \/proc\/\.hakoniwa can't be used \(ENOENT/],
    ["", /there is no home directory to keep the cloud in \(HOME is ""\): choose a directory with --data-dir/],
  ])("a home like %j is told, and what to do", async (HOME, message) => {
    const { code, stderr } = await inFolder({ HOME, HAKONIWA_DATAPLANE: "paper" }, "start");
    expect(stderr).toMatch(message);
    expect(code).not.toBe(0);
  });

  it("without a place for its cache, a stage is only slower", async () => {
    const up = await inFolder({ XDG_CACHE_HOME: "/proc/cache", HAKONIWA_DATAPLANE: "paper" }, "up");
    expect(up).toMatchObject({ code: 0, stderr: "" });
  });
});

/** The processes whose environment names this home. */
function cloudsOf(home: string): readonly string[] {
  const found: string[] = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`HOME=${home}`)) found.push(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
    } catch {
      // It ended meanwhile, or is somebody else's.
    }
  }
  return found;
}
