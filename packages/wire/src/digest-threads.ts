/** Threads beside the one that answers calls, which would stand still for milliseconds while it hashes. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { ChecksumAlgorithm } from "./checksum.js";
import type { FromThread, ThreadData, ToThread } from "./digest-thread.js";

/** Bytes that go to the threads at once. */
export const SLAB = 256 * 1024;
/** How many slabs may be under way, of all bodies together: the memory that this takes. */
const SLABS = 16;
const MOST_THREADS = Math.min(4, availableParallelism());
/** Threads without work go after so many milliseconds, for the sake of their memory. */
const KEPT = 10_000;
/** From the sources as from the build: Node runs no TypeScript. */
const THREAD = new URL("../dist/digest-thread.js", import.meta.url);

/** The checksums of one body under way. */
export interface Lanes {
  /** Takes at most a slab of bytes; resolves when they may be changed. Wait for it before the next. */
  write(parts: readonly Uint8Array[]): Promise<void>;
  /** Base64, in the order of the algorithms. */
  end(): Promise<readonly string[]>;
  /** Forgets them. */
  drop(): void;
}

interface Lane {
  readonly id: number;
  readonly algorithm: ChecksumAlgorithm;
  readonly thread: Thread;
}

interface Thread {
  readonly worker: Worker;
  lanes: number;
}

interface Waiter<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

class Pool {
  readonly #memory = new SharedArrayBuffer(SLABS * SLAB);
  readonly #threads: Thread[] = [];
  readonly #free = Array.from({ length: SLABS }, (_, slab) => slab);
  /** How many lanes have yet to read a slab. */
  readonly #readers: number[] = Array.from({ length: SLABS }, () => 0);
  readonly #forSlab: Waiter<number>[] = [];
  readonly #forDigest = new Map<number, Waiter<string>>();
  readonly #over: () => void;
  #failure: Error | undefined;
  #lastLane = 0;
  #idle: NodeJS.Timeout | undefined;

  /** @param over called when the pool is of no use any more */
  constructor(over: () => void) {
    this.#over = over;
  }

  open(algorithms: readonly ChecksumAlgorithm[]): Lanes {
    clearTimeout(this.#idle);
    const lanes: readonly Lane[] = algorithms.map((algorithm) => ({ id: ++this.#lastLane, algorithm, thread: this.#thread() }));
    return {
      write: (parts) => this.#write(lanes, parts),
      end: async () => {
        try {
          return await Promise.all(lanes.map((lane) => this.#digest(lane)));
        } finally {
          this.#close(lanes);
        }
      },
      drop: () => {
        for (const { id, thread } of lanes) {
          thread.worker.postMessage({ lane: id, end: "drop" } satisfies ToThread);
        }
        this.#close(lanes);
      },
    };
  }

  /** The least busy one; a new one while none is idle and there may be more. */
  #thread(): Thread {
    let [thread] = [...this.#threads].sort((a, b) => a.lanes - b.lanes);
    if (!thread || (thread.lanes > 0 && this.#threads.length < MOST_THREADS)) {
      thread = { worker: this.#start(), lanes: 0 };
      this.#threads.push(thread);
    }
    thread.lanes++;
    thread.worker.ref();
    return thread;
  }

  #start(): Worker {
    const workerData: ThreadData = { memory: this.#memory, slabSize: SLAB };
    const worker = new Worker(THREAD, { workerData, resourceLimits: { maxYoungGenerationSizeMb: 2 } });
    worker.on("message", (message: FromThread) => {
      if ("slab" in message) {
        this.#read(message.slab);
        return;
      }
      this.#forDigest.get(message.lane)?.resolve(message.digest);
      this.#forDigest.delete(message.lane);
    });
    worker.on("error", (error) => this.#fail(error as Error));
    worker.unref();
    return worker;
  }

  async #write(lanes: readonly Lane[], parts: readonly Uint8Array[]): Promise<void> {
    this.#checkAlive();
    const slab = this.#free.pop() ?? (await new Promise<number>((resolve, reject) => this.#forSlab.push({ resolve, reject })));
    let size = 0;
    const bytes = new Uint8Array(this.#memory, slab * SLAB, SLAB);
    for (const part of parts) {
      bytes.set(part, size);
      size += part.length;
    }
    this.#readers[slab] = lanes.length;
    for (const { id, algorithm, thread } of lanes) {
      thread.worker.postMessage({ lane: id, algorithm, slab, size } satisfies ToThread);
    }
  }

  #read(slab: number): void {
    this.#readers[slab]! -= 1;
    if (this.#readers[slab]! > 0) {
      return;
    }
    const next = this.#forSlab.shift();
    if (next) {
      next.resolve(slab);
    } else {
      this.#free.push(slab);
    }
  }

  /** Nobody would answer any more. */
  #checkAlive(): void {
    if (this.#failure) {
      throw this.#failure;
    }
  }

  #digest({ id, thread }: Lane): Promise<string> {
    this.#checkAlive();
    return new Promise((resolve, reject) => {
      this.#forDigest.set(id, { resolve, reject });
      thread.worker.postMessage({ lane: id, end: "digest" } satisfies ToThread);
    });
  }

  #close(lanes: readonly Lane[]): void {
    for (const { thread } of lanes) {
      thread.lanes--;
      if (thread.lanes === 0) {
        thread.worker.unref();
      }
    }
    if (this.#threads.every((thread) => thread.lanes === 0)) {
      this.#idle = setTimeout(() => this.#stop(), KEPT).unref();
    }
  }

  #stop(): void {
    this.#over();
    for (const { worker } of this.#threads) {
      void worker.terminate();
    }
  }

  #fail(error: Error): void {
    this.#failure = error;
    this.#stop();
    for (const waiter of [...this.#forSlab, ...this.#forDigest.values()]) {
      waiter.reject(error);
    }
  }
}

let pool: Pool | undefined;

/** Begins the checksums of one body. Whoever begins ends or drops them. */
export function openLanes(algorithms: readonly ChecksumAlgorithm[]): Lanes {
  pool ??= new Pool(() => (pool = undefined));
  return pool.open(algorithms);
}
