/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_CloudWatch.html */
import { resource } from "@hakoniwa/cloudformation";
import type { Aws, CloudwatchTypes } from "@hakoniwa/wire";
import { refuseProperties } from "../not-implemented.js";
import { unlessGone } from "../unless-gone.js";

type Tags = readonly CloudwatchTypes.Tag[];

export type AlarmProperties = Omit<CloudwatchTypes.PutMetricAlarmInput, "AlarmName"> & { readonly AlarmName?: string };

const ALARM = [
  "AlarmName", "AlarmDescription", "ActionsEnabled", "OKActions", "AlarmActions", "InsufficientDataActions", "MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Dimensions", "Period",
  "Unit", "EvaluationPeriods", "DatapointsToAlarm", "Threshold", "ComparisonOperator", "TreatMissingData", "EvaluateLowSampleCountPercentile", "Metrics", "Tags",
] satisfies (keyof AlarmProperties)[];

export const alarm = resource<AlarmProperties>("AWS::CloudWatch::Alarm", {
  create(aws, properties, request) {
    refuseProperties("AWS::CloudWatch::Alarm", properties, ALARM);
    const AlarmName = properties.AlarmName ?? request.physicalName(255);
    aws.cloudwatch.PutMetricAlarm({ ...properties, AlarmName, Tags: together(properties.Tags, request.tags) });
    return AlarmName;
  },
  update(aws, AlarmName, next, _previous, request) {
    refuseProperties("AWS::CloudWatch::Alarm", next, ALARM);
    const { Tags: _tags, ...rest } = next;
    aws.cloudwatch.PutMetricAlarm({ ...rest, AlarmName });
    retag(aws, arnOf(aws, AlarmName), together(next.Tags, request.tags));
  },
  delete(aws, name) {
    unlessGone(() => aws.cloudwatch.DeleteAlarms({ AlarmNames: [name] }));
  },
  attributes: (aws, name) => ({ Arn: arnOf(aws, name) }),
});

export type CompositeAlarmProperties = Omit<CloudwatchTypes.PutCompositeAlarmInput, "AlarmName"> & { readonly AlarmName?: string };

const COMPOSITE = ["AlarmName", "AlarmDescription", "AlarmRule", "ActionsEnabled", "OKActions", "AlarmActions", "InsufficientDataActions", "Tags"] satisfies (keyof CompositeAlarmProperties)[];

export const compositeAlarm = resource<CompositeAlarmProperties>("AWS::CloudWatch::CompositeAlarm", {
  create(aws, properties, request) {
    refuseProperties("AWS::CloudWatch::CompositeAlarm", properties, COMPOSITE);
    const AlarmName = properties.AlarmName ?? request.physicalName(255);
    aws.cloudwatch.PutCompositeAlarm({ ...properties, AlarmName, Tags: together(properties.Tags, request.tags) });
    return AlarmName;
  },
  update(aws, AlarmName, next, _previous, request) {
    refuseProperties("AWS::CloudWatch::CompositeAlarm", next, COMPOSITE);
    const { Tags: _tags, ...rest } = next;
    aws.cloudwatch.PutCompositeAlarm({ ...rest, AlarmName });
    retag(aws, arnOf(aws, AlarmName), together(next.Tags, request.tags));
  },
  delete(aws, name) {
    unlessGone(() => aws.cloudwatch.DeleteAlarms({ AlarmNames: [name] }));
  },
  attributes: (aws, name) => ({ Arn: arnOf(aws, name) }),
});

export interface DashboardProperties {
  readonly DashboardName?: string;
  readonly DashboardBody: string;
}

export const dashboard = resource<DashboardProperties>("AWS::CloudWatch::Dashboard", {
  create(aws, properties, request) {
    refuseProperties("AWS::CloudWatch::Dashboard", properties, ["DashboardName", "DashboardBody"]);
    const DashboardName = properties.DashboardName ?? request.physicalName(255);
    aws.cloudwatch.PutDashboard({ DashboardName, DashboardBody: properties.DashboardBody });
    return DashboardName;
  },
  update(aws, DashboardName, next) {
    refuseProperties("AWS::CloudWatch::Dashboard", next, ["DashboardName", "DashboardBody"]);
    aws.cloudwatch.PutDashboard({ DashboardName, DashboardBody: next.DashboardBody });
  },
  delete(aws, name) {
    unlessGone(() => aws.cloudwatch.DeleteDashboards({ DashboardNames: [name] }));
  },
});

function together(own: Tags = [], more: Tags): Tags {
  return [...own, ...more.filter(({ Key }) => !own.some((each) => each.Key === Key))];
}

function arnOf(aws: Aws, name: string): string {
  const { MetricAlarms = [], CompositeAlarms = [] } = aws.cloudwatch.DescribeAlarms({ AlarmNames: [name] });
  const arn = (MetricAlarms[0] ?? CompositeAlarms[0])?.AlarmArn;
  if (arn === undefined) throw new Error(`the alarm ${name} is not there`);
  return arn;
}

function retag(aws: Aws, ResourceARN: string, wanted: Tags): void {
  const before = aws.cloudwatch.ListTagsForResource({ ResourceARN }).Tags ?? [];
  const leaving = before.map(({ Key }) => Key).filter((key) => !wanted.some(({ Key }) => Key === key));
  if (leaving.length > 0) aws.cloudwatch.UntagResource({ ResourceARN, TagKeys: leaving });
  if (wanted.length > 0) aws.cloudwatch.TagResource({ ResourceARN, Tags: wanted });
}
