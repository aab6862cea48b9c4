/** Keeps an edge, and keeps it told which names lead where. */
import { setTimeout as pause } from "node:timers/promises";
import type { Names } from "./attendant/names.js";
import { startEdge, type EdgeProcess, type EdgeSockets } from "./edge/start.js";
import type { Site } from "./edge/route.js";

/** An edge that dies oftener than this is not started again at once; milliseconds. */
const RESTART_PAUSE = 1000;

export interface EdgeKeeping {
  /** Listening sockets of the host; asked again for each new edge, as they die with the old one. */
  readonly sockets: () => Promise<EdgeSockets>;
  readonly log: (line: string) => void;
  /** Told when there can be no new edge: the host has no sockets for it any more. */
  readonly onFailure: (error: Error) => void;
}

/**
 * Starts the edge, and again whenever its process ends.
 * @returns how to end it
 */
export async function keepEdge(names: Names, { sockets, log, onFailure }: EdgeKeeping): Promise<() => Promise<void>> {
  let closing = false;
  let edge: EdgeProcess | undefined;

  async function begin(): Promise<void> {
    const started = Date.now();
    const begun = startEdge(await sockets());
    edge = begun;
    const stopFollowing = followSites(names, begun);
    void begun.exited.then((reason) => {
      stopFollowing();
      if (!closing) again(reason, started).catch(onFailure);
    });
  }

  async function again(reason: string, started: number): Promise<void> {
    log(`the edge ended, and is started again: ${reason}`);
    await pause(Math.max(0, started + RESTART_PAUSE - Date.now()));
    if (!closing) await begin();
  }

  await begin();
  return async () => {
    closing = true;
    await edge?.stop();
  };
}

/**
 * Tells the edge every name that is a site, now and after each change. The first site is the default one.
 * @returns how to stop that
 */
function followSites(names: Names, edge: EdgeProcess): () => void {
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
