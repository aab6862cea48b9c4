/** The second article's three phases, one deployed over the other, on paper. */
import { ValidateTemplateCommand } from "@aws-sdk/client-cloudformation";
import { CreateImageCommand, DescribeInstancesCommand, DescribeVpcsCommand } from "@aws-sdk/client-ec2";
import { DescribeLoadBalancersCommand } from "@aws-sdk/client-elastic-load-balancing";
import { describe, expect, it } from "vitest";
import { interfaceOf, reach, stageStack } from "./blueprint-stack.js";
import { useCloud } from "./cloud.js";
import { synthesize } from "./synthesis.js";

describe("the stages wordpress-1 to wordpress-3, one over the other", () => {
  const cloud = useCloud();
  const stack = stageStack(cloud, "blog");
  let server: string;

  it("phase 1: a server with an Elastic IP in a single public subnet (S2-10 to S2-19)", async () => {
    await stack.deploy("wordpress-1");
    server = await stack.physical("Server");
    const vpc = await stack.network();
    expect([...vpc.subnets.values()].map((subnet) => subnet.cidr)).toEqual(["10.0.0.0/24"]);
    const at = interfaceOf(vpc, server);
    expect(await stack.output("SiteUrl")).toBe(`http://${at.addresses[0]!.public}/`);
    expect(reach(vpc, "internet", at, 80).reachable).toBe(true);
    expect(reach(vpc, "internet", at, 22).reachable).toBe(true);
    expect(reach(vpc, "internet", at, 22, "198.51.100.200").reachable).toBe(false);
    expect(reach(vpc, "internet", at, 3306).reachable).toBe(false);
  });

  it("phase 2: subnets for the database in two zones, which nothing outside reaches, while the server stays (S2-08, S2-30)", async () => {
    await stack.deploy("wordpress-2");
    expect(await stack.physical("Server")).toBe(server);
    const vpc = await stack.network();
    const database = [...vpc.subnets.values()].filter((subnet) => subnet.cidr !== "10.0.0.0/24");
    expect(new Set(database.map((subnet) => subnet.availabilityZone)).size).toBe(2);
    expect(database.flatMap((subnet) => vpc.routeTables.get(subnet.routeTable)!.routes)).toEqual([]);
    const group = vpc.securityGroups.get(await stack.physical("DatabaseGroup"))!;
    expect(group.ingress).toMatchObject([{ ports: { from: 3306, to: 3306 }, peer: { kind: "group", id: await stack.physical("ServerGroup") } }]);
  });

  it("phase 2 with RDS is refused by name, before anything is touched", async () => {
    const TemplateBody = await synthesize({ database: "rds" }, "wordpress-2");
    expect(TemplateBody).toContain("AWS::RDS::DBInstance");
    await expect(stack.deploy("wordpress-2", { database: "rds" })).rejects.toMatchObject({ name: "ValidationError", message: expect.stringContaining("AWS::RDS::DB") });
    await expect(cloud.cloudformation.send(new ValidateTemplateCommand({ TemplateBody: await synthesize({}, "wordpress-2") }))).resolves.toBeDefined();
  });

  it("phase 3: a second server of the first's image, both behind a balancer that alone reaches their port 80 (S2-40 to S2-52)", async () => {
    const { ImageId } = await cloud.ec2.send(new CreateImageCommand({ InstanceId: server, Name: "blog" }));
    await stack.deploy("wordpress-3", { golden: ImageId! });
    expect(await stack.physical("Server")).toBe(server);
    const second = await stack.physical("Server2");
    const { Reservations } = await cloud.ec2.send(new DescribeInstancesCommand({ InstanceIds: [second] }));
    expect(Reservations![0]!.Instances![0]).toMatchObject({ ImageId });
    const { LoadBalancerDescriptions } = await cloud.elb.send(new DescribeLoadBalancersCommand({}));
    expect(new Set(LoadBalancerDescriptions![0]!.Instances!.map((each) => each.InstanceId))).toEqual(new Set([server, second]));
    const vpc = await stack.network();
    const balancer = interfaceOf(vpc, await stack.physical("LoadBalancerGroup"));
    for (const id of [server, second]) {
      const at = interfaceOf(vpc, id);
      expect(reach(vpc, balancer, at, 80).reachable).toBe(true);
      expect(reach(vpc, "internet", at, 80).explanation).toMatchObject({ code: "ENI_SG_RULES_MISMATCH", component: at.id });
      // X6: the internet reaches their subnets, which the first article mends (S0-01).
      expect(reach(vpc, "internet", at, 22).reachable).toBe(true);
    }
    expect(vpc.subnets.get(interfaceOf(vpc, second).subnet)).toMatchObject({ cidr: "10.0.2.0/24" });
  });

  it("back to phase 1, and gone without a rest", async () => {
    await stack.deploy("wordpress-1");
    expect(await stack.physical("Server")).toBe(server);
    expect(await stack.remove()).toEqual([]);
    expect((await cloud.ec2.send(new DescribeVpcsCommand({}))).Vpcs!.map((vpc) => vpc.IsDefault)).toEqual([true]);
  });
});
