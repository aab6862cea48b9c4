/**
 * Wildcards of listener rules: `*` stands for any characters, `?` for one.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-listeners.html#rule-condition-types
 */

export type Matcher = (text: string) => boolean;

/** Never backtracks further than to the last `*`, so that no pattern takes more than its length times the text's. */
export function pattern(glob: string, caseSensitive: boolean): Matcher {
  const wanted = caseSensitive ? glob : glob.toLowerCase();
  if (!/[*?]/.test(wanted)) {
    return caseSensitive ? (text) => text === wanted : (text) => text.toLowerCase() === wanted;
  }
  // Most rules don't match most requests, and their beginning tells.
  const prefix = wanted.slice(0, wanted.search(/[*?]/));
  if (caseSensitive) {
    return (text) => text.startsWith(prefix) && matches(wanted, text);
  }
  return (text) => {
    const folded = text.toLowerCase();
    return folded.startsWith(prefix) && matches(wanted, folded);
  };
}

export function anyOf(globs: readonly string[], caseSensitive: boolean): Matcher {
  const matchers = globs.map((glob) => pattern(glob, caseSensitive));
  const [only] = matchers;
  return only !== undefined && matchers.length === 1 ? only : (text) => matchers.some((matcher) => matcher(text));
}

function matches(glob: string, text: string): boolean {
  let at = 0;
  let next = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    if (next < glob.length && glob[next] === "*") {
      star = next;
      resume = at;
      next += 1;
    } else if (next < glob.length && (glob[next] === "?" || glob[next] === text[at])) {
      at += 1;
      next += 1;
    } else if (star >= 0) {
      resume += 1;
      at = resume;
      next = star + 1;
    } else {
      return false;
    }
  }
  while (glob[next] === "*") {
    next += 1;
  }
  return next === glob.length;
}
