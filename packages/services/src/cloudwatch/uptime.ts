/** Remembers when the cloud was down, so that no alarm takes its own sleep for somebody's failure. */
import type { Reader } from "@hakoniwa/kernel";
import { reconciler, watch } from "../define.js";
import { alarms, uptimes, type Uptime } from "./state.js";

const BEAT = 60_000;
/** A pause longer than this was no late timer. */
const PAUSE = 2.5 * BEAT;
const MOST_GAPS = 20;

export type Gap = Uptime["gaps"][number];

/** The times that nothing can be said about, up to now. */
export function gapsOf(db: Reader, now: number): readonly Gap[] {
  const uptime = db(uptimes).get("uptime");
  if (!uptime) return [];
  return now - uptime.seen > PAUSE ? [...uptime.gaps, { from: uptime.seen, to: now }] : uptime.gaps;
}

export const keepUptime = reconciler({
  name: "cloudwatch.keep-uptime",
  watches: [watch(alarms, () => ["uptime"])],
  async reconcile(key, jobs) {
    const before = jobs.db(uptimes).get("uptime");
    if (jobs.db(alarms).list().length === 0) {
      if (before) await jobs.write((db) => db(uptimes).delete("uptime"));
      return;
    }
    const seen = before?.seen ?? -Infinity;
    if (jobs.now - seen < BEAT) return { at: seen + BEAT };
    const gaps = gapsOf(jobs.db, jobs.now).slice(-MOST_GAPS);
    await jobs.write((db) => db(uptimes).put({ id: "uptime", seen: jobs.now, gaps }));
    return { at: jobs.now + BEAT };
  },
});
