import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestBox, testInstance, testInterface, testVpc } from "./testing.js";
import type { TestBox } from "./testing.js";

const MIB = 1024 ** 2;
let box: TestBox;

const ROOT = { source: { kind: "image", name: "al2023" }, snapshots: [] };
const console_ = (workload: string): Promise<string> => box.call({ kind: "console", workload }) as Promise<string>;
async function output(instance: string, script: string): Promise<string> {
  const { stdout, stderr } = await box.exec(instance, script);
  return (stdout + stderr).trim();
}

async function launch(n: number, memory: number): Promise<void> {
  await box.call({ kind: "ensure", port: "disks", key: `vol-${n}`, spec: ROOT });
  await box.call({ kind: "ensure", port: "workloads", key: `i-${n}`, spec: testInstance(n, { memory }) });
  await box.exec(`i-${n}`, "until [ -e /run/booted ]; do sleep 0.02; done");
}

/** Resolves when the console says so; a test's own time limit is the bound. */
async function said(instance: string, what: RegExp): Promise<void> {
  while (!what.test(await console_(instance))) await box.sandbox("sleep 0.1");
}

beforeAll(async () => {
  box = await startTestBox();
  await box.call({ kind: "ensure", port: "networks", key: "vpc-1", spec: testVpc([testInterface(41, "i-41"), testInterface(42, "i-42"), testInterface(43, "i-43")]) });
  await Promise.all([launch(41, 256 * MIB), launch(42, 256 * MIB), launch(43, 64 * MIB)]);
});
afterAll(() => box.end());

describe("an instance as a whole", () => {
  it("loses its largest process when all of them take more than its memory, and nobody else does", { timeout: 20_000 }, async () => {
    await box.exec("i-42", "sleep 300 >/dev/null 2>&1 & echo $! >/run/mine");
    // Each is within the limit of a process; three are not within the instance's.
    const hold = 'x=$(head -c 110000000 /dev/zero | tr "\\0" x); sleep 60';
    await box.exec("i-41", `for n in 1 2 3; do sh -c '${hold}' >/dev/null 2>&1 & done`);
    await said("i-41", /Out of memory: Killed process \d+ \(\w+\) anon-rss:\d+kB/);
    expect(await box.call({ kind: "observe", port: "workloads", key: "i-41" })).toMatchObject({ state: "running" });
    expect(await output("i-42", "kill -0 $(cat /run/mine) && echo alive")).toBe("alive");
    expect(await console_("i-42")).not.toContain("Out of memory");
  });

  it("ends a fork bomb in its limit, and nobody else feels it", { timeout: 60_000 }, async () => {
    // 64 MiB make a limit of 256 for each user: a small bomb, as other tests run beside this one.
    await box.exec("i-43", "(bomb() { bomb | bomb & }; bomb) >/dev/null 2>&1 & sleep 0.5");
    expect(await output("i-42", "echo here")).toBe("here");
    expect(Number((await box.sandbox("ls -d /proc/[0-9]* | wc -l")).stdout)).toBeLessThanOrEqual(256 + 80);
    await box.call({ kind: "remove", port: "workloads", key: "i-43" });
    expect((await box.sandbox("pgrep -fc '[i]nit i-43 '")).stdout.trim()).toBe("0");
  });

  it("is impaired while its first process is stopped or its network is down, and well again after", { timeout: 20_000 }, async () => {
    const impaired = (reason: string | undefined) => box.until("i-42", (status) => status?.state === "running" && status.impaired === reason);
    const [first] = (await box.sandbox("pgrep -o -f '^sh /run/hakoniwa/init i-42 '")).stdout.trim().split("\n");
    await box.sandbox(`kill -STOP ${first}`);
    await impaired("its first process is stopped");
    await box.sandbox(`kill -CONT ${first}`);
    await impaired(undefined);
    await box.exec("i-42", "ip link set eth0 down");
    await impaired("its network is down");
  });
});
