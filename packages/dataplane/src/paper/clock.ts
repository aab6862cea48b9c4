/** What paper needs of a clock; the kernel's clock has this shape. */
export interface PaperClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `run` once `at` is reached, never at once. Returns how to cancel that. */
  schedule(at: number, run: () => void): () => void;
}

/** The wall's time. */
export const wallClock: PaperClock = {
  now: () => Date.now(),
  schedule(at, run) {
    const timer = setTimeout(run, Math.max(0, at - Date.now()));
    return () => clearTimeout(timer);
  },
};
