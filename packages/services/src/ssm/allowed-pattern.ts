import { Script, createContext } from "node:vm";
import { constraint, invalidAllowedPattern, patternMismatch } from "./errors.js";

/** Milliseconds that matching may take: a hostile pattern must not hold up the whole control plane. */
const PATIENCE = 250;
const MATCH = new Script("new RegExp(pattern).test(value)");

/**
 * Holds a value against its AllowedPattern. AWS's patterns are Java's; what JavaScript writes otherwise is refused.
 * @throws ParameterPatternMismatchException, InvalidAllowedPatternException also when matching takes too long
 */
export function checkAllowedPattern(pattern: string, value: string): void {
  if (pattern.length > 1024) throw constraint("allowedPattern", `${pattern.slice(0, 100)}…`, "Member must have length less than or equal to 1024");
  let matches: unknown;
  try {
    matches = MATCH.runInContext(createContext({ pattern, value }), { timeout: PATIENCE });
  } catch {
    throw invalidAllowedPattern(pattern);
  }
  if (matches !== true) throw patternMismatch(pattern);
}
