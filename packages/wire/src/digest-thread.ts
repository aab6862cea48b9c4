/** One thread that computes checksums. Bytes come in slabs of memory that it shares with whoever started it. */
import { parentPort, workerData } from "node:worker_threads";
import { checksum } from "./checksum.js";
import type { Checksum, ChecksumAlgorithm } from "./checksum.js";

/** `lane` is one checksum of one body. */
export type ToThread =
  | { readonly lane: number; readonly algorithm: ChecksumAlgorithm; readonly slab: number; readonly size: number }
  | { readonly lane: number; readonly end: "digest" | "drop" };

export type FromThread = { readonly slab: number } | { readonly lane: number; readonly digest: string };

export interface ThreadData {
  readonly memory: SharedArrayBuffer;
  /** Bytes. */
  readonly slabSize: number;
}

const port = parentPort!;
const { memory, slabSize } = workerData as ThreadData;
const lanes = new Map<number, Checksum>();

port.on("message", (message: ToThread) => {
  if ("end" in message) {
    const sum = lanes.get(message.lane);
    lanes.delete(message.lane);
    if (sum && message.end === "digest") {
      port.postMessage({ lane: message.lane, digest: sum.digest().toString("base64") } satisfies FromThread);
    }
    return;
  }
  const { lane, algorithm, slab, size } = message;
  let sum = lanes.get(lane);
  if (!sum) {
    lanes.set(lane, (sum = checksum(algorithm)));
  }
  sum.update(new Uint8Array(memory, slab * slabSize, size));
  port.postMessage({ slab } satisfies FromThread);
});
