/** What is written twice, in English and in Japanese, is the same; and what is written of the commands is so. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { root, run } from "./garden.js";
import { codeOf, levelsOf, linksOf, parsePage } from "./page.js";

const walkthroughs = readdirSync(join(root, "docs/walkthroughs")).filter((name) => name.endsWith(".md") && !name.endsWith(".ja.md"));
const pages = ["README.md", ...walkthroughs.map((name) => `docs/walkthroughs/${name}`)];
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const japaneseOf = (path: string): string => path.replace(/\.md$/, ".ja.md");
/** A drawing has words too, which differ. */
const isTyped = (line: string): boolean => /^ *(?:\.\/hakoniwa|aws|curl|export|npx) /.test(line);

describe.each(pages)("%s and its Japanese twin", (path) => {
  const [english, japanese] = [read(path), read(japaneseOf(path))];

  it("type the same, and see the same", () => {
    expect(parsePage(japanese).map(({ command, shown }) => ({ command, shown }))).toEqual(parsePage(english).map(({ command, shown }) => ({ command, shown })));
    expect(codeOf(japanese).filter(isTyped)).toEqual(codeOf(english).filter(isTyped));
  });

  it("have the same sections, and as many rows in their tables", () => {
    expect(levelsOf(japanese)).toEqual(levelsOf(english));
    const rows = (text: string): readonly number[] => text.split("\n").flatMap((line) => (line.startsWith("|") ? [line.split("|").length] : []));
    expect(rows(japanese)).toEqual(rows(english));
  });

  it("are written in their languages", () => {
    const kana = (text: string): number => text.match(/[\u3041-\u30fa]/g)?.length ?? 0;
    expect(kana(japanese)).toBeGreaterThan(150);
    expect(kana(english)).toBeLessThan(10);
  });

  it("lead to each other, and to nothing that isn't there", () => {
    const twin = (name: string): string => name.split("/").at(-1)!;
    expect(linksOf(english)).toContain(twin(japaneseOf(path)));
    expect(linksOf(japanese)).toContain(twin(path));
    const here = dirname(join(root, path));
    const broken = [...linksOf(english), ...linksOf(japanese)].filter((target) => !target.startsWith("http") && !existsSync(join(here, target.split("#")[0]!)));
    expect(broken).toEqual([]);
  });

  it("lead on in the same language, where there is one", () => {
    const inEnglish = linksOf(japanese).filter((target) => target.endsWith(".md") && !target.endsWith(".ja.md") && existsSync(join(dirname(join(root, path)), japaneseOf(target))));
    expect(inEnglish).toEqual([path.split("/").at(-1)]);
  });
});

it("the README's table has every command that there is, and no other", async () => {
  const { stdout } = await run(join(root, "hakoniwa"), ["--help"]);
  const known = [...stdout.matchAll(/^ {2}([a-z]+)(?= )/gm)].map(([, name]) => name!).filter((name) => name !== "hakoniwa");
  expect(known).toContain("up");
  for (const path of ["README.md", "README.ja.md"]) {
    const cells = read(path).split("\n").flatMap((line) => /^\| (`\.\/hakoniwa [^|]*) \|/.exec(line)?.[1] ?? []);
    const told = cells.flatMap((cell) => [...cell.matchAll(/`(?:\.\/hakoniwa )?([a-z]+)/g)].map(([, name]) => name!));
    expect(told.toSorted(), path).toEqual(known.toSorted());
  }
});
