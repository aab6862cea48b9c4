/** Carries out calls: authorize, prepare, handle in a transaction, audit, and answer only when what was seen is stored. */
import { AwsError, notImplemented } from "./errors.js";
import { BlobKeeper } from "./blob-keeper.js";
import { memoryBlobs, type BlobStore } from "./blobs.js";
import type { Access, Caller, Circumstances } from "./caller.js";
import type { Clocks } from "./clock.js";
import type { Ids } from "./ids.js";
import { isReadOnly, type Asked, type Context, type Evaluator, type Operation, type Service, type World } from "./operation.js";
import type { Jobs, ReconcileKey, Reconciler } from "./reconciler.js";
import { principalOf, serviceCaller } from "./caller.js";
import type { LogEntry } from "./segments.js";
import type { Store } from "./store.js";
import type { Scope } from "./table.js";

/** One call, as the endpoint or a service makes it. */
export interface Call {
  readonly service: string;
  readonly operation: string;
  readonly input: Record<string, unknown>;
  readonly region: string;
  readonly caller: Caller;
  readonly requestId: string;
  readonly sourceIp?: string | undefined;
  readonly userAgent?: string | undefined;
}

/** One record of the audit trail, with CloudTrail's member names. */
export interface AuditRecord {
  readonly eventTime: number;
  readonly eventSource: string;
  readonly eventName: string;
  readonly awsRegion: string;
  readonly sourceIPAddress: string;
  readonly userAgent: string | undefined;
  readonly userIdentity: { readonly type: string; readonly arn: string; readonly accountId: string; readonly principalId: string; readonly accessKeyId: string | undefined; readonly invokedBy: string | undefined };
  readonly requestID: string;
  readonly readOnly: boolean;
  readonly requestParameters: Record<string, unknown>;
  readonly errorCode?: string;
  readonly errorMessage?: string;
}

export interface CallsOptions<W extends World> {
  readonly store: Store;
  /** Without one, blobs are forgotten with the process. */
  readonly blobs?: BlobStore | undefined;
  readonly clocks: Clocks;
  readonly ids: Ids;
  readonly services: readonly Service<W>[];
  readonly evaluate: Evaluator<W>;
  /** The data plane, once it is there: calls that don't look at it need not wait for it. */
  readonly ports: Promise<W["Ports"]>;
  /** The input as it may be written down: without its secrets. */
  recorded(service: string, operation: string, input: Record<string, unknown>): Record<string, unknown>;
  /** Hears of every call before it is authorized. May write. */
  called?(call: Call): void;
  /** Hears of errors that are nobody's mistake but ours. */
  log(message: string): void;
}

/** The stream of a region's audit records. Reads have their own: they are many, and nobody waits for them to be stored. */
export function auditStream({ account, region }: Scope, readOnly = false): string {
  return `${readOnly ? "audit-reads" : "audit"}/${account}/${region}`;
}

/** Where the state is that all accounts and regions share. */
const EVERYBODY: Scope = { account: "aws", region: "global" };

type AnyOperation<W extends World> = Operation<Record<string, unknown>, Record<string, unknown>, W>;

export class Calls<W extends World> {
  readonly #options: CallsOptions<W>;
  readonly #services: ReadonlyMap<string, Service<W>>;
  readonly #blobs: BlobKeeper;
  readonly #facts = new Map<string, W["Facts"]>();
  readonly #seeded = new Set<string>();

  constructor(options: CallsOptions<W>) {
    this.#options = options;
    this.#services = new Map(options.services.map((service) => [service.id, service]));
    this.#blobs = new BlobKeeper(options.store, options.blobs ?? memoryBlobs());
  }

  /**
   * Carries out one call.
   * @throws AwsError for the caller's mistakes; anything else is a bug
   */
  async call(call: Call): Promise<Record<string, unknown>> {
    const { store } = this.#options;
    const blobs = this.#blobs.forCall();
    try {
      const { service, operation } = this.#lookup(call.service, call.operation);
      this.seed({ account: call.caller.principal.account, region: call.region });
      this.#options.called?.(call);
      this.#authorize(service, operation, call);
      const prepared = operation.prepare && (await operation.prepare(call.input, {
        ...this.#asked(service, call),
          now: this.#options.clocks.cloud.now(),
        ids: this.#options.ids,
        db: store.reader(this.#home(service, { account: call.caller.principal.account, region: call.region })),
        aws: this.asyncCalls(call.caller, call.region, service.id),
        ports: await this.#options.ports,
        blobs,
      }));
      return store.transaction((tx) => {
        const output = this.#handle(service, operation, call, prepared);
        if (isReadOnly(call.operation)) store.appendLater(this.#audit(call, true));
        else tx.log(this.#audit(call));
        return output;
      });
    } catch (error) {
      store.append(this.#audit(call, false, error));
      throw error;
    } finally {
      blobs.end();
      // Reads wait too: an answer must never tell of what a crash could still undo.
      await store.stored();
    }
  }

  /** Every known fact of an account and region, live. */
  facts(scope: Scope): W["Facts"] {
    const id = `${scope.account}/${scope.region}`;
    let facts = this.#facts.get(id);
    if (!facts) {
      const made: Record<string, unknown> = {};
      for (const service of this.#services.values()) {
        const home = this.#home(service, scope);
        made[service.id] = service.facts(this.#options.store.reader(home), home, () => this.facts(scope));
      }
      this.#facts.set(id, (facts = made as W["Facts"]));
    }
    return facts;
  }

  /** What a reconciler works with. */
  async jobs(reconciler: Reconciler<W>, key: ReconcileKey): Promise<Jobs<W>> {
    const service = serviceOf(reconciler);
    return this.#jobs(reconciler, key, service, serviceCaller(service, key.account), await this.#options.ports);
  }

  #jobs(reconciler: Reconciler<W>, key: ReconcileKey, service: string, caller: Caller, ports: W["Ports"]): Jobs<W> {
    const { store, clocks, ids } = this.#options;
    const scope: Scope = { account: key.account, region: key.region };
    return {
      now: clocks.cloud.now(),
      peerNow: clocks.peer.now(),
      ids,
      db: store.reader(scope),
      find: (table, key) => store.find(table, key),
      segments: store.segments,
      append: (...entries) => {
        store.append(...entries);
        return store.stored();
      },
      facts: this.facts(scope),
      aws: this.asyncCalls(caller, key.region, service),
      ports,
      write: async (body) => {
        const value = store.transaction((tx) => body(tx.db(scope), this.#syncCalls(caller, key.region, ids.uuid(), service)));
        await store.stored();
        return value;
      },
      as: (other) => this.#jobs(reconciler, key, service, other, ports),
      log: (message) => this.#options.log(`${reconciler.name} ${key.id}: ${message}`),
    };
  }

  /** All operations as promises: `aws.ec2.RunInstances(input)`. `by` is the service that calls, for the audit trail. */
  asyncCalls(caller: Caller, region: string, by?: string): W["AsyncAws"] {
    return callTable((service, operation) => (input) =>
      this.call({ service, operation, input, region, caller: forwarded(caller, by), requestId: this.#options.ids.uuid() }),
    ) as W["AsyncAws"];
  }

  /** Creates what every account has in a region from the start. Once, for good. */
  seed(scope: Scope): void {
    const id = `${scope.account}/${scope.region}`;
    if (this.#seeded.has(id)) return;
    this.#seeded.add(id);
    const { store, ids } = this.#options;
    store.transaction(() => {
      for (const service of this.#services.values()) {
        if (!service.seed) continue;
        const caller = serviceCaller(service.id, scope.account);
        const call: Call = { service: service.id, operation: "seed", input: {}, region: scope.region, caller, requestId: ids.uuid() };
        service.seed(this.#context(service, call));
      }
    });
  }

  #lookup(serviceId: string, name: string): { readonly service: Service<W>; readonly operation: AnyOperation<W> } {
    const service = this.#services.get(serviceId);
    const operation = service && Object.hasOwn(service.operations, name) ? service.operations[name] : undefined;
    if (!service || !operation) throw notImplemented(serviceId, name);
    return { service, operation: operation as unknown as AnyOperation<W> };
  }

  #authorize(service: Service<W>, operation: AnyOperation<W>, call: Call): void {
    const asked = this.#asked(service, call);
    const needed = operation.authorize(call.input, asked);
    for (const access of Array.isArray(needed) ? (needed as readonly Access[]) : [needed as Access]) {
      const decision = asked.judge(access);
      if (!decision.allowed) throw decision.error;
    }
    service.authorized?.(call.input);
  }

  #handle(service: Service<W>, operation: AnyOperation<W>, call: Call, prepared: unknown): Record<string, unknown> {
    return operation.handle(this.#context(service, call), call.input, prepared) ?? {};
  }

  #context(service: Service<W>, call: Call): Context<W> {
    const { store, clocks, ids } = this.#options;
    return {
      ...this.#asked(service, call),
      requestId: call.requestId,
      now: clocks.cloud.now(),
      ids,
      db: store.transaction((tx) => tx.db(this.#home(service, { account: call.caller.principal.account, region: call.region }))),
      find: (table, key) => store.find(table, key),
      segments: store.segments,
      log: (entry) => store.transaction((tx) => tx.log(entry)),
      dropStream: (stream) => store.transaction((tx) => tx.dropStream(stream)),
      blobs: this.#blobs,
      aws: this.#syncCalls(call.caller, call.region, call.requestId, service.id),
    };
  }

  #asked(service: Service<W>, call: Call): Asked<W> {
    const { store, clocks, evaluate } = this.#options;
    const scope: Scope = { account: call.caller.principal.account, region: call.region };
    const facts = this.facts(scope);
    const circumstances: Circumstances = { service: service.id, region: call.region, now: clocks.cloud.now(), peerNow: clocks.peer.now() };
    const judge = (access: Access, by = call.caller) => evaluate(by, access, facts, circumstances);
    return { ...scope, caller: call.caller, facts, peerNow: circumstances.peerNow, everywhere: () => store.regionsOf(scope.account).map((each) => this.facts(each)), judge };
  }

  #home(service: Service<W>, scope: Scope): Scope {
    if (service.shared) return EVERYBODY;
    return service.global ? { account: scope.account, region: "global" } : scope;
  }

  /** Calls that join the open transaction. Operations that must prepare can't. */
  #syncCalls(caller: Caller, region: string, requestId: string, by: string): W["Aws"] {
    const { store } = this.#options;
    return callTable((serviceId, name) => (input) => {
      const { service, operation } = this.#lookup(serviceId, name);
      if (operation.prepare) throw new Error(`${serviceId}:${name} prepares, so it can't be called inside a transaction`);
      const call: Call = { service: serviceId, operation: name, input, region, caller: forwarded(caller, by), requestId };
      return store.transaction((tx) => {
        this.#authorize(service, operation, call);
        const output = this.#handle(service, operation, call, undefined);
        if (!isReadOnly(name)) tx.log(this.#audit(call));
        return output;
      });
    }) as W["Aws"];
  }

  #audit(call: Call, isRead = false, error?: unknown): LogEntry {
    const { principal, accessKeyId, via } = call.caller;
    const by = via.kind === "user" ? undefined : principalOf(via.service);
    const time = this.#options.clocks.cloud.now();
    const record: AuditRecord = {
      eventTime: time,
      eventSource: eventSourceOf(call.service),
      eventName: call.operation,
      awsRegion: call.region,
      sourceIPAddress: call.sourceIp ?? by ?? "127.0.0.1",
      userAgent: call.userAgent ?? by,
      userIdentity: { type: principal.type, arn: principal.arn, accountId: principal.account, principalId: principal.id, accessKeyId, invokedBy: by },
      requestID: call.requestId,
      readOnly: isReadOnly(call.operation),
      requestParameters: this.#options.recorded(call.service, call.operation, call.input),
      ...(error === undefined
        ? {}
        : error instanceof AwsError
          ? { errorCode: error.code, errorMessage: error.message }
          : { errorCode: "InternalFailure", errorMessage: "Internal failure" }),
    };
    return { stream: auditStream({ account: principal.account, region: call.region }, isRead), time, record };
  }
}

/** CloudTrail calls a service by its endpoint, which for CloudWatch is an older name: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/logging_cw_api_calls.html */
function eventSourceOf(service: string): string {
  return service === "cloudwatch" ? "monitoring.amazonaws.com" : principalOf(service);
}

/** Reconcilers are named `service.what-it-keeps`. */
function serviceOf(reconciler: { readonly name: string }): string {
  return reconciler.name.slice(0, reconciler.name.indexOf("."));
}

function forwarded(caller: Caller, by: string | undefined): Caller {
  const { via } = caller;
  if (by === undefined || via.kind === "serviceRole" || via.kind === "servicePrincipal") return caller;
  const through = via.kind === "forwarded" ? (via.through ?? [via.service]) : [];
  // A service that uses its own operations hands nothing on.
  return through.at(-1) === by ? caller : { ...caller, via: { kind: "forwarded", service: through[0] ?? by, through: [...through, by] } };
}

type AnyCall = (input: Record<string, unknown>) => unknown;

/** `table.service.Operation(input)` for whatever names are asked for. */
function callTable(make: (service: string, operation: string) => AnyCall): Record<string, Record<string, AnyCall>> {
  return lazily((service) => lazily((operation) => make(service, operation)));
}

function lazily<T>(make: (name: string) => T): Record<string, T> {
  const made = new Map<string, T>();
  return new Proxy(Object.create(null) as Record<string, T>, {
    get(_target, name) {
      // A promise-like would be awaited by mistake.
      if (typeof name !== "string" || name === "then") return undefined;
      if (!made.has(name)) made.set(name, make(name));
      return made.get(name);
    },
  });
}
