import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { withDescriptorsUpTo } from "./descriptors.js";

it("starts a command without the descriptors that somebody left open, and with its own, arguments and exit code", () => {
  const look = ["sh", "-c", 'for path in /proc/$$/fd/*; do [ ! -e "$path" ] || printf "%s " "${path##*/}"; done; echo "$1"; exit 3', "sh", "a  b"];
  const leaky = 'exec 3</dev/null 9</dev/null 26<>/dev/null 251>/dev/null; exec "$@"';
  const { stdout, status } = spawnSync("bash", ["-c", leaky, "bash", ...withDescriptorsUpTo(3, look)], { encoding: "utf8" });
  expect(stdout).toBe("0 1 2 3 a  b\n");
  expect(status).toBe(3);
});

it("runs nothing of the user's own on the way, though the input is a socket", async () => {
  const home = mkdtempSync(join(tmpdir(), "home-"));
  writeFileSync(join(home, ".bashrc"), "echo from .bashrc\n");
  const [command = "", ...args] = withDescriptorsUpTo(2, ["echo", "done"]);
  const child = spawn(command, args, { env: { PATH: process.env["PATH"], HOME: home } });
  child.stdin.end();
  expect(await text(child.stdout)).toBe("done\n");
  rmSync(home, { recursive: true });
});
