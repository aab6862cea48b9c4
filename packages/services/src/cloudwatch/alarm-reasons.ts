/** Why an alarm changed its state, in AWS's words. Pure. */
import type { Period, Verdict } from "./alarm-plan.js";
import type { Comparison, MetricAlarm, StateValue } from "./state.js";

const CROSSED: Readonly<Record<Comparison, string>> = {
  GreaterThanOrEqualToThreshold: "greater than or equal to",
  GreaterThanThreshold: "greater than",
  LessThanThreshold: "less than",
  LessThanOrEqualToThreshold: "less than or equal to",
};

/** As Java prints doubles, which is how AWS does. */
export function double(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e7 ? value.toFixed(1) : String(value);
}

/** `22/11/26 05:41:00` */
function shortTime(time: number): string {
  const [, year, month, day, clock] = /^\d\d(\d\d)-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)/.exec(new Date(time).toISOString()) ?? [];
  return `${day}/${month}/${year} ${clock}`;
}

/** `2026-11-22T05:41:00.000+0000` */
export function longTime(time: number): string {
  return new Date(time).toISOString().replace("Z", "+0000");
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
const were = (count: number): string => (count === 1 ? "was" : "were");

export function reasonFor(alarm: MetricAlarm, { points, filled }: Verdict, state: StateValue, isBreaching: (period: Period) => boolean): string {
  if (state === "INSUFFICIENT_DATA") return `Insufficient Data: ${counted(alarm.evaluationPeriods, "datapoint")} ${were(alarm.evaluationPeriods)} unknown.`;
  const treated = alarm.missing === "breaching" ? "Breaching" : alarm.missing === "notBreaching" ? "NonBreaching" : undefined;
  const filling = treated && filled > 0 ? `${counted(filled, "missing datapoint")} ${were(filled)} treated as [${treated}]` : undefined;
  if (points.length === 0) return `Threshold Crossed: no datapoints were received for ${counted(alarm.evaluationPeriods, "period")} and ${filling ?? "none was missing"}.`;
  const telling = points.filter((point) => isBreaching(point) === (state === "ALARM"));
  const shown = telling.map(({ value, start }) => `${double(value!)} (${shortTime(start)})`).join(", ");
  const crossed = `${were(telling.length)} ${state === "ALARM" ? "" : "not "}${CROSSED[alarm.comparison]} the threshold (${double(alarm.threshold)})`;
  const needed = neededFor(alarm, state);
  const change = state === "ALARM" ? "OK -> ALARM" : "ALARM -> OK";
  if (telling.length === 0) return `Threshold Crossed: ${filling ?? "no datapoints were received"}.`;
  return `Threshold Crossed: ${telling.length} out of the last ${counted(points.length, "datapoint")} [${shown}] ${crossed}${filling ? ` and ${filling}` : ""} (minimum ${counted(needed, "datapoint")} for ${change} transition).`.replace(
    /out of the last 1 datapoint /,
    "out of the last 1 datapoints ",
  );
}

/** How many points it takes to change to a state. */
function neededFor({ datapointsToAlarm, evaluationPeriods }: MetricAlarm, state: StateValue): number {
  const toAlarm = datapointsToAlarm ?? evaluationPeriods;
  return state === "ALARM" ? toAlarm : evaluationPeriods - toAlarm + 1;
}

/** `StateReasonData`: JSON. */
export function reasonDataFor(alarm: MetricAlarm, { points }: Verdict, now: number): string {
  const { source } = alarm;
  const oldest = points.at(-1);
  return JSON.stringify({
    version: "1.0",
    queryDate: longTime(now),
    ...(oldest ? { startDate: longTime(oldest.start) } : {}),
    ...(source.kind === "metric" ? { ...(source.unit === undefined ? {} : { unit: source.unit }), statistic: source.statistic } : {}),
    period: source.period,
    recentDatapoints: points.map(({ value }) => value).toReversed(),
    threshold: alarm.threshold,
    evaluatedDatapoints: points.map(({ start, samples, value }) => ({ timestamp: longTime(start), ...(samples > 0 ? { sampleCount: samples } : {}), value })),
  });
}
