import { Elb, type ElbTypes } from "@hakoniwa/wire";
import { refusalOfBucket } from "../balancer-log-bucket.js";
import { operations, type Context } from "../define.js";
import { access, byName } from "./access.js";
import { balancerArn } from "./access-log.js";
import { invalidConfigurationRequest, validationError } from "./errors.js";
import { findLoadBalancer } from "./find.js";
import { loadBalancers, type AccessLog, type Attributes } from "./state.js";

/** What a balancer made through the API or CloudFormation starts with; the console's differ. */
export const DEFAULT_ATTRIBUTES: Attributes = {
  crossZone: false,
  connectionDraining: false,
  drainingTimeout: 300,
  idleTimeout: 60,
  desyncMitigationMode: "defensive",
  accessLog: undefined,
};

const DESYNC_MODE = "elb.http.desyncmitigationmode";

export const attributeOperations = operations(Elb, {
  DescribeLoadBalancerAttributes: {
    authorize: access("DescribeLoadBalancerAttributes", byName),
    handle: (ctx, input) => ({ LoadBalancerAttributes: showAttributes(findLoadBalancer(ctx.db, input.LoadBalancerName).attributes) }),
  },

  ModifyLoadBalancerAttributes: {
    authorize: access("ModifyLoadBalancerAttributes", byName),
    handle(ctx, input) {
      const balancer = findLoadBalancer(ctx.db, input.LoadBalancerName);
      const attributes = changeAttributes(balancer.attributes, input.LoadBalancerAttributes);
      if (input.LoadBalancerAttributes.AccessLog) checkLog(ctx, balancer.name, attributes.accessLog);
      ctx.db(loadBalancers).put({ ...balancer, attributes });
      return { LoadBalancerName: balancer.name, LoadBalancerAttributes: showAttributes(attributes) };
    },
  },
});

/** https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_LoadBalancerAttributes.html */
function changeAttributes(now: Attributes, change: ElbTypes.LoadBalancerAttributes): Attributes {
  const mode = change.AdditionalAttributes?.find((a) => a.Key === DESYNC_MODE)?.Value;
  const unknown = change.AdditionalAttributes?.find((a) => a.Key !== DESYNC_MODE);
  if (unknown) throw validationError(`The attribute '${unknown.Key}' is not supported.`);
  if (mode !== undefined && !isDesyncMode(mode)) throw validationError(`${DESYNC_MODE} '${mode}' must be one of monitor, defensive, strictest.`);
  return {
    ...now,
    desyncMitigationMode: mode ?? now.desyncMitigationMode,
    accessLog: change.AccessLog === undefined ? now.accessLog : accessLogOf(change.AccessLog),
    crossZone: change.CrossZoneLoadBalancing?.Enabled ?? now.crossZone,
    connectionDraining: change.ConnectionDraining?.Enabled ?? now.connectionDraining,
    drainingTimeout: inRange("ConnectionDraining.Timeout", change.ConnectionDraining?.Timeout, 3600) ?? now.drainingTimeout,
    idleTimeout: inRange("ConnectionSettings.IdleTimeout", change.ConnectionSettings?.IdleTimeout, 4000) ?? now.idleTimeout,
  };
}

/** @throws ValidationError for a log without a bucket, or at another interval than 5 or 60 minutes */
function accessLogOf({ Enabled, S3BucketName: bucket, S3BucketPrefix = "", EmitInterval: interval = 60 }: ElbTypes.AccessLog): AccessLog | undefined {
  if (!Enabled) return undefined;
  if (!bucket) throw validationError("AccessLog.S3BucketName must be given when access logs are enabled.");
  if (interval !== 5 && interval !== 60) throw validationError(`AccessLog.EmitInterval '${interval}' must be 5 or 60.`);
  if (/AWSLogs/.test(S3BucketPrefix)) throw validationError(`AccessLog.S3BucketPrefix '${S3BucketPrefix}' must not contain AWSLogs.`);
  return { bucket, prefix: S3BucketPrefix.replaceAll(/^\/+|\/+$/g, ""), interval };
}

/** @throws InvalidConfigurationRequest when the bucket doesn't let the service write */
function checkLog(ctx: Context, name: string, log: AccessLog | undefined): void {
  const refusal = log && refusalOfBucket(ctx, log, name, balancerArn(ctx, name));
  if (refusal !== undefined) throw invalidConfigurationRequest(refusal);
}

function isDesyncMode(mode: string): mode is Attributes["desyncMitigationMode"] {
  return ["monitor", "defensive", "strictest"].includes(mode);
}

function inRange(field: string, value: number | undefined, most: number): number | undefined {
  if (value !== undefined && (!Number.isInteger(value) || value < 1 || value > most)) {
    throw validationError(`${field} '${value}' must be between 1 and ${most}.`);
  }
  return value;
}

function showAttributes(attributes: Attributes): ElbTypes.LoadBalancerAttributes {
  return {
    CrossZoneLoadBalancing: { Enabled: attributes.crossZone },
    AccessLog: showAccessLog(attributes.accessLog),
    ConnectionDraining: { Enabled: attributes.connectionDraining, Timeout: attributes.drainingTimeout },
    ConnectionSettings: { IdleTimeout: attributes.idleTimeout },
    AdditionalAttributes: [{ Key: DESYNC_MODE, Value: attributes.desyncMitigationMode }],
  };
}

function showAccessLog(log: AccessLog | undefined): ElbTypes.AccessLog {
  return log === undefined ? { Enabled: false } : { Enabled: true, S3BucketName: log.bucket, S3BucketPrefix: log.prefix, EmitInterval: log.interval };
}
