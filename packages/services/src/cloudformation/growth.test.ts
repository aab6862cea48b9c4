/** A stack's work grows with its resources, not with their square: counted, as times say little on a busy machine. */
import { expect, test } from "vitest";
import { createStackCloud } from "./testing.js";

const URL = "https://templates.s3.amazonaws.com/t.json";

interface Work {
  readonly passes: number;
  readonly commits: number;
}

/** @param uses the one that each resource but the first depends on */
async function workOf(count: number, uses: (i: number) => number): Promise<Record<"create" | "update" | "remove", Work>> {
  const cloud = createStackCloud();
  const resources = (size: number): string =>
    JSON.stringify({ Resources: Object.fromEntries(Array.from({ length: count }, (_, i) => [`R${i}`, { Type: "Test::Thing", Properties: { Size: size, ...(i > 0 ? { Uses: [{ Ref: `R${uses(i)}` }] } : {}) } }])) });
  const during = async (call: () => Promise<unknown>): Promise<Work> => {
    const before = { passes: cloud.passes(), commits: cloud.store.sequence };
    await call();
    await cloud.settle();
    return { passes: cloud.passes() - before.passes, commits: cloud.store.sequence - before.commits };
  };
  cloud.objects.set("templates/t.json", resources(1));
  const create = await during(() => cloud.aws.cloudformation.CreateStack({ StackName: "s", TemplateURL: URL }));
  expect(cloud.things()).toHaveLength(count);
  cloud.objects.set("templates/t.json", resources(2));
  const update = await during(() => cloud.aws.cloudformation.UpdateStack({ StackName: "s", TemplateURL: URL }));
  expect(cloud.things().every((thing) => thing.size === 2)).toBe(true);
  const remove = await during(() => cloud.aws.cloudformation.DeleteStack({ StackName: "s" }));
  expect(cloud.things()).toEqual([]);
  await cloud.stop();
  return { create, update, remove };
}

test("what does not depend on each other is done in the same passes, however many there are", async () => {
  const few = await workOf(20, () => 0);
  const many = await workOf(220, () => 0);
  for (const step of ["create", "update", "remove"] as const) {
    expect([step, many[step].passes]).toEqual([step, few[step].passes]);
    expect([step, few[step].passes <= 8]).toEqual([step, true]);
    // One commit for each resource, and a handful for the stack.
    expect([step, many[step].commits - few[step].commits]).toEqual([step, 200]);
  }
}, 60_000);

test("a chain takes one pass a link, and one commit a resource", async () => {
  const few = await workOf(20, (i) => i - 1);
  const many = await workOf(120, (i) => i - 1);
  for (const step of ["create", "update", "remove"] as const) {
    expect([step, many[step].passes - few[step].passes]).toEqual([step, 100]);
    expect([step, many[step].commits - few[step].commits]).toEqual([step, 100]);
  }
}, 60_000);
