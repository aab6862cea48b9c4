import { describe, expect, it } from "vitest";
import { Calls, type AuditRecord, type Call } from "./calls.js";
import type { Caller } from "./caller.js";
import { virtualClocks } from "./clock.js";
import { AwsError } from "./errors.js";
import { createIds } from "./ids.js";
import type { Context, Operation, Service, World } from "./operation.js";
import { Store, type Backend, type Commit } from "./store.js";
import { table } from "./table.js";

interface Item {
  readonly id: string;
}
interface TestWorld extends World {
  readonly Aws: { readonly shop: Record<string, (input: object) => { readonly Id?: string }> };
  readonly Facts: { readonly shop: { has(id: string): boolean } };
}

const items = table<Item>()({ name: "shop.items", key: (i) => i.id });
const anyone = () => ({ action: "shop:Any", resources: ["*"] });
type Ctx = Context<TestWorld>;
const put = (ctx: Ctx, id: string): void => void ctx.db(items).put({ id });

const shop: Service<TestWorld> = {
  id: "shop",
  global: false,
  tables: [items] as never,
  reconcilers: [],
  facts: (db) => ({ has: (id: string) => db(items).get(id) !== undefined }),
  operations: {
    Create: { authorize: anyone, handle: (ctx: Ctx, input: { Id: string }) => (put(ctx, input.Id), { Id: input.Id }) },
    Fail: {
      authorize: anyone,
      handle(ctx: Ctx, input: { Id: string }) {
        put(ctx, input.Id);
        throw new AwsError("Shop.Closed", "The shop is closed");
      },
    },
    Nest: {
      authorize: anyone,
      handle(ctx: Ctx, input: { Id: string }) {
        put(ctx, `${input.Id}-outer`);
        ctx.aws.shop.Create!({ Id: `${input.Id}-inner` });
        try {
          ctx.aws.shop.Fail!({ Id: `${input.Id}-failed` });
        } catch {
          // Undone, and we go on.
        }
        return {};
      },
    },
    Promise: {
      authorize: anyone,
      handle: (ctx: Ctx, input: { Id: string }) => {
        put(ctx, input.Id);
        return Promise.resolve({});
      },
    },
    Prepared: {
      authorize: anyone,
      prepare: (input: { Id: string }) => Promise.resolve(`prepared ${input.Id}`),
      handle: (ctx: Ctx, _input: object, made: unknown) => (put(ctx, made as string), {}),
    },
    NestPrepared: { authorize: anyone, handle: (ctx: Ctx, input: { Id: string }) => ctx.aws.shop.Prepared!(input) },
    Forbidden: { authorize: () => ({ action: "shop:Forbidden", resources: ["arn:x"] }), handle: () => ({}) },
    DescribeItems: { authorize: anyone, handle: (ctx: Ctx) => ({ Items: ctx.db(items).list() }) },
  } as unknown as Record<string, Operation<never, unknown, TestWorld>>,
};

const caller: Caller = { principal: { type: "user", account: "1", arn: "arn:user", id: "AIDA", name: "ann" }, accessKeyId: "k", via: { kind: "user" } };

function setup(backend?: Backend) {
  const audited: AuditRecord[] = [];
  const recording: Backend = backend ?? {
    load: () => ({ records: [], sequence: 0 }),
    write: (commit) => (audited.push(...commit.logs.flatMap((step) => ("record" in step ? [step.record as AuditRecord] : []))), Promise.resolve()),
    close: () => Promise.resolve(),
  };
  const store = new Store([items] as never, { backend: recording });
  const reads = () => store.segments.read<AuditRecord>("audit-reads/1/r").map(({ record }) => record);
  const calls = new Calls<TestWorld>({
    store,
    clocks: virtualClocks(),
    ids: createIds(1),
    services: [shop],
    ports: Promise.resolve(undefined),
    evaluate: (_caller, access) => (access.action === "shop:Forbidden" ? { allowed: false, error: new AwsError("AccessDenied", "not you", { status: 403 }) } : { allowed: true }),
    recorded: (_service, _operation, input) => ("Secret" in input ? { ...input, Secret: "hidden" } : input),
    log: () => undefined,
  });
  const call = (operation: string, input: Call["input"] = {}) => calls.call({ service: "shop", operation, input, region: "r", caller, requestId: "q" });
  const ids = () => store.reader({ account: "1", region: "r" })(items).list().map((i) => i.id);
  return { store, calls, call, ids, audited, reads };
}

describe("a call", () => {
  it("commits what it wrote and leaves an audit record", async () => {
    const { call, ids, audited } = setup();
    expect(await call("Create", { Id: "a" })).toEqual({ Id: "a" });
    expect(ids()).toEqual(["a"]);
    expect(audited).toMatchObject([{ eventName: "Create", eventSource: "shop.amazonaws.com", readOnly: false, userIdentity: { arn: "arn:user", invokedBy: undefined } }]);
  });

  it("keeps secrets out of its audit record", async () => {
    const { call, audited } = setup();
    await call("Create", { Id: "a", Secret: "hunter2" });
    expect(audited[0]?.requestParameters).toEqual({ Id: "a", Secret: "hidden" });
  });

  it("undoes everything when it fails, and leaves an audit record of the failure", async () => {
    const { call, ids, audited } = setup();
    await expect(call("Fail", { Id: "a" })).rejects.toMatchObject({ code: "Shop.Closed" });
    expect(ids()).toEqual([]);
    expect(audited).toMatchObject([{ eventName: "Fail", errorCode: "Shop.Closed" }]);
  });

  it("joins nested calls into its transaction; one that fails undoes exactly its own writes", async () => {
    const { call, ids, audited } = setup();
    await call("Nest", { Id: "n" });
    expect(ids()).toEqual(["n-outer", "n-inner"]);
    expect(audited.map((r) => [r.eventName, r.userIdentity.invokedBy])).toEqual([
      ["Create", "shop.amazonaws.com"],
      ["Nest", undefined],
    ]);
  });

  it("is refused when its handler returns a promise, or nests an operation that prepares", async () => {
    const { call, ids } = setup();
    await expect(call("Promise", { Id: "a" })).rejects.toThrow(/promise/);
    await expect(call("NestPrepared", { Id: "a" })).rejects.toThrow(/can't be called inside a transaction/);
    expect(ids()).toEqual([]);
    await call("Prepared", { Id: "a" });
    expect(ids()).toEqual(["prepared a"]);
  });

  it("is denied without an Allow, is told so, and the denial is on record", async () => {
    const { call, audited } = setup();
    await expect(call("Forbidden")).rejects.toMatchObject({ code: "AccessDenied", message: "not you", status: 403 });
    expect(audited).toMatchObject([{ eventName: "Forbidden", errorCode: "AccessDenied" }]);
  });

  it("of an operation we lack answers NotImplemented by name", async () => {
    const { call } = setup();
    await expect(call("CreateSpaceship")).rejects.toMatchObject({ code: "NotImplemented", status: 501, message: expect.stringContaining("shop:CreateSpaceship") });
    await expect(call("__proto__")).rejects.toMatchObject({ code: "NotImplemented" });
  });

  it("that reads leaves its record where nobody waits for it", async () => {
    const { call, reads, audited } = setup();
    await call("DescribeItems");
    expect(reads()).toMatchObject([{ eventName: "DescribeItems", readOnly: true }]);
    expect(audited).toEqual([]);
  });

  it("answers only when what it saw is stored, reads included", async () => {
    const kept: (() => void)[] = [];
    const slow: Backend = {
      load: () => ({ records: [], sequence: 0 }),
      write: (_commit: Commit) => new Promise((resolve) => kept.push(resolve)),
      close: () => Promise.resolve(),
    };
    const { call } = setup(slow);
    const order: string[] = [];
    const write = call("Create", { Id: "a" }).then(() => order.push("write answered"));
    const read = call("DescribeItems").then(() => order.push("read answered"));
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual([]);
    for (const keep of kept) keep();
    await Promise.all([write, read]);
    expect(order).toEqual(["write answered", "read answered"]);
  });
});
