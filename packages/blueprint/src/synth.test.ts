import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const synth = fileURLToPath(new URL("../dist/synth.js", import.meta.url));

describe("synthesis", () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "synth-"));
    env = { ...process.env, TMPDIR: folder, CDK_VALIDATION: "false" };
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("gives a plain template, with the article's names, and leaves nothing behind (S4-43)", () => {
    const template = JSON.parse(execFileSync(process.execPath, [synth, "minimal"], { env, encoding: "utf8" })) as { Resources: Record<string, { Type: string }>; Rules?: unknown };
    expect(JSON.stringify(template)).toContain("vpc-hakoniwa-minimal");
    expect(Object.values(template.Resources).map((resource) => resource.Type)).toContain("AWS::AutoScaling::AutoScalingGroup");
    expect(template.Rules).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("of a wrong property leaves nothing behind either", () => {
    const { status, stderr } = spawnSync(process.execPath, [synth, "minimal", '{"nat":"banana"}'], { env, encoding: "utf8" });
    expect(status).toBe(2);
    expect(stderr).toContain('nat is "banana"');
    expect(readdirSync(folder)).toEqual([]);
  });
});
