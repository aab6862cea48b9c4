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
  if (!matches(pattern, value)) throw patternMismatch(pattern);
}

/** A busy machine can stop for longer than any good pattern takes: what is cut off is tried once more. */
function matches(pattern: string, value: string, triesLeft = 1): boolean {
  try {
    return MATCH.runInContext(createContext({ pattern, value }), { timeout: PATIENCE }) === true;
  } catch (error) {
    const late = (error as NodeJS.ErrnoException).code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
    if (late && triesLeft > 0) return matches(pattern, value, triesLeft - 1);
    throw invalidAllowedPattern(pattern);
  }
}
