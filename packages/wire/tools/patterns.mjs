/** AWS's patterns are Java's. Says each as JavaScript says it (flag `u`), or not at all. */

const JAVA_SPACE = " \\t\\n\\x0B\\f\\r";
const SYNTAX = new Set("^$\\.*+?()[]{}|/");

/** One escape, `\` and what follows it, in a class or outside. */
function escapeOf(pattern, at, inClass) {
  const next = pattern[at + 1];
  if (next === undefined) {
    return undefined;
  }
  if (next === "s") {
    return { text: inClass ? JAVA_SPACE : `[${JAVA_SPACE}]`, length: 2, set: true };
  }
  if (next === "S" && !inClass) {
    return { text: `[^${JAVA_SPACE}]`, length: 2, set: true };
  }
  if (next === "p" || next === "P") {
    const name = /^\{([A-Z][a-z]?)\}/.exec(pattern.slice(at + 2));
    return name ? { text: `\\${next}{${name[1]}}`, length: 2 + name[0].length, set: true } : undefined;
  }
  if (/[wWdDS]/.test(next)) {
    return { text: `\\${next}`, length: 2, set: true };
  }
  if (/[a-zA-Z0-9]/.test(next)) {
    return { text: `\\${next}`, length: 2, set: false };
  }
  const kept = SYNTAX.has(next) || (inClass && next === "-");
  return { text: kept ? `\\${next}` : next, length: 2, set: false };
}

/** `{ source, flags }`, or undefined when JavaScript can't say it. */
export function translate(java) {
  const insensitive = java.startsWith("(?i)");
  const pattern = insensitive ? java.slice(4) : java;
  let source = "";
  let inClass = false;
  let afterSet = false;
  for (let at = 0; at < pattern.length; ) {
    const character = pattern[at];
    if (character === "\\") {
      const escape = escapeOf(pattern, at, inClass);
      if (!escape) {
        return undefined;
      }
      source += escape.text;
      afterSet = escape.set;
      at += escape.length;
      continue;
    }
    if (inClass && character === "[") {
      source += "\\[";
    } else if (inClass && character === "-" && (afterSet || pattern[at + 1] === "\\" && /[wdspWDSP]/.test(pattern[at + 2] ?? ""))) {
      source += "\\-";
    } else {
      source += character;
    }
    inClass = inClass ? character !== "]" : character === "[";
    afterSet = false;
    at++;
  }
  // Java's services match the whole text.
  const whole = `^(?:${source})$`;
  try {
    new RegExp(whole, insensitive ? "iu" : "u");
  } catch {
    return undefined;
  }
  return { source: whole, flags: insensitive ? "iu" : "u" };
}

const SEEDS = ["a", "A", "0", "-", ".", "/", ":", "_", " ", "*", "a.", "a-", "a/", "a:", "0.", "a1", "aA", "a,", "a ", "\u3042", "arn:aws:", "1T"];
const PATIENCE = 50;

/** Whether no text of a kind that makes patterns backtrack keeps it busy. `length` is the longest that it may meet. */
export function isFast({ source, flags }, length) {
  const expression = new RegExp(source, flags);
  for (const size of [24, 200, Math.min(length, 2000), length]) {
    for (const seed of SEEDS) {
      for (const [head, tail] of [["", "!"], ["", "\u0000"], ["arn:aws:iam::123456789012:", "\u0000"], ["a", ""]]) {
        const text = (head + seed.repeat(Math.ceil(size / seed.length))).slice(0, Math.max(0, size - 1)) + tail;
        const started = performance.now();
        expression.test(text);
        if (performance.now() - started > PATIENCE) {
          return false;
        }
      }
    }
  }
  return true;
}
