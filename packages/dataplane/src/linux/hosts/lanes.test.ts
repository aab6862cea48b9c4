import { describe, expect, it } from "vitest";
import { Lanes } from "./lanes.js";

function gate(): { readonly passed: Promise<void>; open(): void } {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

describe("the calls for one key", () => {
  it("run one at a time, and the last one overtakes those that wait", async () => {
    const lanes = new Lanes();
    const ran: string[] = [];
    const first = gate();
    const calls = [
      lanes.submit("a", async () => {
        await first.passed;
        ran.push("first");
      }),
      lanes.submit("a", async () => void ran.push("overtaken")),
      lanes.submit("a", async () => void ran.push("last")),
      lanes.submit("b", async () => void ran.push("other key")),
    ];
    first.open();
    await Promise.all(calls);
    expect(ran).toEqual(["other key", "first", "last"]);
  });

  it("fail for themselves only: the next one runs, and whoever was overtaken gets its outcome", async () => {
    const lanes = new Lanes();
    const bad = lanes.submit("a", () => Promise.reject(new Error("bad")));
    const overtaken = lanes.submit("a", () => Promise.resolve());
    const last = lanes.submit("a", () => Promise.reject(new Error("last")));
    await expect(bad).rejects.toThrow("bad");
    await expect(overtaken).rejects.toThrow("last");
    await expect(last).rejects.toThrow("last");
    await expect(lanes.submit("a", () => Promise.resolve())).resolves.toBeUndefined();
  });
});
