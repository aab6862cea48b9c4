/** The alarm that tells that a server is down (S0-40 to S0-43). */
import type { Stack } from "aws-cdk-lib";
import { CfnAlarm } from "aws-cdk-lib/aws-cloudwatch";
import { CfnTopic } from "aws-cdk-lib/aws-sns";
import type { ApplicationBalancer } from "./application-balancer.js";
import type { Naming } from "./naming.js";

/**
 * It acts when one healthy host or none is left, and also when there is no data: with all instances stopped the balancer counts no host,
 * healthy or not, and an alarm that acts on ALARM alone stays silent (S0-39, S0-42).
 * @param notify an e-mail address or a webhook's URL
 */
export function addAlarm(stack: Stack, name: Naming, { loadBalancer, targetGroup }: ApplicationBalancer, notify: string | undefined): void {
  const protocol = notify === undefined ? "" : (/^(https?):/.exec(notify)?.[1] ?? "email");
  const topic = new CfnTopic(stack, "AlarmTopic", {
    topicName: name("topic", "alarm"),
    ...(notify === undefined ? {} : { subscription: [{ protocol, endpoint: notify }] }),
    tags: [{ key: "Name", value: name("topic", "alarm") }],
  });
  new CfnAlarm(stack, "HealthyHostAlarm", {
    alarmName: name("alarm", "healthy-hosts"),
    alarmDescription: "A web server is down, or all instances are stopped",
    namespace: "AWS/ApplicationELB",
    metricName: "HealthyHostCount",
    dimensions: [
      { name: "LoadBalancer", value: loadBalancer.attrLoadBalancerFullName },
      { name: "TargetGroup", value: targetGroup.attrTargetGroupFullName },
    ],
    statistic: "Minimum",
    period: 60,
    evaluationPeriods: 1,
    comparisonOperator: "LessThanOrEqualToThreshold",
    threshold: 1,
    treatMissingData: "missing",
    alarmActions: [topic.ref],
    insufficientDataActions: [topic.ref],
    okActions: [topic.ref],
  });
}
