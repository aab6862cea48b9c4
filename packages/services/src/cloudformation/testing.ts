/** A small cloud of CloudFormation and made-up resources, in virtual time. Not built. */
import { registrySchemas, resource, type ResourceSchema, type Schemas } from "@hakoniwa/cloudformation";
import { AwsError, Calls, createIds, Driver, Store, table, virtualClocks, type Backend, type Caller } from "@hakoniwa/kernel";
import type { AsyncAws, Aws } from "@hakoniwa/wire";
import type { Cloud, HakoniwaService, Operations } from "../define.js";
import { service } from "../define.js";
import { cloudformationResources } from "./cfn.js";
import { createCloudformation } from "./index.js";

interface Thing {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly size: number;
  readonly uses: readonly string[];
  readonly ready: boolean;
  readonly madeBy: string;
  readonly via: string;
}

export const things = table<Thing>()({ name: "things.things", key: (thing) => thing.id, indexes: { name: (thing) => thing.name } });

interface ThingProperties {
  readonly Name?: string;
  readonly Kind?: string;
  readonly Size?: number;
  readonly Uses?: readonly string[];
}

interface ThingCalls {
  Make(input: { Name: string; Kind: string; Size: number; Uses: readonly string[]; Ready: boolean }): { Id: string };
  Change(input: { Id: string; Size: number; Uses: readonly string[] }): object;
  Drop(input: { Id: string }): object;
  Show(input: { Id: string }): { Thing: Thing | undefined };
  Find(input: { Name: string }): { Thing: Thing | undefined };
}

type Asynchronous<C> = { readonly [K in keyof C]: C[K] extends (input: infer In) => infer Out ? (input: In) => Promise<Out> : never };

const sync = (aws: Aws): ThingCalls => (aws as unknown as { readonly things: ThingCalls }).things;
const async = (aws: AsyncAws): Asynchronous<ThingCalls> => (aws as unknown as { readonly things: Asynchronous<ThingCalls> }).things;

/** What the made-up service does: names are unique, what is used can't be dropped, size 13 is refused. */
const thingOperations = {
  Make: operation((ctx, input: Parameters<ThingCalls["Make"]>[0]) => {
    if (input.Size === 13) throw new AwsError("InvalidSize", "13 is not a size");
    if (ctx.db(things).where("name", input.Name).length > 0) throw new AwsError("ThingAlreadyExists", `${input.Name} exists`);
    for (const id of input.Uses) if (!ctx.db(things).get(id)) throw new AwsError("ThingNotFound", `${id} does not exist`);
    const thing = ctx.db(things).put({
      id: ctx.ids.aws("thing"),
      name: input.Name,
      kind: input.Kind,
      size: input.Size,
      uses: input.Uses,
      ready: input.Ready,
      madeBy: ctx.caller.principal.name,
      via: ctx.caller.via.kind,
    });
    return { Id: thing.id };
  }),
  Change: operation((ctx, input: Parameters<ThingCalls["Change"]>[0]) => {
    if (input.Size === 13) throw new AwsError("InvalidSize", "13 is not a size");
    const found = ctx.db(things).get(input.Id);
    if (!found) throw new AwsError("ThingNotFound", `${input.Id} does not exist`);
    ctx.db(things).put({ ...found, size: input.Size, uses: input.Uses });
    return {};
  }),
  Drop: operation((ctx, input: Parameters<ThingCalls["Drop"]>[0]) => {
    const user = ctx.db(things).list().find((thing) => thing.uses.includes(input.Id));
    if (user) throw new AwsError("DependencyViolation", `${input.Id} is used by ${user.id}`);
    ctx.db(things).delete(input.Id);
    return {};
  }),
  Show: operation((ctx, input: Parameters<ThingCalls["Show"]>[0]) => ({ Thing: ctx.db(things).get(input.Id) })),
  Find: operation((ctx, input: Parameters<ThingCalls["Find"]>[0]) => ({ Thing: ctx.db(things).where("name", input.Name)[0] })),
};

function operation<In>(handle: (ctx: Parameters<Operations[string]["handle"]>[0], input: In) => unknown): Operations[string] {
  return { authorize: () => ({ action: "things:Any", resources: ["*"] }), handle } as unknown as Operations[string];
}

const make = (properties: ThingProperties, name: string, kind: string, ready: boolean) => ({
  Name: properties.Name ?? name,
  Kind: properties.Kind ?? kind,
  Size: properties.Size ?? 1,
  Uses: properties.Uses ?? [],
  Ready: ready,
});

const behaviours = {
  update: (aws: Aws, id: string, next: ThingProperties) => void sync(aws).Change({ Id: id, Size: next.Size ?? 1, Uses: next.Uses ?? [] }),
  delete: (aws: Aws, id: string) => void sync(aws).Drop({ Id: id }),
  read(aws: Aws, id: string) {
    const { Thing: found } = sync(aws).Show({ Id: id });
    return found && { Name: found.name, Kind: found.kind, Size: found.size, Uses: found.uses };
  },
  attributes: (aws: Aws, id: string) => ({ Arn: `arn:thing/${sync(aws).Show({ Id: id }).Thing!.name}` }),
};

/** Ready at once. */
const thing = resource<ThingProperties>("Test::Thing", {
  ...behaviours,
  create: (aws, properties, request) => sync(aws).Make(make(properties, request.physicalName(64), "plain", true)).Id,
});

/** Ready when a test says so. */
const slowThing = resource<ThingProperties>("Test::SlowThing", {
  ...behaviours,
  create: (aws, properties, request) => sync(aws).Make(make(properties, request.physicalName(64), "slow", false)).Id,
  settled: (aws, id) => sync(aws).Show({ Id: id }).Thing?.ready ?? { failed: "it is gone" },
});

/** Created outside transactions. */
const asyncThing = resource<ThingProperties>("Test::AsyncThing", {
  ...behaviours,
  async createAsync(aws, properties, request) {
    const name = properties.Name ?? request.physicalName(64);
    const found = (await async(aws).Find({ Name: name })).Thing;
    return found?.id ?? (await async(aws).Make(make(properties, name, "async", true))).Id;
  },
});

const schema: ResourceSchema = {
  properties: {
    Name: { type: "string", replaces: "yes" },
    Kind: { type: "string", replaces: "yes" },
    Size: { type: "integer" },
    Uses: { type: { list: "string" } },
  },
  types: {},
  attributes: ["Arn"],
  identifier: ["Id"],
};

export const testSchemas: Schemas = new Map([
  ...["Test::Thing", "Test::SlowThing", "Test::AsyncThing"].map((type) => [type, schema] as const),
  ["AWS::CloudFormation::Stack", registrySchemas().get("AWS::CloudFormation::Stack")!],
]);

/** Just enough of S3: objects by `bucket/key`. */
function objectsIn(objects: ReadonlyMap<string, string>): Operations {
  return {
    GetObject: operation((_ctx, { Bucket, Key }: { Bucket: string; Key: string }) => {
      const text = objects.get(`${Bucket}/${Key}`);
      if (text === undefined) throw new AwsError("NoSuchKey", "The specified key does not exist.", { status: 404 });
      return { ContentLength: Buffer.byteLength(text), Body: [Buffer.from(text)] };
    }),
  };
}

/** Just enough of the services whose facts templates may ask for. */
function bystander(id: string, own: readonly Operations[], facts: object): HakoniwaService {
  return service({ id, tables: [], operations: own, facts: () => facts });
}

/** Just enough of Systems Manager. What begins with `/secret` is secret. */
function parametersIn(values: Readonly<Record<string, string>>): Operations {
  const show = (Name: string): object => ({ Name, Value: values[Name], Type: Name.startsWith("/secret") ? "SecureString" : "String" });
  return {
    GetParameters: operation((_ctx, { Names }: { Names: readonly string[] }) => ({ Parameters: Names.filter((name) => values[name] !== undefined).map(show) })),
  };
}

export const ADMIN: Caller = {
  principal: { type: "user", account: "123456789012", arn: "arn:aws:iam::123456789012:user/admin", id: "AIDAADMIN", name: "admin" },
  accessKeyId: "test",
  via: { kind: "user" },
};
export const SCOPE = { account: "123456789012", region: "ap-northeast-1" };

export interface StackCloud {
  readonly aws: AsyncAws;
  readonly store: Store;
  readonly logs: readonly string[];
  /** How often the engine looked at stacks. */
  passes(): number;
  things(): readonly Thing[];
  /** S3's objects by `bucket/key`: templates that URLs lead to. */
  readonly objects: Map<string, string>;
  /** Drops a thing behind its stack's back. */
  drop(id: string): void;
  /** Says that every slow thing is ready. */
  makeReady(): void;
  settle(): Promise<void>;
  advance(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

/** @param options.seed the ids' */
export function createStackCloud(options: { readonly backend?: Backend; readonly seed?: number; readonly ssm?: Readonly<Record<string, string>>; readonly start?: number; readonly objects?: ReadonlyMap<string, string> } = {}): StackCloud {
  const objects = new Map(options.objects);
  const clocks = virtualClocks(options.start);
  const logs: string[] = [];
  let passes = 0;
  const thingService: HakoniwaService = service({ id: "things", tables: [things], operations: [thingOperations], resources: [thing, slowThing, asyncThing], facts: () => ({}) });
  const services: readonly HakoniwaService[] = [
    thingService,
    bystander("ec2", [], { availabilityZones: () => ["ap-northeast-1a", "ap-northeast-1c"] }),
    bystander("ssm", [parametersIn(options.ssm ?? {})], { parameter: (name: string) => (options.ssm?.[name] === undefined ? undefined : { value: options.ssm[name] }) }),
    bystander("iam", [], { role: () => undefined }),
    bystander("s3", [objectsIn(objects)], {}),
    createCloudformation(() => [...thingService.resources, ...cloudformationResources], () => testSchemas) as HakoniwaService,
  ];
  const store = new Store(services.flatMap((one) => one.tables), options.backend ? { backend: options.backend } : {});
  const calls = new Calls<Cloud>({
    store,
    clocks,
    ids: createIds(options.seed ?? 1),
    services,
    evaluate: () => ({ allowed: true }),
    ports: Promise.resolve({} as Cloud["Ports"]),
    recorded: (_service, _operation, input) => input,
    log: (message) => logs.push(message),
  });
  const driver = new Driver<Cloud>({
    store,
    clock: clocks.cloud,
    reconcilers: services.flatMap((one) => one.reconcilers),
    jobs(reconciler, key) {
      if (reconciler.name === "cloudformation.run-stacks") passes++;
      return calls.jobs(reconciler, key);
    },
    onError: (_name, _key, error) => logs.push(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  });
  driver.start();
  return {
    aws: calls.asyncCalls(ADMIN, SCOPE.region),
    store,
    logs,
    objects,
    passes: () => passes,
    things: () => store.reader(SCOPE)(things).list(),
    drop: (id) => store.transaction((tx) => void tx.db(SCOPE)(things).delete(id)),
    makeReady: () =>
      store.transaction((tx) => {
        const db = tx.db(SCOPE);
        for (const one of db(things).list()) if (!one.ready) db(things).put({ ...one, ready: true });
      }),
    settle: () => driver.idle(),
    advance: (milliseconds) => clocks.advance(milliseconds, () => driver.idle()),
    stop: () => driver.stop(),
  };
}
