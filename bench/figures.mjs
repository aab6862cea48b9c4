/** How figures are taken and told: each beside its budget. */

export function timed(work) {
  const began = performance.now();
  work();
  return performance.now() - began;
}

export function median(values) {
  return at(values, 0.5);
}

/** The value that so large a part of them doesn't exceed. */
export function at(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

/** @param options.atLeast the budget is the least that it may be, and not the most */
export function print(name, value, budget, { note = "", unit = "ms", atLeast = false } = {}) {
  const verdict = (atLeast ? value >= budget : value <= budget) ? "within" : "OVER";
  const digits = value < 100 && unit !== "MB" ? 2 : 0;
  console.log(`${name.padEnd(48)} ${value.toFixed(digits).padStart(8)} ${unit.padEnd(5)} ${verdict.padEnd(6)} ${atLeast ? "≥" : "≤"} ${budget} ${unit}   ${note}`.trimEnd());
}
