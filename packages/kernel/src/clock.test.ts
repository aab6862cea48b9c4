import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { systemClocks, virtualClocks, type Clock } from "./clock.js";
import { Timers } from "./timers.js";

interface Passing {
  readonly cloud: Clock;
  /** How many milliseconds of cloud time a step of a story is: so many that a real clock can tell them apart. */
  readonly step: number;
  /** Lets cloud time pass. */
  pass(by: number): Promise<void>;
}

const real = (scale: number, step: number): Passing => {
  const { cloud } = systemClocks({ scale });
  return {
    cloud,
    step,
    async pass(by) {
      const until = cloud.now() + by;
      while (cloud.now() < until) await new Promise((resolve) => setTimeout(resolve, 1));
      // What fell due has its turn of the event loop.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
};

const virtual = (): Passing => {
  const { cloud, advance } = virtualClocks(0);
  return { cloud, step: 1_000, pass: (by) => advance(by, () => new Promise((resolve) => setImmediate(resolve))) };
};

describe.each([
  ["real", () => real(1, 10)],
  ["scaled up", () => real(1_000, 10_000)],
  ["scaled down", () => real(0.5, 5)],
  ["virtual", virtual],
])("%s time", (_name, make) => {
  it("runs what falls due in order of its time, then of the asking, also what is asked for meanwhile", async () => {
    const { cloud, step, pass } = make();
    const begin = cloud.now();
    const order: string[] = [];
    cloud.schedule(begin + 3 * step, () => order.push("c"));
    cloud.schedule(begin + step, () => {
      order.push("a");
      cloud.schedule(begin + 2 * step, () => order.push("b"));
    });
    cloud.schedule(begin + 3 * step, () => order.push("d"));
    // So close together that a real clock sees them at the same moment.
    cloud.schedule(begin + 4 * step + 0.002, () => order.push("f"));
    cloud.schedule(begin + 4 * step + 0.001, () => order.push("e"));
    await pass(5 * step);
    expect(order).toEqual(["a", "b", "c", "d", "e", "f"]);
  });

  it("runs nothing before its time, and never goes back", async () => {
    const { cloud, step, pass } = make();
    const begin = cloud.now();
    const late: number[] = [];
    for (let n = 1; n <= 20; n++) cloud.schedule(begin + n * step * 0.37, () => late.push(cloud.now() - (begin + n * step * 0.37)));
    await pass(8 * step);
    expect(late).toHaveLength(20);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
    let before = cloud.now();
    for (let n = 0; n < 1_000; n++) {
      const now = cloud.now();
      expect(now).toBeGreaterThanOrEqual(before);
      before = now;
    }
  });

  it("runs what is past already at once, but never while it is being asked for", async () => {
    const { cloud, pass } = make();
    let ran = false;
    cloud.schedule(cloud.now() - 1_000, () => (ran = true));
    expect(ran).toBe(false);
    await pass(0);
    await pass(1);
    expect(ran).toBe(true);
  });

  it("forgets what was cancelled, also by something of the same moment; cancelling twice or too late does nothing", async () => {
    const { cloud, step, pass } = make();
    const at = cloud.now() + step;
    const ran: string[] = [];
    const cancelFirst = cloud.schedule(at, () => {
      ran.push("first");
      cancelSecond();
    });
    const cancelSecond = cloud.schedule(at, () => ran.push("second"));
    const cancelThird = cloud.schedule(at, () => ran.push("third"));
    cancelThird();
    cancelThird();
    cloud.schedule(at, () => ran.push("fourth"));
    await pass(2 * step);
    cancelFirst();
    expect(ran).toEqual(["first", "fourth"]);
  });

  it("keeps what is due in years, beyond the longest timeout of Node", async () => {
    const { cloud, step, pass } = make();
    let ran = false;
    const cancel = cloud.schedule(cloud.now() + 2 ** 45, () => (ran = true));
    cloud.schedule(cloud.now() + step, () => undefined);
    await pass(2 * step);
    expect(ran).toBe(false);
    cancel();
  });
});

describe("virtual time", () => {
  it("stands at the time of each, and at the end of the way", async () => {
    const { cloud, advance } = virtualClocks(0);
    const seen: number[] = [];
    cloud.schedule(100, () => seen.push(cloud.now()));
    cloud.schedule(250, () => seen.push(cloud.now()));
    await advance(300, async () => undefined);
    expect([...seen, cloud.now()]).toEqual([100, 250, 300]);
  });

  it("runs 50,000 timers that each ask for another, without looking at all of them each time", async () => {
    const { cloud, advance } = virtualClocks(0);
    let ran = 0;
    for (let n = 0; n < 50_000; n++) {
      cloud.schedule(n % 977, () => {
        ran++;
        cloud.schedule(1_000 + (n % 977), () => ran++);
      });
    }
    const began = performance.now();
    await advance(3_000, async () => undefined);
    expect(ran).toBe(100_000);
    // A look at every timer for every timer would be 10^10 steps: minutes.
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe("scaled time", () => {
  it("goes on from where it was", () => {
    const { cloud } = systemClocks({ scale: 1000, start: 5_000_000_000_000 });
    expect(cloud.now()).toBeGreaterThanOrEqual(5_000_000_000_000);
  });

  it("does not leap when the machine's clock is set", () => {
    const { cloud } = systemClocks({ scale: 1000 });
    const before = cloud.now();
    const { now } = Date;
    Date.now = () => now() + 3_600_000;
    try {
      expect(cloud.now() - before).toBeLessThan(3_600_000);
    } finally {
      Date.now = now;
    }
  });
});

it("timers come out sorted, whatever is added, cancelled and taken", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ at: fc.integer({ min: 0, max: 20 }), cancelled: fc.boolean() })), (wanted) => {
      const timers = new Timers();
      for (const { at, cancelled } of wanted) {
        const timer = timers.add(at, () => undefined);
        if (cancelled) timer.run = undefined;
      }
      const taken: [number, number][] = [];
      for (let timer = timers.take(20); timer; timer = timers.take(20)) taken.push([timer.at, timer.order]);
      const expected = wanted.flatMap(({ at, cancelled }, order) => (cancelled ? [] : [[at, order] as [number, number]]));
      expect(taken).toEqual(expected.sort((a, b) => a[0] - b[0] || a[1] - b[1]));
    }),
  );
});
