/** The configuration of flow logs: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html */
import { AwsError } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything, passRole } from "../access.js";
import { operations, type Context } from "../define.js";
import { allows } from "./access.js";
import { invalidParameter, missingParameter, notFound, refuse, unsupported } from "./errors.js";
import { paginate, select, type FilterTable } from "./filters.js";
import { admitDelivery } from "./flow-log-bucket.js";
import { checkedFormat } from "./flow-log-format.js";
import { flowDeliveries } from "./flow-log-state.js";
import { forgetToken, once } from "./idempotency.js";
import { need } from "./lookup.js";
import { flowLogs, type FlowLog } from "./state-connections.js";
import { networkInterfaces, subnets, vpcs } from "./state.js";
import { checkTagSpecifications, dropTags, putTags, tagsOf } from "./tags.js";
import { timestamp } from "./times.js";

const INTERVALS = [60, 600];
const TRAFFIC = ["ACCEPT", "REJECT", "ALL"] as const;
const FILE_FORMATS = ["plain-text", "parquet"] as const;
const MOST_RESOURCES = 1000;
const TYPES = { VPC: "vpc", Subnet: "subnet", NetworkInterface: "network-interface" } as const;

export const flowLogOperations = operations(Ec2, {
  CreateFlowLogs: {
    authorize(input, asked) {
      const type = Object.hasOwn(TYPES, input.ResourceType) ? TYPES[input.ResourceType as keyof typeof TYPES] : "vpc";
      const create = allows("CreateFlowLogs", () => [["vpc-flow-log", undefined], ...input.ResourceIds.map((id) => [type, id] as const)]);
      const { DeliverLogsPermissionArn: role } = input;
      return [create(input, asked), ...(role === undefined ? [] : [passRole(role, "vpc-flow-logs.amazonaws.com")])];
    },
    handle(ctx, input) {
      checkTagSpecifications(input.TagSpecifications, ["vpc-flow-log"]);
      refuse("CreateFlowLogs", input, ["DeliverCrossAccountRole"]);
      const settings = settingsOf(ctx, input);
      const resources = resourcesOf(ctx, input);
      const twin = (id: string): boolean => ctx.db(flowLogs).where("resource", id).some((other) => isSame(other, settings));
      const problem = settings.destinationType === "s3" ? admitDelivery(ctx, settings) : undefined;
      if (problem !== undefined) return { ClientToken: input.ClientToken, FlowLogIds: [], Unsuccessful: resources.map((ResourceId) => ({ ResourceId, Error: { Code: "400", Message: problem } })) };
      const FlowLogIds = once(ctx, "CreateFlowLogs", input, () => {
        if (resources.some(twin)) throw new AwsError("FlowLogAlreadyExists", "Error. There is an existing Flow Log with the same configuration and log destination.");
        return resources.map((resourceId) => {
          const made = ctx.db(flowLogs).put({ ...settings, id: ctx.ids.aws("fl"), resourceId, created: ctx.now });
          putTags(ctx, "vpc-flow-log", made.id, input.TagSpecifications);
          return made.id;
        });
      });
      return { ClientToken: input.ClientToken, FlowLogIds, Unsuccessful: [] };
    },
  },

  DescribeFlowLogs: {
    authorize: onEverything("ec2:DescribeFlowLogs"),
    handle(ctx, input) {
      const ids = [...new Set(input.FlowLogIds ?? [])];
      refuseMissing(ctx, ids);
      const all = ids.length > 0 ? ids.map((id) => ctx.db(flowLogs).get(id)!) : ctx.db(flowLogs).list();
      const page = paginate(select(ctx.db, all, input.Filter, filtersFor(ctx), (log) => log.id), input, 1);
      return { FlowLogs: page.items.map((log) => described(ctx, log)), NextToken: page.nextToken };
    },
  },

  DeleteFlowLogs: {
    authorize: allows("DeleteFlowLogs", (input) => input.FlowLogIds.map((id) => ["vpc-flow-log", id] as const)),
    handle(ctx, input) {
      if (input.FlowLogIds.length === 0) throw missingParameter("FlowLogId");
      refuseMissing(ctx, [...new Set(input.FlowLogIds)]);
      for (const id of input.FlowLogIds) {
        ctx.db(flowLogs).delete(id);
        dropTags(ctx.db, id);
        forgetToken(ctx.db, id);
      }
      return { Unsuccessful: [] };
    },
  },
});

type Settings = Omit<FlowLog, "id" | "resourceId" | "created">;

/** @throws AwsError for a parameter that a flow log can't have */
function settingsOf(ctx: Context, input: Ec2Types.CreateFlowLogsRequest): Settings {
  const trafficType = TRAFFIC.find((type) => type === input.TrafficType);
  if (input.TrafficType === undefined) throw missingParameter("TrafficType");
  if (!trafficType) throw invalidParameter(input.TrafficType, "TrafficType", "It must be ACCEPT, REJECT or ALL.");
  const aggregationInterval = input.MaxAggregationInterval ?? 600;
  if (!INTERVALS.includes(aggregationInterval)) throw wrong("Invalid Flow Log Max Aggregation Interval");
  return { trafficType, aggregationInterval, format: checkedFormat(input.LogFormat), ...destinationOf(ctx, input) };
}

type Destination = Pick<Settings, "destinationType" | "destination" | "logGroupName" | "permissionArn" | "destinationOptions">;

function destinationOf(ctx: Context, input: Ec2Types.CreateFlowLogsRequest): Destination {
  const type = input.LogDestinationType ?? "cloud-watch-logs";
  if (type === "kinesis-data-firehose") throw unsupported("CreateFlowLogs", "LogDestinationType kinesis-data-firehose");
  if (type === "s3") return bucketOf(input);
  if (type !== "cloud-watch-logs") throw invalidParameter(type, "LogDestinationType", "It must be cloud-watch-logs, s3 or kinesis-data-firehose.");
  const { LogGroupName: name, LogDestination: arn, DeliverLogsPermissionArn: permissionArn } = input;
  if (name !== undefined && arn !== undefined) throw wrong("Please only provide LogGroupName or only provide LogDestination.");
  if (!name && !arn) throw wrong("LogGroupName or LogDestination must be provided if LogDestinationType is cloud-watch-logs.");
  if (!permissionArn) throw wrong("DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs.");
  if (!/^arn:aws:iam::\d{12}:role\/.+$/.test(permissionArn)) throw invalidParameter(permissionArn, "DeliverLogsPermissionArn", "It must be the ARN of an IAM role.");
  if (input.DestinationOptions) throw wrong("DestinationOptions are for LogDestinationType s3 only.");
  const logGroupName = name ?? new RegExp(`^arn:aws:logs:${ctx.region}:${ctx.account}:log-group:([^:*]+)(:\\*)?$`).exec(arn!)?.[1];
  if (logGroupName === undefined) throw wrong(`LogDestination: ${arn} is not the ARN of a log group of this account and region.`);
  if (!/^[-._/#A-Za-z0-9]{1,512}$/.test(logGroupName)) throw invalidParameter(logGroupName, "LogGroupName", "It is not the name of a log group.");
  return { destinationType: "cloud-watch-logs", destination: arn, logGroupName, permissionArn, destinationOptions: undefined };
}

function bucketOf(input: Ec2Types.CreateFlowLogsRequest): Destination {
  const { LogDestination: arn } = input;
  if (!arn) throw wrong("LogDestination can't be empty if LogDestinationType is not cloud-watch-logs.");
  if (input.DeliverLogsPermissionArn) throw wrong("DeliverLogsPermissionArn is not applicable for s3 delivery");
  if (input.LogGroupName) throw wrong("LogGroupName is not applicable for s3 delivery");
  const folder = /^arn:aws:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/.*)?$/.exec(arn);
  if (!folder) throw wrong(`LogDestination: ${arn} is not the ARN of an S3 bucket, with or without a folder.`);
  if (/(^|\/)AWSLogs(\/|$)/.test(folder[1] ?? "")) throw wrong("LogDestination can't have AWSLogs as a subfolder name.");
  const asked = input.DestinationOptions;
  const fileFormat = asked?.FileFormat === undefined ? "plain-text" : FILE_FORMATS.find((format) => format === asked.FileFormat);
  if (!fileFormat) throw invalidParameter(asked?.FileFormat, "DestinationOptions.FileFormat", "It must be plain-text or parquet.");
  if (fileFormat === "parquet") throw unsupported("CreateFlowLogs", "DestinationOptions.FileFormat parquet");
  const options = asked && { fileFormat, hiveCompatiblePartitions: asked.HiveCompatiblePartitions ?? false, perHourPartition: asked.PerHourPartition ?? false };
  return { destinationType: "s3", destination: arn, logGroupName: undefined, permissionArn: undefined, destinationOptions: options };
}

/** The resources to log, each of the type that the request says. */
function resourcesOf(ctx: Context, input: Ec2Types.CreateFlowLogsRequest): readonly string[] {
  const ids = [...new Set(input.ResourceIds)];
  if (ids.length === 0) throw missingParameter("ResourceId");
  if (ids.length > MOST_RESOURCES) throw invalidParameter(ids.length, "ResourceId", `It must have at most ${MOST_RESOURCES} resources.`);
  switch (input.ResourceType) {
    case "VPC":
      return ids.map((id) => need(ctx.db, vpcs, "vpc", id, "ResourceId").id);
    case "Subnet":
      return ids.map((id) => need(ctx.db, subnets, "subnet", id, "ResourceId").id);
    case "NetworkInterface":
      return ids.map((id) => need(ctx.db, networkInterfaces, "networkInterface", id, "ResourceId").id);
    default:
      throw unsupported("CreateFlowLogs", `ResourceType ${input.ResourceType}`);
  }
}

function isSame(log: FlowLog, other: Settings): boolean {
  return log.trafficType === other.trafficType && log.destinationType === other.destinationType && log.destination === other.destination && log.logGroupName === other.logGroupName;
}

function refuseMissing(ctx: Context, ids: readonly string[]): void {
  const missing = ids.filter((id) => !ctx.db(flowLogs).get(id));
  if (missing.length === 0) return;
  const error = notFound("flowLog", ...missing);
  if (!error.code.endsWith(".NotFound")) throw error;
  throw new AwsError(error.code, `These flow log ids in the input list are not found: [TotalCount: ${missing.length}] ${missing.join(", ")}`);
}

function wrong(message: string): AwsError {
  return new AwsError("InvalidParameter", message);
}

function described(ctx: Context, log: FlowLog): Ec2Types.FlowLog {
  const options = log.destinationOptions;
  const delivery = ctx.db(flowDeliveries).get(log.id);
  return {
    FlowLogId: log.id,
    FlowLogStatus: "ACTIVE",
    ResourceId: log.resourceId,
    TrafficType: log.trafficType,
    LogDestinationType: log.destinationType,
    LogDestination: log.destination,
    LogGroupName: log.logGroupName,
    LogFormat: log.format,
    MaxAggregationInterval: log.aggregationInterval,
    DeliverLogsPermissionArn: log.permissionArn,
    DeliverLogsStatus: delivery?.status ?? "SUCCESS",
    DeliverLogsErrorMessage: delivery?.error,
    DestinationOptions: options && { FileFormat: options.fileFormat, HiveCompatiblePartitions: options.hiveCompatiblePartitions, PerHourPartition: options.perHourPartition },
    CreationTime: timestamp(log.created),
    Tags: tagsOf(ctx.db, log.id),
  };
}

function filtersFor(ctx: Context): FilterTable<FlowLog> {
  return {
    "deliver-log-status": (log) => ctx.db(flowDeliveries).get(log.id)?.status ?? "SUCCESS",
    "flow-log-id": (log) => log.id,
    "log-destination-type": (log) => log.destinationType,
    "log-group-name": (log) => log.logGroupName,
    "resource-id": (log) => log.resourceId,
    "traffic-type": (log) => log.trafficType,
  };
}
