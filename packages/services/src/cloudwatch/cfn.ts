/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_CloudWatch.html */
import type { Aws, CloudwatchTypes } from "@hakoniwa/wire";
import { alreadyExists, resourceType } from "../resource-type.js";
import { withStackTags } from "../stack-tags.js";
import { unlessGone } from "../unless-gone.js";

type Tags = readonly CloudwatchTypes.Tag[];

export type AlarmProperties = Partial<CloudwatchTypes.PutMetricAlarmInput>;

const ALARM = "AWS::CloudWatch::Alarm";
const ALARM_PROPERTIES = [
  "AlarmName", "AlarmDescription", "ActionsEnabled", "OKActions", "AlarmActions", "InsufficientDataActions", "MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Dimensions", "Period",
  "Unit", "EvaluationPeriods", "DatapointsToAlarm", "Threshold", "ComparisonOperator", "TreatMissingData", "EvaluateLowSampleCountPercentile", "Tags",
  "Metrics.Id", "Metrics.Expression", "Metrics.Label", "Metrics.MetricStat", "Metrics.Period", "Metrics.ReturnData",
];

export const alarm = resourceType<AlarmProperties>(ALARM, ALARM_PROPERTIES, {
  customName: "AlarmName",
  create(aws, properties, request) {
    const AlarmName = properties.AlarmName ?? request.physicalName(255);
    if (find(aws, AlarmName)) throw alreadyExists(ALARM, AlarmName);
    aws.cloudwatch.PutMetricAlarm({ ...(properties as CloudwatchTypes.PutMetricAlarmInput), AlarmName, Tags: withStackTags(properties.Tags, request) });
    return AlarmName;
  },
  update(aws, AlarmName, next, _previous, request) {
    const { Tags: _tags, ...rest } = next;
    aws.cloudwatch.PutMetricAlarm({ ...(rest as CloudwatchTypes.PutMetricAlarmInput), AlarmName });
    retag(aws, arnOf(aws, AlarmName), withStackTags(next.Tags, request));
  },
  read: (aws, name) => read(aws, name),
  delete(aws, name) {
    unlessGone(() => aws.cloudwatch.DeleteAlarms({ AlarmNames: [name] }));
  },
  attributes: (aws, name) => ({ Arn: arnOf(aws, name) }),
});

export type CompositeAlarmProperties = Partial<CloudwatchTypes.PutCompositeAlarmInput> & { readonly AlarmRule: string };

const COMPOSITE = "AWS::CloudWatch::CompositeAlarm";

export const compositeAlarm = resourceType<CompositeAlarmProperties>(COMPOSITE, ["AlarmName", "AlarmDescription", "AlarmRule", "ActionsEnabled", "OKActions", "AlarmActions", "InsufficientDataActions", "Tags"], {
  customName: "AlarmName",
  create(aws, properties, request) {
    const AlarmName = properties.AlarmName ?? request.physicalName(255);
    if (find(aws, AlarmName)) throw alreadyExists(COMPOSITE, AlarmName);
    aws.cloudwatch.PutCompositeAlarm({ ...properties, AlarmName, Tags: withStackTags(properties.Tags, request) });
    return AlarmName;
  },
  update(aws, AlarmName, next, _previous, request) {
    const { Tags: _tags, ...rest } = next;
    aws.cloudwatch.PutCompositeAlarm({ ...rest, AlarmName });
    retag(aws, arnOf(aws, AlarmName), withStackTags(next.Tags, request));
  },
  read: (aws, name) => read(aws, name) as CompositeAlarmProperties | undefined,
  delete(aws, name) {
    unlessGone(() => aws.cloudwatch.DeleteAlarms({ AlarmNames: [name] }));
  },
  attributes: (aws, name) => ({ Arn: arnOf(aws, name) }),
});

export interface DashboardProperties {
  readonly DashboardName?: string;
  readonly DashboardBody: string;
  readonly Tags?: Tags;
}

const DASHBOARD = "AWS::CloudWatch::Dashboard";

export const dashboard = resourceType<DashboardProperties>(DASHBOARD, ["DashboardName", "DashboardBody", "Tags"], {
  customName: "DashboardName",
  create(aws, { DashboardName, DashboardBody, Tags }, request) {
    const name = DashboardName ?? request.physicalName(255);
    if (unlessGone(() => aws.cloudwatch.GetDashboard({ DashboardName: name }))) throw alreadyExists(DASHBOARD, name);
    aws.cloudwatch.PutDashboard({ DashboardName: name, DashboardBody, Tags: withStackTags(Tags, request) });
    return name;
  },
  update(aws, DashboardName, next, _previous, request) {
    aws.cloudwatch.PutDashboard({ DashboardName, DashboardBody: next.DashboardBody });
    retag(aws, aws.cloudwatch.GetDashboard({ DashboardName }).DashboardArn ?? "", withStackTags(next.Tags, request));
  },
  read(aws, DashboardName) {
    const found = unlessGone(() => aws.cloudwatch.GetDashboard({ DashboardName }));
    return found && { DashboardName, DashboardBody: found.DashboardBody ?? "", Tags: tagsOf(aws, found.DashboardArn) };
  },
  delete(aws, name) {
    unlessGone(() => aws.cloudwatch.DeleteDashboards({ DashboardNames: [name] }));
  },
});

function find(aws: Aws, name: string): CloudwatchTypes.MetricAlarm | CloudwatchTypes.CompositeAlarm | undefined {
  const { MetricAlarms = [], CompositeAlarms = [] } = aws.cloudwatch.DescribeAlarms({ AlarmNames: [name], AlarmTypes: ["MetricAlarm", "CompositeAlarm"] });
  return MetricAlarms[0] ?? CompositeAlarms[0];
}

/** Without the state, which is no property. */
function read(aws: Aws, name: string): AlarmProperties | undefined {
  const found = find(aws, name);
  if (!found) return undefined;
  const { StateValue: _value, StateReason: _reason, StateReasonData: _data, StateUpdatedTimestamp: _updated, StateTransitionedTimestamp: _since, AlarmConfigurationUpdatedTimestamp: _configured, ...properties } = found;
  return { ...(Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined)) as AlarmProperties), Tags: tagsOf(aws, found.AlarmArn) };
}

function arnOf(aws: Aws, name: string): string {
  const arn = find(aws, name)?.AlarmArn;
  if (arn === undefined) throw new Error(`the alarm ${name} is not there`);
  return arn;
}

function tagsOf(aws: Aws, ResourceARN = ""): Tags {
  return aws.cloudwatch.ListTagsForResource({ ResourceARN }).Tags ?? [];
}

function retag(aws: Aws, ResourceARN: string, wanted: Tags): void {
  const leaving = tagsOf(aws, ResourceARN).map(({ Key }) => Key).filter((key) => !wanted.some(({ Key }) => Key === key));
  if (leaving.length > 0) aws.cloudwatch.UntagResource({ ResourceARN, TagKeys: leaving });
  if (wanted.length > 0) aws.cloudwatch.TagResource({ ResourceARN, Tags: wanted });
}
