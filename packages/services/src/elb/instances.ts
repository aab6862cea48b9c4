import { Elb } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { access, byName } from "./access.js";
import { instanceElsewhere, instanceNotFound, invalidConfigurationRequest, validationError } from "./errors.js";
import { findLoadBalancer } from "./find.js";
import { health, healthKey, loadBalancers, type InstanceHealth, type LoadBalancer } from "./state.js";

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-limits.html */
export const REGISTERED_INSTANCES_PER_LOAD_BALANCER = 1000;

export const instanceOperations = operations(Elb, {
  RegisterInstancesWithLoadBalancer: {
    authorize: access("RegisterInstancesWithLoadBalancer", byName),
    handle(ctx, input) {
      const balancer = findLoadBalancer(ctx.db, input.LoadBalancerName);
      const asked = instanceIds(input.Instances);
      const fresh = asked.filter((id) => !balancer.instances.includes(id));
      for (const id of fresh) {
        const instance = ctx.facts.ec2.instance(id);
        if (!instance || instance.state === "terminated") throw instanceNotFound(id);
        if (instance.vpcId !== balancer.vpcId) throw instanceElsewhere(id);
      }
      const instances = [...balancer.instances, ...fresh];
      if (instances.length > REGISTERED_INSTANCES_PER_LOAD_BALANCER) {
        throw invalidConfigurationRequest(`A load balancer may have at most ${REGISTERED_INSTANCES_PER_LOAD_BALANCER} registered instances.`);
      }
      if (fresh.length > 0) ctx.db(loadBalancers).put({ ...balancer, instances, draining: balancer.draining.filter(({ id }) => !fresh.includes(id)) });
      for (const id of fresh) ctx.db(health).put(registering(balancer.name, id, ctx.now));
      return { Instances: instances.map((id) => ({ InstanceId: id })) };
    },
  },

  DeregisterInstancesFromLoadBalancer: {
    authorize: access("DeregisterInstancesFromLoadBalancer", byName),
    handle(ctx, input) {
      const balancer = findLoadBalancer(ctx.db, input.LoadBalancerName);
      const leaving = instanceIds(input.Instances);
      for (const id of leaving) {
        // AWS takes an instance that exists and is not registered, but no other.
        if (!balancer.instances.includes(id) && !ctx.facts.ec2.instance(id)) throw instanceNotFound(id);
      }
      const instances = balancer.instances.filter((id) => !leaving.includes(id));
      const gone = balancer.instances.filter((id) => leaving.includes(id));
      if (gone.length > 0) ctx.db(loadBalancers).put({ ...balancer, instances, draining: [...balancer.draining, ...drain(balancer, gone, ctx.now)] });
      for (const id of leaving) ctx.db(health).delete(healthKey(balancer.name, id));
      return { Instances: instances.map((id) => ({ InstanceId: id })) };
    },
  },
});

/** With connection draining, what is under way with an instance may go on for a while. */
function drain({ attributes }: LoadBalancer, gone: readonly string[], now: number): LoadBalancer["draining"] {
  return attributes.connectionDraining ? gone.map((id) => ({ id, until: now + attributes.drainingTimeout * 1000 })) : [];
}

function instanceIds(instances: readonly { readonly InstanceId?: string | undefined }[]): readonly string[] {
  if (instances.length === 0) throw validationError("Instances must not be empty.");
  return [...new Set(instances.map((instance) => instance.InstanceId ?? ""))];
}

/** What is known of an instance before its first checks. */
export function registering(loadBalancerName: string, instanceId: string, now: number): InstanceHealth {
  return {
    loadBalancerName,
    instanceId,
    state: "OutOfService",
    reasonCode: "ELB",
    description: "Instance registration is still in progress.",
    checkedSince: now,
  };
}
