/** The control plane, put together: store, services, calls and reconcilers over one data plane. */
import { Calls, Driver, Store, type Backend, type BlobStore, type Caller, type Clocks, type Ids } from "@hakoniwa/kernel";
import type { CertificateAuthority, DataPlane } from "@hakoniwa/network";
import { evaluate, noteKeyUse, services, type AsyncAws, type Cloud } from "@hakoniwa/services";
import { MODELS, withoutSecrets, type ServiceId } from "@hakoniwa/wire";
import { memoryAuthority } from "./certificate-authority.js";
import { keepAuditRetention } from "./retention.js";

export interface CoreOptions {
  readonly clocks: Clocks;
  readonly ids: Ids;
  /** May still be on its way: calls are answered meanwhile, and reconcilers wait for it. */
  readonly dataPlane: DataPlane | Promise<DataPlane>;
  /** Issues ACM's certificates; without one, whoever believes them must do so again after each start. */
  readonly authority?: CertificateAuthority | undefined;
  readonly backend?: Backend | undefined;
  /** Without one, the contents of objects are forgotten with the process. */
  readonly blobs?: BlobStore | undefined;
  readonly account: string;
  /** Told when state could not be kept: the cloud must stop. */
  readonly onFailure?: (error: Error) => void;
  log(message: string): void;
}

export interface Core {
  readonly store: Store;
  readonly calls: Calls<Cloud>;
  readonly driver: Driver<Cloud>;
  /** Calls as the user `admin`, in process. */
  aws(region: string): AsyncAws;
  /** Begins to reconcile. Resolves when the data plane has converged once. */
  start(): Promise<void>;
  /** Ends reconciling and closes the store; the data plane stays its owner's to close. */
  stop(): Promise<void>;
}

export function createCore(options: CoreOptions): Core {
  const { clocks, ids } = options;
  const dataPlane = Promise.resolve(options.dataPlane);
  const authority = options.authority ?? memoryAuthority(() => clocks.peer.now());
  // No copy, for a plane may be given other ways later.
  const ports = dataPlane.then((plane) => Object.assign(Object.create(plane) as DataPlane, { authority }));
  // Whoever gave it hears of its failure; nobody may be waiting here yet.
  ports.catch(() => undefined);
  const store = new Store(
    services.flatMap((service) => service.tables),
    { ...(options.backend ? { backend: options.backend } : {}), ...(options.onFailure ? { onFailure: options.onFailure } : {}) },
  );
  const calls = new Calls<Cloud>({
    store,
    blobs: options.blobs,
    clocks,
    ids,
    services,
    evaluate,
    ports,
    recorded,
    log: options.log,
    called: (call) => noteKeyUse(store, call, clocks.cloud.now()),
  });
  const driver = new Driver<Cloud>({
    store,
    clock: clocks.cloud,
    reconcilers: services.flatMap((service) => service.reconcilers),
    jobs: (reconciler, key) => calls.jobs(reconciler, key),
    onError: (name, key, error) => options.log(`${name} ${key.id} failed and will be tried again: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
  });
  let stopWatching: readonly (() => void)[] = [];
  let endRetention = (): void => undefined;
  return {
    store,
    calls,
    driver,
    aws: (region) => calls.asyncCalls(administrator(options.account), region),
    async start() {
      const { networks, workloads, names, disks } = await dataPlane;
      stopWatching = Object.entries({ networks, workloads, names, disks }).map(([name, port]) => port.watch((key) => driver.signal(name, key)));
      driver.start();
      endRetention = keepAuditRetention(store, clocks.cloud, (error) => options.log(`the audit trail could not be trimmed: ${String(error)}`));
      await driver.ready();
    },
    async stop() {
      for (const stop of stopWatching) stop();
      endRetention();
      await driver.stop();
      await store.close();
    },
  };
}

function recorded(service: string, operation: string, input: Record<string, unknown>): Record<string, unknown> {
  const model = MODELS[service as ServiceId];
  return model ? withoutSecrets(model, operation, input) : {};
}

/** The IAM user that the keys `test` / `test` belong to. */
export function administrator(account: string): Caller {
  return {
    principal: { type: "user", account, arn: `arn:aws:iam::${account}:user/admin`, id: "AIDAHAKONIWAADMIN0000", name: "admin" },
    accessKeyId: "test",
    via: { kind: "user" },
  };
}

