/** Who may do what on balancers: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancing.html */
import type { Access } from "@hakoniwa/kernel";
import type { Asked } from "../define.js";

/** The access that an operation on named balancers asks for; without names it is one on everything. */
export function access(operation: string, names: (input: never) => readonly string[] = () => []) {
  return (input: unknown, asked: Asked): Access => {
    const named = names(input as never);
    const arn = (name: string): string => `arn:aws:elasticloadbalancing:${asked.region}:${asked.account}:loadbalancer/${name}`;
    return { action: `elasticloadbalancing:${operation}`, resources: named.length > 0 ? named.map(arn) : ["*"] };
  };
}

export const byName = (input: { readonly LoadBalancerName: string }): readonly string[] => [input.LoadBalancerName];
export const byNames = (input: { readonly LoadBalancerNames: readonly string[] }): readonly string[] => input.LoadBalancerNames;
