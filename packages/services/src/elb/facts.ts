/** What other services may know of Classic Load Balancers. */
import type { Reader, Scope } from "@hakoniwa/kernel";
import { health, healthKey, loadBalancers, nodes, type InstanceHealth, type LoadBalancer } from "./state.js";

export interface ElbFacts {
  exists(loadBalancerName: string): boolean;
  /** The ARNs of the balancers whose listeners show the certificate. */
  certificateUsers(arn: string): readonly string[];
  /** With the ids of their nodes' workloads, which count their traffic, and what they know of the registered instances. */
  loadBalancers(): readonly LoadBalancerFact[];
  /** What the balancer's health checks say of a registered instance; undefined when it is not registered. */
  healthOf(loadBalancerName: string, instanceId: string): InstanceHealth | undefined;
  /** Until when what is under way with a deregistered instance may go on; undefined when nothing may. */
  drainingUntil(loadBalancerName: string, instanceId: string): number | undefined;
}

export interface LoadBalancerFact {
  readonly name: string;
  readonly nodes: readonly { readonly id: string; readonly availabilityZone: string }[];
  readonly instances: readonly InstanceHealth[];
}

/** Tables that other services may watch. */
export interface ElbRecords {
  readonly "elb.health": InstanceHealth;
  readonly "elb.load-balancers": LoadBalancer;
}

export function elbFacts(db: Reader, { account, region }: Scope): ElbFacts {
  return {
    loadBalancers: () =>
      db(loadBalancers)
        .list()
        .map(({ name, dnsName, instances }) => ({
          name,
          nodes: db(nodes).where("dnsName", dnsName).map(({ id, availabilityZone }) => ({ id, availabilityZone })),
          instances: instances.flatMap((id) => db(health).get(healthKey(name, id)) ?? []),
        })),
    certificateUsers: (arn) => db(loadBalancers).where("certificate", arn).map(({ name }) => `arn:aws:elasticloadbalancing:${region}:${account}:loadbalancer/${name}`),
    exists: (name) => db(loadBalancers).get(name) !== undefined,
    healthOf: (name, instanceId) => db(health).get(healthKey(name, instanceId)),
    drainingUntil: (name, instanceId) => db(loadBalancers).get(name)?.draining.find(({ id }) => id === instanceId)?.until,
  };
}
