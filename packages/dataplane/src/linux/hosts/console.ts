/** Console output: what a workload writes, of which the last 64 kB are kept in a file. */
import { appendFileSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html: "the most recent 64 KB". */
const KEPT = 65_536;
/** The file is cut back when it is this long, so that not every line rewrites it. */
const CUT_AT = 4 * KEPT;
/** A flood is read at most this fast, and then waits: it must not busy the control plane. */
const PAUSE_AFTER = 256 * 1024;
const PAUSE = 50;
/** Consoles of workloads that have long been gone. */
const SWEEP_AFTER = 24 * 3600 * 1000;

export class Consoles {
  readonly #directory: string;

  constructor(dataDir: string) {
    this.#directory = join(dataDir, "console");
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(this.#directory)) {
      const path = join(this.#directory, name);
      if (Date.now() - statSync(path).mtimeMs > SWEEP_AFTER) {
        rmSync(path);
      }
    }
  }

  /** Keeps what comes from `source` until it ends. */
  record(workload: string, source: Readable): void {
    const path = this.#path(workload);
    let size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    let sincePause = 0;
    source.on("data", (chunk: Buffer) => {
      this.#append(path, chunk);
      size += chunk.length;
      sincePause += chunk.length;
      if (size > CUT_AT) {
        writeFileSync(path, this.read(workload));
        size = KEPT;
      }
      if (sincePause > PAUSE_AFTER) {
        sincePause = 0;
        source.pause();
        setTimeout(() => source.resume(), PAUSE).unref();
      }
    });
    source.on("error", () => {});
  }

  note(workload: string, line: string): void {
    this.#append(this.#path(workload), Buffer.from(`${line}\n`));
  }

  read(workload: string): Buffer {
    try {
      return readFileSync(this.#path(workload)).subarray(-KEPT);
    } catch {
      return Buffer.alloc(0);
    }
  }

  #append(path: string, chunk: Buffer): void {
    try {
      appendFileSync(path, chunk, { mode: 0o600 });
    } catch {
      // A full disk loses console output; the instance itself must go on.
    }
  }

  #path(workload: string): string {
    return join(this.#directory, workload);
  }
}
