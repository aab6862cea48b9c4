/** Which statuses pass a health check, as AWS writes them: `200`, `200,202`, `200-299`. */

/** Whether `status` is in the list; a matcher is checked when it is set. */
export function passes(matcher: string, status: number): boolean {
  return matcher.split(",").some((part) => {
    const [first, last] = part.split("-").map(Number);
    return first !== undefined && status >= first && status <= (last ?? first);
  });
}
