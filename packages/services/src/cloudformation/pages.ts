import { validationError } from "./errors.js";

const PAGE = 100;

/** One page of a list. The token names the last item shown, so that new items shift nothing. */
export function page<T>(all: readonly T[], key: (item: T) => string, token: string | undefined): { readonly items: readonly T[]; readonly next: string | undefined } {
  let start = 0;
  if (token !== undefined) {
    const last = Buffer.from(token, "base64url").toString("utf8");
    start = all.findIndex((item) => key(item) === last) + 1;
    if (start === 0) throw validationError(`NextToken ${JSON.stringify(token)} is not valid`);
  }
  const items = all.slice(start, start + PAGE);
  const more = start + PAGE < all.length;
  return { items, next: more ? Buffer.from(key(items.at(-1)!), "utf8").toString("base64url") : undefined };
}
