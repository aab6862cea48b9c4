/** Dependency graphs: each name with the names it needs. */

export type Graph = ReadonlyMap<string, readonly string[]>;

/** Every name that lies on a cycle or between two; empty when there is none. */
export function cycle(graph: Graph): readonly string[] {
  const left = new Map([...graph].map(([name, needs]) => [name, new Set(needs.filter((need) => graph.has(need)))]));
  trim(left);
  // What only needs a cycle is not part of it: the same from the other side.
  const reversed = new Map<string, Set<string>>([...left.keys()].map((name) => [name, new Set()]));
  for (const [name, needs] of left) for (const need of needs) reversed.get(need)?.add(name);
  trim(reversed);
  return [...reversed.keys()];
}

/** Takes away, again and again, what needs nothing. */
function trim(graph: Map<string, Set<string>>): void {
  const needers = new Map<string, string[]>();
  for (const [name, needs] of graph) for (const need of needs) needers.set(need, [...(needers.get(need) ?? []), name]);
  const free = [...graph].filter(([, needs]) => needs.size === 0).map(([name]) => name);
  for (let name = free.pop(); name !== undefined; name = free.pop()) {
    graph.delete(name);
    for (const needer of needers.get(name) ?? []) {
      const needs = graph.get(needer);
      if (needs?.delete(name) && needs.size === 0) free.push(needer);
    }
  }
}
