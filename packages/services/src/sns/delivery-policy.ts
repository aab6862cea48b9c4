/** When a delivery that failed is tried again: https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html Pure. */
import { invalidParameter } from "./errors.js";

/** Times in seconds. */
export interface Retries {
  readonly minDelayTarget: number;
  readonly maxDelayTarget: number;
  readonly numRetries: number;
  readonly numNoDelayRetries: number;
  readonly numMinDelayRetries: number;
  readonly numMaxDelayRetries: number;
  readonly backoffFunction: "linear" | "arithmetic" | "geometric" | "exponential";
}

export const standardRetries: Retries = {
  minDelayTarget: 20,
  maxDelayTarget: 20,
  numRetries: 3,
  numNoDelayRetries: 0,
  numMinDelayRetries: 0,
  numMaxDelayRetries: 0,
  backoffFunction: "linear",
};

const MOST_RETRIES = 100;
const LONGEST = 3_600;

/**
 * A subscription's policy, else its topic's, else AWS's own.
 * @throws AwsError InvalidParameter for what is no delivery policy
 */
export function retriesOf(topicPolicy: string | undefined, subscriptionPolicy: string | undefined): Retries {
  if (subscriptionPolicy !== undefined) return read(objectOf(subscriptionPolicy)["healthyRetryPolicy"]);
  if (topicPolicy === undefined) return standardRetries;
  const http = objectOf(topicPolicy)["http"];
  return read(typeof http === "object" && http !== null ? (http as Readonly<Record<string, unknown>>)["defaultHealthyRetryPolicy"] : undefined);
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  } catch {
    // Said below.
  }
  throw invalidParameter("DeliveryPolicy: the policy is no JSON object");
}

function read(given: unknown): Retries {
  if (given === undefined || given === null) return standardRetries;
  if (typeof given !== "object") throw invalidParameter("DeliveryPolicy: the retry policy is no object");
  const retries = { ...standardRetries, ...given } as Retries;
  const stranger = Object.keys(given).find((name) => !(name in standardRetries));
  if (stranger !== undefined) throw invalidParameter(`DeliveryPolicy: unknown member ${stranger}`);
  const { minDelayTarget: low, maxDelayTarget: high, numRetries, numNoDelayRetries, numMinDelayRetries, numMaxDelayRetries, backoffFunction } = retries;
  if (![low, high].every((seconds) => Number.isFinite(seconds) && seconds >= 1 && seconds <= LONGEST) || low > high) throw invalidParameter(`DeliveryPolicy: delays are 1 to ${LONGEST} seconds, and minDelayTarget is not above maxDelayTarget`);
  if (![numRetries, numNoDelayRetries, numMinDelayRetries, numMaxDelayRetries].every((count) => Number.isInteger(count) && count >= 0 && count <= MOST_RETRIES)) throw invalidParameter(`DeliveryPolicy: numbers of retries are 0 to ${MOST_RETRIES}`);
  if (numNoDelayRetries + numMinDelayRetries + numMaxDelayRetries > numRetries) throw invalidParameter("DeliveryPolicy: the phases have more retries than numRetries");
  if (!["linear", "arithmetic", "geometric", "exponential"].includes(backoffFunction)) throw invalidParameter(`DeliveryPolicy: unknown backoffFunction ${String(backoffFunction)}`);
  return retries;
}

/** Milliseconds until the next attempt; undefined when there is none. @param failed how many attempts there were */
export function delayAfter(failed: number, retries: Retries): number | undefined {
  const { numRetries, numNoDelayRetries: none, numMinDelayRetries: least, numMaxDelayRetries: most, minDelayTarget: low, maxDelayTarget: high } = retries;
  const retry = failed - 1;
  if (retry >= numRetries) return undefined;
  if (retry < none) return 0;
  if (retry < none + least) return low * 1_000;
  const steps = numRetries - none - least - most;
  const step = retry - none - least;
  if (step >= steps) return high * 1_000;
  const part = steps <= 1 ? 1 : step / (steps - 1);
  return Math.round((low + (high - low) * curved(part, retries.backoffFunction)) * 1_000);
}

function curved(part: number, by: Retries["backoffFunction"]): number {
  if (by === "arithmetic") return part ** 1.5;
  if (by === "geometric") return part ** 2;
  return by === "exponential" ? (2 ** (8 * part) - 1) / 255 : part;
}
