import { describe, expect, it } from "vitest";
import { systemClocks, virtualClocks } from "./clock.js";

describe("virtual time", () => {
  it("runs what falls due in order of its time, also what is scheduled meanwhile", async () => {
    const { cloud, advance } = virtualClocks(0);
    const order: string[] = [];
    cloud.schedule(300, () => order.push(`c@${cloud.now()}`));
    cloud.schedule(100, () => {
      order.push(`a@${cloud.now()}`);
      cloud.schedule(200, () => order.push(`b@${cloud.now()}`));
    });
    const cancel = cloud.schedule(150, () => order.push("cancelled"));
    cancel();
    await advance(250, async () => undefined);
    expect(order).toEqual(["a@100", "b@200"]);
    expect(cloud.now()).toBe(250);
    await advance(50, async () => undefined);
    expect(order).toEqual(["a@100", "b@200", "c@300"]);
  });
});

describe("scaled time", () => {
  it("passes faster than real time, and goes on from where it was", async () => {
    const { cloud } = systemClocks({ scale: 1000, start: 5_000_000 });
    expect(cloud.now()).toBeGreaterThanOrEqual(5_000_000);
    const began = performance.now();
    await new Promise<void>((resolve) => cloud.schedule(cloud.now() + 20_000, resolve));
    expect(cloud.now()).toBeGreaterThanOrEqual(5_020_000);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
