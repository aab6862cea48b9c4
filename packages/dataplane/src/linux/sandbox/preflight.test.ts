import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { builtScript } from "../tools/package-root.js";
import { withOwnKeyring } from "./keyring.js";
import { preflight } from "./preflight.js";
import { spawnSandbox } from "./spawn.js";
import { planUidMap } from "./uid-map.js";
import type { UidFacts } from "./uid-map.js";

const everything = "0 0 4294967295";
const facts: UidFacts = { uid: 1000, gid: 1000, userName: "ann", subuid: "", subgid: "", uidMap: everything, gidMap: everything, newuidmap: true };

describe("the user map", () => {
  it("gives root's instances a range far above people, never uid 0", () => {
    const plan = planUidMap({ ...facts, uid: 0, gid: 0 });
    expect(plan.uid).toEqual([
      [0, 0, 1],
      [1, 1_000_000, 65_536],
    ]);
  });

  it("refuses root in a container that has no such range", () => {
    expect(() => planUidMap({ ...facts, uid: 0, gid: 0, uidMap: "0 100000 65536" })).toThrow(/ordinary user/);
  });

  it("uses an ordinary user's subordinate range when it is wide enough and the tool is there", () => {
    const range = { subuid: "bob:5:65536\nann:100000:65536\n", subgid: "1000:200000:65536\n" };
    expect(planUidMap({ ...facts, ...range })).toMatchObject({ mode: "range", writer: "newuidmap", uid: [[0, 1000, 1], [1, 100_000, 65_536]] });
    expect(planUidMap({ ...facts, ...range, newuidmap: false }).mode).toBe("one");
    expect(planUidMap({ ...facts, subuid: "ann:100000:1000", subgid: "ann:100000:1000" }).mode).toBe("one");
  });
});

describe("the sandbox", () => {
  it("finds nothing wrong with this machine", async () => {
    expect(await preflight()).toBeUndefined();
  });

  it("refuses a data directory below /run, which is replaced inside", async () => {
    expect(await preflight({ dataDir: "/run/user/1000/hakoniwa" })).toMatchObject({ step: "data directory" });
  });

  it.skipIf(withOwnKeyring().length === 0)("has none of its user's kernel keys: its session keyring is its own", () => {
    const keyctl = withOwnKeyring().at(-1)!;
    const session = `print syscall(${keyctl}, 0, -3, 0), "\\n"`;
    // A login session has a keyring; where these tests run there may be none, so the launcher is given one.
    const launcher = `
      import { spawnSandbox } from ${JSON.stringify(builtScript("linux/sandbox/spawn.js"))};
      await spawnSandbox({ command: "perl", args: ["-e", ${JSON.stringify(session)}], stdio: ["ignore", "inherit", "inherit"] });`;
    const inSession = `syscall(${keyctl}, 1, 0); $| = 1; ${session}; exec { $ARGV[0] } @ARGV`;
    const { stdout } = spawnSync("perl", ["-e", inSession, process.execPath, "--input-type=module", "-e", launcher], { encoding: "utf8" });
    const [outside, inside] = stdout.trim().split("\n");
    expect(outside).toMatch(/^\d+$/);
    expect(inside).toMatch(/^\d+$/);
    expect(inside).not.toBe(outside);
  });

  it("carries the command's output and exit code", async () => {
    const child = await spawnSandbox({ command: "sh", args: ["-c", 'id -u; echo "$1"; exit 7', "sh", "a b"], stdio: ["ignore", "pipe", "inherit"] });
    const exit = once(child, "exit");
    expect(await text(child.stdout as NodeJS.ReadableStream)).toBe("0\na b\n");
    expect(await exit).toEqual([7, null]);
  });

  it("dies at once when it is ended as soon as it is there", async () => {
    for (let round = 0; round < 10; round += 1) {
      const child = await spawnSandbox({ command: "sh", args: ["-c", "sleep 4244"], stdio: ["ignore", "pipe", "inherit"] });
      const ended = once(child.stdout as NodeJS.ReadableStream, "close");
      (child.stdout as NodeJS.ReadableStream).resume();
      child.kill("SIGKILL");
      await ended;
    }
    expect(spawnSync("pgrep", ["-f", "^sleep 4244$"], { encoding: "utf8" }).stdout).toBe("");
  });

  it("dies with its launcher, however the launcher dies", async () => {
    const child = await spawnSandbox({ command: "sh", args: ["-c", "echo up; sleep 4242 & sleep 4243"], stdio: ["ignore", "pipe", "inherit"] });
    const stdout = child.stdout as NodeJS.ReadableStream;
    await once(stdout, "data");
    const ended = once(stdout, "end");
    child.kill("SIGKILL");
    await ended;
    expect(spawnSync("pgrep", ["-f", "^sleep 424[23]$"], { encoding: "utf8" }).stdout).toBe("");
  });
});
