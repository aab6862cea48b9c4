/** The process of one load-balancer node; it lives in the node's namespace and is told what to do over IPC. */
import type { FromBalancer, ToBalancer } from "./messages.js";
import { createProxy, type Proxy } from "./proxy.js";

function tell(message: FromBalancer): void {
  // A parent that is gone ends this process by "disconnect"; there is nobody to tell.
  process.send?.(message, undefined, undefined, () => undefined);
}

let proxy: Proxy | undefined;
let last: Promise<void> = Promise.resolve();

process.on("disconnect", () => process.exit(0));
process.on("message", (message: ToBalancer) => {
  proxy ??= createProxy({
    timeScale: message.timeScale,
    onHealth: (health) => tell({ kind: "health", health: [...health] }),
  });
  const node = proxy;
  last = last
    .then(() => node.update(message.spec))
    .then(
      () => tell({ kind: "listening", version: message.version }),
      (error: unknown) => tell({ kind: "failed", version: message.version, reason: error instanceof Error ? error.message : String(error) }),
    );
});
