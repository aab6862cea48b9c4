/** Client tokens of network calls: the same token and the same request again answer with what was made the first time. */
import type { Database } from "@hakoniwa/kernel";
import type { Context } from "../define.js";
import { idempotentMismatch } from "./errors.js";
import { requestTokens } from "./state-connections.js";

/**
 * The ids of what `make` makes, or of what the same request made before.
 * @throws AwsError IdempotentParameterMismatch when the token came with other parameters
 */
export function once(ctx: Context, operation: string, input: { readonly ClientToken?: string | undefined }, make: () => readonly string[]): readonly string[] {
  const { ClientToken: token, ...parameters } = input;
  if (!token) return make();
  const key = `${operation}/${token}`;
  const request = ordered(parameters);
  const earlier = ctx.db(requestTokens).get(key);
  if (earlier) {
    if (earlier.request !== request) throw idempotentMismatch();
    return earlier.resourceIds;
  }
  const resourceIds = make();
  ctx.db(requestTokens).put({ key, request, resourceIds });
  return resourceIds;
}

/** The token of what is gone may be used again. */
export function forgetToken(db: Database, resourceId: string): void {
  for (const { key } of db(requestTokens).where("resource", resourceId)) db(requestTokens).delete(key);
}

/** JSON with the members of every object in the order of their names, so that it is the request that counts and not how it was written. */
export function ordered(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
