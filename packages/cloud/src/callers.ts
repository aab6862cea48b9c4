/** From the access key of a signature to the caller: a user's own key, temporary credentials, or nobody's. */
import { anonymousCaller, AwsError, type Caller, type Origin } from "@hakoniwa/kernel";
import { expiredToken } from "@hakoniwa/services";
import type { Secret } from "@hakoniwa/wire";
import type { Core } from "./core.js";

function factsOf(core: Core, account: string) {
  core.calls.seed({ account, region: "global" });
  return core.calls.facts({ account, region: "global" });
}

export function secretOf(core: Core, account: string, accessKeyId: string): Secret | undefined {
  const { iam, sts } = factsOf(core, account);
  const temporary = sts.credentials(accessKeyId);
  if (temporary) return { secret: temporary.secret, sessionToken: temporary.sessionToken };
  const key = iam.accessKey(accessKeyId);
  return key?.active ? { secret: key.secret } : undefined;
}

/**
 * @param accessKeyId empty for a request without a signature, which the wire lets through for some operations only
 * @param now on the clock of real peers, as clients hold an expiry against their own
 * @param service which is called: each words an expiry in its own way
 * @throws AwsError when the key, or whose it was, is gone, or temporary credentials have expired
 */
export function callerOf(core: Core, account: string, accessKeyId: string, now: number, origin?: Origin, service = "sts"): Caller {
  if (accessKeyId === "") return { ...anonymousCaller(account), origin };
  const { iam, sts } = factsOf(core, account);
  const temporary = sts.credentials(accessKeyId);
  if (temporary && temporary.expires <= now) throw expiredToken(service);
  const key = temporary ?? iam.accessKey(accessKeyId);
  // The sessions of a role or user end with it, also when another one gets its name.
  if (!key || !iam.isThere(temporary?.issuer ?? key.principal)) throw new AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", { status: 403 });
  return { principal: key.principal, accessKeyId, via: { kind: "user" }, origin, session: temporary && { ...temporary.session, expires: temporary.expires } };
}
