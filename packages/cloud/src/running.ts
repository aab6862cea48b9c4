/** The running cloud: core, the API's door and the control socket over a data plane, started in order and ended in reverse. */
import { rmSync } from "node:fs";
import type { Server as NetServer } from "node:net";
import { fileBlobs, type Caller, type Origin } from "@hakoniwa/kernel";
import type { ApiEntrance } from "@hakoniwa/dataplane";
import { lmdbBackend } from "@hakoniwa/kernel/lmdb";
import { approveCertificate, everyNetwork, type Facts } from "@hakoniwa/services";
import { checkInput, createEndpoint, MODELS, type CorsAsk, type ServiceId } from "@hakoniwa/wire";
import { accessLine } from "./access-log.js";
import { callerOf, secretOf } from "./callers.js";
import { lateAuthority } from "./certificate-authority.js";
import { withOtherWays } from "./cloudformation-ways.js";
import { listenForControl, type ControlHandlers } from "./control-server.js";
import { administrator, createCore, type Core } from "./core.js";
import type { Base } from "./base.js";
import { emptyDataDirectory, type DataDirectory } from "./data-directory.js";
import type { RunningDataPlane } from "./data-plane.js";
import { createGateway } from "./gateway.js";
import { isInvited } from "./invitation.js";
import { isKnownToAll, originOf, type EndpointAt } from "./inside-api.js";
import { REGIONS, type Options } from "./options.js";
import { answerTrace } from "./trace-answer.js";
import { createWebsites } from "./website.js";

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
  startPlane: (endpointAt: EndpointAt) => Promise<RunningDataPlane>,
  apiSocket: NetServer,
  onFailure: (error: Error) => void,
): Promise<RunningCloud> {
  // The API answers first: the data plane's helpers would take the processor from what loads it.
  let listening!: () => void;
  const plane = new Promise<void>((resolve) => (listening = resolve)).then(() => startPlane(endpointAt));
  const makeCore = (): Core =>
    createCore({
      clocks,
      ids,
      dataPlane: plane.then(({ dataPlane }) => dataPlane),
      authority: lateAuthority(async () => (await plane).authority),
      backend: lmdbBackend(directory.store, options.durability),
      blobs: fileBlobs(directory.blobs, options.durability),
      account: options.account,
      onFailure,
      log,
    });
  let core = makeCore();
  const begun = (): void => {
    core.calls.seed({ account: options.account, region: options.region });
    core.start().catch(onFailure);
  };

  const renew = async (): Promise<void> => {
    await core.stop();
    await emptyDataPlane(await plane);
    emptyDataDirectory(directory);
    core = makeCore();
    begun();
  };
  // Whoever calls meanwhile waits for the empty cloud; whoever asks for it meanwhile gets the same.
  let renewal: Promise<void> | undefined;
  const reset = (): Promise<void> => (renewal ??= renew().finally(() => (renewal = undefined)));
  const currentCore = async (): Promise<Core> => {
    await renewal;
    return core;
  };

  const cors = (ask: CorsAsk) => core.calls.facts({ account: options.account, region: options.region }).s3.cors(ask);

  /** @param inside where it comes in, unless it comes from this machine itself */
  const endpointFor = (inside?: { readonly entrance: ApiEntrance; readonly secure: boolean }) => createEndpoint({
    models: Object.values(MODELS),
    region: options.region,
    regions: REGIONS,
    verify: options.auth,
    secretOf: (accessKeyId) => (inside && isKnownToAll(accessKeyId) ? undefined : secretOf(core, options.account, accessKeyId)),
    now: () => [clocks.cloud.now(), clocks.peer.now()],
    date: () => new Date(clocks.peer.now()),
    newRequestId: () => ids.uuid(),
    async invoke(call) {
      const core = await currentCore();
      const origin: Origin = { sourceIp: call.sourceIp, userAgent: call.userAgent, ...(inside && originOf(inside, call.service)) };
      const caller = options.auth === "open" ? { ...administrator(options.account), origin } : callerOf(core, options.account, call.accessKeyId, clocks.peer.now(), origin, call.service);
      return core.calls.call({ ...call, caller });
    },
    cors: async (ask) => cors(ask),
    onBug: (error, requestId) => log(`bug in request ${requestId}: ${error instanceof Error ? error.stack : String(error)}`),
    log: (entry) => log(accessLine(entry)),
  });
  const ways = { account: options.account, core: currentCore, now: () => clocks.cloud.now(), newRequestId: () => ids.uuid() };
  const endpointAt: EndpointAt = (entrance, secure) => withOtherWays(ways, endpointFor({ entrance, secure }), { entrance, secure });
  const endpoint = withOtherWays(ways, endpointFor());
  const health = () => ({ status: "running", region: options.region, dataplane: options.dataplane, timeScale: options.timeScale });
  const website = createWebsites(currentCore, options, () => ids.uuid());
  const gateway = createGateway({
    endpoint,
    website,
    health,
    outbox: () => outboxOf(factsOf(core)),
    certificate: (name) => factsOf(core).flatMap(({ sns }) => sns.certificate(name) ?? [])[0],
    async approve(code) {
      const { store } = await currentCore();
      const name = approveCertificate(store, code);
      await store.stored();
      return name;
    },
    isInvited: (request) => isInvited(request, cors),
    // What is in buckets is served by the API's own port, and is no more to be trusted.
    sitePorts: [options.httpPort, options.httpsPort, options.port],
    ...(options.allowReset ? { reset } : {}),
  });

  let announce!: () => void;
  const stopped = new Promise<void>((resolve) => (announce = resolve));
  let ending: Promise<void> | undefined;
  const stop = (): Promise<void> => (ending ??= end());
  const end = async (): Promise<void> => {
    gateway.close();
    gateway.closeAllConnections();
    await (await currentCore()).stop();
    await (await plane).dataPlane.close();
    close();
    control.close();
    rmSync(directory.controlSocket, { force: true });
    announce();
  };
  const control = await listenForControl(directory.controlSocket, handlers(options, directory, plane, currentCore, { newRequestId: () => ids.uuid(), now: () => clocks.cloud.now() }, stop, reset));
  gateway.listen(apiSocket, listening);
  begun();
  return { complete: plane.then(() => undefined), stop, stopped };
}

/** What is known in each region. */
function factsOf(core: Core): readonly Facts[] {
  return core.store.scopes().map((scope) => core.calls.facts(scope));
}

/** The letters and text messages of all regions, the latest last. */
function outboxOf(all: readonly Facts[]): readonly object[] {
  const letters = all.flatMap(({ sns, acm }) => [...sns.mails(), ...acm.mails().map((mail) => ({ ...mail, protocol: "email" }))]);
  return letters.sort((one, other) => one.at - other.at);
}

function handlers(
  options: Options,
  directory: DataDirectory,
  plane: Promise<RunningDataPlane>,
  core: () => Promise<Core>,
  { newRequestId, now }: { newRequestId(): string; now(): number },
  stop: () => Promise<void>,
  reset: () => Promise<void>,
): ControlHandlers {
  const owner: Caller = administrator(options.account);
  return {
    async call({ service, operation, region, input }) {
      const model = MODELS[service as ServiceId];
      if (model) checkInput(model, operation, input);
      return (await core()).calls.call({ service, operation, input, region, caller: owner, requestId: newRequestId(), userAgent: "hakoniwa" });
    },
    exec: async (instance, command, io) => (await plane).dataPlane.exec(instance, command, io),
    internet: async (command, io) => (await plane).internet(command, io),
    trace: async (question) => answerTrace(question, everyNetwork((await core()).store, now())),
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
