import fc from "fast-check";
import type { Backend, Commit, StoredRecord } from "@hakoniwa/kernel";
import { expect, test } from "vitest";
import { createStackCloud, type StackCloud } from "./testing.js";

/** Keeps commits like a disk, until it is told that the process was killed: then nothing is kept or answered any more. */
class Disk {
  readonly #records = new Map<string, StoredRecord>();
  #sequence = 0;

  /** @param commits how many commits are still kept before the kill */
  open(commits: number): { readonly backend: Backend; readonly killed: Promise<"killed"> } {
    let left = commits;
    let die: () => void = () => undefined;
    const killed = new Promise<"killed">((resolve) => (die = () => resolve("killed")));
    const backend: Backend = {
      load: () => ({ records: [...this.#records.values()], sequence: this.#sequence }),
      write: async (commit) => {
        if (left-- > 0) return this.#keep(commit);
        die();
        return new Promise(() => undefined);
      },
      close: () => Promise.resolve(),
    };
    return { backend, killed };
  }

  get sequence(): number {
    return this.#sequence;
  }

  copy(): Disk {
    const copy = new Disk();
    for (const [id, record] of this.#records) copy.#records.set(id, record);
    copy.#sequence = this.#sequence;
    return copy;
  }

  #keep(commit: Commit): void {
    this.#sequence = commit.sequence;
    for (const { table, scope, key, after } of commit.changes) {
      const id = `${scope.region}/${table}/${key}`;
      if (after) this.#records.set(id, { table, scope, key, record: after });
      else this.#records.delete(id);
    }
  }
}

type Call = (cloud: StackCloud) => Promise<unknown>;

/** Makes the call and carries it to its end, through the given kills. */
async function throughKills(disk: Disk, call: Call, kills: readonly number[], seed: number, objects?: ReadonlyMap<string, string>): Promise<StackCloud> {
  let asked = false;
  for (const [attempt, commits] of [...kills, Infinity].entries()) {
    const { backend, killed } = disk.open(commits);
    const cloud = createStackCloud({ backend, seed: seed + attempt, ...(objects ? { objects } : {}) });
    const run = async (): Promise<"done"> => {
      if (!asked) {
        await call(cloud);
        asked = true;
      }
      // What is slow becomes ready while the stack waits.
      for (let round = 0; round < 4; round++) {
        await cloud.settle();
        cloud.makeReady();
      }
      await cloud.settle();
      return "done";
    };
    if ((await Promise.race([run(), killed])) === "done") return cloud;
  }
  throw new Error("the last attempt was never killed");
}

const TYPES = ["Test::Thing", "Test::SlowThing", "Test::AsyncThing"] as const;

const spec = fc.record({ type: fc.constantFrom(...TYPES), size: fc.integer({ min: 1, max: 3 }), kind: fc.constantFrom("a", "b"), uses: fc.array(fc.nat(20), { maxLength: 2 }) });

type Spec = { type: string; size: number; kind: string; uses: number[] };

/** Each resource uses earlier ones. A failing one of size 13 depends on all. */
function templateOf(specs: readonly Spec[], failing: boolean, retype?: readonly Spec[]): string {
  const resources = specs.map(({ size, kind, uses }, i) => [
    `R${i}`,
    {
      Type: retype?.[i]?.type ?? specs[i]!.type,
      Properties: { Size: size, Kind: kind, Uses: [...new Set(uses.filter((use) => use < i))].map((use) => ({ Ref: `R${use}` })) },
    },
  ]);
  const bad = ["Bad", { Type: "Test::Thing", Properties: { Size: 13 }, DependsOn: specs.map((_, i) => `R${i}`) }];
  return JSON.stringify({ Resources: Object.fromEntries(failing ? [...resources, bad] : resources) });
}

/** Names without their random ends; what is used, by name. */
function picture(cloud: StackCloud): readonly unknown[] {
  const all = cloud.things();
  const logical = (id: string): string => all.find((one) => one.id === id)?.name.split("-")[1] ?? "?";
  return all
    .map((one) => ({ id: logical(one.id), size: one.size, kind: one.kind, uses: one.uses.map(logical) }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

async function statusOf(cloud: StackCloud): Promise<string> {
  return (await cloud.aws.cloudformation.ListStacks({})).StackSummaries![0]!.StackStatus;
}

test("killed at any commits, a stack ends as if nothing had happened: nothing made twice, nothing forgotten", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(spec, { minLength: 1, maxLength: 6 }),
      fc.array(spec, { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      fc.array(fc.nat(12), { maxLength: 4 }),
      fc.array(fc.nat(12), { maxLength: 4 }),
      fc.array(fc.nat(12), { maxLength: 4 }),
      async (first, second, updateFails, createKills, updateKills, deleteKills) => {
        const disk = new Disk();
        const calm = new Disk();
        const both = async (call: Call, kills: readonly number[], seed: number): Promise<readonly [StackCloud, StackCloud]> => [
          // The first commit is the request itself: killed before, the caller would ask again.
          await throughKills(disk, call, kills.map((kill, i) => kill + (i === 0 ? 2 : 0)), seed),
          await throughKills(calm, call, [], seed + 50),
        ];
        const create: Call = (cloud) => cloud.aws.cloudformation.CreateStack({ StackName: "s", TemplateBody: templateOf(first, false) });
        let [tried, undisturbed] = await both(create, createKills, 100);
        expect(await statusOf(tried)).toBe("CREATE_COMPLETE");
        expect(picture(tried)).toEqual(picture(undisturbed));

        const body = templateOf(second.map((one, i) => ({ ...one, size: one.size + 3, type: first[i]?.type ?? one.type })), updateFails);
        [tried, undisturbed] = await both((cloud) => cloud.aws.cloudformation.UpdateStack({ StackName: "s", TemplateBody: body }), updateKills, 200);
        expect(await statusOf(tried)).toBe(updateFails ? "UPDATE_ROLLBACK_COMPLETE" : "UPDATE_COMPLETE");
        expect(picture(tried)).toEqual(picture(undisturbed));
        expect(picture(tried).length).toBe(updateFails ? first.length : second.length);

        [tried] = await both((cloud) => cloud.aws.cloudformation.DeleteStack({ StackName: "s" }), deleteKills, 300);
        expect(await statusOf(tried)).toBe("DELETE_COMPLETE");
        expect(tried.things()).toEqual([]);
        expect(tried.logs).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
}, 60_000);

test("killed at any commit, a creation that fails leaves nothing", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(spec, { minLength: 1, maxLength: 6 }), fc.array(fc.nat(12), { maxLength: 5 }), async (specs, kills) => {
      const disk = new Disk();
      const create: Call = (cloud) => cloud.aws.cloudformation.CreateStack({ StackName: "s", TemplateBody: templateOf(specs, true) });
      const cloud = await throughKills(disk, create, kills.map((kill, i) => kill + (i === 0 ? 2 : 0)), 100);
      expect(await statusOf(cloud)).toBe("ROLLBACK_COMPLETE");
      expect(cloud.things()).toEqual([]);
    }),
    { numRuns: 60 },
  );
}, 60_000);

const CHILD = JSON.stringify({
  Parameters: { Kind: { Type: "String" }, Size: { Type: "Number" } },
  Resources: {
    Inner: { Type: "Test::Thing", Properties: { Kind: { Ref: "Kind" }, Size: { Ref: "Size" } } },
    Slow: { Type: "Test::SlowThing", Properties: { Kind: { Ref: "Kind" }, Uses: [{ Ref: "Inner" }] } },
    Async: { Type: "Test::AsyncThing", Properties: { Kind: { Ref: "Kind" }, Uses: [{ Ref: "Slow" }] } },
  },
  Outputs: { Made: { Value: { Ref: "Async" } } },
});

const OBJECTS = new Map([["tpl/child.json", CHILD]]);

/** A stack with a stack in it, and with something beside it that is replaced. `bad` is what fails: something in the child, or after it. */
function nesting(kind: string, bad?: "child" | "parent"): string {
  const Parameters = { Kind: kind, Size: bad === "child" ? "13" : "2" };
  const Child = { Type: "AWS::CloudFormation::Stack", Properties: { TemplateURL: "https://tpl.s3.amazonaws.com/child.json", Parameters } };
  const Beside = { Type: "Test::AsyncThing", Properties: { Kind: kind } };
  const After = { Type: "Test::Thing", Properties: { Kind: kind, Uses: [{ "Fn::GetAtt": "Child.Outputs.Made" }, { Ref: "Beside" }] } };
  const Bad = { Type: "Test::Thing", Properties: { Size: 13 }, DependsOn: ["After"] };
  return JSON.stringify({ Resources: { Child, Beside, After, ...(bad === "parent" ? { Bad } : {}) } });
}

async function statuses(cloud: StackCloud): Promise<readonly string[]> {
  return (await cloud.aws.cloudformation.ListStacks({})).StackSummaries!.map((stack) => stack.StackStatus).toSorted();
}

/** Kinds of what there is, and of what that uses. */
function kinds(cloud: StackCloud): readonly string[] {
  const all = cloud.things();
  return all.map((one) => `${one.kind} uses ${one.uses.map((id) => all.find((other) => other.id === id)?.kind ?? "nothing").join()}`).toSorted();
}

/** How many commits an undisturbed run makes. */
async function commitsOf(disk: Disk, call: Call, seed: number): Promise<number> {
  const before = disk.sequence;
  await throughKills(disk, call, [], seed, OBJECTS);
  return disk.sequence - before;
}

const step = (name: string, call: Call, expected: readonly string[]) => ({ name, call, expected });
const STEPS = [
  step("create", (cloud) => cloud.aws.cloudformation.CreateStack({ StackName: "s", TemplateBody: nesting("a") }), ["CREATE_COMPLETE", "CREATE_COMPLETE"]),
  step("update with replacements", (cloud) => cloud.aws.cloudformation.UpdateStack({ StackName: "s", TemplateBody: nesting("b") }), ["UPDATE_COMPLETE", "UPDATE_COMPLETE"]),
  step("roll back as the parent fails", (cloud) => cloud.aws.cloudformation.UpdateStack({ StackName: "s", TemplateBody: nesting("c", "parent") }), ["UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"]),
  step("roll back as the child fails", (cloud) => cloud.aws.cloudformation.UpdateStack({ StackName: "s", TemplateBody: nesting("d", "child") }), ["UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"]),
  step("leave a failure as it is", (cloud) => cloud.aws.cloudformation.UpdateStack({ StackName: "s", TemplateBody: nesting("e", "parent"), DisableRollback: true }), ["UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_FAILED"]),
  step("take it back by hand", (cloud) => cloud.aws.cloudformation.RollbackStack({ StackName: "s" }), ["UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"]),
  step("delete", (cloud) => cloud.aws.cloudformation.DeleteStack({ StackName: "s" }), ["DELETE_COMPLETE", "DELETE_COMPLETE"]),
] as const;

test("killed at each single commit of a nested stack's life, everything ends as if nothing had happened", async () => {
  // One life without a kill tells how long each step is and what it leaves.
  const calm = new Disk();
  const lengths: number[] = [];
  const pictures: (readonly string[])[] = [];
  const saved: Disk[] = [];
  for (const [i, { call }] of STEPS.entries()) {
    saved.push(calm.copy());
    // Each run has ids of its own, as a life has.
    lengths.push(await commitsOf(calm, call, 700 + i));
    pictures.push(kinds(await throughKills(calm.copy(), () => Promise.resolve(), [], 800, OBJECTS)));
  }
  let kills = 0;
  for (const [i, { name, call, expected }] of STEPS.entries()) {
    // The first commit is the request itself: killed before, the caller would ask again.
    for (let at = 1; at <= lengths[i]!; at++) {
      const disk = saved[i]!.copy();
      const cloud = await throughKills(disk, call, [at], 1_000 + 2 * at, OBJECTS);
      expect([name, at, await statuses(cloud)]).toEqual([name, at, expected]);
      expect([name, at, kinds(cloud)]).toEqual([name, at, pictures[i]]);
      expect(cloud.logs).toEqual([]);
      await cloud.stop();
      kills++;
    }
  }
  expect(kills).toBeGreaterThan(60);
}, 60_000);
