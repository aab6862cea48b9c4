import type { Context } from "../define.js";
import { tooManyCertificates } from "./errors.js";
import { certificates } from "./state.js";

/** https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html */
const MOST = 2_500;

export function newArn({ region, account, ids }: Context): string {
  return `arn:aws:acm:${region}:${account}:certificate/${ids.uuid()}`;
}

/** @throws AwsError LimitExceededException */
export function checkQuota({ db }: Context): void {
  if (db(certificates).list().length >= MOST) throw tooManyCertificates();
}
