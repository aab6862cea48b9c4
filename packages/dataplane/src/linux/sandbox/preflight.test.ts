import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
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

  it("carries the command's output and exit code", async () => {
    const child = await spawnSandbox({ command: "sh", args: ["-c", 'id -u; echo "$1"; exit 7', "sh", "a b"], stdio: ["ignore", "pipe", "inherit"] });
    const exit = once(child, "exit");
    expect(await text(child.stdout as NodeJS.ReadableStream)).toBe("0\na b\n");
    expect(await exit).toEqual([7, null]);
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
