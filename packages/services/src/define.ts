/** How services are declared: the kernel's shapes, typed with AWS's models and with what our services know. */
import type { Operation, Reader, ReconcileKey, Reconciler, Jobs as KernelJobs, Context as KernelContext, Asked as KernelAsked, Preparation as KernelPreparation, Scope, Service, Signal, Table, Wake, Watch, World } from "@hakoniwa/kernel";
import type { CertificateAuthority, DataPlane } from "@hakoniwa/network";
import type { Resource } from "@hakoniwa/cloudformation";
import type { Aws, AsyncAws, Model } from "@hakoniwa/wire";
import type { Facts, Records } from "./facts.js";
import { nameOperation } from "./paging.js";
import { withTags } from "./tag-access.js";

/** The running cloud as services see it. */
export interface Cloud extends World {
  readonly Aws: Aws;
  readonly AsyncAws: AsyncAws;
  readonly Facts: Facts;
  readonly Ports: DataPlane & { readonly authority: CertificateAuthority };
}

export type Context = KernelContext<Cloud>;
export type Asked = KernelAsked<Cloud>;
export type Preparation = KernelPreparation<Cloud>;
export type Jobs = KernelJobs<Cloud>;

export type HakoniwaService<F = unknown> = Service<Cloud, F> & { readonly resources: readonly Resource[] };

type Calls<O> = { [K in keyof O]: { readonly input: unknown; readonly output: unknown } };
type Handlers<O extends Calls<O>> = { [K in keyof O]?: Operation<O[K]["input"], O[K]["output"], Cloud, never> };
export type Operations = Readonly<Record<string, Operation<never, unknown, Cloud>>>;

/** Some operations of a service, by AWS's names; inputs and outputs are typed by the model. */
export function operations<O extends Calls<O>, E>(_model: Model<O, E>, handlers: NoInfer<Handlers<O>>): Operations {
  return handlers as unknown as Operations;
}

/** Adds what `prepare` returns to `handle`'s types: `prepared({ authorize, prepare, handle })`. */
export function prepared<In, Out, Prepared>(operation: Operation<In, Out, Cloud, Prepared>): Operation<In, Out, Cloud, never> {
  return operation as unknown as Operation<In, Out, Cloud, never>;
}

/** Declares a service. */
export function service<F>(definition: {
  readonly id: string;
  readonly global?: boolean;
  readonly shared?: boolean;
  readonly tables: readonly Table<never, never>[];
  readonly operations: readonly Operations[];
  readonly reconcilers?: readonly Reconciler<Cloud>[];
  readonly resources?: readonly Resource[];
  readonly facts: (db: Reader, scope: Scope, all: () => Facts) => F;
  readonly seed?: (context: Context) => void;
  readonly authorized?: (input: Record<string, unknown>) => void;
}): HakoniwaService<F> {
  const all: Record<string, Operation<never, unknown, Cloud>> = {};
  for (const group of definition.operations) {
    for (const [name, operation] of Object.entries(group)) {
      if (Object.hasOwn(all, name)) throw new Error(`${definition.id} declares ${name} twice`);
      all[name] = {
        ...operation,
        authorize: (input, asked) => withTags(name, operation.authorize(input, asked), input, asked),
        handle(context, input, found) {
          nameOperation(input, `${definition.id}.${name}`);
          return operation.handle(context, input, found);
        },
      };
    }
  }
  return {
    global: false,
    reconcilers: [],
    resources: [],
    ...definition,
    tables: definition.tables as unknown as readonly Table<never>[],
    operations: all,
  };
}

/** Declares a reconciler; `judges` and `signals` are optional. */
export function reconciler(definition: {
  readonly name: string;
  readonly watches: readonly Watch[];
  readonly signals?: readonly Signal[];
  readonly judges?: boolean;
  reconcile(key: ReconcileKey, jobs: Jobs): Promise<Wake | void>;
}): Reconciler<Cloud> {
  return { signals: [], judges: false, ...definition };
}

type Keys<R> = (record: R, scope: Scope, read: (scope: Scope) => Reader) => readonly (string | ReconcileKey)[];

/** Watches a table of one's own, or another service's by its name (`watch("ec2.instances", (i) => [...])`). */
export function watch<R extends object, I extends string>(table: Table<R, I>, keys: Keys<R>): Watch;
export function watch<N extends keyof Records>(table: N, keys: Keys<Records[N]>): Watch;
export function watch(table: Table<never> | string, keys: Keys<never>): Watch {
  return { table: typeof table === "string" ? table : table.name, keys };
}
