import { afterEach, beforeEach, expect, it } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const template = (retention: number | undefined, pattern: string) => JSON.stringify({
  Resources: {
    Group: { Type: "AWS::Logs::LogGroup", Properties: { LogGroupName: "app", ...(retention === undefined ? {} : { RetentionInDays: retention }), Tags: [{ Key: "team", Value: "four" }] } },
    Stream: { Type: "AWS::Logs::LogStream", Properties: { LogGroupName: { Ref: "Group" }, LogStreamName: "web" } },
    Errors: {
      Type: "AWS::Logs::MetricFilter",
      Properties: { LogGroupName: { Ref: "Group" }, FilterName: "errors", FilterPattern: pattern, MetricTransformations: [{ MetricName: "Errors", MetricNamespace: "App", MetricValue: "1" }] },
    },
  },
  Outputs: { Arn: { Value: { "Fn::GetAtt": ["Group", "Arn"] } } },
});

it("a stack of a log group, a stream and a metric filter is created, updated in place and deleted", async () => {
  const { aws } = cloud;
  await aws.cloudformation.CreateStack({ StackName: "logs", TemplateBody: template(7, "ERROR") });
  await cloud.advance("1m");
  const { Stacks } = await aws.cloudformation.DescribeStacks({ StackName: "logs" });
  expect(Stacks).toMatchObject([{ StackStatus: "CREATE_COMPLETE", Outputs: [{ OutputValue: "arn:aws:logs:ap-northeast-1:123456789012:log-group:app:*" }] }]);
  expect((await aws.logs.DescribeLogGroups({})).logGroups).toMatchObject([{ logGroupName: "app", retentionInDays: 7, metricFilterCount: 1 }]);
  expect((await aws.logs.ListTagsLogGroup({ logGroupName: "app" })).tags).toMatchObject({ team: "four", "aws:cloudformation:stack-name": "logs" });
  await aws.logs.PutLogEvents({ logGroupName: "app", logStreamName: "web", logEvents: [{ timestamp: cloud.now(), message: "kept" }] });

  await aws.cloudformation.UpdateStack({ StackName: "logs", TemplateBody: template(undefined, "FATAL") });
  await cloud.advance("1m");
  expect((await aws.logs.DescribeLogGroups({})).logGroups![0]!.retentionInDays).toBeUndefined();
  expect((await aws.logs.DescribeMetricFilters({})).metricFilters).toMatchObject([{ filterName: "errors", filterPattern: "FATAL" }]);
  expect((await aws.logs.GetLogEvents({ logGroupName: "app", logStreamName: "web" })).events).toMatchObject([{ message: "kept" }]);

  await aws.cloudformation.DeleteStack({ StackName: "logs" });
  await cloud.advance("1m");
  expect((await aws.logs.DescribeLogGroups({})).logGroups).toEqual([]);
  expect(cloud.logs).toEqual([]);
});
