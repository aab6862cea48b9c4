/** Takes what is in the outbox to its endpoint, and tries again as the delivery policy says. */
import { createHash, createSign } from "node:crypto";
import { reconciler, watch, type Jobs } from "../define.js";
import { newSigningKey } from "./certificate.js";
import { delayAfter, retriesOf } from "./delivery-policy.js";
import { apiUrl, letterOf, requestOf } from "./envelope.js";
import { keepMail } from "./mailbox.js";
import { deliveries, signingKeys, subscriptions, topics, type Delivery, type SigningKey } from "./state.js";

/** Milliseconds that an endpoint has to answer. */
const PATIENCE = 15_000;

export const deliver = reconciler({
  name: "sns.deliver",
  watches: [watch(deliveries, (delivery) => [delivery.id])],
  async reconcile(key, jobs) {
    const delivery = jobs.db(deliveries).get(key.id);
    if (!delivery) return;
    if (delivery.next > jobs.now) return { at: delivery.next };
    const signing = signingFor(await signingKey(jobs), jobs, delivery);
    if (delivery.protocol !== "http" && delivery.protocol !== "https") {
      const { protocol } = delivery;
      const letter = letterOf(delivery, signing, jobs.db(topics).get(delivery.topicArn)?.displayName ?? "");
      await jobs.write((db) => {
        if (db(deliveries).delete(delivery.id)) keepMail(db, { id: delivery.id, at: jobs.now, protocol, to: delivery.endpoint, ...letter, topicArn: delivery.topicArn });
      });
      return;
    }
    const failure = await post(jobs, delivery, signing);
    const delay = failure?.again ? delayAfter(delivery.attempts + 1, policyFor(jobs, delivery)) : undefined;
    if (failure) jobs.log(`${delivery.kind} to ${delivery.endpoint} failed: ${failure.reason}${delay === undefined ? ", for good" : ""}`);
    await jobs.write((db) => {
      if (delay === undefined) db(deliveries).delete(delivery.id);
      else if (db(deliveries).get(delivery.id)) db(deliveries).put({ ...delivery, attempts: delivery.attempts + 1, next: jobs.now + delay });
    });
  },
});

type Signing = Parameters<typeof requestOf>[1];

function policyFor(jobs: Jobs, delivery: Delivery): ReturnType<typeof retriesOf> {
  return retriesOf(jobs.db(topics).get(delivery.topicArn)?.deliveryPolicy, jobs.db(subscriptions).get(delivery.subscriptionArn)?.deliveryPolicy);
}

/** What went wrong, and whether it may be better another time. An endpoint that refuses has said its last word. */
async function post(jobs: Jobs, delivery: Delivery, signing: Signing): Promise<{ readonly reason: string; readonly again: boolean } | undefined> {
  try {
    const { status } = await jobs.ports.post({ ...requestOf(delivery, signing), timeout: PATIENCE });
    if (status >= 200 && status < 300) return undefined;
    return { reason: `HTTP ${status}`, again: status >= 500 || status === 429 };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error), again: true };
  }
}

/** Made when the first message leaves. */
async function signingKey(jobs: Jobs): Promise<SigningKey> {
  const known = jobs.db(signingKeys).get("signing-key");
  if (known) return known;
  const made = await newSigningKey(jobs.now, jobs.ids.hex(15));
  return jobs.write((db) => db(signingKeys).get("signing-key") ?? db(signingKeys).put(made));
}

function signingFor({ privateKey, certificate }: SigningKey, jobs: Jobs, { topicArn }: Delivery): Signing {
  const version = jobs.db(topics).get(topicArn)?.signatureVersion ?? "1";
  return {
    version,
    certificateUrl: `${apiUrl(topicArn)}/${certificateName(certificate)}`,
    sign: (text) => createSign(version === "1" ? "RSA-SHA1" : "RSA-SHA256").update(text).sign(privateKey, "base64"),
  };
}

/** The name that its address ends with: another certificate has another. */
export function certificateName(certificate: string): string {
  return `SimpleNotificationService-${createHash("md5").update(certificate).digest("hex")}.pem`;
}
