/** The cloud's own process: inside the sandbox on Linux, plain with the paper data plane. */
import type { Server } from "node:net";
import { createBase } from "./base.js";
import { postByHost } from "./host-post.js";
import { hostSockets } from "./host-sockets.js";
import { openDataDirectory } from "./data-directory.js";
import { OPTIONS_VARIABLE, type CloudMessage, type HostMessage } from "./messages.js";
import type { EndpointAt } from "./inside-api.js";
import type { Options } from "./options.js";

const options = JSON.parse(process.env[OPTIONS_VARIABLE] ?? "null") as Options;

// Without the host's process there is nobody to serve; on Linux the whole process namespace ends with us.
process.on("disconnect", () => process.exit(1));

const host = postByHost((message) => process.send?.(message));
const sockets = hostSockets((message) => process.send?.(message));
let askToStop!: () => void;
const asked = new Promise<void>((resolve) => (askToStop = resolve));
process.on("message", (message: HostMessage, handle: unknown) => {
  if ("stop" in message) askToStop();
  else if ("posted" in message) host.answered(message);
  else sockets.came(message.socket, handle as Server);
});

function tell(message: CloudMessage): void {
  process.send?.(message);
}

tell({ state: "booted" });
try {
  const directory = openDataDirectory(options.dataDir);
  const base = createBase(options, directory);
  const { runCloud } = await import("./running.js");
  const api = await sockets.api();
  const plane = async (endpointAt: EndpointAt) => {
    const { startDataPlane } = await import("./data-plane.js");
    return startDataPlane(options, directory, base, () => sockets.sites(), endpointAt, (request) => host.post(request), fail);
  };
  const cloud = await runCloud(options, directory, base, plane, api, fail);
  void asked.then(() => end(cloud.stop()));
  void end(cloud.stopped);
  await cloud.complete;
  tell({ state: "ready" });
} catch (error) {
  fail(error as Error);
}

async function end(ended: Promise<void>): Promise<void> {
  await ended;
  process.exit(0);
}

function fail(error: Error): void {
  console.error(error.stack);
  process.send?.({ state: "failed", message: error.message } satisfies CloudMessage, () => process.exit(1));
}
