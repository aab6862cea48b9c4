import { describe, expect, it } from "vitest";
import { difference } from "./page-match.js";
import { parsePage } from "./page.js";

describe("a page's blocks", () => {
  it("are commands with what they show, and other blocks are not", () => {
    const page = ["text", "```console", "$ a=1", "$ echo \\", "    $a", "1", "", "2", "$ cat <<'END'", "$ a", "END", "$ a", "```", "```yaml", "$ no", "```"].join("\n");
    expect(parsePage(page)).toEqual([
      { command: "a=1", shown: [], line: 3 },
      { command: "echo \\\n    $a", shown: ["1", "", "2"], line: 4 },
      { command: "cat <<'END'\n$ a\nEND", shown: [], line: 9 },
      { command: "a", shown: [], line: 12 },
    ]);
  });
});

describe("an output is as shown", () => {
  const vpc = (digit: string) => `vpc-${digit.repeat(17)}`;
  it.each([
    ["word for word", ["hello!"], "hello!\n", true],
    ["not, when a word differs", ["hello!"], "hullo!\n", false],
    ["not, when it goes on", ["a"], "a\nb\n", false],
    ["not, when it ends early", ["a", "b"], "a\n", false],
    ["not, when a dot is another letter", ["10.1"], "10x1\n", false],
    ["whatever the ids, where the page has the same one the same", [vpc("1"), `${vpc("1")} ${vpc("2")}`], `${vpc("a")}\n${vpc("a")} ${vpc("b")}\n`, true],
    ["not, when the same id of the page is two", [vpc("1"), vpc("1")], `${vpc("a")}\n${vpc("b")}\n`, false],
    ["not, when two ids of the page are the same", [`${vpc("1")} ${vpc("2")}`], `${vpc("a")} ${vpc("a")}\n`, false],
    ["not, when it is the id of something else", [vpc("1")], `igw-${"a".repeat(17)}\n`, false],
    ["with an address of the same subnet", ["10.0.1.4"], "10.0.1.77\n", true],
    ["not with one of another subnet", ["10.0.1.4"], "10.0.2.4\n", false],
    ["a range is no address", ["10.0.0.0/16"], "10.0.1.0/16\n", false],
    ["whatever the time it took, and the width of columns", ["up   after 7.3 s"], "up after 12.1 s\n", true],
    ["with anything in a line", ["a … c"], "a b b c\n", true],
    ["with any lines, or none", ["a", "…", "z"], "a\nb\nc\nz\n", true],
    ["with any lines at the end", ["a", "…"], "a\nb\n", true],
    ["not, when what follows any lines is missing", ["a", "…", "z"], "a\nb\n", false],
  ])("%s", (_what, shown, output, same) => {
    expect(difference(shown, output, new Map()) === undefined).toBe(same);
  });
});
