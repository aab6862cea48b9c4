/** What everything in the cloud's process stands on: time, ids and the log. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createIds, systemClocks, type Clocks, type Ids } from "@hakoniwa/kernel";
import type { DataDirectory } from "./data-directory.js";
import { logger } from "./log-file.js";
import type { Options } from "./options.js";

export interface Base {
  readonly clocks: Clocks;
  readonly ids: Ids;
  /** For people, with the cloud's time. */
  log(message: string): void;
  /** Writes the last of what must be kept. */
  close(): void;
}

/** How often scaled time is written down, so that a restart doesn't run it backwards. Real milliseconds. */
const TIME_KEPT_EVERY = 1_000;

export function createBase(options: Options, directory: DataDirectory): Base {
  const file = join(directory.path, "time.json");
  const clocks = systemClocks({ scale: options.timeScale, start: Math.max(Date.now(), lastTime(file)) });
  const keepTime = (): void => writeFileSync(file, JSON.stringify({ cloud: clocks.cloud.now() }));
  const print = logger(directory.log);
  const timer = options.timeScale === 1 ? undefined : setInterval(keepTime, TIME_KEPT_EVERY);
  return {
    clocks,
    ids: createIds(),
    log: (message) => print(`${new Date(clocks.cloud.now()).toISOString()} ${message}`),
    close() {
      clearInterval(timer);
      if (timer) keepTime();
    },
  };
}

function lastTime(file: string): number {
  try {
    return (JSON.parse(readFileSync(file, "utf8")) as { cloud: number }).cloud;
  } catch {
    return 0;
  }
}
