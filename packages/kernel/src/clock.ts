/**
 * Two clocks. `cloud` is the time that AWS's state machines live in: real, scaled, or virtual. `peer` is the time that
 * real peers see (the `Date` header, signatures, certificates): wall time, or the virtual time when time is virtual.
 */

/** Milliseconds since the Unix epoch. */
export type Time = number;

export interface Clock {
  now(): Time;
  /** Runs `run` once at or after `at`; at once (but never synchronously) when `at` is past. Returns how to cancel. */
  schedule(at: Time, run: () => void): () => void;
}

export interface Clocks {
  readonly cloud: Clock;
  readonly peer: { now(): Time };
}

export interface VirtualClocks extends Clocks {
  /**
   * Moves time forward, running what falls due in order. After every step it waits until `settled` says that
   * everything set off by it has come to rest.
   */
  advance(by: number, settled: () => Promise<void>): Promise<void>;
}

/** setTimeout's longest delay. */
const LONGEST = 2 ** 31 - 1;

/**
 * @param options.scale how many seconds of cloud time pass in a real one
 * @param options.start the cloud time to begin at; now by default. A restart passes what it had reached, so that scaled time never runs backwards.
 */
export function systemClocks(options: { readonly scale?: number; readonly start?: Time } = {}): Clocks {
  const scale = options.scale ?? 1;
  const began = Date.now();
  const start = options.start ?? began;
  const now = (): Time => start + (Date.now() - began) * scale;
  const schedule = (at: Time, run: () => void): (() => void) => {
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const delay = Math.ceil((at - now()) / scale);
      timer = delay > LONGEST ? setTimeout(arm, LONGEST) : setTimeout(run, Math.max(0, delay));
    };
    arm();
    return () => clearTimeout(timer);
  };
  return { cloud: { now, schedule }, peer: { now: () => Date.now() } };
}

/** Time that moves only when told to: for tests, `prove` and golden scripts. */
export function virtualClocks(start: Time = Date.UTC(2026, 0, 1)): VirtualClocks {
  let time = start;
  let order = 0;
  const timers = new Map<number, { readonly at: Time; readonly run: () => void }>();
  const nextDue = (until: Time): number | undefined => {
    let best: number | undefined;
    for (const [id, timer] of timers) {
      if (timer.at > until) continue;
      if (best === undefined || timer.at < timers.get(best)!.at) best = id;
    }
    return best;
  };
  const cloud: Clock = {
    now: () => time,
    schedule(at, run) {
      const id = order++;
      timers.set(id, { at, run });
      return () => timers.delete(id);
    },
  };
  return {
    cloud,
    peer: { now: () => time },
    async advance(by, settled) {
      const until = time + by;
      await settled();
      for (let id = nextDue(until); id !== undefined; id = nextDue(until)) {
        const timer = timers.get(id)!;
        timers.delete(id);
        time = Math.max(time, timer.at);
        timer.run();
        await settled();
      }
      time = until;
    },
  };
}
