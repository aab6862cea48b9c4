import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDataDirectory } from "./data-directory.js";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "data-directory-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("the data directory", () => {
  it("is opened by a cloud that starts while another has made no more than the folder, or is writing its marker", () => {
    const path = join(root, "cloud");
    openDataDirectory(path);
    rmSync(join(path, "hakoniwa.json"));
    writeFileSync(join(path, "hakoniwa.json.1"), "");
    expect(() => openDataDirectory(path)).not.toThrow();
    expect(readdirSync(path)).toContain("hakoniwa.json");
  });

  it("with somebody else's files is refused", () => {
    writeFileSync(join(root, "thesis.tex"), "");
    expect(() => openDataDirectory(root)).toThrow(/holds files that are not Hakoniwa's/);
  });
});
