/** Folders that somebody else made: what `up` reads lies in them, whatever they say, and what a terminal would obey is shown. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readAssembly } from "./assembly.js";
import { print, speaker } from "./say.js";
import { shown } from "./text.js";
import { zip } from "./zip.js";

const HERE = { account: "123456789012", region: "ap-northeast-1" };
let folder: string;
let outside: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hostile-"));
  outside = mkdtempSync(join(tmpdir(), "outside-"));
  writeFileSync(join(outside, "secret.json"), '{"Resources":{"Key":{"Type":"AWS::EC2::VPC"}}}');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(outside, { recursive: true, force: true });
});

function manifest(artifacts: object, at = ""): void {
  mkdirSync(join(folder, at), { recursive: true });
  writeFileSync(join(folder, at, "manifest.json"), JSON.stringify({ artifacts }));
}

const stack = (properties: object, more: object = {}): object => ({ type: "aws:cloudformation:stack", properties, ...more });

describe("a cloud assembly that means harm", () => {
  const asset = (path: string): void => {
    writeFileSync(join(folder, "w.json"), '{"Resources":{}}');
    writeFileSync(join(folder, "assets.json"), JSON.stringify({ files: { a: { source: { path }, destinations: { d: { bucketName: "b", objectKey: "k" } } } } }));
    manifest({ W: stack({ templateFile: "w.json" }, { dependencies: ["A"] }), A: { type: "cdk:asset-manifest", properties: { file: "assets.json" } } });
  };

  it.each([
    ["a template", () => manifest({ W: stack({ templateFile: `./../${outside.split("/").at(-1)!}/secret.json` }) })],
    ["a template, by a folder that is not there", () => manifest({ W: stack({ templateFile: `none/../../${outside.split("/").at(-1)!}/secret.json` }) })],
    ["an asset", () => asset(`../${outside.split("/").at(-1)!}/secret.json`)],
    ["an asset by its whole path", () => asset(join(outside, "secret.json"))],
    [
      "an asset behind a link",
      () => {
        symlinkSync(outside, join(folder, "asset.1"));
        asset("asset.1/secret.json");
      },
    ],
    ["an assembly", () => manifest({ A: { type: "cdk:cloud-assembly", properties: { directoryName: `../${outside.split("/").at(-1)!}` } } })],
  ])("gets nothing from outside of its folder: %s", (_what, make) => {
    make();
    expect(() => readAssembly(folder, HERE)).toThrow("lies outside of");
  });

  it("may have a stage's assets beside the stage", () => {
    writeFileSync(join(folder, "asset.txt"), "x");
    manifest({ S: { type: "cdk:cloud-assembly", properties: { directoryName: "assembly-S" } } });
    manifest({ W: stack({ templateFile: "w.json" }, { dependencies: ["A"] }), A: { type: "cdk:asset-manifest", properties: { file: "assets.json" } } }, "assembly-S");
    writeFileSync(join(folder, "assembly-S/w.json"), '{"Resources":{}}');
    writeFileSync(join(folder, "assembly-S/assets.json"), JSON.stringify({ files: { a: { source: { path: "../asset.txt" }, destinations: { d: { bucketName: "b", objectKey: "k" } } } } }));
    expect(readAssembly(folder, HERE)[0]!.assets[0]!.path).toMatch(/\/asset\.txt$/);
  });

  it("can't hold itself", () => {
    manifest({ S: { type: "cdk:cloud-assembly", properties: { directoryName: "." } } });
    expect(() => readAssembly(folder, HERE)).toThrow("holds itself");
  });
});

describe("a folder that is to be packed", () => {
  it("is refused when a link leads out of it", () => {
    symlinkSync(join(outside, "secret.json"), join(folder, "data.json"));
    expect(() => zip(folder)).toThrow("lies outside of");
  });

  it("is refused when links lead around in a circle", () => {
    symlinkSync(".", join(folder, "a"));
    symlinkSync(".", join(folder, "b"));
    expect(() => zip(folder)).toThrow("holds itself");
  });

  it("is refused when something in it is no file, which would be read forever", () => {
    execFileSync("mkfifo", [join(folder, "pipe")]);
    expect(() => zip(folder)).toThrow("neither a file nor a folder");
  });

  it("may have links to its own files", () => {
    writeFileSync(join(folder, "x"), "x");
    symlinkSync("x", join(folder, "y"));
    expect(zip(folder).includes("y")).toBe(true);
  });
});

describe("what others wrote", () => {
  it.each([
    ["a\u001b[2Jb", "a\\x1b[2Jb"],
    ["\u001b]0;title\u0007", "\\x1b]0;title\\x07"],
    ["\u009b2J", "\\x9b2J"],
    ["progress\rdone", "progress\\x0ddone"],
    ["abc\u202egnp.exe", "abc\\u202egnp.exe"],
    ["\u001b[31mred\u001b[0m, \u001b[1;32mgreen\u001b[m\tand\nmore", "\u001b[31mred\u001b[0m, \u001b[1;32mgreen\u001b[m\tand\nmore"],
  ])("%j is shown, but for its colours", (text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  it("is said so by every command, whatever it tells of", () => {
    const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
    speaker(false)({}, "output \u001b]52;c;aGk=\u0007");
    print("tag \u001b[2J");
    expect(log.mock.calls).toEqual([["output \\x1b]52;c;aGk=\\x07"], ["tag \\x1b[2J"]]);
    log.mockRestore();
  });
});
