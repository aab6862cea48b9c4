/** Names and ARNs, and where Route 53 knows balancers. */
import type { Ids, Scope } from "@hakoniwa/kernel";
import { validationError } from "./errors.js";

/** @param kind as the message has it, e.g. `Load balancer` */
export function checkName(kind: string, name: string): void {
  if (name.length === 0 || name.length > 32) throw validationError(`${kind} name '${name}' cannot be longer than '32' characters`);
  if (!/^[A-Za-z0-9-]+$/.test(name)) throw validationError(`${kind} name '${name}' must contain only alphanumeric characters and hyphens`);
  if (name.startsWith("-") || name.endsWith("-")) throw validationError(`${kind} name '${name}' cannot begin or end with '-'`);
  if (kind === "Load balancer" && name.startsWith("internal-")) throw validationError(`${kind} name '${name}' cannot begin with 'internal-'`);
}

const prefix = ({ region, account }: Scope): string => `arn:aws:elasticloadbalancing:${region}:${account}:`;

export const loadBalancerArn = (scope: Scope, name: string, ids: Ids): string => `${prefix(scope)}loadbalancer/app/${name}/${ids.hex(16)}`;
export const targetGroupArn = (scope: Scope, name: string, ids: Ids): string => `${prefix(scope)}targetgroup/${name}/${ids.hex(16)}`;
export const listenerArn = (loadBalancer: string, ids: Ids): string => `${loadBalancer.replace(":loadbalancer/", ":listener/")}/${ids.hex(16)}`;
export const ruleArn = (listener: string, ids: Ids): string => `${listener.replace(":listener/", ":listener-rule/")}/${ids.hex(16)}`;

/** The ARN of a listener's default rule. It is made of the listener's, as the rule lives and dies with it. */
export const defaultRuleArn = (listener: string): string => `${listener.replace(":listener/", ":listener-rule/")}/${listener.slice(-16)}`;

/** `app/name/0123456789abcdef`, as metrics and access logs name balancers; `targetgroup/name/…` for target groups. */
export const shortName = (arn: string): string => arn.slice(arn.lastIndexOf(":") + 1).replace(/^loadbalancer\//, "");
