import { Elb, type ElbTypes } from "@hakoniwa/wire";
import type { HealthCheck as NodeHealthCheck } from "@hakoniwa/network";
import { operations } from "../define.js";
import { access, byName } from "./access.js";
import { instanceNotFound, validationError } from "./errors.js";
import { findLoadBalancer } from "./find.js";
import { DEREGISTERING } from "./plan.js";
import { health, healthKey, loadBalancers, type HealthCheck, type InstanceHealth, type Protocol } from "./state.js";

export const healthCheckOperations = operations(Elb, {
  ConfigureHealthCheck: {
    authorize: access("ConfigureHealthCheck", byName),
    handle(ctx, input) {
      const balancer = findLoadBalancer(ctx.db, input.LoadBalancerName);
      const healthCheck = parseHealthCheck(input.HealthCheck);
      ctx.db(loadBalancers).put({ ...balancer, healthCheck });
      return { HealthCheck: showHealthCheck(healthCheck) };
    },
  },

  DescribeInstanceHealth: {
    authorize: access("DescribeInstanceHealth"),
    handle(ctx, input) {
      const balancer = findLoadBalancer(ctx.db, input.LoadBalancerName);
      const asked = input.Instances?.length ? input.Instances.map((i) => i.InstanceId ?? "") : balancer.instances;
      return {
        InstanceStates: asked.map((id) => {
          const known = ctx.db(health).get(healthKey(balancer.name, id));
          if (!known && !ctx.facts.ec2.instance(id)) throw instanceNotFound(id);
          return showInstanceState(id, balancer.draining.some((d) => d.id === id) ? DEREGISTERING : known);
        }),
      };
    },
  },
});

function showInstanceState(id: string, known: Pick<InstanceHealth, "state" | "reasonCode" | "description"> | undefined): ElbTypes.InstanceState {
  if (!known) {
    return { InstanceId: id, State: "OutOfService", ReasonCode: "Instance", Description: "Instance is not currently registered with the LoadBalancer." };
  }
  return { InstanceId: id, State: known.state, ReasonCode: known.reasonCode, Description: known.description };
}

/** A new balancer's check, until ConfigureHealthCheck says otherwise: a TCP connection to the first listener's instance port. */
export function defaultHealthCheck(instancePort: number): HealthCheck {
  return { target: `TCP:${instancePort}`, interval: 30, timeout: 5, unhealthyThreshold: 2, healthyThreshold: 10 };
}

/** https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_HealthCheck.html */
export function parseHealthCheck(input: ElbTypes.HealthCheck): HealthCheck {
  parseTarget(input.Target);
  checkRange("Interval", input.Interval, 5, 300);
  checkRange("Timeout", input.Timeout, 2, 60);
  checkRange("UnhealthyThreshold", input.UnhealthyThreshold, 2, 10);
  checkRange("HealthyThreshold", input.HealthyThreshold, 2, 10);
  if (input.Timeout >= input.Interval) {
    throw validationError(`HealthCheck interval '${input.Interval}' must be greater than the timeout '${input.Timeout}'.`);
  }
  return {
    target: input.Target,
    interval: input.Interval,
    timeout: input.Timeout,
    unhealthyThreshold: input.UnhealthyThreshold,
    healthyThreshold: input.HealthyThreshold,
  };
}

export function showHealthCheck(check: HealthCheck): ElbTypes.HealthCheck {
  return {
    Target: check.target,
    Interval: check.interval,
    Timeout: check.timeout,
    UnhealthyThreshold: check.unhealthyThreshold,
    HealthyThreshold: check.healthyThreshold,
  };
}

/** As a node carries it out: times in milliseconds. */
export function nodeHealthCheck(check: HealthCheck): NodeHealthCheck {
  return {
    ...parseTarget(check.target),
    matcher: "200",
    interval: check.interval * 1000,
    timeout: check.timeout * 1000,
    healthyThreshold: check.healthyThreshold,
    unhealthyThreshold: check.unhealthyThreshold,
  };
}

/** `HTTP:80/index.html` or `TCP:80`. */
export function parseTarget(target: string): { readonly protocol: Protocol; readonly port: number; readonly path: string | undefined } {
  const match = /^(HTTP|HTTPS|TCP|SSL):(\d{1,5})(\/[\x21-\x7e]*)?$/i.exec(target);
  const port = Number(match?.[2]);
  if (!match || port < 1 || port > 65535) {
    throw validationError(
      `HealthCheck target '${target}' is not valid: it must be like 'TCP:80' or 'HTTP:80/index.html', with a port between 1 and 65535.`,
    );
  }
  const protocol = match[1]!.toUpperCase();
  const path = match[3];
  const wantsPath = protocol.startsWith("HTTP");
  if (wantsPath && path === undefined) {
    throw validationError(
      `HealthCheck HTTP Target '${target}' must specify a port followed by a path that begins with '/'. e.g. HTTP:80/ping/this/path`,
    );
  }
  if (!wantsPath && path !== undefined) {
    throw validationError(`HealthCheck ${protocol} Target '${target}' must specify only a port. e.g. TCP:80`);
  }
  if (path !== undefined && path.length > 1024) throw validationError("HealthCheck target's path must be 1024 bytes or less.");
  return { protocol: protocol as Protocol, port, path };
}

function checkRange(field: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw validationError(`HealthCheck ${field} '${value}' must be between ${least} and ${most}.`);
  }
}
