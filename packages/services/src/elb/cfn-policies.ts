/** The policies of a Classic Load Balancer in a template, and which listener has which. */
import type { Aws, ElbTypes } from "@hakoniwa/wire";
import type { LoadBalancerProperties } from "./cfn.js";

/** A policy's name made of what it is, where the template names none. */
type Wanted = ElbTypes.CreateLoadBalancerPolicyInput;

/** Makes the policies and the listeners' choice among them what the template says. A policy that is otherwise is made anew. */
export function replacePolicies(aws: Aws, name: string, properties: LoadBalancerProperties): void {
  const wanted = wantedPolicies(name, properties);
  const now = aws.elb.DescribeLoadBalancerPolicies({ LoadBalancerName: name }).PolicyDescriptions ?? [];
  const kept = now.filter((there) => wanted.some((policy) => samePolicy(policy, there)));
  const listeners = properties.Listeners.map((listener) => ({ port: Number(listener.LoadBalancerPort), names: namesFor(properties, listener.LoadBalancerPort, listener.PolicyNames) }));
  const set = (LoadBalancerPort: number, PolicyNames: readonly string[]): unknown => aws.elb.SetLoadBalancerPoliciesOfListener({ LoadBalancerName: name, LoadBalancerPort, PolicyNames });
  const leaving = now.filter((there) => !kept.includes(there)).map(({ PolicyName }) => PolicyName ?? "");
  // A policy in use can't be deleted.
  if (leaving.length > 0) for (const { port, names } of listeners) set(port, names.filter((each) => kept.some(({ PolicyName }) => PolicyName === each)));
  for (const PolicyName of leaving) aws.elb.DeleteLoadBalancerPolicy({ LoadBalancerName: name, PolicyName });
  for (const policy of wanted) if (!kept.some(({ PolicyName }) => PolicyName === policy.PolicyName)) aws.elb.CreateLoadBalancerPolicy(policy);
  if (now.length + wanted.length > 0) for (const { port, names } of listeners) set(port, names);
}

function wantedPolicies(LoadBalancerName: string, properties: LoadBalancerProperties): readonly Wanted[] {
  const app = (properties.AppCookieStickinessPolicy ?? []).map(({ PolicyName, CookieName }) => ({
    LoadBalancerName,
    PolicyName,
    PolicyTypeName: "AppCookieStickinessPolicyType",
    PolicyAttributes: [{ AttributeName: "CookieName", AttributeValue: CookieName }],
  }));
  const lb = (properties.LBCookieStickinessPolicy ?? []).map(({ PolicyName = "LBCookieStickinessPolicy", CookieExpirationPeriod: period }) => ({
    LoadBalancerName,
    PolicyName,
    PolicyTypeName: "LBCookieStickinessPolicyType",
    PolicyAttributes: period === undefined ? [] : [{ AttributeName: "CookieExpirationPeriod", AttributeValue: String(period) }],
  }));
  const others = (properties.Policies ?? []).map(({ PolicyName, PolicyType, Attributes }) => ({
    LoadBalancerName,
    PolicyName,
    PolicyTypeName: PolicyType,
    PolicyAttributes: Attributes.map(({ Name, Value }) => ({ AttributeName: Name, AttributeValue: Value })),
  }));
  return [...app, ...lb, ...others];
}

/** A listener's own list, and the policies that name its port. */
export function namesFor(properties: LoadBalancerProperties, port: string, own: readonly string[] = []): readonly string[] {
  const byPort = (properties.Policies ?? []).filter(({ LoadBalancerPorts }) => LoadBalancerPorts?.map(String).includes(String(port))).map(({ PolicyName }) => PolicyName);
  return [...new Set([...own, ...byPort])];
}

/** Of the template's policies, those that the balancer has so. */
export function readPolicies(aws: Aws, name: string, given: LoadBalancerProperties): Pick<LoadBalancerProperties, "AppCookieStickinessPolicy" | "LBCookieStickinessPolicy" | "Policies"> {
  const live = aws.elb.DescribeLoadBalancerPolicies({ LoadBalancerName: name }).PolicyDescriptions ?? [];
  const there = new Set(wantedPolicies(name, given).filter((wanted) => live.some((policy) => samePolicy(wanted, policy))).map(({ PolicyName }) => PolicyName));
  return {
    AppCookieStickinessPolicy: (given.AppCookieStickinessPolicy ?? []).filter(({ PolicyName }) => there.has(PolicyName)),
    LBCookieStickinessPolicy: (given.LBCookieStickinessPolicy ?? []).filter(({ PolicyName = "LBCookieStickinessPolicy" }) => there.has(PolicyName)),
    Policies: (given.Policies ?? []).filter(({ PolicyName }) => there.has(PolicyName)),
  };
}

/** AWS tells more attributes of a policy than were given. */
function samePolicy(wanted: Wanted, there: ElbTypes.PolicyDescription): boolean {
  const attributes = there.PolicyAttributeDescriptions ?? [];
  return (
    wanted.PolicyName === there.PolicyName &&
    wanted.PolicyTypeName === there.PolicyTypeName &&
    (wanted.PolicyAttributes ?? []).every((given) => attributes.some((a) => a.AttributeName === given.AttributeName && a.AttributeValue === given.AttributeValue)) &&
    (wanted.PolicyTypeName === "SSLNegotiationPolicyType" || attributes.length === (wanted.PolicyAttributes ?? []).length)
  );
}
