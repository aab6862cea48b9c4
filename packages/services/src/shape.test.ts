/** The anatomy that every service has, so that who knows one knows them all. */
import { existsSync, readdirSync } from "node:fs";
import { registrySchemas } from "@hakoniwa/cloudformation";
import { describe, expect, it } from "vitest";
import { services } from "./index.js";

const has = (id: string, file: string): boolean => existsSync(new URL(`${id}/${file}`, import.meta.url));
const folders = readdirSync(new URL(".", import.meta.url), { withFileTypes: true }).filter((entry) => entry.isDirectory());

/** The prefix of a service's actions where it is not the service's id: https://docs.aws.amazon.com/service-authorization/latest/reference/ */
const PREFIXES: Readonly<Record<string, string>> = { elb: "elasticloadbalancing" };
/** AWS lets everybody: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
const NEEDS_NO_PERMISSION = new Set(["sts:GetCallerIdentity", "sts:GetSessionToken"]);

/** Stands for any input and any facts: whatever is asked of it is the same again, an empty text, or the way of an empty list. */
const anything = new Proxy((): void => undefined, {
  get(_target, name): unknown {
    if (name === Symbol.iterator) return [][Symbol.iterator];
    if (name === Symbol.toPrimitive) return () => "";
    return typeof name === "string" && name !== "length" && name in Array.prototype ? Reflect.get([], name) : anything;
  },
  apply: (): unknown => anything,
}) as never;

it("every folder is a registered service, and every service has its folder", () => {
  expect(folders.map((entry) => entry.name).sort()).toEqual(services.map((service) => service.id).sort());
});

describe.each(services.map((service) => [service.id, service] as const))("%s", (id, service) => {
  const operations = Object.entries(service.operations);

  it("has the files of a service, and a test", () => {
    const missing = ["index.ts", "facts.ts", "errors.ts", "state.ts"].filter((file) => !has(id, file));
    expect(missing).toEqual([]);
    expect(readdirSync(new URL(id, import.meta.url)).some((file) => file.endsWith(".test.ts"))).toBe(true);
  });

  it("names its tables and reconcilers after itself, each once", () => {
    const names = [...service.tables, ...service.reconcilers].map(({ name }) => name);
    expect(names.filter((name) => !name.startsWith(`${id}.`))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it("has operations by AWS's names, each with who may", () => {
    expect(operations.filter(([name]) => !/^[A-Z]\w+$/.test(name)).map(([name]) => name)).toEqual([]);
    expect(operations.filter(([, operation]) => typeof operation.authorize !== "function").map(([name]) => name)).toEqual([]);
  });

  it.each(operations)("%s asks for its own action", (name, operation) => {
    const actions = [operation.authorize(anything, anything)].flat().map((access) => access.action);
    if (NEEDS_NO_PERMISSION.has(`${id}:${name}`)) expect(actions).toEqual([]);
    else expect(actions).toContain(`${PREFIXES[id] ?? id}:${name}`);
  });

  it("handles in one synchronous transaction; only prepare may wait", () => {
    const asynchronous = operations.filter(([, { handle, authorize }]) => [handle, authorize].some((each) => each.constructor.name === "AsyncFunction"));
    expect(asynchronous.map(([name]) => name)).toEqual([]);
  });
});

it("every resource type has a schema, and every schema a resource type that behaves by it", () => {
  const types = services.flatMap((service) => service.resources).map((resource) => resource.type);
  expect(new Set(types).size).toBe(types.length);
  expect(types.sort()).toEqual([...registrySchemas().keys()].sort());
});
