/** Groups behind target groups and Classic balancers that drain, and groups that tell topics what they do. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { createStage, type Stage } from "./testing.js";

let stage: Stage;
const AutoScalingGroupName = "web";

beforeEach(async () => {
  stage = await createStage();
});

afterEach(async () => {
  const failures = stage.cloud.logs.filter((line) => line.includes("will be tried again"));
  await stage.cloud.close();
  expect(failures).toEqual([]);
});

const factsOf = () => stage.cloud.core.calls.facts({ account: "123456789012", region: "ap-northeast-1" });

async function targetGroup(): Promise<string> {
  const { elbv2 } = stage.cloud.aws;
  const check = { HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 2, HealthyThresholdCount: 2, UnhealthyThresholdCount: 2 };
  const { TargetGroups } = await elbv2.CreateTargetGroup({ Name: "web", Protocol: "HTTP", Port: 80, VpcId: stage.vpc, ...check });
  const arn = TargetGroups![0]!.TargetGroupArn!;
  const { LoadBalancers } = await elbv2.CreateLoadBalancer({ Name: "front", Subnets: stage.subnets });
  await elbv2.CreateListener({ LoadBalancerArn: LoadBalancers![0]!.LoadBalancerArn!, Protocol: "HTTP", Port: 80, DefaultActions: [{ Type: "forward", TargetGroupArn: arn }] });
  return arn;
}

async function targets(arn: string): Promise<readonly string[]> {
  const { TargetHealthDescriptions } = await stage.cloud.aws.elbv2.DescribeTargetHealth({ TargetGroupArn: arn });
  return TargetHealthDescriptions!.map(({ Target, TargetHealth }) => `${Target!.Id} ${TargetHealth!.State}`).sort();
}

it("instances are registered with the group's target group, judged by its checks, and drain before they end (S1-36, S1-37)", async () => {
  const arn = await targetGroup();
  await stage.create({ DesiredCapacity: 2, TargetGroupARNs: [arn], HealthCheckType: "ELB", HealthCheckGracePeriod: 30 });
  await stage.cloud.advance("1m");
  const [sick, well] = await stage.instances();
  expect(await targets(arn)).toEqual([`${sick} healthy`, `${well} healthy`].sort());
  expect((await stage.asg.DescribeLoadBalancerTargetGroups({ AutoScalingGroupName })).LoadBalancerTargetGroups).toEqual([{ LoadBalancerTargetGroupARN: arn, State: "InService" }]);
  stage.cloud.paper.fail(sick!, "HTTP 500");
  await stage.cloud.advance("30s");
  expect(await stage.ec2State(sick!)).toBe("running");
  expect(await targets(arn)).toContain(`${sick} draining`);
  expect([...(await stage.lifecycles())].sort()).toEqual(["InService Healthy", "InService Healthy", "Terminating Unhealthy"]);
  await stage.cloud.advance("5m");
  expect(await stage.ec2State(sick!)).toBe("terminated");
  expect((await targets(arn)).every((line) => line.endsWith(" healthy"))).toBe(true);
  await stage.asg.DetachLoadBalancerTargetGroups({ AutoScalingGroupName, TargetGroupARNs: [arn] });
  await stage.cloud.advance("6m");
  expect(await targets(arn)).toEqual([]);
  expect(await stage.lifecycles()).toEqual(["InService Healthy", "InService Healthy"]);
});

it("a target group that is not there is refused", async () => {
  await expect(stage.create({ TargetGroupARNs: ["arn:aws:elasticloadbalancing:x"] })).rejects.toMatchObject({ code: "ValidationError", message: expect.stringContaining("arn:aws:elasticloadbalancing:x") as string });
});

it("what comes into service while AddToLoadBalancer is suspended stays out of the balancer when it is resumed", async () => {
  await stage.cloud.aws.elb.CreateLoadBalancer({ LoadBalancerName: "front", Listeners: [{ Protocol: "HTTP", LoadBalancerPort: 80, InstancePort: 80 }], Subnets: stage.subnets });
  await stage.create({ LoadBalancerNames: ["front"] });
  await stage.asg.SuspendProcesses({ AutoScalingGroupName, ScalingProcesses: ["AddToLoadBalancer"] });
  await stage.asg.SetDesiredCapacity({ AutoScalingGroupName, DesiredCapacity: 1 });
  await stage.cloud.advance("5s");
  await stage.asg.ResumeProcesses({ AutoScalingGroupName });
  await stage.asg.SetDesiredCapacity({ AutoScalingGroupName, DesiredCapacity: 2 });
  await stage.cloud.advance("5s");
  const { InstanceStates } = await stage.cloud.aws.elb.DescribeInstanceHealth({ LoadBalancerName: "front" });
  expect(InstanceStates!.map(({ InstanceId }) => InstanceId)).toEqual([(await stage.instances())[1]]);
});

it("topics hear of launches, terminations and hooks in AWS's messages, and of nothing they did not ask for", async () => {
  const { sns } = stage.cloud.aws;
  const { TopicArn } = await sns.CreateTopic({ Name: "scaling" });
  await sns.Subscribe({ TopicArn: TopicArn!, Protocol: "email", Endpoint: "ops@example.com" });
  await stage.cloud.settle();
  const mails = (): readonly { readonly subject: string; readonly text: string }[] => factsOf().sns.mails().map((mail) => ({ subject: String(mail.subject), text: JSON.stringify(mail) }));
  const [confirmation] = mails();
  const [, Token] = /Token=([0-9a-zA-Z]+)/.exec(confirmation!.text) ?? [];
  await sns.ConfirmSubscription({ TopicArn: TopicArn!, Token: Token! });
  await stage.create();
  await stage.asg.PutNotificationConfiguration({ AutoScalingGroupName, TopicARN: TopicArn!, NotificationTypes: ["autoscaling:EC2_INSTANCE_LAUNCH"] });
  await stage.asg.PutLifecycleHook({ AutoScalingGroupName, LifecycleHookName: "prepare", LifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING", HeartbeatTimeout: 30, DefaultResult: "CONTINUE", NotificationTargetARN: TopicArn!, NotificationMetadata: "more" });
  await stage.asg.SetDesiredCapacity({ AutoScalingGroupName, DesiredCapacity: 1 });
  await stage.cloud.advance("1m");
  const [id] = await stage.instances();
  await stage.asg.SetDesiredCapacity({ AutoScalingGroupName, DesiredCapacity: 0 });
  await stage.cloud.advance("1m");
  const heard = mails().filter(({ subject }) => subject.startsWith("Auto Scaling:")).map(({ subject }) => subject);
  expect(heard).toEqual([
    'Auto Scaling: test notification for group "web"',
    'Auto Scaling: test notification for group "web"',
    `Auto Scaling:  Lifecycle action 'LAUNCHING' for instance ${id} in progress.`,
    'Auto Scaling: launch for group "web"',
  ]);
  const launch = mails().find(({ subject }) => subject === 'Auto Scaling: launch for group "web"')!.text;
  for (const part of ["autoscaling:EC2_INSTANCE_LAUNCH", id!, "Availability Zone", "StatusCode", "Successful"]) expect(launch).toContain(part);
});

it("collects the metrics that are asked for, as facts for CloudWatch", async () => {
  await stage.create({ DesiredCapacity: 2 });
  await stage.asg.EnableMetricsCollection({ AutoScalingGroupName, Granularity: "1Minute", Metrics: ["GroupDesiredCapacity", "GroupInServiceInstances"] });
  expect((await stage.group()).EnabledMetrics).toEqual([{ Metric: "GroupDesiredCapacity", Granularity: "1Minute" }, { Metric: "GroupInServiceInstances", Granularity: "1Minute" }]);
  const facts = factsOf().autoscaling;
  expect(facts.metrics()).toEqual([{ group: "web", values: { GroupDesiredCapacity: 2, GroupInServiceInstances: 2 } }]);
  await stage.asg.DisableMetricsCollection({ AutoScalingGroupName });
  expect(facts.metrics()).toEqual([]);
});

it("instances that die as soon as they serve are replaced more and more slowly", async () => {
  await stage.create({ DesiredCapacity: 1 });
  const kill = async (): Promise<void> => {
    const [id] = await stage.instances();
    if (id) await stage.cloud.aws.ec2.TerminateInstances({ InstanceIds: [id] });
    await stage.cloud.advance("1s");
  };
  await kill();
  await kill();
  expect(await stage.instances()).toHaveLength(1);
  await kill();
  expect(await stage.instances()).toHaveLength(0);
  await stage.cloud.advance("10s");
  expect(await stage.instances()).toHaveLength(1);
});

it("a group of 300 comes up, balanced, and shrinks again", { timeout: 60_000 }, async () => {
  await stage.create({ MaxSize: 300, DesiredCapacity: 300 });
  await stage.cloud.advance("1s");
  const { Instances } = await stage.group();
  expect(Instances!.filter((each) => each.LifecycleState === "InService")).toHaveLength(300);
  expect(Instances!.filter((each) => each.AvailabilityZone === "ap-northeast-1a")).toHaveLength(150);
  await stage.asg.SetDesiredCapacity({ AutoScalingGroupName, DesiredCapacity: 10 });
  await stage.cloud.advance("10s");
  expect(await stage.instances()).toHaveLength(10);
});
