/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html */
import type { HealthCheck as NodeHealthCheck } from "@hakoniwa/network";
import type { Elbv2Types } from "@hakoniwa/wire";
import { invalidConfigurationRequest, notYet, validationError } from "./errors.js";
import type { HealthCheck, TargetGroup } from "./state.js";

export function startingHealthCheck(protocol: TargetGroup["protocol"]): HealthCheck {
  return {
    protocol: "HTTP",
    port: "traffic-port",
    path: "/",
    interval: 30,
    timeout: protocol === "HTTP" ? 5 : 10,
    healthyThreshold: 5,
    unhealthyThreshold: 2,
    matcher: "200",
  };
}

type Input = Pick<
  Elbv2Types.CreateTargetGroupInput,
  | "HealthCheckProtocol"
  | "HealthCheckPort"
  | "HealthCheckEnabled"
  | "HealthCheckPath"
  | "HealthCheckIntervalSeconds"
  | "HealthCheckTimeoutSeconds"
  | "HealthyThresholdCount"
  | "UnhealthyThresholdCount"
  | "Matcher"
>;

/** @throws ValidationError for what AWS does not take */
export function parseHealthCheck(input: Input, before: HealthCheck): HealthCheck {
  if (input.HealthCheckEnabled === false) throw invalidConfigurationRequest("Health checks cannot be disabled for target groups with target type 'instance' or 'ip'");
  const protocol = input.HealthCheckProtocol ?? before.protocol;
  if (protocol !== "HTTP" && protocol !== "HTTPS") throw invalidConfigurationRequest(`Health check protocol '${protocol}' must be one of 'HTTP, HTTPS'`);
  if (input.Matcher?.GrpcCode !== undefined) throw notYet("gRPC codes in matchers");
  const check: HealthCheck = {
    protocol,
    port: checkPort(input.HealthCheckPort ?? before.port),
    path: checkPath(input.HealthCheckPath ?? before.path),
    interval: inRange("interval", input.HealthCheckIntervalSeconds ?? before.interval, 5, 300),
    timeout: inRange("timeout", input.HealthCheckTimeoutSeconds ?? before.timeout, 2, 120),
    healthyThreshold: inRange("healthy threshold count", input.HealthyThresholdCount ?? before.healthyThreshold, 2, 10),
    unhealthyThreshold: inRange("unhealthy threshold count", input.UnhealthyThresholdCount ?? before.unhealthyThreshold, 2, 10),
    matcher: checkMatcher(input.Matcher?.HttpCode ?? before.matcher),
  };
  if (check.timeout >= check.interval) throw validationError(`Health check timeout '${check.timeout}' must be smaller than the interval '${check.interval}'`);
  return check;
}

function checkPort(port: string): string {
  if (port === "traffic-port" || (/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535)) return port;
  throw validationError(`Health check port '${port}' must be 'traffic-port' or in the range 1-65535`);
}

function checkPath(path: string): string {
  if (/^\/[\x21-\x7e]{0,1023}$/.test(path)) return path;
  throw validationError(`Health check path '${path}' must begin with '/' and be at most 1024 characters long`);
}

function inRange(what: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw validationError(`Health check ${what} '${value}' must be between ${least} and ${most}`);
}

/** Statuses from 200 to 499, as a list of numbers and ranges. */
function checkMatcher(matcher: string): string {
  const parts = matcher.split(",").map((part) => part.split("-"));
  const fits = parts.every((part) => part.length <= 2 && part.every((code) => /^[2-4]\d\d$/.test(code)) && Number(part[0]) <= Number(part.at(-1)));
  if (!fits) throw validationError(`Health check matcher HTTP code '${matcher}' must be within '200-499' inclusive, like 200 | 200-399 | 200,201`);
  return matcher;
}

/** As a node carries it out: times in milliseconds. A target that was never healthy needs one success only. */
export function nodeHealthCheck(check: HealthCheck): NodeHealthCheck {
  return {
    protocol: check.protocol,
    port: check.port === "traffic-port" ? undefined : Number(check.port),
    path: check.path,
    matcher: check.matcher,
    interval: check.interval * 1000,
    timeout: check.timeout * 1000,
    healthyThreshold: check.healthyThreshold,
    unhealthyThreshold: check.unhealthyThreshold,
    initialThreshold: 1,
  };
}
