/** Who may do what: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html */
import type { Access } from "@hakoniwa/kernel";
import { resourceTags } from "../access.js";
import type { Asked } from "../define.js";

type Pick<I> = (input: I, asked: Asked) => readonly (string | undefined)[];

/** The access that an operation on these ARNs asks for; without any it is one on everything. */
export function access<I>(operation: string, arns: Pick<I> = () => []) {
  return (input: I, asked: Asked): readonly Access[] => {
    const named = arns(input, asked).filter((arn) => arn !== undefined);
    const action = `elasticloadbalancing:${operation}`;
    if (named.length === 0) return [{ action, resources: ["*"] }];
    return named.map((arn) => ({ action, resources: [arn], conditions: resourceTags(asked.facts.elbv2.tags(arn), "elasticloadbalancing") }));
  };
}

/** The ARN of what is to be made, whose last part is not known yet. */
export const newLoadBalancer = (input: { readonly Name: string }, asked: Asked): readonly string[] => [
  `arn:aws:elasticloadbalancing:${asked.region}:${asked.account}:loadbalancer/app/${input.Name}/*`,
];
export const newTargetGroup = (input: { readonly Name: string }, asked: Asked): readonly string[] => [
  `arn:aws:elasticloadbalancing:${asked.region}:${asked.account}:targetgroup/${input.Name}/*`,
];
export const onLoadBalancer = (input: { readonly LoadBalancerArn: string }): readonly string[] => [input.LoadBalancerArn];
export const onListener = (input: { readonly ListenerArn: string }): readonly string[] => [input.ListenerArn];
export const onRule = (input: { readonly RuleArn: string }): readonly string[] => [input.RuleArn];
export const onTargetGroup = (input: { readonly TargetGroupArn: string }): readonly string[] => [input.TargetGroupArn];
export const onResources = (input: { readonly ResourceArns: readonly string[] }): readonly string[] => input.ResourceArns;
