/** Evaluates metric alarms on the clock: each minute, or every ten seconds when their period is shorter. */
import { reconciler, watch, type Jobs } from "../define.js";
import { actionOf } from "./alarm-actions.js";
import { periodsFor } from "./alarm-periods.js";
import { isBreaching, judge } from "./alarm-plan.js";
import { reasonDataFor, reasonFor } from "./alarm-reasons.js";
import { floorTo } from "./series.js";
import { alarms, pendingActions, type MetricAlarm } from "./state.js";
import { actionsFor, pending, transition } from "./transitions.js";
import { gapsOf } from "./uptime.js";

const MINUTE = 60_000;

interface Beat {
  readonly every: number;
  /** How long behind a period's end an alarm waits for its points. */
  readonly delay: number;
}

function beatOf(alarm: MetricAlarm): Beat {
  return alarm.source.period < 60 ? { every: 10_000, delay: 2_000 } : { every: MINUTE, delay: 10_000 };
}

export const watchAlarms = reconciler({
  name: "cloudwatch.watch-alarms",
  watches: [watch(alarms, (alarm) => (alarm.kind === "metric" ? [alarm.name] : []))],
  judges: true,
  async reconcile(key, jobs) {
    const alarm = jobs.db(alarms).get(key.id);
    if (alarm?.kind !== "metric") return;
    const { every, delay } = beatOf(alarm);
    // What was set by hand, or made just now, stands until the next evaluation.
    const due = floorTo(Math.max(alarm.state.updated, alarm.configured) - delay, every) + every + delay;
    if (jobs.now < due) return { at: due };
    const end = floorTo(jobs.now - delay, every);
    const scope = { account: key.account, region: key.region };
    const seen = periodsFor(alarm, jobs.segments, scope, end, gapsOf(jobs.db, jobs.now), jobs.now);
    const criteria = { ...alarm, datapointsToAlarm: alarm.datapointsToAlarm ?? alarm.evaluationPeriods, missing: alarm.missing ?? "missing" } as const;
    const verdict = judge(seen.periods, criteria);
    const next = seen.meaningless || seen.periods.length === 0 ? undefined : verdict.state;
    if (next !== undefined && next !== alarm.state.value) {
      const reason = reasonFor(alarm, verdict, next, ({ value }) => value !== undefined && isBreaching(value, alarm));
      await change(jobs, alarm, { value: next, reason, reasonData: reasonDataFor(alarm, verdict, jobs.now) }, scope);
    } else {
      await repeat(jobs, alarm, end, scope);
    }
    return { at: end + every + delay };
  },
});

type Next = Parameters<typeof transition>[1];

async function change(jobs: Jobs, alarm: MetricAlarm, next: Next, scope: { readonly account: string; readonly region: string }): Promise<void> {
  const { alarm: after, actions, history } = transition(alarm, next, scope, jobs.now);
  const written = await jobs.write((db) => {
    // Somebody may have changed it meanwhile; the next run looks again.
    if (db(alarms).get(alarm.name) !== alarm) return false;
    db(alarms).put(after);
    for (const action of actions) db(pendingActions).put(action);
    return true;
  });
  if (written) await jobs.append(...history);
}

/** Auto Scaling's actions go on, once a minute, for as long as the state lasts: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html */
async function repeat(jobs: Jobs, alarm: MetricAlarm, end: number, scope: { readonly account: string; readonly region: string }): Promise<void> {
  const scaling = actionsFor(alarm, alarm.state.value).filter((arn) => actionOf(arn, scope.region)?.kind === "scaling");
  if (scaling.length === 0 || end - (alarm.repeated ?? alarm.state.transitioned) < MINUTE) return;
  await jobs.write((db) => {
    if (db(alarms).get(alarm.name) !== alarm) return;
    db(alarms).put({ ...alarm, repeated: end });
    for (const arn of scaling) db(pendingActions).put(pending(alarm, alarm.state, arn, scope, jobs.now));
  });
}

