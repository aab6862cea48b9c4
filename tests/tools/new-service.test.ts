import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const id = readdirSync(join(root, "packages/wire/models"))
  .flatMap((file) => (file.endsWith(".json") ? [file.slice(0, -5)] : []))
  .find((name) => !existsSync(join(root, "packages/services/src", name)));

// When every model has its service there is nothing left to write one for.
describe.skipIf(id === undefined)(`the folder that tools/new-service writes, here for ${id}`, { timeout: 120_000 }, () => {
  let copy: string;
  /** The tree, with a services package of its own; the others are looked at only. */
  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), "new-service-"));
    for (const file of ["package.json", "tsconfig.base.json", "vitest.config.ts", "tools"]) cpSync(join(root, file), join(copy, file), { recursive: true });
    for (const link of ["node_modules", "tests"]) symlinkSync(join(root, link), join(copy, link));
    mkdirSync(join(copy, "packages"));
    for (const name of readdirSync(join(root, "packages"))) {
      if (name === "services") cpSync(join(root, "packages", name), join(copy, "packages", name), { recursive: true, filter: (path) => !path.endsWith("/dist") });
      else symlinkSync(join(root, "packages", name), join(copy, "packages", name));
    }
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  const node = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: copy, encoding: "utf8" });
    return { status, said: stripVTControlCharacters(stdout + stderr) };
  };

  it("says what is wrong with its arguments, and writes nothing", () => {
    for (const [args, message] of [
      [[], /id and its first noun/],
      [["../x", "things"], /id and its first noun/],
      [["ec2", "things"], /is there already/],
      [["nothing", "things"], /no model "nothing"/],
    ] as const) {
      expect(node("tools/new-service.mjs", ...args)).toEqual({ status: 1, said: expect.stringMatching(message) });
    }
    expect(readFileSync(join(copy, "packages/services/src/index.ts"), "utf8")).toBe(readFileSync(join(root, "packages/services/src/index.ts"), "utf8"));
  });

  it("compiles, has the anatomy of a service, and passes its own test", () => {
    expect(node("tools/new-service.mjs", id!, "example-things")).toMatchObject({ status: 0 });
    // Mistakes elsewhere are other tests'.
    const ours = (said: string) => said.split("\n").filter((line) => line.includes(`services/src/${id}/`) || /services\/src\/(index|facts)\.ts/.test(line));
    expect(ours(node("node_modules/typescript/bin/tsc", "-p", "packages/services", "--noEmit").said)).toEqual([]);
    expect(ours(node("tools/check-shape.mjs").said)).toEqual([]);
    const tests = ["packages/services/src/shape.test.ts", `packages/services/src/${id}/`];
    const { status, said } = node("node_modules/vitest/vitest.mjs", "run", ...tests, "--reporter=verbose", "-t", `^(${id} |every folder|answers for)`);
    expect(said).toContain(`${id} > has the files of a service`);
    expect(said).toContain("every folder is a registered service");
    expect(said).toContain("answers for what it lacks by name");
    expect(status, said).toBe(0);
  });
});
