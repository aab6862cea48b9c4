/** A metric, an alarm with a history, a dashboard and a topic with a subscription, and what every read of CloudWatch and SNS asks about them. */
import {
  PutDashboardCommand, PutMetricAlarmCommand, PutMetricDataCommand, SetAlarmStateCommand, type CloudWatchClient,
} from "@aws-sdk/client-cloudwatch";
import { CreateTopicCommand, SubscribeCommand, type SNSClient } from "@aws-sdk/client-sns";
import { ACCOUNT, REGION } from "./cloud.js";

const metric = { Namespace: "everything", MetricName: "n" };
const TopicArn = `arn:aws:sns:${REGION}:${ACCOUNT}:everything`;

/** @returns the ARN of the subscription */
export async function someAlarms(cloudwatch: CloudWatchClient, sns: SNSClient): Promise<{ readonly subscription: string }> {
  const Tags = [{ Key: "team", Value: "four" }];
  await sns.send(new CreateTopicCommand({ Name: "everything", Tags }));
  const { SubscriptionArn } = await sns.send(new SubscribeCommand({ TopicArn, Protocol: "sms", Endpoint: "+81312345678" }));
  await cloudwatch.send(new PutMetricDataCommand({ Namespace: metric.Namespace, MetricData: [{ MetricName: metric.MetricName, Value: 1 }] }));
  const alarm = { AlarmName: "everything", ...metric, Statistic: "Sum", Period: 60, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: "GreaterThanThreshold" } as const;
  await cloudwatch.send(new PutMetricAlarmCommand({ ...alarm, AlarmActions: [TopicArn], Tags }));
  await cloudwatch.send(new SetAlarmStateCommand({ AlarmName: "everything", StateValue: "OK", StateReason: "so it is" }));
  await cloudwatch.send(new PutDashboardCommand({ DashboardName: "everything", DashboardBody: '{"widgets":[]}' }));
  return { subscription: SubscriptionArn! };
}

function range(): object {
  return { StartTime: new Date(Date.now() - 600_000), EndTime: new Date(Date.now() + 60_000) };
}

export const questionsAboutAlarms: Readonly<Record<string, (ids: { readonly subscription: string }) => object>> = {
  "cloudwatch:GetMetricStatistics": () => ({ ...metric, ...range(), Period: 60, Statistics: ["Sum"] }),
  "cloudwatch:GetMetricData": () => ({ ...range(), MetricDataQueries: [{ Id: "m", MetricStat: { Metric: metric, Period: 60, Stat: "Sum" } }] }),
  "cloudwatch:DescribeAlarmsForMetric": () => metric,
  "cloudwatch:GetDashboard": () => ({ DashboardName: "everything" }),
  "cloudwatch:ListTagsForResource": () => ({ ResourceARN: `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:everything` }),
  "sns:GetTopicAttributes": () => ({ TopicArn }),
  "sns:ListSubscriptionsByTopic": () => ({ TopicArn }),
  "sns:ListTagsForResource": () => ({ ResourceArn: TopicArn }),
  "sns:GetSubscriptionAttributes": ({ subscription }) => ({ SubscriptionArn: subscription }),
};
