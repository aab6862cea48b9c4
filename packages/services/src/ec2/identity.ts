/**
 * Proof that a caller is an instance: the signature of its identity document, by a key of this region's own.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-signature.html: AWS's is made with a key that only AWS has.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { table, type Reader } from "@hakoniwa/kernel";
import type { Context } from "../define.js";
import { instances, type Instance } from "./state-compute.js";
import { REGIONS } from "./zones.js";

interface IdentityKey {
  readonly id: "current";
  /** In hex. */
  readonly secret: string;
}

export const identityKeys = table<IdentityKey>()({ name: "ec2.identityKeys", key: (key) => key.id });

/** Makes the region's key, once. */
export function seedIdentityKey(ctx: Context): void {
  if (REGIONS.includes(ctx.region) && !ctx.db(identityKeys).get("current")) ctx.db(identityKeys).put({ id: "current", secret: ctx.ids.hex(64) });
}

/** @returns undefined while there is no key, as in a global scope */
export function signIdentity(db: Reader, document: string): string | undefined {
  const key = db(identityKeys).get("current");
  return key && createHmac("sha256", Buffer.from(key.secret, "hex")).update(document).digest("base64");
}

/** The instance that a signed document speaks for; undefined when the signature is not ours, or the instance is not there any more. */
export function identified(db: Reader, document: string, signature: string): Instance | undefined {
  const own = signIdentity(db, document);
  const given = Buffer.from(signature);
  if (own === undefined || Buffer.byteLength(own) !== given.length || !timingSafeEqual(Buffer.from(own), given)) return undefined;
  const { instanceId } = JSON.parse(document) as { readonly instanceId: string };
  const instance = db(instances).get(instanceId);
  return instance && (instance.state === "pending" || instance.state === "running") ? instance : undefined;
}
