/**
 * Whether an output is what a page shows. A page shows one run; of another, ids and addresses differ, but are the same wherever the page
 * has the same. `…` stands for anything in a line, and on a line of its own for any lines. Times, durations and widths of columns don't count.
 */

/** What the ids and addresses of the page are in this run. */
export type Bindings = Map<string, string>;

const ID = /\b(?:vpc|subnet|igw|rtb|rtbassoc|acl|eni|sg|sgr|i|ami|snap|vol|eipalloc|eipassoc|nat|key|lt|pcx|vpce)-[0-9a-f]{17}\b/;
const ADDRESS = /\b(?:198\.51\.100|198\.1[89]\.\d+|10\.0\.\d+)\.\d+\b(?!\/)/;
/** The digits of a load balancer's DNS name. */
const BALANCER = /(?<=elb-[a-z-]+-)\d{6,}/;
const BOUND = new RegExp(`(${ID.source}|${ADDRESS.source}|${BALANCER.source})`);
const TIME = /\d{4}-\d\d-\d\d[T ]\d\d:[\d:.]+(?:Z|\+00:00)?/;
const SECONDS = /\d+(?:\.\d+)? (?:m?s)\b/;
const UNBOUND = new RegExp(`(…|${TIME.source}|${SECONDS.source})`);

/** What differs first, in words; undefined when the output is as shown. Adds to `bindings`. */
export function difference(shown: readonly string[], output: string, bindings: Bindings): string | undefined {
  const lines = output.replace(/\n$/, "").split("\n").filter((line, _at, all) => all.length > 1 || line !== "");
  let at = 0;
  let anyLines = false;
  for (const wanted of shown) {
    if (wanted.trim() === "…") {
      anyLines = true;
      continue;
    }
    while (anyLines && at < lines.length && !matches(wanted, lines[at]!, bindings)) at += 1;
    if (at >= lines.length) return `the output ends before this line: ${wanted}`;
    if (!matches(wanted, lines[at]!, bindings)) return `the page shows: ${wanted}\nthe output has: ${lines[at]}`;
    at += 1;
    anyLines = false;
  }
  return at < lines.length && !anyLines ? `the output goes on: ${lines[at]}` : undefined;
}

function matches(wanted: string, line: string, bindings: Bindings): boolean {
  const fresh: string[] = [];
  let pattern = "";
  for (const [index, part] of squeezed(wanted).split(BOUND).entries()) {
    if (index % 2 === 0) pattern += part.split(UNBOUND).map(unbound).join("");
    else if (bindings.has(part)) pattern += escaped(bindings.get(part)!);
    else if (fresh.includes(part)) pattern += `\\${fresh.indexOf(part) + 1}`;
    else {
      fresh.push(part);
      pattern += `(${kindOf(part)})`;
    }
  }
  const found = new RegExp(`^${pattern}$`).exec(squeezed(line));
  if (!found) return false;
  const values = fresh.map((_part, index) => found[index + 1]!);
  // What the page tells apart is not the same thing.
  if (values.some((value, index) => [...bindings.values(), ...values.slice(0, index)].includes(value))) return false;
  for (const [index, part] of fresh.entries()) bindings.set(part, values[index]!);
  return true;
}

function kindOf(part: string): string {
  if (/^\d+$/.test(part)) return "\\d{6,}";
  if (/^[\d.]+$/.test(part)) return `${part.split(".").slice(0, part.startsWith("10.") ? 3 : 1).join("\\.")}[\\d.]+`;
  return `${part.slice(0, part.indexOf("-"))}-[0-9a-f]{17}`;
}

function unbound(part: string, index: number): string {
  if (index % 2 === 0) return escaped(part);
  if (part === "…") return ".*";
  return TIME.test(part) ? TIME.source : SECONDS.source;
}

function squeezed(line: string): string {
  return line.trim().replaceAll(/\s+/g, " ");
}

function escaped(text: string): string {
  return text.replaceAll(/[$()*+./?[\\\]^{|}]/g, "\\$&");
}
