/** nftables' state as values, and how to get from one to another. Pure. */

/** The content of one table. */
export interface FilterState {
  readonly sets: ReadonlyMap<string, FilterSet>;
  readonly chains: ReadonlyMap<string, FilterChain>;
}

export interface FilterSet {
  readonly kind: "set" | "map";
  /** e.g. `type ifname : verdict;` */
  readonly type: string;
  /** By key; the value is empty in a set. */
  readonly elements: ReadonlyMap<string, string>;
}

export interface FilterChain {
  /** e.g. `type filter hook forward priority filter; policy drop;`, for a base chain. */
  readonly hook: string | undefined;
  readonly rules: readonly string[];
}

/** Statements that must share a transaction: half of them would let something through, or be refused. */
export type Step = readonly string[];

const TABLE = "ip vpc";
const NOTHING: FilterState = { sets: new Map(), chains: new Map() };
const ELEMENTS_PER_STATEMENT = 100;

/** Throws everything away and hooks a state's base chains, without rules: with their drop policies, nothing passes. */
export function resetStep(skeleton: FilterState): Step {
  return [`add table ${TABLE}`, `delete table ${TABLE}`, `add table ${TABLE}`, ...declarations(NOTHING, skeleton)];
}

/** What `resetStep` leaves of a state. */
export function skeletonOf(state: FilterState): FilterState {
  const hooked = [...state.chains].filter(([, chain]) => chain.hook !== undefined);
  return { sets: new Map(), chains: new Map(hooked.map(([name, chain]) => [name, { ...chain, rules: [] }])) };
}

/** The steps from one state to another, in an order in which each can be carried out, and no step alone opens anything. */
export function stepsBetween(from: FilterState, to: FilterState): readonly Step[] {
  const steps: Step[] = declarations(from, to).map((statement) => [statement]);
  for (const [name, chain] of to.chains) {
    const before = from.chains.get(name)?.rules ?? [];
    if (before !== chain.rules && !sameRules(before, chain.rules)) steps.push(rewrite(name, before, chain.rules));
  }
  for (const [name, { elements }] of to.sets) {
    const before = from.sets.get(name)?.elements ?? new Map<string, string>();
    if (before !== elements) steps.push(...elementSteps(name, before, elements));
  }
  const goneChains = [...from.chains.keys()].filter((name) => !to.chains.has(name));
  const goneSets = [...from.sets.keys()].filter((name) => !to.sets.has(name));
  for (const name of goneChains) steps.push([`flush chain ${TABLE} ${name}`]);
  for (const name of goneChains) steps.push([`delete chain ${TABLE} ${name}`]);
  for (const name of goneSets) steps.push([`delete set ${TABLE} ${name}`]);
  return steps;
}

/**
 * Steps packed into transactions. Without privilege over the host, a transaction that outgrows the socket's buffer (which a
 * user namespace may not raise) fails with "Message too long".
 */
export function transactions(steps: readonly Step[], maxBytes = 24_000, maxStatements = 250): readonly (readonly string[])[] {
  const packed: string[][] = [];
  let current: string[] = [];
  let bytes = 0;
  for (const step of steps) {
    const size = step.reduce((sum, statement) => sum + statement.length + 2, 0);
    if (current.length > 0 && (bytes + size > maxBytes || current.length + step.length > maxStatements)) {
      packed.push(current);
      current = [];
      bytes = 0;
    }
    current.push(...step);
    bytes += size;
  }
  return current.length > 0 ? [...packed, current] : packed;
}

function declarations(from: FilterState, to: FilterState): string[] {
  const statements: string[] = [];
  for (const [name, set] of to.sets) if (!from.sets.has(name)) statements.push(`add ${set.kind} ${TABLE} ${name} { ${set.type} }`);
  for (const [name, chain] of to.chains) {
    if (!from.chains.has(name)) statements.push(`add chain ${TABLE} ${name}${chain.hook === undefined ? "" : ` { ${chain.hook} }`}`);
  }
  return statements;
}

function sameRules(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((rule, at) => rule === other[at]);
}

function rewrite(name: string, before: readonly string[], rules: readonly string[]): Step {
  const added = rules.map((rule) => `add rule ${TABLE} ${name} ${rule}`);
  return before.length === 0 ? added : [`flush chain ${TABLE} ${name}`, ...added];
}

function elementSteps(name: string, from: ReadonlyMap<string, string>, to: ReadonlyMap<string, string>): Step[] {
  const gone: string[] = [];
  const changed: string[] = [];
  const added: string[] = [];
  for (const key of from.keys()) if (!to.has(key)) gone.push(key);
  for (const [key, value] of to) {
    const before = from.get(key);
    if (before === value) continue;
    // A key that is there cannot be given another value: it goes and comes back in one transaction.
    if (before !== undefined) changed.push(key);
    added.push(value === "" ? key : `${key} : ${value}`);
  }
  const deletions = pieces([...gone, ...changed]).map((piece) => `delete element ${TABLE} ${name} { ${piece} }`);
  const additions = pieces(added).map((piece) => `add element ${TABLE} ${name} { ${piece} }`);
  if (changed.length > 0) return [[...deletions, ...additions]];
  return [...deletions, ...additions].map((statement) => [statement]);
}

function pieces(elements: readonly string[]): string[] {
  const texts: string[] = [];
  for (let at = 0; at < elements.length; at += ELEMENTS_PER_STATEMENT) texts.push(elements.slice(at, at + ELEMENTS_PER_STATEMENT).join(", "));
  return texts;
}
