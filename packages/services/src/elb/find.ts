import type { Database, Reader } from "@hakoniwa/kernel";
import { loadBalancerNotFound } from "./errors.js";
import { loadBalancers, type LoadBalancer } from "./state.js";

/** @throws LoadBalancerNotFound */
export function findLoadBalancer(db: Database | Reader, name: string): LoadBalancer {
  const balancer = db(loadBalancers).get(name);
  if (!balancer) throw loadBalancerNotFound(name);
  return balancer;
}
