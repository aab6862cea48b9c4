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
async function throughKills(disk: Disk, call: Call, kills: readonly number[], seed: number): Promise<StackCloud> {
  let asked = false;
  for (const [attempt, commits] of [...kills, Infinity].entries()) {
    const { backend, killed } = disk.open(commits);
    const cloud = createStackCloud({ backend, seed: seed + attempt });
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
    { numRuns: 100 },
  );
});

test("killed at any commit, a creation that fails leaves nothing", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(spec, { minLength: 1, maxLength: 6 }), fc.array(fc.nat(12), { maxLength: 5 }), async (specs, kills) => {
      const disk = new Disk();
      const create: Call = (cloud) => cloud.aws.cloudformation.CreateStack({ StackName: "s", TemplateBody: templateOf(specs, true) });
      const cloud = await throughKills(disk, create, kills.map((kill, i) => kill + (i === 0 ? 2 : 0)), 100);
      expect(await statusOf(cloud)).toBe("ROLLBACK_COMPLETE");
      expect(cloud.things()).toEqual([]);
    }),
    { numRuns: 100 },
  );
});
