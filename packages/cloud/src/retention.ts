/** Forgets audit records when CloudTrail's event history would: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html */
import { auditStream, type Clock, type Store } from "@hakoniwa/kernel";

const DAY = 24 * 3_600_000;
/** How long events are kept. */
export const HISTORY = 90 * DAY;
/** What reads may take, in bytes for each account and region: a waiting client asks for hours. */
const MOST_READS = 32 * 1024 * 1024;

/** Begins at once, and goes on every day of the cloud. Returns how to end it. */
export function keepAuditRetention(store: Store, clock: Clock, failed: (error: unknown) => void): () => void {
  let cancel: () => void;
  let ended = false;
  const trim = async (): Promise<void> => {
    for (const scope of store.scopes()) {
      for (const [stream, bytes] of [[auditStream(scope), Infinity], [auditStream(scope, true), MOST_READS]] as const) {
        if (!ended) await store.segments.trim(stream, { from: clock.now() - HISTORY, bytes });
      }
    }
  };
  const again = (): void => {
    trim().catch((error: unknown) => ended || failed(error));
    cancel = clock.schedule(clock.now() + DAY, again);
  };
  again();
  return () => {
    ended = true;
    cancel();
  };
}
