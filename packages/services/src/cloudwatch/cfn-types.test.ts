import { describeResourceTypes, type ResourceCase } from "../cloudformation/cases/testing.js";
import { cloudwatch } from "./index.js";

const topic = (name: string) => ({ Ref: name });
const around = { Ops: { Type: "AWS::SNS::Topic" }, Boss: { Type: "AWS::SNS::Topic" } };
const actions = (name: string) => ({ ActionsEnabled: name === "Ops", OKActions: [topic(name)], AlarmActions: [topic(name)], InsufficientDataActions: [topic(name)] });
const metric = { Namespace: "App", MetricName: "heat", Period: 60, EvaluationPeriods: 1, Threshold: 80, ComparisonOperator: "GreaterThanThreshold" };

const cases: Readonly<Record<string, ResourceCase>> = {
  "AWS::CloudWatch::Alarm": {
    around,
    minimal: { ...metric, Statistic: "Sum" },
    maximal: {
      ...metric,
      ...actions("Ops"),
      AlarmName: "hot",
      AlarmDescription: "Too hot",
      Dimensions: [{ Name: "Room", Value: "1" }, { Name: "Floor", Value: "2" }],
      ExtendedStatistic: "p90",
      Unit: "Percent",
      EvaluationPeriods: 3,
      DatapointsToAlarm: 2,
      TreatMissingData: "breaching",
      EvaluateLowSampleCountPercentile: "ignore",
      Tags: [{ Key: "team", Value: "four" }],
    },
    changed: { ...metric, ...actions("Boss"), Namespace: "Site", MetricName: "cold", ComparisonOperator: "LessThanThreshold", AlarmName: "hot", Statistic: "Average", Threshold: 90, Period: 300, Tags: [{ Key: "env", Value: "prod" }] },
    replaced: { ...metric, AlarmName: "hotter", Statistic: "Sum" },
    others: [
      {
        EvaluationPeriods: 2,
        Threshold: 1,
        ComparisonOperator: "LessThanThreshold",
        Metrics: [
          { Id: "a", ReturnData: false, MetricStat: { Metric: { Namespace: "App", MetricName: "heat", Dimensions: [{ Name: "Room", Value: "1" }] }, Period: 60, Stat: "Sum", Unit: "Percent" } },
          { Id: "b", Expression: "a * 2", Label: "doubled", ReturnData: true, Period: 60 },
        ],
      },
    ],
    failing: { properties: { ...metric, Statistic: "Sum", Period: 61 }, says: "The parameter Period must be 10, 20, 30, or a multiple of 60: 61." },
    drift: { by: ({ aws }, AlarmName) => aws.cloudwatch.DisableAlarmActions({ AlarmNames: [AlarmName] }), at: "ActionsEnabled" },
  },
  "AWS::CloudWatch::CompositeAlarm": {
    around: { ...around, Hot: { Type: "AWS::CloudWatch::Alarm", Properties: { ...metric, AlarmName: "hot", Statistic: "Sum" } } },
    minimal: { AlarmRule: { "Fn::Sub": 'ALARM("${Hot}")' } },
    maximal: { ...actions("Ops"), AlarmName: "any", AlarmDescription: "Any of them", AlarmRule: { "Fn::Sub": 'ALARM("${Hot}")' }, Tags: [{ Key: "team", Value: "four" }] },
    changed: { ...actions("Boss"), AlarmName: "any", AlarmRule: { "Fn::Sub": 'NOT ALARM("${Hot}")' }, Tags: [{ Key: "env", Value: "prod" }] },
    replaced: { AlarmName: "every", AlarmRule: { "Fn::Sub": 'ALARM("${Hot}")' } },
    failing: { properties: { AlarmRule: "ALARM(" }, says: "AlarmRule" },
    drift: { by: ({ aws }, AlarmName) => aws.cloudwatch.DisableAlarmActions({ AlarmNames: [AlarmName] }), at: "ActionsEnabled" },
  },
  "AWS::CloudWatch::Dashboard": {
    minimal: { DashboardBody: '{"widgets":[]}' },
    maximal: { DashboardName: "board", DashboardBody: '{"widgets":[]}', Tags: [{ Key: "team", Value: "four" }] },
    changed: { DashboardName: "board", DashboardBody: '{"widgets":[{"type":"text","x":0,"y":0,"width":3,"height":3,"properties":{"markdown":"hello"}}]}', Tags: [{ Key: "team", Value: "five" }] },
    replaced: { DashboardName: "other", DashboardBody: '{"widgets":[]}' },
    failing: { properties: { DashboardBody: "no json" }, says: "The field DashboardBody must be a valid JSON object" },
    drift: { by: ({ aws }, DashboardName) => aws.cloudwatch.PutDashboard({ DashboardName, DashboardBody: '{"widgets":[], "start":"-PT3H"}' }), at: "DashboardBody" },
  },
};

describeResourceTypes(cloudwatch.resources, cases);
