/** The second article's site, in the stages that it grows by: one server, room for a database, two servers behind a load balancer. */
import { DescribeStackResourcesCommand } from "@aws-sdk/client-cloudformation";
import { CreateImageCommand, DescribeInstancesCommand, StopInstancesCommand, waitUntilImageAvailable, waitUntilInstanceStopped } from "@aws-sdk/client-ec2";
import { DescribeInstanceHealthCommand } from "@aws-sdk/client-elastic-load-balancing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGarden, until, type Garden, type Ran } from "./garden.js";

describe("the stages wordpress-1 to wordpress-3", { timeout: 60_000 }, () => {
  let garden: Garden;
  let server: string;
  let address: string;

  beforeAll(async () => {
    garden = await createGarden();
  });
  afterAll(() => garden.end(), 60_000);

  const deploy = async (stage: string, ...more: readonly string[]) => {
    const ran = await garden.hakoniwa("up", stage, "--stack-name", "blog", "--json", ...more);
    expect(ran, ran.stderr).toMatchObject({ code: 0, stderr: "" });
    return JSON.parse(ran.stdout.trimEnd().split("\n").at(-1)!) as { readonly outputs: Readonly<Record<string, string>>; readonly login: { readonly key: string; readonly address: string } };
  };
  const physical = async (LogicalResourceId: string): Promise<string> =>
    (await garden.cloudformation.send(new DescribeStackResourcesCommand({ StackName: "blog", LogicalResourceId }))).StackResources![0]!.PhysicalResourceId!;
  const page = async (url: string): Promise<string | undefined> => {
    const { code, stdout } = await garden.hakoniwa("internet", "curl", "-sf", "--max-time", "2", url);
    return code === 0 ? stdout : undefined;
  };
  const ssh = (key: string, script: string): Promise<Ran> =>
    garden.hakoniwa("internet", "ssh", "-F", "none", "-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR", "-o", "BatchMode=yes", "-o", "ConnectTimeout=3", "-i", key, `ec2-user@${address}`, script);

  it("phase 1: the server answers at its Elastic IP, and lets its owner in with the stack's key (S2-10 to S2-23)", async () => {
    const { outputs, login } = await deploy("wordpress-1");
    server = await physical("Server");
    address = login.address;
    expect(outputs["SiteUrl"]).toBe(`http://${address}/`);
    expect(await until("the site answers", 20, () => page(outputs["SiteUrl"]!))).toContain("<title>A blog</title>");
    const { stdout } = await until("it lets us in", 20, async () => {
      const ran = await ssh(login.key, "sudo whoami; grep nameserver /etc/resolv.conf");
      return ran.code === 0 && ran;
    });
    expect(stdout).toBe("root\nnameserver 10.0.0.2\n");
  });

  it("phase 2: the network has room for the database, and the server goes on; RDS itself is refused by name", async () => {
    await deploy("wordpress-2");
    expect(await physical("Server")).toBe(server);
    expect(await page(`http://${address}/`)).toContain("A blog");
    const rds = await garden.hakoniwa("up", "wordpress-2", "--stack-name", "blog", "--set", "database=rds");
    expect(rds).toMatchObject({ code: 1, stderr: expect.stringMatching(/AWS::RDS::DB/) });
    expect(await page(`http://${address}/`)).toContain("A blog");
  });

  it("phase 3: a copy of the server and a load balancer; the servers' port 80 is the balancer's alone (S2-39 to S2-55)", async () => {
    const { ImageId = "" } = await garden.ec2.send(new CreateImageCommand({ InstanceId: server, Name: "blog", NoReboot: true }));
    await waitUntilImageAvailable({ client: garden.ec2, maxWaitTime: 30, minDelay: 0.2, maxDelay: 0.2 }, { ImageIds: [ImageId] });
    const { outputs } = await deploy("wordpress-3", "--set", `golden=${ImageId}`);
    const second = await physical("Server2");
    const { InstanceStates } = await garden.elb.send(new DescribeInstanceHealthCommand({ LoadBalancerName: "elb-hakoniwa-wordpress" }));
    expect(new Map(InstanceStates!.map(({ InstanceId, State }) => [InstanceId, State]))).toEqual(new Map([[server, "InService"], [second, "InService"]]));
    expect(await page(outputs["SiteUrl"]!)).toContain("A blog");
    expect(await garden.curl()).toContain("A blog");
    const { Reservations } = await garden.ec2.send(new DescribeInstancesCommand({ InstanceIds: [server, second] }));
    for (const { PublicIpAddress } of Reservations!.flatMap((each) => each.Instances!)) expect(await page(`http://${PublicIpAddress}/`)).toBeUndefined();
    // S2-45: one server alone carries the site.
    await garden.hakoniwa("exec", server, "systemctl", "stop", "httpd");
    await until("the balancer has noticed", 20, async () => {
      const states = (await garden.elb.send(new DescribeInstanceHealthCommand({ LoadBalancerName: "elb-hakoniwa-wordpress" }))).InstanceStates!;
      return states.some(({ InstanceId, State }) => InstanceId === server && State === "OutOfService");
    });
    for (let at = 0; at < 4; at += 1) expect(await garden.curl()).toContain("A blog");
  });

  it("an instance's logs are what its user data wrote, and when it is stopped, what its console showed", async () => {
    const logs = await garden.hakoniwa("logs", server, "--lines", "1");
    expect(logs).toMatchObject({ code: 0, stdout: "Complete!\n" });
    await garden.ec2.send(new StopInstancesCommand({ InstanceIds: [server] }));
    await waitUntilInstanceStopped({ client: garden.ec2, maxWaitTime: 30, minDelay: 0.2, maxDelay: 0.2 }, { InstanceIds: [server] });
    const told = await garden.hakoniwa("logs", server, "--lines", "0", "--json");
    expect(told.stdout.split("\n")[0]).toMatch(new RegExp(`^{"event":"log","instance":"${server}","source":"console","line":"`));
    expect(told.stdout).toContain("login:");
  });
});
