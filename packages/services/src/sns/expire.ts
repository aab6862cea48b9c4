/** Forgets subscriptions that nobody confirmed in time, and those that nobody wanted back. */
import { reconciler, watch } from "../define.js";
import { departures, subscriptions } from "./state.js";

export const expirePending = reconciler({
  name: "sns.expire-pending",
  watches: [watch(subscriptions, (subscription) => (subscription.pending ? [subscription.arn] : [])), watch(departures, ({ token }) => [token])],
  async reconcile(key, jobs) {
    const until = jobs.db(subscriptions).get(key.id)?.pending?.until ?? jobs.db(departures).get(key.id)?.until;
    if (until === undefined) return;
    if (jobs.now <= until) return { at: until + 1 };
    await jobs.write((db) => {
      if (db(subscriptions).get(key.id)?.pending?.until === until) db(subscriptions).delete(key.id);
      if (db(departures).get(key.id)?.until === until) db(departures).delete(key.id);
    });
  },
});
