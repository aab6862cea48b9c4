/** Keeps the edge told which names lead where. */
import type { Names } from "./attendant/names.js";
import type { EdgeProcess } from "./edge/start.js";
import type { Site } from "./edge/route.js";

/**
 * Tells the edge every name that is a site, now and after each change. The first site is the default one.
 * @returns how to stop that
 */
export function followSites(names: Names, edge: Pick<EdgeProcess, "setSites">): () => void {
  let scheduled = false;
  const tell = (): void => {
    scheduled = false;
    const sites = sitesOf(names);
    const [first] = sites.keys();
    edge.setSites(sites, first);
  };
  tell();
  return names.watch(() => {
    // Names change in groups.
    if (!scheduled) {
      scheduled = true;
      queueMicrotask(tell);
    }
  });
}

function sitesOf(names: Names): Map<string, Site> {
  const sites = new Map<string, Site>();
  for (const name of names.keys()) {
    const record = names.record(name);
    if (record?.site === true && record.addresses.length > 0) {
      sites.set(name, { addresses: record.addresses, port: 80 });
    }
  }
  return sites;
}
