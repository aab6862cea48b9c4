/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_Logs.html */
import { resource, type ResourceRequest } from "@hakoniwa/cloudformation";
import type { Aws, LogsTypes } from "@hakoniwa/wire";
import { refuseProperties } from "../not-implemented.js";
import { unlessGone } from "../unless-gone.js";

interface Tag {
  readonly Key: string;
  readonly Value: string;
}

interface LogGroupProperties {
  readonly LogGroupName?: string;
  readonly LogGroupClass?: LogsTypes.LogGroupClass;
  readonly RetentionInDays?: number;
  readonly Tags?: readonly Tag[];
}

interface LogStreamProperties {
  readonly LogGroupName: string;
  readonly LogStreamName?: string;
}

interface MetricFilterProperties {
  readonly LogGroupName: string;
  readonly FilterName?: string;
  readonly FilterPattern: string;
  readonly MetricTransformations: readonly {
    readonly MetricName: string;
    readonly MetricNamespace: string;
    readonly MetricValue: string;
    readonly DefaultValue?: number;
    readonly Unit?: LogsTypes.StandardUnit;
    readonly Dimensions?: readonly { readonly Key: string; readonly Value: string }[];
  }[];
}

export const logGroup = resource<LogGroupProperties>("AWS::Logs::LogGroup", {
  create(aws, properties, request) {
    refuseProperties("AWS::Logs::LogGroup", properties, ["LogGroupName", "LogGroupClass", "RetentionInDays", "Tags"]);
    const logGroupName = properties.LogGroupName ?? request.physicalName(512);
    aws.logs.CreateLogGroup({ logGroupName, logGroupClass: properties.LogGroupClass, tags: tagsOf(properties, request) });
    setRetention(aws, logGroupName, properties);
    return logGroupName;
  },
  update(aws, logGroupName, next, _previous, request) {
    refuseProperties("AWS::Logs::LogGroup", next, ["LogGroupName", "LogGroupClass", "RetentionInDays", "Tags"]);
    setRetention(aws, logGroupName, next);
    const tags = tagsOf(next, request);
    const leaving = Object.keys(aws.logs.ListTagsLogGroup({ logGroupName }).tags ?? {}).filter((key) => !Object.hasOwn(tags, key));
    if (leaving.length > 0) aws.logs.UntagLogGroup({ logGroupName, tags: leaving });
    if (Object.keys(tags).length > 0) aws.logs.TagLogGroup({ logGroupName, tags });
  },
  delete: (aws, logGroupName) => unlessGone(() => aws.logs.DeleteLogGroup({ logGroupName })),
  attributes: (aws, name) => ({ Arn: aws.logs.DescribeLogGroups({ logGroupIdentifiers: [name] }).logGroups?.[0]?.arn }),
});

export const logStream = resource<LogStreamProperties>("AWS::Logs::LogStream", {
  create(aws, { LogGroupName: logGroupName, LogStreamName }, request) {
    const logStreamName = LogStreamName ?? request.physicalName(512);
    aws.logs.CreateLogStream({ logGroupName, logStreamName });
    return logStreamName;
  },
  delete: (aws, logStreamName, { LogGroupName: logGroupName }) => unlessGone(() => aws.logs.DeleteLogStream({ logGroupName, logStreamName })),
});

export const metricFilter = resource<MetricFilterProperties>("AWS::Logs::MetricFilter", {
  create(aws, properties, request) {
    const name = properties.FilterName ?? request.physicalName(512);
    putFilter(aws, name, properties);
    return name;
  },
  update: (aws, name, next) => putFilter(aws, name, next),
  delete: (aws, filterName, { LogGroupName: logGroupName }) => unlessGone(() => aws.logs.DeleteMetricFilter({ logGroupName, filterName })),
});

function putFilter(aws: Aws, filterName: string, properties: MetricFilterProperties): void {
  refuseProperties("AWS::Logs::MetricFilter", properties, ["LogGroupName", "FilterName", "FilterPattern", "MetricTransformations"]);
  aws.logs.PutMetricFilter({
    logGroupName: properties.LogGroupName,
    filterName,
    filterPattern: properties.FilterPattern,
    metricTransformations: properties.MetricTransformations.map((each) => ({
      metricName: each.MetricName,
      metricNamespace: each.MetricNamespace,
      metricValue: each.MetricValue,
      defaultValue: each.DefaultValue,
      unit: each.Unit,
      ...(each.Dimensions ? { dimensions: Object.fromEntries(each.Dimensions.map(({ Key, Value }) => [Key, Value])) } : {}),
    })),
  });
}

function setRetention(aws: Aws, logGroupName: string, { RetentionInDays: retentionInDays }: LogGroupProperties): void {
  if (retentionInDays === undefined) aws.logs.DeleteRetentionPolicy({ logGroupName });
  else aws.logs.PutRetentionPolicy({ logGroupName, retentionInDays });
}

function tagsOf(properties: LogGroupProperties, request: ResourceRequest): Record<string, string> {
  return Object.fromEntries([...request.tags, ...(properties.Tags ?? [])].map(({ Key, Value }) => [Key, Value]));
}
