/**
 * Two clocks. `cloud` is the time that AWS's state machines live in: real, scaled, or virtual. `peer` is the time that
 * real peers see (the `Date` header, signatures, certificates): wall time, or the virtual time when time is virtual.
 */
import { Timers, type Timer } from "./timers.js";

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
 * Real time at scale 1 follows the machine's clock; scaled time follows what really elapses, or a corrected clock would be a
 * leap of hours. Neither ever runs backwards.
 * @param options.scale how many seconds of cloud time pass in a real one
 * @param options.start the cloud time to begin at; now by default. A restart passes what it had reached, so that scaled time never runs backwards.
 */
export function systemClocks(options: { readonly scale?: number; readonly start?: Time } = {}): Clocks {
  const scale = options.scale ?? 1;
  const elapsed = scale === 1 ? Date.now : () => performance.now();
  const start = options.start ?? Date.now();
  const began = elapsed();
  let latest = start;
  const now = (): Time => (latest = Math.max(latest, start + (elapsed() - began) * scale));
  const timers = new Timers();
  let armed: NodeJS.Timeout | undefined;
  let armedFor = Infinity;
  const arm = (): void => {
    const next = timers.next();
    if (next === undefined || next >= armedFor) return;
    clearTimeout(armed);
    armedFor = next;
    armed = setTimeout(fire, Math.min(LONGEST, Math.max(0, Math.ceil((next - now()) / scale))));
  };
  const fire = (): void => {
    armedFor = Infinity;
    // What is scheduled meanwhile gets a later turn of the event loop, however short its time.
    const until = now();
    const due: Timer[] = [];
    for (let timer = timers.take(until); timer; timer = timers.take(until)) due.push(timer);
    arm();
    for (const timer of due) run(timer);
  };
  const schedule = (at: Time, what: () => void): (() => void) => {
    const timer = timers.add(at, what);
    arm();
    return () => {
      timer.run = undefined;
      release();
    };
  };
  // A program may end when nothing is left to wait for.
  const release = (): void => {
    if (timers.next() !== undefined) return;
    clearTimeout(armed);
    armedFor = Infinity;
  };
  return { cloud: { now, schedule }, peer: { now: () => Date.now() } };
}

/** Time that moves only when told to: for tests, `prove` and golden scripts. */
export function virtualClocks(start: Time = Date.UTC(2026, 0, 1)): VirtualClocks {
  let time = start;
  const timers = new Timers();
  const cloud: Clock = {
    now: () => time,
    schedule(at, what) {
      const timer = timers.add(at, what);
      return () => {
        timer.run = undefined;
      };
    },
  };
  return {
    cloud,
    peer: { now: () => time },
    async advance(by, settled) {
      const until = time + by;
      await settled();
      for (let timer = timers.take(until); timer; timer = timers.take(until)) {
        time = Math.max(time, timer.at);
        run(timer);
        await settled();
      }
      time = until;
    },
  };
}

/** Once, unless it was cancelled, which an earlier one of the same moment may have done. */
function run(timer: Timer): void {
  const what = timer.run;
  timer.run = undefined;
  what?.();
}
