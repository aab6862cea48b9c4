import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGarden, until, type Garden } from "./garden.js";

const hakoniwa = fileURLToPath(new URL("../../hakoniwa", import.meta.url));

describe.each(["linux", "paper"])("a cloud on the data plane %s", { timeout: 60_000 }, (dataplane) => {
  let garden: Garden;
  beforeEach(async () => {
    garden = await createGarden({ HAKONIWA_DATAPLANE: dataplane });
  });
  afterEach(() => garden.end(), 60_000);

  it("in the foreground ends in order on Ctrl-C, with exit code 0", async () => {
    const child = spawn(hakoniwa, ["start", "--foreground"], { env: garden.env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const exit = new Promise((resolve) => child.once("close", (code, signal) => resolve(signal ?? code)));
    await until("it runs", 20, async () => said.includes("The cloud runs"));
    // As a terminal does it: every process of the foreground's group gets the signal.
    process.kill(-child.pid!, "SIGINT");
    expect(await exit).toBe(0);
    expect(said).not.toMatch(/hakoniwa:|Error/);
    expect(existsSync(join(garden.dataDir, "control.sock"))).toBe(false);
  });

  it("in the background ends in order on SIGTERM", async () => {
    expect((await garden.hakoniwa("start")).code).toBe(0);
    process.kill((await garden.pid())!, "SIGTERM");
    await until("it has ended", 20, async () => (await garden.pid()) === undefined);
    expect(existsSync(join(garden.dataDir, "control.sock"))).toBe(false);
    expect(garden.log()).not.toMatch(/unexpectedly|Error/);
  });
});
