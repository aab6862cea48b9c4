/** The services' tests run on the whole cloud, which the services themselves know nothing of: this file is not built. */
import type { Backend, StoredRecord } from "@hakoniwa/kernel";

export { createTestCloud, type TestCloud } from "../../cloud/src/testing.js";

/** Keeps every commit, like a disk that outlives the cloud. */
export interface Disk extends Backend {
  /** @returns how to have again what is there now */
  remember(): () => void;
}

export function createDisk(): Disk {
  let kept = new Map<string, StoredRecord>();
  let sequence = 0;
  return {
    load: () => ({ records: [...kept.values()], sequence }),
    async write(commit) {
      sequence = commit.sequence;
      for (const { table, scope, key, after } of commit.changes) {
        const id = `${scope.account}/${scope.region}/${table}/${key}`;
        if (after) kept.set(id, { table, scope, key, record: after });
        else kept.delete(id);
      }
    },
    close: async () => undefined,
    remember() {
      const then = new Map(kept);
      return () => void (kept = new Map(then));
    },
  };
}
