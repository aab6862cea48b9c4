import { validationError } from "./errors.js";

/** https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_CreateLoadBalancer.html */
export function checkName(name: string): void {
  if (name.length > 32) throw validationError(`LoadBalancer name '${name}' cannot be longer than '32' characters`);
  if (!/^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/.test(name)) {
    throw validationError(`LoadBalancer name '${name}' must contain only alphanumeric characters and hyphens, and must not begin or end with a hyphen`);
  }
  if (name.startsWith("internal-")) throw validationError(`LoadBalancer name '${name}' must not begin with 'internal-'`);
}
