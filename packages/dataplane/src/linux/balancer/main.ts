/** The process of one load-balancer node; it lives in the node's namespace and is told what to do over IPC. */
import type { TargetHealth } from "@hakoniwa/network";
import type { AccessNote } from "../../access-notes.js";
import type { FromBalancer, ToBalancer } from "./messages.js";
import { createProxy, type Proxy } from "./proxy.js";

function tell(message: FromBalancer): void {
  // A parent that is gone ends this process by "disconnect"; there is nobody to tell.
  process.send?.(message, undefined, undefined, () => undefined);
}

/** Milliseconds of cloud time between two tellings of what was counted: metrics are told by the minute. */
const TRAFFIC_INTERVAL = 1_000;
/** Of wall time, however fast the cloud's goes. */
const LEAST_INTERVAL = 50;

let proxy: Proxy | undefined;
let told = "";

/** Tells what was counted, when it is other than before. */
function tellTraffic(): void {
  const traffic = proxy?.traffic();
  const text = JSON.stringify(traffic);
  if (traffic !== undefined && text !== told) {
    told = text;
    tell({ kind: "traffic", traffic });
  }
}

/** They are told sooner than this many wait. */
const MOST_NOTES = 1_000;
let notes: AccessNote[] = [];

function note(one: AccessNote): void {
  notes.push(one);
  if (notes.length >= MOST_NOTES) {
    tellRequests();
  }
}

function tellRequests(): void {
  if (notes.length > 0) {
    tell({ kind: "requests", notes });
    notes = [];
  }
}

let last: Promise<void> = Promise.resolve();
let version = 0;
let health: ReadonlyMap<string, TargetHealth> = new Map();

function tellHealth(): void {
  tell({ kind: "health", version, health: [...health] });
}

/** What is found from here on is found of the new spec's targets: the parent must not take it for what was so of others under the same ids. */
function setOut(node: Proxy, message: ToBalancer): Promise<void> {
  const done = node.update(message.spec);
  version = message.version;
  tellHealth();
  return done;
}

function begin(timeScale: number): Proxy {
  const report = (): void => {
    tellTraffic();
    tellRequests();
  };
  setInterval(report, Math.max(LEAST_INTERVAL, TRAFFIC_INTERVAL / timeScale));
  return createProxy({
    timeScale,
    onRequest: note,
    onHealth: (found) => {
      health = found;
      tellHealth();
    },
  });
}

process.on("disconnect", () => process.exit(0));
process.on("message", (message: ToBalancer) => {
  proxy ??= begin(message.timeScale);
  const node = proxy;
  last = last
    .then(() => setOut(node, message))
    .then(
      () => tell({ kind: "listening", version: message.version }),
      (error: unknown) => tell({ kind: "failed", version: message.version, reason: error instanceof Error ? error.message : String(error) }),
    );
});
