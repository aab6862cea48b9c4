import { DescribeStackResourcesCommand } from "@aws-sdk/client-cloudformation";
import { AuthorizeSecurityGroupIngressCommand, DescribeInstancesCommand, RevokeSecurityGroupIngressCommand } from "@aws-sdk/client-ec2";
import { DescribeInstanceHealthCommand } from "@aws-sdk/client-elastic-load-balancing";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGarden, run, until, type Garden, type Ran } from "./garden.js";

const BALANCER = "elb-hakoniwa-minimal";
const hakoniwa = fileURLToPath(new URL("../../hakoniwa", import.meta.url));

describe("the stage minimal, as `./hakoniwa up` builds it", { timeout: 120_000 }, () => {
  let garden: Garden;
  let up: Ran;

  beforeAll(async () => {
    garden = await createGarden();
    up = await garden.hakoniwa("up", "--set", "bastion=true");
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

  it("answers at that URL, which names the load balancer and leads to this machine", async () => {
    const [, host = ""] = /http:\/\/(elb-\S+\.localhost:\d+)\//.exec(up.stdout) ?? [];
    const { stdout } = await run("curl", ["-sf", "--max-time", "5", "-H", `Host: ${host}`, `http://127.0.0.1:${garden.httpPort}/`]);
    expect(stdout).toBe("hello!\n");
  });

  it("says how to log in to the bastion, and that works as it is typed", async () => {
    const [, command = ""] = /^ +log in +\.\/hakoniwa (internet ssh .*)$/m.exec(up.stdout) ?? [];
    const { Reservations } = await garden.ec2.send(new DescribeInstancesCommand({ InstanceIds: [await physical("Bastion")] }));
    const { PublicIpAddress, PrivateDnsName } = Reservations![0]!.Instances![0]!;
    expect(command).toContain(PublicIpAddress);
    expect(await garden.hakoniwa(...command.split(" "), "hostname")).toMatchObject({ code: 0, stdout: `${PrivateDnsName}\n` });
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

  it("finds nothing to do the second time", async () => {
    const again = await garden.hakoniwa("up", "--set", "bastion=true");
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
