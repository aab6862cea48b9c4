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
  /** Ends it in order. Idempotent. */
  stop(): Promise<void>;
  /** Resolves when it has ended, by whoever's wish. */
  readonly stopped: Promise<void>;
}

export async function runCloud(
  options: Options,
  directory: DataDirectory,
  { clocks, ids, log, close }: Base,
  plane: RunningDataPlane,
  apiSocket: NetServer,
  onFailure: (error: Error) => void,
): Promise<RunningCloud> {
  const reads = createWriteStream(directory.accessLog, { flags: "a", mode: 0o600 });
  const auditRead = (record: AuditRecord): void => void reads.write(`${JSON.stringify(record)}\n`);
  const makeCore = (): Core =>
    createCore({
      clocks,
      ids,
      dataPlane: plane.dataPlane,
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
    await emptyDataPlane(plane);
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
    await plane.dataPlane.close();
    close();
    await new Promise<void>((resolve) => reads.end(resolve));
    control.close();
    rmSync(directory.controlSocket, { force: true });
    announce();
  };
  const control = await listenForControl(directory.controlSocket, handlers(options, directory, plane, () => core, () => ids.uuid(), stop, reset));
  gateway.listen(apiSocket);
  begun();
  return { stop, stopped };
}

function handlers(
  options: Options,
  directory: DataDirectory,
  plane: RunningDataPlane,
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
    exec: (instance, command, io) => plane.dataPlane.exec(instance, command, io),
    internet: (command, io) => plane.internet(command, io),
    console: async (instance) => Buffer.from(await plane.dataPlane.console(instance)).toString("utf8"),
    status: async () => ({
      options,
      pid: process.pid,
      dataDir: directory.path,
      workloads: plane.dataPlane.workloads.keys().map((key) => ({ id: key, ...plane.dataPlane.workloads.observe(key), health: undefined })),
      names: plane.dataPlane.names.keys(),
    }),
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
