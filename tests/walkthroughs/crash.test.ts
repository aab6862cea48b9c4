import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { DescribeInstancesCommand, DescribeVpcsCommand } from "@aws-sdk/client-ec2";
import { DescribeStackResourcesCommand, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGarden, until, type Garden } from "./garden.js";

describe("a SIGKILL of the whole cloud", { timeout: 120_000 }, () => {
  let garden: Garden;
  beforeEach(async () => {
    garden = await createGarden();
  });
  afterEach(() => garden.end(), 60_000);

  const stackStatus = async (): Promise<string | undefined> => {
    const { Stacks } = await garden.cloudformation.send(new DescribeStacksCommand({ StackName: "minimal" }));
    return Stacks?.[0]?.StackStatus;
  };

  const completeResources = async (): Promise<number> => {
    const { StackResources } = await garden.cloudformation.send(new DescribeStackResourcesCommand({ StackName: "minimal" })).catch(() => ({ StackResources: [] }));
    return StackResources!.filter((resource) => resource.ResourceStatus === "CREATE_COMPLETE").length;
  };

  /** The process and everything below it, across namespaces. */
  const family = (pid: number): number[] => {
    const parents = new Map<number, number>();
    for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        parents.set(Number(entry), Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${entry}/stat`, "utf8"))?.[1]));
      } catch {
        // It ended meanwhile.
      }
    }
    const all = [pid];
    for (const member of all) for (const [child, parent] of parents) if (parent === member) all.push(child);
    return all;
  };

  const alive = (pids: readonly number[]): number[] =>
    pids.filter((pid) => {
      try {
        return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
      } catch {
        return false;
      }
    });

  it.each([
    ["its first resources", 2],
    ["its load balancer", 15],
  ])("while a deployment makes %s: after `start` the stack completes, and nothing was made twice", async (_moment, complete) => {
    expect((await garden.hakoniwa("start")).code).toBe(0);
    const pid = (await garden.pid())!;
    expect(pid).toBeGreaterThan(0);
    const deployment = garden.hakoniwa("up");
    await until(`${complete} resources are complete`, 20, async () => (await completeResources()) >= complete, 5);
    process.kill(pid, "SIGKILL");
    expect((await deployment).code).not.toBe(0);
    expect((await garden.hakoniwa("start")).code).toBe(0);
    expect(await stackStatus()).toBe("CREATE_IN_PROGRESS");
    await until("the stack is complete", 60, async () => (await stackStatus()) === "CREATE_COMPLETE");
    expect(await until("the site answers", 40, () => garden.curl(1))).toBe("hello!\n");
    const { Reservations } = await garden.ec2.send(new DescribeInstancesCommand({ Filters: [{ Name: "instance-state-name", Values: ["pending", "running"] }] }));
    expect(Reservations!.flatMap((r) => r.Instances ?? [])).toHaveLength(1);
    const { Vpcs } = await garden.ec2.send(new DescribeVpcsCommand({ Filters: [{ Name: "is-default", Values: ["false"] }] }));
    expect(Vpcs).toHaveLength(1);
  });

  it("leaves no process, mount, namespace or port behind", async () => {
    const mounts = () => readFileSync("/proc/self/mountinfo", "utf8");
    const before = mounts();
    expect((await garden.hakoniwa("up")).code).toBe(0);
    const members = family((await garden.pid())!);
    expect(members.length).toBeGreaterThan(8);
    expect(mounts()).toBe(before);
    process.kill(members[0]!, "SIGKILL");
    await until("every process is gone", 10, async () => alive(members).length === 0);
    expect(execFileSync("ip", ["netns", "list"], { encoding: "utf8" })).not.toMatch(/vpc-/);
    const second = await garden.hakoniwa("start");
    expect(second).toMatchObject({ code: 0, stderr: "" });
    expect(await until("the site answers", 40, () => garden.curl(1))).toBe("hello!\n");
  });
});
