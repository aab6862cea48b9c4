/** What follows when an instance refresh ends. */
import { findGroup } from "./find.js";
import { groups } from "./state.js";
import { refreshes, type Refresh } from "./state-scaling.js";
import type { Work } from "./work.js";

/** One that succeeds leaves the group what it launched from; one that fails may be rolled back. */
export function endRefresh(work: Pick<Work, "db" | "now">, refresh: Refresh): void {
  const { db, now } = work;
  if (refresh.status === "Successful" && refresh.desired) db(groups).put({ ...findGroup(db, refresh.group), launch: refresh.desired });
  if (refresh.status === "Failed" && refresh.preferences.autoRollback) db(refreshes).put(rolledBack(refresh, refresh.reason ?? "The instance refresh failed.", now));
}

/** The refresh on its way back: what it has replaced is replaced again, from the group's own configuration. */
export function rolledBack(refresh: Refresh, reason: string, now: number): Refresh {
  return {
    ...refresh,
    status: "RollbackInProgress",
    reason,
    ended: undefined,
    desired: undefined,
    total: undefined,
    blockedSince: undefined,
    pausedUntil: undefined,
    bakeUntil: undefined,
    rollback: { reason, started: now, percent: refresh.percent, remaining: refresh.remaining },
  };
}
