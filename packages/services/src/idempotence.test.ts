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

/** What no stage has: an interface endpoint, and peering connections that end. */
async function connectNetworks({ aws }: TestCloud): Promise<void> {
  const [standard] = (await aws.ec2.DescribeVpcs({ Filters: [{ Name: "is-default", Values: ["true"] }] })).Vpcs!;
  const VpcId = standard!.VpcId!;
  const { Subnets } = await aws.ec2.DescribeSubnets({ Filters: [{ Name: "vpc-id", Values: [VpcId] }] });
  const endpoint = { VpcId, VpcEndpointType: "Interface", ServiceName: "com.amazonaws.ap-northeast-1.ssm", SubnetIds: [Subnets![0]!.SubnetId!] } as const;
  await aws.ec2.CreateVpcEndpoint(endpoint);
  const leaving = await aws.ec2.CreateVpcEndpoint({ ...endpoint, PrivateDnsEnabled: false });
  await aws.ec2.DeleteVpcEndpoints({ VpcEndpointIds: [leaving.VpcEndpoint!.VpcEndpointId!] });
  const { Vpc } = await aws.ec2.CreateVpc({ CidrBlock: "10.9.0.0/16" });
  await aws.ec2.CreateVpcPeeringConnection({ VpcId, PeerVpcId: Vpc!.VpcId! });
}

/** Objects that a lifecycle rule is about. */
async function letObjectsExpire({ aws }: TestCloud): Promise<void> {
  const Bucket = "expiring";
  await aws.s3.CreateBucket({ Bucket, CreateBucketConfiguration: { LocationConstraint: "ap-northeast-1" } });
  await aws.s3.PutObject({ Bucket, Key: "a" });
  const Rules = [{ Status: "Enabled", Filter: {}, Expiration: { Date: new Date(0) } }] as const;
  await aws.s3.PutBucketLifecycleConfiguration({ Bucket, LifecycleConfiguration: { Rules } });
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
  await cloud.aws.ec2.ModifyVolume({ VolumeId: Volumes![0]!.VolumeId!, Size: 100 });
  await cloud.aws.ec2.CopySnapshot({ SourceRegion: "ap-northeast-1", SourceSnapshotId: Snapshots![0]!.SnapshotId! });
  await cloud.settle();
  await cloud.aws.ec2.DeleteSnapshot({ SnapshotId: Snapshots![0]!.SnapshotId! });
  await connectNetworks(cloud);
  await letObjectsExpire(cloud);
  const Policies = JSON.stringify([{ Type: "Expiration", Version: "1.0", Attributes: { Timestamp: new Date(cloud.now() + 300_000).toISOString() } }]);
  await cloud.aws.ssm.PutParameter({ Name: "soon-gone", Value: "x", Type: "String", Tier: "Advanced", Policies });
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
