import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fit, printable, visible } from "./text.js";

describe("text on a terminal", () => {
  it("counts wide letters twice, and colours not at all", () => {
    expect(visible("\u001b[32m箱庭\u001b[0m ok")).toBe(7);
  });

  it("fits any text into any width, and keeps what fits whole", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 30 }), (raw, columns) => {
        const text = printable(raw);
        const cut = fit(text, columns);
        expect(visible(cut)).toBeLessThanOrEqual(columns);
        if (visible(text) <= columns) expect(cut).toBe(text);
      }),
    );
  });

  it("ends colours that it cut through", () => {
    expect(fit("\u001b[32mgreen as grass\u001b[0m", 6)).toBe("\u001b[32mgreen\u001b[0m…");
  });

  it("shows control characters that others wrote, instead of obeying them", () => {
    expect(printable("a\u001b[2Jb\u0007\tc\nd")).toBe("a\\x1b[2Jb\\x07\tc\nd");
  });
});
