/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#load-balancer-attributes */
import { Elbv2 } from "@hakoniwa/wire";
import { refusalOfBucket, type LogPlace } from "../balancer-log-bucket.js";
import { operations, type Context } from "../define.js";
import { access, onLoadBalancer } from "./access.js";
import { between, changed, complete, flag, only, oneOf, show, text, type AttributeKinds } from "./attribute-values.js";
import { invalidConfigurationRequest, validationError } from "./errors.js";
import { findLoadBalancer } from "./find.js";
import { loadBalancers, type Attributes, type LoadBalancer } from "./state.js";

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const PREFIX = /^(?!.*AWSLogs)[^/].*[^/]$/;

const KINDS: AttributeKinds = {
  "deletion_protection.enabled": flag(false),
  "access_logs.s3.enabled": flag(false),
  "access_logs.s3.bucket": text(BUCKET),
  "access_logs.s3.prefix": text(PREFIX),
  "connection_logs.s3.enabled": only("false", "true"),
  "connection_logs.s3.bucket": text(BUCKET),
  "connection_logs.s3.prefix": text(PREFIX),
  "idle_timeout.timeout_seconds": between(60, 1, 4000),
  "client_keep_alive.seconds": between(3600, 60, 604_800),
  "ipv6.deny_all_igw_traffic": only("false", "true"),
  "load_balancing.cross_zone.enabled": only("true", "false"),
  "routing.http.desync_mitigation_mode": oneOf("defensive", "monitor", "strictest"),
  "routing.http.drop_invalid_header_fields.enabled": flag(false),
  "routing.http.preserve_host_header.enabled": flag(false),
  "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": flag(false),
  "routing.http.xff_client_port.enabled": flag(false),
  "routing.http.xff_header_processing.mode": oneOf("append", "preserve", "remove"),
  "routing.http2.enabled": flag(true),
  "waf.fail_open.enabled": only("false", "true"),
  "zonal_shift.config.enabled": only("false", "true"),
};

export const balancerAttributeOperations = operations(Elbv2, {
  DescribeLoadBalancerAttributes: {
    authorize: access("DescribeLoadBalancerAttributes"),
    handle: (ctx, input) => ({ Attributes: show(attributesOf(findLoadBalancer(ctx.db, input.LoadBalancerArn))) }),
  },

  ModifyLoadBalancerAttributes: {
    authorize: access("ModifyLoadBalancerAttributes", onLoadBalancer),
    handle(ctx, input) {
      const balancer = findLoadBalancer(ctx.db, input.LoadBalancerArn);
      const attributes = changed(KINDS, balancer.attributes, input.Attributes);
      if (input.Attributes.some(({ Key }) => Key?.startsWith("access_logs."))) checkLog(ctx, balancer, attributes);
      const after = ctx.db(loadBalancers).put({ ...balancer, attributes });
      return { Attributes: show(attributesOf(after)) };
    },
  },
});

/** @throws AwsError when the log is on, and has no bucket or one that doesn't let the service write */
function checkLog(ctx: Context, { arn, name }: LoadBalancer, attributes: Attributes): void {
  const place = logPlace({ attributes });
  if (place === undefined) return;
  if (place.bucket === "") throw validationError("The value of 'access_logs.s3.bucket' cannot be empty");
  const refusal = refusalOfBucket(ctx, place, name, arn);
  if (refusal !== undefined) throw invalidConfigurationRequest(refusal);
}

/** Where the access log goes; undefined while it is off. */
export function logPlace(balancer: Pick<LoadBalancer, "attributes">): LogPlace | undefined {
  const attributes = attributesOf(balancer);
  if (attributes["access_logs.s3.enabled"] !== "true") return undefined;
  return { bucket: attributes["access_logs.s3.bucket"] ?? "", prefix: attributes["access_logs.s3.prefix"] ?? "" };
}

export function attributesOf(balancer: Pick<LoadBalancer, "attributes">): Attributes {
  return complete(KINDS, balancer.attributes);
}
