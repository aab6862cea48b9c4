import { DescribeAutoScalingGroupsCommand, DescribeScalingActivitiesCommand } from "@aws-sdk/client-auto-scaling";
import { DescribeStackResourcesCommand } from "@aws-sdk/client-cloudformation";
import { AuthorizeSecurityGroupIngressCommand, DescribeInstancesCommand, RevokeSecurityGroupIngressCommand, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { DescribeInstanceHealthCommand, DescribeLoadBalancersCommand } from "@aws-sdk/client-elastic-load-balancing";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGarden, run, until, type Garden, type Ran } from "./garden.js";

const BALANCER = "elb-hakoniwa-minimal";
const hakoniwa = fileURLToPath(new URL("../../hakoniwa", import.meta.url));
const GROUP = "asg-hakoniwa-minimal";

describe("the fourth article's platform, as `./hakoniwa up` builds it", { timeout: 120_000 }, () => {
  let garden: Garden;
  let up: Ran;

  beforeAll(async () => {
    garden = await createGarden();
    up = await garden.hakoniwa("up");
  }, 120_000);
  afterAll(() => garden.end(), 60_000);

  const health = async () => (await garden.elb.send(new DescribeInstanceHealthCommand({ LoadBalancerName: BALANCER }))).InstanceStates ?? [];
  const inService = async () => (await health()).filter((state) => state.State === "InService").map((state) => state.InstanceId ?? "");
  const physical = async (logicalId: string): Promise<string> =>
    (await garden.cloudformation.send(new DescribeStackResourcesCommand({ StackName: "minimal", LogicalResourceId: logicalId }))).StackResources?.[0]?.PhysicalResourceId ?? "";

  it("shows each resource as it comes, and ends with the site's URL", () => {
    expect(up.stderr).toBe("");
    expect(up.code).toBe(0);
    expect(up.stdout).toMatch(/CREATE_COMPLETE +Vpc +AWS::EC2::VPC +vpc-[0-9a-f]{17}/);
    expect(up.stdout).toMatch(/CREATE_COMPLETE +AutoScalingGroup/);
    expect(up.stdout).toMatch(new RegExp(`http://${BALANCER}-\\d+\\.ap-northeast-1\\.elb\\.amazonaws\\.com\\.localhost:${garden.httpPort}/`));
  });

  it("has 1 of 1 instances in service (S4-31)", async () => {
    const states = await health();
    expect(states.map((state) => state.State)).toEqual(["InService"]);
    const { AutoScalingGroups } = await garden.autoscaling.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [GROUP] }));
    expect(AutoScalingGroups?.[0]?.Instances).toMatchObject([{ InstanceId: states[0]!.InstanceId, LifecycleState: "InService", HealthStatus: "Healthy" }]);
  });

  it("answers hello! at the load balancer's DNS name, from the host and on the box's internet (S4-32)", async () => {
    expect(await garden.curl()).toBe("hello!\n");
    const dns = (await garden.elb.send(new DescribeLoadBalancersCommand({ LoadBalancerNames: [BALANCER] }))).LoadBalancerDescriptions![0]!.DNSName!;
    const named = await run("curl", ["-sf", "--max-time", "5", "-H", `Host: ${dns}.localhost:${garden.httpPort}`, `http://127.0.0.1:${garden.httpPort}/`]);
    expect(named.stdout).toBe("hello!\n");
    const inside = await garden.hakoniwa("internet", "curl", "-sf", "--max-time", "5", `http://${dns}/`);
    expect(inside).toMatchObject({ code: 0, stdout: "hello!\n" });
  });

  it("keeps the web server off the internet: it has no public address (S4-01, S4-29)", async () => {
    const { Reservations } = await garden.ec2.send(new DescribeInstancesCommand({ InstanceIds: await inService() }));
    const instance = Reservations![0]!.Instances![0]!;
    expect(instance.PublicIpAddress).toBeUndefined();
    expect(instance.PrivateIpAddress).toMatch(/^10\.0\.1\./);
    const direct = await garden.hakoniwa("internet", "curl", "-s", "--max-time", "1", `http://${instance.PrivateIpAddress}/`);
    expect(direct.code).not.toBe(0);
  });

  it("lets an instance of the group ping 8.8.8.8 through the NAT gateway (S4-36)", async () => {
    const [instance] = await inService();
    const ping = await garden.hakoniwa("exec", instance!, "ping", "-c", "1", "-W", "2", "8.8.8.8");
    expect(ping.stdout).toMatch(/1 received/);
    expect(ping.code).toBe(0);
  });

  it("passes arguments, streams and the exit code of `exec` through", async () => {
    const [instance] = await inService();
    const result = await garden.hakoniwa("exec", instance!, "sh", "-c", "echo out; echo err >&2; exit 7");
    expect(result).toEqual({ code: 7, stdout: "out\n", stderr: "err\n" });
  });

  it("ends what `exec` and `internet` run when they are interrupted", async () => {
    const [instance] = await inService();
    for (const where of [["exec", instance!], ["internet"]]) {
      const child = spawn(hakoniwa, [...where, "sh", "-c", "echo begun; exec sleep 4321"], { env: garden.env, stdio: ["ignore", "pipe", "ignore"] });
      await once(child.stdout, "data");
      expect((await run("pgrep", ["-f", "^sleep 4321$"])).code).toBe(0);
      child.kill("SIGINT");
      await until("it has ended", 5, async () => (await run("pgrep", ["-f", "^sleep 4321$"])).code === 1);
    }
  });

  it("stops answering when the group's rule for port 80 is removed, and answers again when it is back (S4-03, S2-56)", async () => {
    const GroupId = await physical("LoadBalancerGroup");
    const IpPermissions = [{ IpProtocol: "tcp", FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
    await garden.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
    await until("the site is shut", 5, async () => (await garden.curl(1)) === undefined);
    await garden.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
    expect(await until("the site answers again", 10, () => garden.curl(1))).toBe("hello!\n");
  });

  it("heals: a terminated instance is dropped, replaced, and the new one taken in (S4-33)", async () => {
    const [old] = await inService();
    await garden.ec2.send(new TerminateInstancesCommand({ InstanceIds: [old!] }));
    await until("the balancer dropped it", 20, async () => !(await inService()).includes(old!));
    const fresh = await until("another one is in service", 60, async () => (await inService()).find((id) => id !== old));
    expect(await until("the site answers", 10, () => garden.curl())).toBe("hello!\n");
    const { Activities } = await garden.autoscaling.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: GROUP }));
    expect(Activities!.map((activity) => activity.Description)).toEqual(
      expect.arrayContaining([expect.stringContaining(`Launching a new EC2 instance: ${fresh}`), expect.stringContaining(`Terminating EC2 instance: ${old}`)]),
    );
  });

  it("finds nothing to do the second time", async () => {
    const again = await garden.hakoniwa("up");
    expect(again.code).toBe(0);
    expect(again.stdout).toContain("as the template says already");
  });

  it("comes back after stop and start, with the same instance and its disk", async () => {
    const before = await inService();
    expect((await garden.hakoniwa("stop")).code).toBe(0);
    expect(await garden.curl(1)).toBeUndefined();
    expect((await garden.hakoniwa("start")).code).toBe(0);
    expect(await until("the site answers", 40, () => garden.curl(1))).toBe("hello!\n");
    expect(await inService()).toEqual(before);
  });

  it("goes down without a rest, and comes up a second time", async () => {
    const down = await garden.hakoniwa("down");
    expect(down).toMatchObject({ code: 0, stderr: "" });
    const { Reservations } = await garden.ec2.send(new DescribeInstancesCommand({ Filters: [{ Name: "instance-state-name", Values: ["pending", "running", "stopping", "stopped"] }] }));
    expect(Reservations).toEqual([]);
    expect(await garden.curl(1)).toBeUndefined();
    expect((await garden.hakoniwa("up")).code).toBe(0);
    expect(await garden.curl()).toBe("hello!\n");
  });
});
