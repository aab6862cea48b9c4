import type { Database, Reader } from "@hakoniwa/kernel";
import { listenerNotFound, loadBalancerNotFound, ruleNotFound, targetGroupNotFound, validationError } from "./errors.js";
import { listeners, loadBalancers, rules, targetGroups, type Listener, type LoadBalancer, type Rule, type TargetGroup } from "./state.js";

/** @throws LoadBalancerNotFound */
export function findLoadBalancer(db: Database | Reader, arn: string): LoadBalancer {
  checkArn(arn, "loadbalancer", "load balancer");
  const found = db(loadBalancers).get(arn);
  if (!found) throw loadBalancerNotFound(arn);
  return found;
}

/** @throws ListenerNotFound */
export function findListener(db: Database | Reader, arn: string): Listener {
  checkArn(arn, "listener", "listener");
  const found = db(listeners).get(arn);
  if (!found) throw listenerNotFound(arn);
  return found;
}

/** @throws RuleNotFound */
export function findRule(db: Database | Reader, arn: string): Rule {
  const found = db(rules).get(arn);
  if (!found) throw ruleNotFound(arn);
  return found;
}

/** @throws TargetGroupNotFound */
export function findTargetGroup(db: Database | Reader, arn: string): TargetGroup {
  checkArn(arn, "targetgroup", "target group");
  const found = db(targetGroups).get(arn);
  if (!found) throw targetGroupNotFound(arn);
  return found;
}

function checkArn(arn: string, kind: string, noun: string): void {
  if (!arn.startsWith("arn:aws:elasticloadbalancing:") || arn.split(":")[5]?.split("/")[0] !== kind) throw validationError(`'${arn}' is not a valid ${noun} ARN`);
}

/** The balancers that route to a target group. */
export function balancersOf(db: Database | Reader, targetGroup: string): readonly LoadBalancer[] {
  const arns = new Set([...db(listeners).where("targetGroup", targetGroup), ...db(rules).where("targetGroup", targetGroup)].map((each) => each.loadBalancerArn));
  return [...arns].flatMap((arn) => db(loadBalancers).get(arn) ?? []);
}

/** The target groups that a balancer routes to, by their ARNs. */
export function groupsOfBalancer(db: Database | Reader, loadBalancer: string): readonly string[] {
  const all = [...db(listeners).where("loadBalancer", loadBalancer), ...db(rules).where("loadBalancer", loadBalancer)];
  return [...new Set(all.flatMap(({ actions }) => actions.flatMap((action) => (action.type === "forward" ? action.to.map(({ arn }) => arn) : []))))];
}
