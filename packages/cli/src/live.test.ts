import { describe, expect, it } from "vitest";
import { fitting, foot, redraw } from "./live.js";

/** A terminal as far as the foot needs one: rows that scroll, a cursor, and the few sequences that move and erase. */
function terminal(columns: number, rows: number) {
  const lines: string[] = [""];
  let row = 0;
  let erased = 0;
  const put = (text: string): void => {
    // Letters over what stands there.
    lines[row] = `${lines[row] ?? ""}`;
    const at = cursor;
    lines[row] = lines[row]!.slice(0, at).padEnd(at) + text + lines[row]!.slice(at + text.length);
    cursor += text.length;
  };
  let cursor = 0;
  return {
    columns,
    rows,
    write(text: string) {
      // eslint-disable-next-line no-control-regex
      for (const part of text.split(/(\u001b\[\d*[AKJ]|\r|\n)/)) {
        // eslint-disable-next-line no-control-regex
        const up = /^\u001b\[(\d+)A$/.exec(part);
        if (up) row -= Number(up[1]);
        else if (part === "\r") cursor = 0;
        else if (part === "\n") {
          row += 1;
          cursor = 0;
          lines[row] ??= "";
        } else if (part === "\u001b[K") lines[row] = lines[row]!.slice(0, cursor);
        else if (part === "\u001b[J") {
          erased += 1;
          lines[row] = lines[row]!.slice(0, cursor);
          lines.length = row + 1;
        } else put(part);
      }
    },
    shown: () => lines.filter((line) => line !== ""),
    erased: () => erased,
  };
}

describe("the list at a terminal's foot", () => {
  it("changes in place, below the lines that stay", () => {
    const screen = terminal(40, 10);
    const list = foot(screen);
    list.set(["web  0 of 2", "  … Vpc", "  … Key"]);
    list.print("✓ Vpc");
    list.set(["web  1 of 2", "  … Key"]);
    expect(screen.shown()).toEqual(["✓ Vpc", "web  1 of 2", "  … Key"]);
    list.print("✓ Key\nsecond line");
    list.set([]);
    expect(screen.shown()).toEqual(["✓ Vpc", "✓ Key", "second line"]);
  });

  it("writes nothing when nothing changed", () => {
    const screen = terminal(40, 10);
    const list = foot(screen);
    list.set(["one"]);
    const before = screen.erased();
    list.set(["one"]);
    expect(screen.erased()).toBe(before);
  });

  it("never erases a row before it writes over it, which would flicker", () => {
    const written = redraw(["a longer row", "another"], [], ["short"], 40);
    expect(written).toBe("\u001b[2A\rshort\u001b[K\n\u001b[J");
  });

  it("has no more rows than the terminal, and says how many are left out", () => {
    const rows = Array.from({ length: 20 }, (_, at) => `row ${at}`);
    expect(fitting(rows, { columns: 40, rows: 6 })).toEqual(["row 0", "row 1", "row 2", "  and 17 more"]);
  });

  it("cuts rows to a narrow terminal, and finds its beginning again when it became narrower", () => {
    expect(fitting(["  … AutoScalingGroup  AWS::AutoScaling"], { columns: 20, rows: 10 })).toEqual(["  … AutoScalingGro…"]);
    expect(redraw(["x".repeat(39)], [], ["y"], 20)).toContain("\u001b[2A");
  });
});
