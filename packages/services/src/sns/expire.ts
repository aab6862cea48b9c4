/** Forgets subscriptions that nobody confirmed in time. */
import { reconciler, watch } from "../define.js";
import { subscriptions } from "./state.js";

export const expirePending = reconciler({
  name: "sns.expire-pending",
  watches: [watch(subscriptions, (subscription) => (subscription.pending ? [subscription.arn] : []))],
  async reconcile(key, jobs) {
    const pending = jobs.db(subscriptions).get(key.id)?.pending;
    if (!pending) return;
    if (jobs.now <= pending.until) return { at: pending.until + 1 };
    await jobs.write((db) => {
      if (db(subscriptions).get(key.id)?.pending?.until === pending.until) db(subscriptions).delete(key.id);
    });
  },
});
