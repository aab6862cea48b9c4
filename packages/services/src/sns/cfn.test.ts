import { afterEach, beforeEach, expect, it } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const template = (threshold: number, more: object = {}): string =>
  JSON.stringify({
    Resources: {
      Topic: { Type: "AWS::SNS::Topic", Properties: { DisplayName: "Ops", Subscription: [{ Protocol: "sms", Endpoint: "+81312345678" }] } },
      Letter: { Type: "AWS::SNS::Subscription", Properties: { TopicArn: { Ref: "Topic" }, Protocol: "email", Endpoint: "ops@example.com", FilterPolicy: { kind: ["alarm"] } } },
      Policy: {
        Type: "AWS::SNS::TopicPolicy",
        Properties: { Topics: [{ Ref: "Topic" }], PolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "cloudwatch.amazonaws.com" }, Action: "sns:Publish", Resource: "*" }] } },
      },
      Alarm: {
        Type: "AWS::CloudWatch::Alarm",
        Properties: { Namespace: "App", MetricName: "heat", Statistic: "Sum", Period: 60, EvaluationPeriods: 1, Threshold: threshold, ComparisonOperator: "GreaterThanThreshold", AlarmActions: [{ Ref: "Topic" }], Tags: [{ Key: "team", Value: "four" }] },
      },
      Any: { Type: "AWS::CloudWatch::CompositeAlarm", Properties: { AlarmRule: { "Fn::Sub": 'ALARM("${Alarm}")' } } },
      Board: { Type: "AWS::CloudWatch::Dashboard", Properties: { DashboardBody: '{"widgets":[]}' } },
      ...more,
    },
    Outputs: { Alarm: { Value: { "Fn::GetAtt": ["Alarm", "Arn"] } }, Topic: { Value: { "Fn::GetAtt": ["Topic", "TopicName"] } } },
  });

it("a stack makes, changes and takes away alarms and topics, and its alarm reaches its topic", async () => {
  const StackName = "watched";
  await cloud.aws.cloudformation.CreateStack({ StackName, TemplateBody: template(80) });
  await cloud.settle();
  const [stack] = (await cloud.aws.cloudformation.DescribeStacks({ StackName })).Stacks!;
  expect(stack!.StackStatus).toBe("CREATE_COMPLETE");
  const [alarm] = (await cloud.aws.cloudwatch.DescribeAlarms({})).MetricAlarms!;
  expect(stack!.Outputs).toMatchObject([{ OutputValue: alarm!.AlarmArn }, { OutputValue: expect.stringMatching(/^watched-Topic-/) as string }]);
  expect((await cloud.aws.cloudwatch.ListTagsForResource({ ResourceARN: alarm!.AlarmArn! })).Tags).toContainEqual({ Key: "aws:cloudformation:stack-name", Value: StackName });

  await cloud.aws.cloudwatch.SetAlarmState({ AlarmName: alarm!.AlarmName!, StateValue: "ALARM", StateReason: "a drill" });
  await cloud.settle();
  const mails = cloud.core.calls.facts({ account: "123456789012", region: "ap-northeast-1" }).sns.mails();
  expect(mails.map(({ protocol }) => protocol)).toEqual(["email", "sms"]);
  expect(mails[1]!.body).toContain('"NewStateValue":"ALARM"');
  expect((await cloud.aws.cloudwatch.DescribeAlarms({ AlarmTypes: ["CompositeAlarm"] })).CompositeAlarms).toMatchObject([{ StateValue: "ALARM" }]);

  await cloud.aws.cloudformation.UpdateStack({ StackName, TemplateBody: template(90) });
  await cloud.settle();
  expect((await cloud.aws.cloudwatch.DescribeAlarms({})).MetricAlarms).toMatchObject([{ AlarmName: alarm!.AlarmName, Threshold: 90, StateValue: "ALARM" }]);
  await cloud.aws.cloudformation.DeleteStack({ StackName });
  await cloud.settle();
  expect((await cloud.aws.cloudformation.DescribeStacks({})).Stacks).toEqual([]);
  expect((await cloud.aws.cloudwatch.DescribeAlarms({ AlarmTypes: ["MetricAlarm", "CompositeAlarm"] }))).toMatchObject({ MetricAlarms: [], CompositeAlarms: [] });
  expect((await cloud.aws.sns.ListTopics({})).Topics).toEqual([]);
  expect((await cloud.aws.cloudwatch.ListDashboards({})).DashboardEntries).toEqual([]);
});

it("a property that would have no effect is refused by name", async () => {
  const more = { Fifo: { Type: "AWS::SNS::Topic", Properties: { FifoTopic: true } } };
  await cloud.aws.cloudformation.CreateStack({ StackName: "fifo", TemplateBody: template(1, more) });
  await cloud.settle();
  const { StackEvents } = await cloud.aws.cloudformation.DescribeStackEvents({ StackName: "fifo" });
  expect(StackEvents!.find(({ ResourceStatus }) => ResourceStatus === "CREATE_FAILED")!.ResourceStatusReason).toContain("FifoTopic");
});
