/** What other services may know of Classic Load Balancers. */
import type { Reader } from "@hakoniwa/kernel";
import { health, healthKey, loadBalancers, type InstanceHealth } from "./state.js";

export interface ElbFacts {
  exists(loadBalancerName: string): boolean;
  /** What the balancer's health checks say of a registered instance; undefined when it is not registered. */
  healthOf(loadBalancerName: string, instanceId: string): InstanceHealth | undefined;
}

/** Tables that other services may watch. */
export interface ElbRecords {
  readonly "elb.health": InstanceHealth;
}

export function elbFacts(db: Reader): ElbFacts {
  return {
    exists: (name) => db(loadBalancers).get(name) !== undefined,
    healthOf: (name, instanceId) => db(health).get(healthKey(name, instanceId)),
  };
}
