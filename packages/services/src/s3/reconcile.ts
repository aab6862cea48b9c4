/** Carries out lifecycle rules, once a day at midnight in UTC. Every key is a bucket's name. */
import type { Database } from "@hakoniwa/kernel";
import { reconciler, watch, type Jobs } from "../define.js";
import { removeUpload } from "./buckets.js";
import { isObject } from "./find.js";
import { DAY, isStale, planKey, type Action } from "./lifecycle-plan.js";
import { changeContent } from "./object-tags.js";
import { afterKey, prefixEnd, prefixStart } from "./order.js";
import { buckets, objects, uploads, versionKey, type Bucket, type ObjectVersion } from "./state.js";
import { deleteKey, deleteVersion } from "./write-object.js";

/** How many versions are looked at before others get a turn. */
const BATCH = 2000;

export const keepLifecycles = reconciler({
  name: "s3.keep-lifecycles",
  watches: [watch(buckets, (bucket) => (bucket.lifecycle ? [bucket.name] : []))],
  async reconcile({ id }, jobs) {
    const bucket = jobs.db(buckets).get(id);
    if (!bucket?.lifecycle?.some((rule) => rule.enabled)) return undefined;
    const asOf = Math.floor(jobs.now / DAY) * DAY;
    if (asOf > (bucket.lifecycleSince ?? 0)) await carryOut(jobs, bucket, asOf);
    return { at: asOf + DAY };
  },
});

async function carryOut(jobs: Jobs, bucket: Bucket, asOf: number): Promise<void> {
  const stale = [...jobs.db(uploads).range(prefixStart(bucket.name, ""), prefixEnd(bucket.name, ""))].filter((upload) => isStale(bucket, upload, asOf));
  if (stale.length > 0) await jobs.write((db) => stale.forEach((upload) => removeUpload(db, upload.id)));
  for (let from: string | undefined = prefixStart(bucket.name, ""); from !== undefined; ) {
    const { keys, next } = nextKeys(jobs, bucket, from);
    const actions = keys.flatMap((versions) => planKey(bucket, versions, asOf));
    if (actions.length > 0) await jobs.write((db) => actions.forEach((action) => act(db, jobs, bucket, action)));
    from = next;
  }
}

/** The versions of some keys, by key. */
function nextKeys(jobs: Jobs, bucket: Bucket, from: string): { readonly keys: readonly ObjectVersion[][]; readonly next: string | undefined } {
  const keys: ObjectVersion[][] = [];
  let seen = 0;
  for (const version of jobs.db(objects).range(from, prefixEnd(bucket.name, ""))) {
    const last = keys.at(-1);
    if (last?.[0]?.key === version.key) last.push(version);
    else if (seen >= BATCH) return { keys, next: afterKey(bucket.name, last![0]!.key) };
    else keys.push([version]);
    seen++;
  }
  return { keys, next: undefined };
}

/** What was changed since it was looked at stays as it is; the next midnight looks again. */
function act(db: Database, jobs: Jobs, bucket: Bucket, action: Action): void {
  const { version } = action;
  const now = db(objects).get(versionKey(version.bucket, version.key, version.versionId));
  if (now?.sequence !== version.sequence) return;
  switch (action.kind) {
    case "expire":
      deleteKey({ db, ids: jobs.ids, now: jobs.now }, bucket, version.key);
      return;
    case "remove":
      deleteVersion({ db }, bucket, version.key, version.versionId);
      return;
    case "transition":
      if (isObject(now)) changeContent(db, now, { storageClass: action.storageClass });
  }
}
