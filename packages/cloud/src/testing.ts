/** A whole cloud in this process, on paper and in virtual time: what tests of services, and `prove`, run on. */
import { createIds, virtualClocks, type Backend, type BlobStore, type Store } from "@hakoniwa/kernel";
import { createPaperDataPlane, type PaperDataPlane } from "@hakoniwa/dataplane";
import type { AsyncAws } from "@hakoniwa/services";
import { createCore, type Core } from "./core.js";

export interface TestCloud {
  /** Calls as the administrator in ap-northeast-1. */
  readonly aws: AsyncAws;
  readonly paper: PaperDataPlane;
  readonly core: Core;
  readonly store: Store;
  /** What was logged, for messages of failed assertions. */
  readonly logs: readonly string[];
  in(region: string): AsyncAws;
  now(): number;
  /** Waits until everything set off so far has come to rest, without moving time. */
  settle(): Promise<void>;
  /** Moves virtual time: milliseconds, or `"90s"`, `"5m"`, `"2h"`. */
  advance(by: number | string): Promise<void>;
  close(): Promise<void>;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** @param options.seed repeats every id; @param options.backend keeps state, to test restarts, and options.blobs the contents of objects */
export async function createTestCloud(options: { readonly seed?: number; readonly backend?: Backend; readonly blobs?: BlobStore; readonly region?: string; readonly start?: number } = {}): Promise<TestCloud> {
  const clocks = virtualClocks(options.start);
  const logs: string[] = [];
  const paper = createPaperDataPlane({ clock: clocks.cloud });
  const core = createCore({
    clocks,
    ids: createIds(options.seed ?? 1),
    dataPlane: paper,
    backend: options.backend,
    blobs: options.blobs,
    account: "123456789012",
    log: (message) => logs.push(message),
  });
  const settle = async (): Promise<void> => {
    // The paper data plane answers in microtasks and may set off more runs: rest means idle twice in a row.
    for (let calm = 0; calm < 2; calm++) {
      const before = core.store.sequence;
      await core.driver.idle();
      await new Promise((resolve) => setImmediate(resolve));
      await core.driver.idle();
      if (core.store.sequence !== before) calm = -1;
    }
  };
  await core.start();
  const region = options.region ?? "ap-northeast-1";
  return {
    aws: core.aws(region),
    paper,
    core,
    store: core.store,
    logs,
    in: (other) => core.aws(other),
    now: () => clocks.cloud.now(),
    settle,
    async advance(by) {
      await clocks.advance(typeof by === "number" ? by : duration(by), settle);
      await settle();
    },
    async close() {
      await core.stop();
      await paper.close();
    },
  };
}

function duration(text: string): number {
  const [, amount, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(text) ?? [];
  if (!amount || !unit) throw new Error(`"${text}" is no duration such as 90s, 5m or 2h`);
  return Number(amount) * UNITS[unit]!;
}
