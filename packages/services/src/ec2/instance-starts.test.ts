/** What becomes of instances that the data plane can't start at once, or at all. */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Port, Workload, WorkloadStatus } from "@hakoniwa/network";
import { createTestCloud, type TestCloud } from "../testing.js";
import { publicImageParameters } from "./image-catalogue.js";

const IMAGE = publicImageParameters("ap-northeast-1").get("/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64")!;

let cloud: TestCloud;
let tries: number;
beforeEach(async () => {
  cloud = await createTestCloud();
  tries = 0;
});
afterEach(() => cloud.close());

/** A data plane that refuses the first `count` starts, showing `exited` meanwhile as the kernel's does. */
function refuse(count: number): void {
  const port: Port<Workload, WorkloadStatus> = cloud.paper.workloads;
  const real = { ...port };
  const refused = new Map<string, WorkloadStatus>();
  Object.assign(port, {
    observe: (key: string) => refused.get(key) ?? real.observe(key),
    async ensure(key: string, spec: Workload) {
      if (spec.kind !== "instance") return real.ensure(key, spec);
      if (++tries > count) {
        refused.delete(key);
        return real.ensure(key, spec);
      }
      refused.set(key, { state: "exited", boot: spec.boot, reason: "no namespace" });
      cloud.core.driver.signal("workloads", key);
      throw new Error("no namespace");
    },
    async remove(key: string) {
      refused.delete(key);
    },
  });
}

async function launch(): Promise<string> {
  const { Instances } = await cloud.aws.ec2.RunInstances({ ImageId: IMAGE, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1 });
  await cloud.settle();
  return Instances![0]!.InstanceId!;
}

async function stateOf(id: string): Promise<string> {
  return (await cloud.aws.ec2.DescribeInstances({ InstanceIds: [id] })).Reservations![0]!.Instances![0]!.State!.Name!;
}

test("a start that fails is tried again with growing pauses, not in a loop", async () => {
  refuse(2);
  const id = await launch();
  expect(tries).toBe(1);
  await cloud.advance("600ms");
  expect(tries).toBe(2);
  expect(await stateOf(id)).toBe("pending");
  await cloud.advance("2s");
  expect(await stateOf(id)).toBe("running");
});

test("a launch that keeps failing ends terminated and says why", async () => {
  refuse(1_000);
  const id = await launch();
  await cloud.advance("2m");
  const { Reservations } = await cloud.aws.ec2.DescribeInstances({ InstanceIds: [id] });
  expect(Reservations![0]!.Instances).toMatchObject([{ State: { Name: "terminated" }, StateReason: { Code: "Server.InternalError", Message: expect.stringContaining("no namespace") } }]);
  expect(tries).toBe(5);
});

test("an instance whose start never ends can be terminated", async () => {
  Object.assign(cloud.paper.workloads, { ensure: () => new Promise(() => {}) });
  const id = await launch();
  await cloud.aws.ec2.TerminateInstances({ InstanceIds: [id] });
  await cloud.settle();
  expect(await stateOf(id)).toBe("terminated");
});
