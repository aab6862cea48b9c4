/** How many days ACM's certificates have left, told twice a day: https://docs.aws.amazon.com/acm/latest/userguide/cloudwatch-metrics.html */
import type { LogEntry } from "@hakoniwa/kernel";
import { reconciler, watch, type Jobs } from "../define.js";
import { record, type Point } from "./record.js";
import { floorTo, metricId } from "./series.js";
import { dimension } from "./sources.js";
import { metrics } from "./state.js";

const DAY = 24 * 3_600_000;
const TURN = DAY / 2;
const NAMESPACE = "AWS/CertificateManager";

export const countDays = reconciler({
  name: "cloudwatch.count-days",
  watches: [watch("acm.certificates", () => ["certificates"])],
  async reconcile(key, jobs) {
    const turn = floorTo(jobs.now, TURN);
    const points = jobs.facts.acm.ends().flatMap((certificate) => pointOf(jobs, certificate, turn) ?? []);
    if (points.length > 0) {
      const entries = await jobs.write((db) => {
        const logged: LogEntry[] = [];
        for (const point of points) record(db, (entry) => void logged.push(entry), key, NAMESPACE, point, jobs.now);
        return logged;
      });
      await jobs.append(...entries);
    }
    return jobs.facts.acm.ends().some(({ notAfter }) => notAfter > jobs.peerNow) ? { at: turn + TURN } : undefined;
  },
});

/** Undefined for what has ended, and for what was told already. */
function pointOf(jobs: Jobs, { arn, notAfter }: { readonly arn: string; readonly notAfter: number }, turn: number): Point | undefined {
  const dimensions = [dimension("CertificateArn", arn)];
  const told = jobs.db(metrics).get(metricId(NAMESPACE, "DaysToExpiry", dimensions));
  if (notAfter <= jobs.peerNow || (told && told.latest >= turn)) return undefined;
  return { name: "DaysToExpiry", dimensions, time: jobs.now, resolution: 60, sample: { v: [Math.floor((notAfter - jobs.peerNow) / DAY)] } };
}
