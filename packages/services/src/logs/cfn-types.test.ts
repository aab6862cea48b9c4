import { describeResourceTypes, type ResourceCase } from "../cloudformation/cases/testing.js";
import { logs } from "./index.js";

const Group = { Type: "AWS::Logs::LogGroup", Properties: { LogGroupName: "app" } };
const transformation = { MetricName: "Errors", MetricNamespace: "App", MetricValue: "1" };

const cases: Readonly<Record<string, ResourceCase>> = {
  "AWS::Logs::LogGroup": {
    minimal: { LogGroupClass: "INFREQUENT_ACCESS" },
    others: [{}],
    maximal: { LogGroupName: "app", LogGroupClass: "INFREQUENT_ACCESS", RetentionInDays: 7, Tags: [{ Key: "team", Value: "four" }] },
    changed: { LogGroupName: "app", LogGroupClass: "INFREQUENT_ACCESS", RetentionInDays: 30, Tags: [{ Key: "env", Value: "prod" }] },
    replaced: { LogGroupName: "site" },
    lasting: ["LogGroupClass"],
    failing: { properties: { RetentionInDays: 8 }, says: "Value '8' at 'retentionInDays' failed to satisfy constraint" },
    drift: { by: ({ aws }, logGroupName) => aws.logs.DeleteRetentionPolicy({ logGroupName }), at: "RetentionInDays" },
  },
  "AWS::Logs::LogStream": {
    around: { Group, Other: { Type: "AWS::Logs::LogGroup" } },
    minimal: { LogGroupName: { Ref: "Group" } },
    maximal: { LogGroupName: { Ref: "Group" }, LogStreamName: "web" },
    replaced: { LogGroupName: { Ref: "Group" }, LogStreamName: "db" },
    failing: { properties: { LogGroupName: "nobodys" }, says: "The specified log group does not exist" },
    drift: { by: ({ aws }, logStreamName) => aws.logs.DeleteLogStream({ logGroupName: "app", logStreamName }), at: "all" },
  },
  "AWS::Logs::MetricFilter": {
    around: { Group },
    minimal: { LogGroupName: { Ref: "Group" }, FilterPattern: "", MetricTransformations: [transformation] },
    maximal: {
      LogGroupName: { Ref: "Group" },
      FilterName: "errors",
      FilterPattern: '{ $.level = "error" }',
      MetricTransformations: [{ ...transformation, Unit: "Count", Dimensions: [{ Key: "Level", Value: "$.level" }] }],
    },
    others: [{ LogGroupName: { Ref: "Group" }, FilterPattern: "ERROR", MetricTransformations: [{ ...transformation, DefaultValue: 0 }] }],
    changed: { LogGroupName: { Ref: "Group" }, FilterName: "errors", FilterPattern: "ERROR", MetricTransformations: [{ ...transformation, DefaultValue: 0 }] },
    replaced: { LogGroupName: { Ref: "Group" }, FilterName: "fatal", FilterPattern: "", MetricTransformations: [transformation] },
    failing: { properties: { LogGroupName: { Ref: "Group" }, FilterPattern: "{ $.", MetricTransformations: [transformation] }, says: "Invalid filter pattern" },
    drift: {
      by: ({ aws }, filterName) => aws.logs.PutMetricFilter({ logGroupName: "app", filterName, filterPattern: "WARN", metricTransformations: [{ metricName: "Errors", metricNamespace: "App", metricValue: "1" }] }),
      at: "FilterPattern",
    },
  },
};

describeResourceTypes(logs.resources, cases);
