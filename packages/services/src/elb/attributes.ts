import { Elb, type ElbTypes } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { access, byName } from "./access.js";
import { notYet, validationError } from "./errors.js";
import { findLoadBalancer } from "./find.js";
import { loadBalancers, type Attributes } from "./state.js";

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
      ctx.db(loadBalancers).put({ ...balancer, attributes });
      return { LoadBalancerName: balancer.name, LoadBalancerAttributes: showAttributes(attributes) };
    },
  },
});

/** https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_LoadBalancerAttributes.html */
function changeAttributes(now: Attributes, change: ElbTypes.LoadBalancerAttributes): Attributes {
  if (change.AccessLog?.Enabled) throw notYet("access logs");
  const mode = change.AdditionalAttributes?.find((a) => a.Key === DESYNC_MODE)?.Value;
  const unknown = change.AdditionalAttributes?.find((a) => a.Key !== DESYNC_MODE);
  if (unknown) throw validationError(`The attribute '${unknown.Key}' is not supported.`);
  if (mode !== undefined && !isDesyncMode(mode)) throw validationError(`${DESYNC_MODE} '${mode}' must be one of monitor, defensive, strictest.`);
  return {
    ...now,
    desyncMitigationMode: mode ?? now.desyncMitigationMode,
    crossZone: change.CrossZoneLoadBalancing?.Enabled ?? now.crossZone,
    connectionDraining: change.ConnectionDraining?.Enabled ?? now.connectionDraining,
    drainingTimeout: inRange("ConnectionDraining.Timeout", change.ConnectionDraining?.Timeout, 3600) ?? now.drainingTimeout,
    idleTimeout: inRange("ConnectionSettings.IdleTimeout", change.ConnectionSettings?.IdleTimeout, 4000) ?? now.idleTimeout,
  };
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
    AccessLog: { Enabled: false },
    ConnectionDraining: { Enabled: attributes.connectionDraining, Timeout: attributes.drainingTimeout },
    ConnectionSettings: { IdleTimeout: attributes.idleTimeout },
    AdditionalAttributes: [{ Key: DESYNC_MODE, Value: attributes.desyncMitigationMode }],
  };
}
