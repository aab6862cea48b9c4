/** Patterns of unstructured events: terms that must be there, may not be, or of which one must. */
import { invalidPattern, invalidTerm } from "./errors.js";
import { compileRegex } from "./pattern-regex.js";

interface Term {
  readonly kind: "all" | "any" | "none";
  readonly isIn: (message: string) => boolean;
}

const TERM = /^([?-]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]*)%|([^\s"%]+))(?=\s|$)\s*/;

export function compileTerms(text: string): (message: string) => boolean {
  const terms: Term[] = [];
  for (let rest = text; rest !== ""; ) {
    const found = TERM.exec(rest);
    if (!found) throw invalidPattern();
    terms.push(termOf(found[1] ?? "", found[2], found[3], found[4]));
    rest = rest.slice(found[0].length);
  }
  const required = terms.filter((term) => term.kind === "all");
  const excluded = terms.filter((term) => term.kind === "none");
  // "?" is for patterns of such terms only; beside others AWS takes them as not said.
  const anyOf = required.length + excluded.length === 0 ? terms : [];
  return (message) =>
    required.every((term) => term.isIn(message)) && !excluded.some((term) => term.isIn(message)) && (anyOf.length === 0 || anyOf.some((term) => term.isIn(message)));
}

function termOf(mark: string, quoted: string | undefined, regex: string | undefined, word: string | undefined): Term {
  const kind = mark === "?" ? "any" : mark === "-" ? "none" : "all";
  if (regex !== undefined) return { kind, isIn: compileRegex(regex) };
  const text = quoted?.replaceAll(/\\(.)/g, "$1") ?? word ?? "";
  if (word !== undefined && !/^[\p{L}\p{N}_]+$/u.test(word)) throw invalidTerm(word);
  return { kind, isIn: (message) => message.includes(text) };
}
