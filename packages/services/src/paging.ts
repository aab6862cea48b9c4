/** Lists in pages, for services whose token says how many records come before its page. */
import type { AwsError } from "@hakoniwa/kernel";

/**
 * One page of `all`.
 * @param token what the page before gave as `next`; callers get it as it is
 * @throws what `invalid` makes, for a token that no page gave
 */
export function pageOf<T>(
  all: readonly T[],
  size: number,
  token: string | undefined,
  invalid: (token: string) => AwsError,
): { readonly records: readonly T[]; readonly next: string | undefined } {
  const start = token === undefined || token === "" ? 0 : positionOf(token);
  if (start === undefined) throw invalid(token ?? "");
  const end = start + size;
  return { records: all.slice(start, end), next: end < all.length ? tokenFor(end) : undefined };
}

function tokenFor(position: number): string {
  return Buffer.from(`after:${position}`).toString("base64url");
}

function positionOf(token: string): number | undefined {
  const found = /^after:(\d{1,9})$/.exec(Buffer.from(token, "base64url").toString("latin1"));
  return found ? Number(found[1]) : undefined;
}
