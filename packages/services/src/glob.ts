/** Text with `*` and `?`, matched without regular expressions: a policy's author must not be able to keep the cloud busy. */

/** One thing that a pattern asks for: some text as it is, one character, or any number of them. */
export type Part = string | typeof ONE | typeof MANY;
export const ONE = Symbol("?");
export const MANY = Symbol("*");

export type Matcher = (text: string) => boolean;

/** Splits `a*b?` where it asks for more than text. */
export function partsOf(pattern: string): readonly Part[] {
  return pattern.split(/([*?])/).flatMap((part): readonly Part[] => (part === "" ? [] : [part === "*" ? MANY : part === "?" ? ONE : part]));
}

/** A test for the whole of a text. */
export function matcherOf(parts: readonly Part[]): Matcher {
  const [first, second] = parts;
  if (first === undefined) return (text) => text === "";
  if (parts.length === 1 && first === MANY) return () => true;
  if (parts.length === 1 && typeof first === "string") return (text) => text === first;
  if (parts.length === 2 && typeof first === "string" && second === MANY) return (text) => text.startsWith(first);
  return general(parts.flatMap((part): readonly Part[] => (typeof part === "string" ? Array.from(part) : [part])));
}

export const globMatcher = (pattern: string): Matcher => matcherOf(partsOf(pattern));

/** Goes back to the last `*` only, as what an earlier one took is never better taken otherwise: at most length times length steps. */
function general(pattern: readonly Part[]): Matcher {
  return (whole) => {
    const text = Array.from(whole);
    let at = 0;
    let next = 0;
    let star = -1;
    let resume = 0;
    while (at < text.length) {
      const part = pattern[next];
      if (part === MANY) {
        star = next++;
        resume = at;
      } else if (part === ONE || (part !== undefined && part === text[at])) {
        next++;
        at++;
      } else if (star >= 0) {
        next = star + 1;
        at = ++resume;
      } else {
        return false;
      }
    }
    while (pattern[next] === MANY) next++;
    return next === pattern.length;
  };
}
