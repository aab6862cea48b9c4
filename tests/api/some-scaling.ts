/** A group of one instance behind a target group, with all that can change or watch it, and what every read of Auto Scaling asks about it. */
import {
  CreateAutoScalingGroupCommand, PutLifecycleHookCommand, PutNotificationConfigurationCommand, PutScalingPolicyCommand, PutScheduledUpdateGroupActionCommand, StartInstanceRefreshCommand,
  type AutoScalingClient,
} from "@aws-sdk/client-auto-scaling";
import { DescribeTargetHealthCommand, type ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, vi } from "vitest";
import { ACCOUNT, REGION } from "./cloud.js";

const AutoScalingGroupName = "everything";

/** Of the launch configuration `lc`, telling the topic `everything`. Resolves when the instance is a target. */
export async function someScaling(autoscaling: AutoScalingClient, elbv2: ElasticLoadBalancingV2Client, TargetGroupArn: string): Promise<void> {
  const group = { LaunchConfigurationName: "lc", MinSize: 1, MaxSize: 1, AvailabilityZones: [`${REGION}a`] };
  await autoscaling.send(new CreateAutoScalingGroupCommand({ AutoScalingGroupName, ...group, TargetGroupARNs: [TargetGroupArn] }));
  await vi.waitFor(async () => expect((await elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn }))).TargetHealthDescriptions).toHaveLength(1), { timeout: 10_000 });
  const TopicARN = `arn:aws:sns:${REGION}:${ACCOUNT}:everything`;
  await autoscaling.send(new PutNotificationConfigurationCommand({ AutoScalingGroupName, TopicARN, NotificationTypes: ["autoscaling:EC2_INSTANCE_LAUNCH"] }));
  await autoscaling.send(new PutLifecycleHookCommand({ AutoScalingGroupName, LifecycleHookName: "prepare", LifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING" }));
  const TargetTrackingConfiguration = { PredefinedMetricSpecification: { PredefinedMetricType: "ASGAverageCPUUtilization" as const }, TargetValue: 50 };
  await autoscaling.send(new PutScalingPolicyCommand({ AutoScalingGroupName, PolicyName: "cpu", PolicyType: "TargetTrackingScaling", TargetTrackingConfiguration }));
  await autoscaling.send(new PutScheduledUpdateGroupActionCommand({ AutoScalingGroupName, ScheduledActionName: "new-year", Recurrence: "0 0 1 1 *", MinSize: 1 }));
  // The instance is what the group wants, so that it stays.
  await autoscaling.send(new StartInstanceRefreshCommand({ AutoScalingGroupName, Preferences: { SkipMatching: true } }));
}

export const questionsAboutScaling: Readonly<Record<string, () => object>> = {
  "autoscaling:DescribeLoadBalancers": () => ({ AutoScalingGroupName: "asg-hakoniwa-minimal" }),
  "autoscaling:DescribeLoadBalancerTargetGroups": () => ({ AutoScalingGroupName }),
  "autoscaling:DescribeTrafficSources": () => ({ AutoScalingGroupName }),
  "autoscaling:DescribeLifecycleHooks": () => ({ AutoScalingGroupName }),
  "autoscaling:DescribeInstanceRefreshes": () => ({ AutoScalingGroupName }),
};
