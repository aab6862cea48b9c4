/** The running cloud: core, the API's door and the control socket over a data plane, started in order and ended in reverse. */
import { createWriteStream, rmSync } from "node:fs";
import type { Server as NetServer } from "node:net";
import type { AuditRecord, Caller } from "@hakoniwa/kernel";
import { lmdbBackend } from "@hakoniwa/kernel/lmdb";
import { checkInput, createEndpoint, MODELS, type ServiceId } from "@hakoniwa/wire";
import { callerOf, secretOf } from "./callers.js";
import { listenForControl, type ControlHandlers } from "./control-server.js";
import { administrator, createCore, type Core } from "./core.js";
import type { Base } from "./base.js";
import { emptyDataDirectory, type DataDirectory } from "./data-directory.js";
import type { RunningDataPlane } from "./data-plane.js";
import { createGateway } from "./gateway.js";
import type { Options } from "./options.js";

export interface RunningCloud {
  /** Resolves when the data plane is there; the API answers before. Rejects when it can't come up. */
  readonly complete: Promise<void>;
  /** Ends it in order. Idempotent. */
  stop(): Promise<void>;
  /** Resolves when it has ended, by whoever's wish. */
  readonly stopped: Promise<void>;
}

export async function runCloud(
  options: Options,
  directory: DataDirectory,
  { clocks, ids, log, close }: Base,
  startPlane: () => Promise<RunningDataPlane>,
  apiSocket: NetServer,
  onFailure: (error: Error) => void,
): Promise<RunningCloud> {
  const reads = createWriteStream(directory.accessLog, { flags: "a", mode: 0o600 });
  const auditRead = (record: AuditRecord): void => void reads.write(`${JSON.stringify(record)}\n`);
  // The API answers first: the data plane's helpers would take the processor from what loads it.
  let listening!: () => void;
  const plane = new Promise<void>((resolve) => (listening = resolve)).then(startPlane);
  const makeCore = (): Core =>
    createCore({
      clocks,
      ids,
      dataPlane: plane.then(({ dataPlane }) => dataPlane),
      backend: lmdbBackend(directory.store, options.durability),
      account: options.account,
      onFailure,
      auditRead,
      log,
    });
  let core = makeCore();
  const begun = (): void => {
    core.calls.seed({ account: options.account, region: options.region });
    core.start().catch(onFailure);
  };

  const reset = async (): Promise<void> => {
    await core.stop();
    await emptyDataPlane(await plane);
    emptyDataDirectory(directory);
    core = makeCore();
    begun();
  };

  const endpoint = createEndpoint({
    models: Object.values(MODELS),
    region: options.region,
    verify: options.auth,
    secretOf: (accessKeyId) => secretOf(core, options.account, accessKeyId),
    now: () => [clocks.cloud.now(), clocks.peer.now()],
    date: () => new Date(clocks.peer.now()),
    newRequestId: () => ids.uuid(),
    invoke(call) {
      const caller = options.auth === "open" ? administrator(options.account) : callerOf(core, options.account, call.accessKeyId, clocks.peer.now());
      return core.calls.call({ ...call, caller });
    },
    onBug: (error, requestId) => log(`bug in request ${requestId}: ${error instanceof Error ? error.stack : String(error)}`),
    log: (entry) => log(`${entry.service ?? "-"}:${entry.operation ?? "-"} ${entry.status} ${entry.code ?? ""} ${entry.milliseconds.toFixed(1)} ms ${entry.requestId}`),
  });
  const health = () => ({ status: "running", region: options.region, dataplane: options.dataplane, timeScale: options.timeScale });
  const gateway = createGateway({ endpoint, health, sitePorts: [options.httpPort, options.httpsPort], ...(options.allowReset ? { reset } : {}) });

  let announce!: () => void;
  const stopped = new Promise<void>((resolve) => (announce = resolve));
  let ending: Promise<void> | undefined;
  const stop = (): Promise<void> => (ending ??= end());
  const end = async (): Promise<void> => {
    gateway.close();
    gateway.closeAllConnections();
    await core.stop();
    await (await plane).dataPlane.close();
    close();
    await new Promise<void>((resolve) => reads.end(resolve));
    control.close();
    rmSync(directory.controlSocket, { force: true });
    announce();
  };
  const control = await listenForControl(directory.controlSocket, handlers(options, directory, plane, () => core, () => ids.uuid(), stop, reset));
  gateway.listen(apiSocket, listening);
  begun();
  return { complete: plane.then(() => undefined), stop, stopped };
}

function handlers(
  options: Options,
  directory: DataDirectory,
  plane: Promise<RunningDataPlane>,
  core: () => Core,
  newRequestId: () => string,
  stop: () => Promise<void>,
  reset: () => Promise<void>,
): ControlHandlers {
  const owner: Caller = administrator(options.account);
  return {
    call({ service, operation, region, input }) {
      const model = MODELS[service as ServiceId];
      if (model) checkInput(model, operation, input);
      return core().calls.call({ service, operation, input, region, caller: owner, requestId: newRequestId(), userAgent: "hakoniwa" });
    },
    exec: async (instance, command, io) => (await plane).dataPlane.exec(instance, command, io),
    internet: async (command, io) => (await plane).internet(command, io),
    status: async () => ({ options, pid: process.pid, dataDir: directory.path }),
    // The answer must leave before the process does.
    stop: async () => void setImmediate(() => void stop()),
    reset,
  };
}

async function emptyDataPlane({ dataPlane }: RunningDataPlane): Promise<void> {
  for (const port of [dataPlane.workloads, dataPlane.names, dataPlane.networks, dataPlane.disks]) {
    await Promise.all(port.keys().map((key) => port.remove(key)));
  }
}
