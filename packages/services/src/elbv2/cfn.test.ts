/** Load balancers of both generations in templates, on the whole cloud on paper. */
import type { BalancerSpec } from "@hakoniwa/network";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
let subnets: readonly string[];
let vpc: string;

beforeEach(async () => {
  cloud = await createTestCloud();
  const { Subnets } = await cloud.aws.ec2.DescribeSubnets({ Filters: [{ Name: "default-for-az", Values: ["true"] }] });
  vpc = Subnets![0]!.VpcId!;
  subnets = Subnets!.slice(0, 2).map(({ SubnetId }) => SubnetId!);
});

afterEach(() => cloud.close());

const forward = [{ Type: "forward", TargetGroupArn: { Ref: "Group" } }];

function template(path: string, cookieSeconds: number): string {
  return JSON.stringify({
    Resources: {
      Balancer: {
        Type: "AWS::ElasticLoadBalancingV2::LoadBalancer",
        Properties: { Subnets: subnets, LoadBalancerAttributes: [{ Key: "idle_timeout.timeout_seconds", Value: "30" }] },
      },
      Group: {
        Type: "AWS::ElasticLoadBalancingV2::TargetGroup",
        Properties: {
          Protocol: "HTTP",
          Port: 80,
          VpcId: vpc,
          TargetType: "ip",
          Targets: [{ Id: "10.0.0.9" }],
          HealthCheckPath: path,
          TargetGroupAttributes: [
            { Key: "stickiness.enabled", Value: "true" },
            { Key: "stickiness.lb_cookie.duration_seconds", Value: String(cookieSeconds) },
          ],
        },
      },
      Listener: { Type: "AWS::ElasticLoadBalancingV2::Listener", Properties: { LoadBalancerArn: { Ref: "Balancer" }, Port: 80, Protocol: "HTTP", DefaultActions: forward } },
      Rule: {
        Type: "AWS::ElasticLoadBalancingV2::ListenerRule",
        Properties: {
          ListenerArn: { Ref: "Listener" },
          Priority: 5,
          Conditions: [{ Field: "path-pattern", Values: [path] }],
          Actions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "200", ContentType: "text/plain", MessageBody: "hi" } }],
        },
      },
      Classic: {
        Type: "AWS::ElasticLoadBalancing::LoadBalancer",
        Properties: {
          Subnets: [subnets[0]],
          Listeners: [{ Protocol: "HTTP", LoadBalancerPort: "80", InstancePort: "80", PolicyNames: ["sticky"] }],
          LBCookieStickinessPolicy: [{ PolicyName: "sticky", CookieExpirationPeriod: String(cookieSeconds) }],
        },
      },
    },
    Outputs: { Name: { Value: { "Fn::GetAtt": ["Balancer", "DNSName"] } }, Group: { Value: { "Fn::GetAtt": ["Group", "TargetGroupFullName"] } } },
  });
}

async function status(): Promise<string> {
  const { Stacks } = await cloud.aws.cloudformation.DescribeStacks({ StackName: "web" });
  return Stacks![0]!.StackStatus!;
}

function specs(): readonly BalancerSpec[] {
  return cloud.paper.workloads.keys().filter((key) => key.startsWith("eni-")).map((key) => cloud.paper.workloadSpec(key) as unknown as BalancerSpec);
}

it("S0-22 S0-23 are created, changed in place and deleted with their listeners, rules, groups and policies", async () => {
  await cloud.aws.cloudformation.CreateStack({ StackName: "web", TemplateBody: template("/a", 60) });
  await cloud.advance("2m");
  expect(await status()).toBe("CREATE_COMPLETE");
  const { Stacks } = await cloud.aws.cloudformation.DescribeStacks({ StackName: "web" });
  expect(Stacks![0]!.Outputs!.map(({ OutputValue }) => OutputValue)).toEqual([expect.stringMatching(/\.elb\.amazonaws\.com$/), expect.stringMatching(/^targetgroup\//)]);
  const { LoadBalancers } = await cloud.aws.elbv2.DescribeLoadBalancers({});
  const made = specs();
  expect(made.find(({ generation }) => generation === "application")).toMatchObject({
    idleTimeout: 30_000,
    listeners: [{ port: 80, rules: [{ priority: 5, conditions: [{ patterns: ["/a"] }] }, { priority: 0 }] }],
    groups: [{ healthCheck: { path: "/a" }, stickiness: { kind: "duration", duration: 60_000 } }],
  });
  const sticky = (duration: number): object => [{ rules: [{ action: { to: [{ at: { stickiness: { kind: "duration", duration } } }] } }] }];
  expect(made.find(({ generation }) => generation === "classic")!.listeners).toMatchObject(sticky(60_000));

  await cloud.aws.cloudformation.UpdateStack({ StackName: "web", TemplateBody: template("/b", 120) });
  await cloud.advance("2m");
  expect(await status()).toBe("UPDATE_COMPLETE");
  expect((await cloud.aws.elbv2.DescribeLoadBalancers({})).LoadBalancers![0]!.LoadBalancerArn).toBe(LoadBalancers![0]!.LoadBalancerArn);
  const changed = specs();
  expect(changed.find(({ generation }) => generation === "application")).toMatchObject({
    listeners: [{ rules: [{ conditions: [{ patterns: ["/b"] }] }, {}] }],
    groups: [{ healthCheck: { path: "/b" }, stickiness: { duration: 120_000 } }],
  });
  expect(changed.find(({ generation }) => generation === "classic")!.listeners).toMatchObject(sticky(120_000));

  await cloud.aws.cloudformation.DeleteStack({ StackName: "web" });
  await cloud.advance("2m");
  expect((await cloud.aws.elbv2.DescribeTargetGroups({})).TargetGroups).toEqual([]);
  expect(specs()).toEqual([]);
});
