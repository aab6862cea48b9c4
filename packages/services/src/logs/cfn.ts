/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_Logs.html */
import type { ResourceRequest } from "@hakoniwa/cloudformation";
import type { Aws, LogsTypes } from "@hakoniwa/wire";
import { alreadyExists, resourceType } from "../resource-type.js";
import { unlessGone } from "../unless-gone.js";
import { invalidParameter } from "./errors.js";

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

export const logGroup = resourceType<LogGroupProperties>("AWS::Logs::LogGroup", ["LogGroupName", "LogGroupClass", "RetentionInDays", "Tags"], {
  customName: "LogGroupName",
  create(aws, properties, request) {
    const logGroupName = properties.LogGroupName ?? request.physicalName(512);
    aws.logs.CreateLogGroup({ logGroupName, logGroupClass: properties.LogGroupClass, tags: tagsOf(properties, request) });
    setRetention(aws, logGroupName, properties);
    return logGroupName;
  },
  update(aws, logGroupName, next, previous, request) {
    if ((next.LogGroupClass ?? "STANDARD") !== (previous.LogGroupClass ?? "STANDARD")) {
      throw invalidParameter("The log group class of an existing log group can't be changed.");
    }
    setRetention(aws, logGroupName, next);
    const tags = tagsOf(next, request);
    const leaving = Object.keys(aws.logs.ListTagsLogGroup({ logGroupName }).tags ?? {}).filter((key) => !Object.hasOwn(tags, key));
    if (leaving.length > 0) aws.logs.UntagLogGroup({ logGroupName, tags: leaving });
    if (Object.keys(tags).length > 0) aws.logs.TagLogGroup({ logGroupName, tags });
  },
  read(aws, logGroupName) {
    const found = findGroup(aws, logGroupName);
    if (!found) return undefined;
    const tags = aws.logs.ListTagsLogGroup({ logGroupName }).tags ?? {};
    return {
      LogGroupName: logGroupName,
      LogGroupClass: found.logGroupClass ?? "STANDARD",
      ...(found.retentionInDays === undefined ? {} : { RetentionInDays: found.retentionInDays }),
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    };
  },
  delete: (aws, logGroupName) => unlessGone(() => aws.logs.DeleteLogGroup({ logGroupName })),
  attributes: (aws, name) => ({ Arn: findGroup(aws, name)?.arn }),
});

function findGroup(aws: Aws, name: string): LogsTypes.LogGroup | undefined {
  return aws.logs.DescribeLogGroups({ logGroupIdentifiers: [name] }).logGroups?.[0];
}

export const logStream = resourceType<LogStreamProperties>("AWS::Logs::LogStream", ["LogGroupName", "LogStreamName"], {
  create(aws, { LogGroupName: logGroupName, LogStreamName }, request) {
    const logStreamName = LogStreamName ?? request.physicalName(512);
    aws.logs.CreateLogStream({ logGroupName, logStreamName });
    return logStreamName;
  },
  read(aws, logStreamName, { LogGroupName: logGroupName }) {
    const { logStreams = [] } = unlessGone(() => aws.logs.DescribeLogStreams({ logGroupName, logStreamNamePrefix: logStreamName, limit: 1 })) ?? {};
    return logStreams[0]?.logStreamName === logStreamName ? { LogGroupName: logGroupName, LogStreamName: logStreamName } : undefined;
  },
  delete: (aws, logStreamName, { LogGroupName: logGroupName }) => unlessGone(() => aws.logs.DeleteLogStream({ logGroupName, logStreamName })),
});

const FILTER = "AWS::Logs::MetricFilter";

export const metricFilter = resourceType<MetricFilterProperties>(FILTER, ["LogGroupName", "FilterName", "FilterPattern", "MetricTransformations"], {
  create(aws, properties, request) {
    const name = properties.FilterName ?? request.physicalName(512);
    if (findFilter(aws, name, properties)) throw alreadyExists(FILTER, `${properties.LogGroupName}|${name}`);
    putFilter(aws, name, properties);
    return name;
  },
  update: (aws, name, next) => putFilter(aws, name, next),
  read(aws, name, properties) {
    const found = findFilter(aws, name, properties);
    return (
      found && {
        LogGroupName: properties.LogGroupName,
        FilterName: name,
        FilterPattern: found.filterPattern ?? "",
        MetricTransformations: (found.metricTransformations ?? []).map((each) => ({
          MetricName: each.metricName,
          MetricNamespace: each.metricNamespace,
          MetricValue: each.metricValue,
          ...(each.defaultValue === undefined ? {} : { DefaultValue: each.defaultValue }),
          ...(each.unit === undefined ? {} : { Unit: each.unit }),
          ...(each.dimensions === undefined ? {} : { Dimensions: Object.entries(each.dimensions).map(([Key, Value]) => ({ Key, Value })) }),
        })),
      }
    );
  },
  delete: (aws, filterName, { LogGroupName: logGroupName }) => unlessGone(() => aws.logs.DeleteMetricFilter({ logGroupName, filterName })),
});

/** The name itself comes first of those that begin with it. */
function findFilter(aws: Aws, filterNamePrefix: string, { LogGroupName: logGroupName }: MetricFilterProperties): LogsTypes.MetricFilter | undefined {
  const found = unlessGone(() => aws.logs.DescribeMetricFilters({ logGroupName, filterNamePrefix, limit: 1 }))?.metricFilters?.[0];
  return found?.filterName === filterNamePrefix ? found : undefined;
}

function putFilter(aws: Aws, filterName: string, properties: MetricFilterProperties): void {
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
