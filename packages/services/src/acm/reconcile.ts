/** Issues what was requested, and renews what is used before it ends. Keys are certificates' ARNs. */
import { X509Certificate } from "node:crypto";
import { reconciler, watch, type Jobs } from "../define.js";
import { usersOf } from "./find.js";
import { askOwners } from "./mail.js";
import { LIFE, nextStep, type Step } from "./plan.js";
import { certificates, type Certificate, type Issued } from "./state.js";
import { detailsOf } from "./x509.js";

const DAY = 24 * 3_600_000;
const SECOND = 1_000;

export const keepIssued = reconciler({
  name: "acm.keep-issued",
  watches: [
    watch(certificates, ({ arn }) => [arn]),
    // Only what is in use is renewed.
    watch("elb.load-balancers", ({ listeners }) => listeners.flatMap(({ certificate }) => certificate ?? [])),
    watch("elbv2.listeners", (listener) => listener.certificates),
  ],
  async reconcile(key, jobs) {
    const step = stepFor(jobs, jobs.db(certificates).get(key.id));
    if (!step) return;
    if (step.do === "wait") {
      if (!step.until) return;
      // Timers are the cloud's, which may run faster: then it looks again too early, and waits again.
      return { at: step.until.clock === "cloud" ? step.until.at : jobs.now + Math.max(SECOND, step.until.at - jobs.peerNow) };
    }
    const issued = step.do === "issue" ? await issue(jobs, jobs.db(certificates).get(key.id)!) : undefined;
    await jobs.write((db) => {
      const current = db(certificates).get(key.id);
      if (!current || stepFor(jobs, current)?.do !== step.do) return;
      if (step.do === "ask") {
        const asked = renewing(jobs, current);
        db(certificates).put(asked);
        askOwners({ db, ids: jobs.ids, now: jobs.now }, asked, asked.request?.domains ?? []);
      } else if (issued) {
        const renewal = current.issued ? { renewal: { status: "SUCCESS" as const, updated: jobs.now } } : {};
        db(certificates).put({ ...current, status: "ISSUED", issued, exported: false, ...renewal });
      } else if (step.do === "fail") {
        db(certificates).put({ ...current, status: "FAILED", failure: step.reason });
      } else {
        db(certificates).put({ ...current, status: "VALIDATION_TIMED_OUT" });
      }
    });
  },
});

function stepFor(jobs: Jobs, certificate: Certificate | undefined): Step | undefined {
  return certificate && nextStep(certificate, { inUse: usersOf(jobs.facts, certificate.arn).length > 0, now: jobs.now, peerNow: jobs.peerNow });
}

/** Valid from the day's first second to a day's last, as AWS's are. */
async function issue(jobs: Jobs, { names, request }: Certificate): Promise<Issued> {
  const notBefore = Math.floor(jobs.peerNow / DAY) * DAY;
  const made = await jobs.ports.authority.issue({ names, key: request?.key ?? "RSA_2048", notBefore, notAfter: notBefore + LIFE + DAY - SECOND });
  const { certificate, chain, privateKey } = made;
  return { at: jobs.now, certificate, chain, privateKey, details: detailsOf(new X509Certificate(certificate)) };
}

/** The same request, which its domains' owners must approve anew. */
function renewing({ ids, now }: Jobs, certificate: Certificate): Certificate {
  const domains = certificate.request?.domains.map((domain) => ({ ...domain, approved: false, code: ids.uuid() })) ?? [];
  return { ...certificate, ...(certificate.request ? { request: { ...certificate.request, domains } } : {}), renewal: { status: "PENDING_VALIDATION", updated: now } };
}
