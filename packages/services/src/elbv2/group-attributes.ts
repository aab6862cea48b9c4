/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html */
import { Elbv2 } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { access, onTargetGroup } from "./access.js";
import { between, changed, complete, flag, only, oneOf, show, text, type AttributeKinds } from "./attribute-values.js";
import { invalidConfigurationRequest } from "./errors.js";
import { findTargetGroup } from "./find.js";
import { targetGroups, type Attributes, type TargetGroup } from "./state.js";

/** S0-23: a second to seven days. */
const DURATION = between(86_400, 1, 604_800);

const KINDS: AttributeKinds = {
  "deregistration_delay.timeout_seconds": between(300, 0, 3600),
  "stickiness.enabled": flag(false),
  "stickiness.type": oneOf("lb_cookie", "app_cookie"),
  "stickiness.lb_cookie.duration_seconds": DURATION,
  "stickiness.app_cookie.duration_seconds": DURATION,
  "stickiness.app_cookie.cookie_name": text(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,4096}$/),
  "load_balancing.algorithm.type": only("round_robin", "weighted_random"),
  "load_balancing.algorithm.anomaly_mitigation": only("off", "on"),
  "load_balancing.cross_zone.enabled": oneOf("use_load_balancer_configuration", "true", "false"),
  "slow_start.duration_seconds": between(0, 30, 900),
  "target_group_health.dns_failover.minimum_healthy_targets.count": only("1", "off"),
  "target_group_health.dns_failover.minimum_healthy_targets.percentage": only("off"),
  "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": only("1"),
  "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": only("off"),
};
const ALGORITHMS = oneOf("round_robin", "least_outstanding_requests");
const ALGORITHM = "load_balancing.algorithm.type";
const ALL: AttributeKinds = {
  ...KINDS,
  [ALGORITHM]: { standard: "round_robin", check: (name, value) => (value === "weighted_random" ? KINDS[ALGORITHM]?.check(name, value) : ALGORITHMS.check(name, value)) },
};

export const groupAttributeOperations = operations(Elbv2, {
  DescribeTargetGroupAttributes: {
    authorize: access("DescribeTargetGroupAttributes"),
    handle: (ctx, input) => ({ Attributes: show(groupAttributesOf(findTargetGroup(ctx.db, input.TargetGroupArn))) }),
  },

  ModifyTargetGroupAttributes: {
    authorize: access("ModifyTargetGroupAttributes", onTargetGroup),
    handle(ctx, input) {
      const group = findTargetGroup(ctx.db, input.TargetGroupArn);
      const attributes = changed(ALL, group.attributes, input.Attributes);
      checkTogether(complete(ALL, attributes));
      return { Attributes: show(groupAttributesOf(ctx.db(targetGroups).put({ ...group, attributes }))) };
    },
  },
});

export function groupAttributesOf(group: Pick<TargetGroup, "attributes">): Attributes {
  return complete(ALL, group.attributes);
}

/** @throws InvalidConfigurationRequest for what may not be together */
function checkTogether(attributes: Attributes): void {
  const cookie = attributes["stickiness.app_cookie.cookie_name"] ?? "";
  if (/^AWSALB/i.test(cookie)) {
    throw invalidConfigurationRequest(`Application cookie name '${cookie}' is not allowed: the prefixes AWSALB, AWSALBAPP and AWSALBTG are reserved`);
  }
  if (attributes["stickiness.enabled"] === "true" && attributes["stickiness.type"] === "app_cookie" && cookie === "") {
    throw invalidConfigurationRequest("You must set an application cookie name to enable stickiness of type 'app_cookie'");
  }
  if (attributes["slow_start.duration_seconds"] !== "0" && attributes[ALGORITHM] === "least_outstanding_requests") {
    throw invalidConfigurationRequest("Slow start cannot be enabled with the least outstanding requests algorithm");
  }
}
