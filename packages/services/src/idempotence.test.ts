/** What every reconciler promises: it may run twice, and the second run does nothing. */
import { isDeepStrictEqual } from "node:util";
import type { Port } from "@hakoniwa/network";
import { afterEach, expect, it, vi } from "vitest";
import { synthesize } from "../../../tests/api/synthesis.js";
import { services } from "./index.js";
import { createTestCloud, type TestCloud } from "./testing.js";

const reconcilers = services.flatMap((service) => service.reconcilers);
const seen = new Set<string>();

afterEach(() => {
  vi.restoreAllMocks();
});

/** Hears of what the data plane is told from now on that differs from what it was told before. */
function hearChanges(cloud: TestCloud): string[] {
  const changes: string[] = [];
  for (const name of ["networks", "workloads", "names", "disks"] as const) {
    const port: Port<unknown, unknown> = cloud.paper[name];
    const specs = new Map<string, unknown>();
    const { ensure, remove } = port;
    vi.spyOn(port, "ensure").mockImplementation((key: string, spec: unknown) => {
      if (!isDeepStrictEqual(specs.get(key), spec)) changes.push(`${name}.ensure ${key}`);
      specs.set(key, spec);
      return ensure(key, spec);
    });
    vi.spyOn(port, "remove").mockImplementation((key: string) => {
      if (specs.delete(key)) changes.push(`${name}.remove ${key}`);
      return remove(key);
    });
  }
  return changes;
}

it.each([{ nat: "gateway" }, { nat: "instance", bastion: true }])("every reconciler's second run changes nothing: the stage minimal with %j", async (options) => {
  const runs = reconcilers.map((reconciler) => ({ reconciler, calls: vi.spyOn(reconciler, "reconcile").mock.calls }));
  const cloud = await createTestCloud();
  const changes = hearChanges(cloud);
  await cloud.aws.cloudformation.CreateStack({ StackName: "minimal", TemplateBody: await synthesize(options) });
  await cloud.advance("10m");
  expect((await cloud.aws.cloudformation.DescribeStacks({ StackName: "minimal" })).Stacks).toMatchObject([{ StackStatus: "CREATE_COMPLETE" }]);
  const { Volumes } = await cloud.aws.ec2.DescribeVolumes({});
  for (const { VolumeId } of Volumes!) await cloud.aws.ec2.CreateSnapshot({ VolumeId: VolumeId! });
  await cloud.settle();
  const { Snapshots } = await cloud.aws.ec2.DescribeSnapshots({});
  await cloud.aws.ec2.DeleteSnapshot({ SnapshotId: Snapshots![0]!.SnapshotId! });
  await cloud.advance("10m");
  expect(changes).not.toEqual([]);

  // Not only what a start would look at: every key that a reconciler ever ran for, those of what is gone or finished too.
  const { sequence } = cloud.store;
  changes.length = 0;
  for (const { reconciler, calls } of runs) {
    const keys = new Map(calls.map(([key]) => [JSON.stringify(key), key]));
    if (keys.size > 0) seen.add(reconciler.name);
    for (const key of keys.values()) await reconciler.reconcile(key, await cloud.core.calls.jobs(reconciler, key));
  }
  await cloud.settle();
  expect(changes).toEqual([]);
  expect(cloud.store.sequence).toBe(sequence);
  expect(cloud.logs).toEqual([]);
  await cloud.close();
});

it("the stages above leave no reconciler out", () => {
  expect(reconcilers.map((reconciler) => reconciler.name).filter((name) => !seen.has(name))).toEqual([]);
});
