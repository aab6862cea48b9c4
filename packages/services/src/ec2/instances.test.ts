import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Workload } from "@hakoniwa/network";
import type { Ec2Types } from "@hakoniwa/wire";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

async function amazonLinux(): Promise<string> {
  const { Images } = await cloud.aws.ec2.DescribeImages({ Owners: ["amazon"], Filters: [{ Name: "name", Values: ["al2023-ami-2023.*-x86_64"] }] });
  return Images![0]!.ImageId!;
}

async function run(input: Partial<Ec2Types.RunInstancesRequest> = {}): Promise<string> {
  const { Instances } = await cloud.aws.ec2.RunInstances({ ImageId: await amazonLinux(), InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, ...input });
  return Instances![0]!.InstanceId!;
}

async function instance(id: string): Promise<Ec2Types.Instance> {
  return (await cloud.aws.ec2.DescribeInstances({ InstanceIds: [id] })).Reservations![0]!.Instances![0]!;
}

async function running(input: Partial<Ec2Types.RunInstancesRequest> = {}): Promise<string> {
  const id = await run(input);
  await cloud.advance("1s");
  return id;
}

/** The second of two runs must change nothing: nothing is written, and nothing is left to do. */
async function atRest(): Promise<void> {
  const before = cloud.store.sequence;
  cloud.core.driver.start();
  await cloud.settle();
  expect(cloud.store.sequence).toBe(before);
}

describe("an instance", () => {
  test("is pending when launched and running once it runs (S4-21)", async () => {
    const id = await run();
    expect(await instance(id)).toMatchObject({ State: { Code: 0, Name: "pending" }, PrivateIpAddress: "172.31.0.4", Placement: { AvailabilityZone: "ap-northeast-1a" } });
    await cloud.advance("1s");
    expect(await instance(id)).toMatchObject({ State: { Code: 16, Name: "running" }, RootDeviceName: "/dev/xvda" });
    expect((await cloud.aws.ec2.DescribeInstanceStatus({})).InstanceStatuses).toMatchObject([
      { InstanceId: id, InstanceStatus: { Status: "ok", Details: [{ Name: "reachability", Status: "passed" }] }, SystemStatus: { Status: "ok" } },
    ]);
    await atRest();
  });

  test("keeps its private address over stop and start, and gets a new public one (S2-15, S2-16)", async () => {
    const id = await running();
    const first = await instance(id);
    expect(first.PublicIpAddress).toMatch(/^198\./);
    const { StoppingInstances } = await cloud.aws.ec2.StopInstances({ InstanceIds: [id] });
    expect(StoppingInstances).toEqual([{ InstanceId: id, PreviousState: { Code: 16, Name: "running" }, CurrentState: { Code: 64, Name: "stopping" } }]);
    await cloud.advance("1s");
    const stopped = await instance(id);
    expect(stopped).toMatchObject({ State: { Name: "stopped" }, PrivateIpAddress: first.PrivateIpAddress, StateReason: { Code: "Client.UserInitiatedShutdown" } });
    expect(stopped.PublicIpAddress).toBeUndefined();
    await cloud.aws.ec2.StartInstances({ InstanceIds: [id] });
    await cloud.advance("1s");
    const again = await instance(id);
    expect(again).toMatchObject({ State: { Name: "running" }, PrivateIpAddress: first.PrivateIpAddress, StateTransitionReason: "" });
    expect(again.PublicIpAddress).toMatch(/^198\./);
    expect(cloud.paper.workloads.observe(id)).toMatchObject({ state: "running", boot: 2 });
    await atRest();
  });

  test("keeps an Elastic IP address over stop and start (S2-19)", async () => {
    const id = await running();
    const { AllocationId, PublicIp } = await cloud.aws.ec2.AllocateAddress({ Domain: "vpc" });
    await cloud.aws.ec2.AssociateAddress({ AllocationId, InstanceId: id });
    await cloud.aws.ec2.StopInstances({ InstanceIds: [id] });
    await cloud.advance("1s");
    expect((await instance(id)).PublicIpAddress).toBe(PublicIp);
  });

  test("takes its root volume and interface with it when terminated, and is forgotten after an hour (S2-18)", async () => {
    const id = await running();
    const { TerminatingInstances } = await cloud.aws.ec2.TerminateInstances({ InstanceIds: [id] });
    expect(TerminatingInstances).toMatchObject([{ PreviousState: { Name: "running" }, CurrentState: { Code: 32, Name: "shutting-down" } }]);
    await cloud.advance("1s");
    expect(await instance(id)).toMatchObject({ State: { Code: 48, Name: "terminated" }, NetworkInterfaces: [] });
    expect((await cloud.aws.ec2.DescribeVolumes({})).Volumes).toEqual([]);
    expect((await cloud.aws.ec2.DescribeNetworkInterfaces({})).NetworkInterfaces).toEqual([]);
    expect(cloud.paper.workloads.keys()).toEqual([]);
    expect(cloud.paper.disks.keys()).toEqual([]);
    await atRest();
    await cloud.advance("59m");
    expect(await instance(id)).toMatchObject({ State: { Name: "terminated" } });
    await cloud.advance("2m");
    await expect(instance(id)).rejects.toMatchObject({ code: "InvalidInstanceID.NotFound", message: `The instance ID '${id}' does not exist` });
    expect(cloud.logs).toEqual([]);
  });

  test("leaves its root volume when that is asked for", async () => {
    const id = await running({ BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { DeleteOnTermination: false, VolumeSize: 20 } }] });
    await cloud.aws.ec2.TerminateInstances({ InstanceIds: [id] });
    await cloud.advance("1s");
    expect((await cloud.aws.ec2.DescribeVolumes({})).Volumes).toMatchObject([{ Size: 20, State: "available", Attachments: [] }]);
  });

  test("is protected from termination until the protection is taken away", async () => {
    const id = await running({ DisableApiTermination: true });
    await expect(cloud.aws.ec2.TerminateInstances({ InstanceIds: [id] })).rejects.toMatchObject({ code: "OperationNotPermitted" });
    await cloud.aws.ec2.ModifyInstanceAttribute({ InstanceId: id, DisableApiTermination: { Value: false } });
    await cloud.aws.ec2.TerminateInstances({ InstanceIds: [id] });
  });

  test("that crashes stays running with a failed status check, and a reboot cures it", async () => {
    const id = await running();
    cloud.paper.crash(id, "its first process was killed by SIGKILL");
    await cloud.settle();
    expect(await instance(id)).toMatchObject({ State: { Name: "running" } });
    const status = async () => (await cloud.aws.ec2.DescribeInstanceStatus({ InstanceIds: [id] })).InstanceStatuses![0]!.InstanceStatus;
    expect(await status()).toMatchObject({ Status: "impaired", Details: [{ Status: "failed" }] });
    expect(cloud.core.calls.facts({ account: "123456789012", region: "ap-northeast-1" }).ec2.instance(id)?.status).toBe("impaired");
    await atRest();
    await cloud.aws.ec2.RebootInstances({ InstanceIds: [id] });
    await cloud.advance("1s");
    expect(await status()).toMatchObject({ Status: "ok" });
  });

  test.each([
    ["stop", "stopped"],
    ["terminate", "terminated"],
  ] as const)("that powers itself off follows its shutdown behaviour: %s", async (behaviour, state) => {
    const id = await running({ InstanceInitiatedShutdownBehavior: behaviour });
    cloud.paper.crash(id, "it powered itself off");
    await cloud.advance("1s");
    expect(await instance(id)).toMatchObject({ State: { Name: state }, StateReason: { Code: "Client.InstanceInitiatedShutdown" } });
    await atRest();
  });

  test("runs again with the same disk after a restart of the data plane", async () => {
    const id = await running();
    await cloud.paper.workloads.remove(id);
    await cloud.advance("1s");
    expect(cloud.paper.workloads.observe(id)).toMatchObject({ state: "running", boot: 1 });
    expect(await instance(id)).toMatchObject({ State: { Name: "running" } });
  });

  test("tells the data plane its key, user data and metadata (S2-17)", async () => {
    const { KeyPairId } = await cloud.aws.ec2.CreateKeyPair({ KeyName: "ann" });
    expect(KeyPairId).toMatch(/^key-/);
    const userData = Buffer.from("#!/bin/sh\necho hello!\n").toString("base64");
    const ensured: unknown[] = [];
    const real = { ...cloud.paper.workloads };
    Object.assign(cloud.paper.workloads, {
      ensure(key: string, spec: Workload) {
        ensured.push(spec);
        return real.ensure(key, spec);
      },
    });
    const id = await running({ KeyName: "ann", UserData: userData, TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "Name", Value: "web" }] }], MetadataOptions: { InstanceMetadataTags: "enabled" } });
    expect(ensured[0]).toMatchObject({
      kind: "instance",
      boot: 1,
      hostname: "ip-172-31-0-4.ap-northeast-1.compute.internal",
      memory: 1024 ** 3,
      authorizedKeys: [expect.stringMatching(/^ssh-rsa \S+ ann$/)],
      metadataOptions: { enabled: true, tokens: "required", hopLimit: 2 },
      metadata: { "meta-data/instance-id": id, "meta-data/tags/instance/Name": "web", "user-data": "#!/bin/sh\necho hello!\n" },
    });
  });
});
