/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#load-balancer-attributes */
import { Elbv2 } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { access, onLoadBalancer } from "./access.js";
import { between, changed, complete, flag, only, oneOf, show, text, type AttributeKinds } from "./attribute-values.js";
import { findLoadBalancer } from "./find.js";
import { loadBalancers, type Attributes, type LoadBalancer } from "./state.js";

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const PREFIX = /^(?!.*AWSLogs)[^/].*[^/]$/;

const KINDS: AttributeKinds = {
  "deletion_protection.enabled": flag(false),
  "access_logs.s3.enabled": only("false", "true"),
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
  "waf.fail_open.enabled": flag(false),
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
      const after = ctx.db(loadBalancers).put({ ...balancer, attributes: changed(KINDS, balancer.attributes, input.Attributes) });
      return { Attributes: show(attributesOf(after)) };
    },
  },
});

export function attributesOf(balancer: LoadBalancer): Attributes {
  return complete(KINDS, balancer.attributes);
}
