import { Elb } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { access, byName } from "./access.js";
import { invalidConfigurationRequest, invalidSecurityGroup, invalidSubnet, notYet, subnetNotFound, validationError } from "./errors.js";
import { findLoadBalancer } from "./find.js";
import { loadBalancers, type LoadBalancer } from "./state.js";

export const subnetOperations = operations(Elb, {
  AttachLoadBalancerToSubnets: {
    authorize: access("AttachLoadBalancerToSubnets", byName),
    handle(ctx, input) {
      const balancer = findLoadBalancer(ctx.db, input.LoadBalancerName);
      const asked = [...new Set([...balancer.subnets.map((s) => s.id), ...input.Subnets])];
      const { vpcId, subnets } = checkSubnets(ctx, asked, balancer.scheme);
      if (vpcId !== balancer.vpcId) throw invalidConfigurationRequest(`The subnets are not in the load balancer's VPC ${balancer.vpcId}.`);
      ctx.db(loadBalancers).put({ ...balancer, subnets });
      return { Subnets: subnets.map((s) => s.id) };
    },
  },

  DetachLoadBalancerFromSubnets: {
    authorize: access("DetachLoadBalancerFromSubnets", byName),
    handle(ctx, input) {
      const balancer = findLoadBalancer(ctx.db, input.LoadBalancerName);
      for (const id of input.Subnets) {
        if (!balancer.subnets.some((s) => s.id === id)) throw invalidConfigurationRequest(`The load balancer is not attached to subnet '${id}'.`);
      }
      const subnets = balancer.subnets.filter((s) => !input.Subnets.includes(s.id));
      if (subnets.length === 0) throw invalidConfigurationRequest("The load balancer must have at least one subnet attached.");
      ctx.db(loadBalancers).put({ ...balancer, subnets });
      return { Subnets: subnets.map((s) => s.id) };
    },
  },

  ApplySecurityGroupsToLoadBalancer: {
    authorize: access("ApplySecurityGroupsToLoadBalancer", byName),
    handle(ctx, input) {
      const balancer = findLoadBalancer(ctx.db, input.LoadBalancerName);
      const securityGroups = [...new Set(input.SecurityGroups)];
      if (securityGroups.length === 0) throw validationError("SecurityGroups must not be empty.");
      const groups = checkSecurityGroups(ctx, securityGroups, balancer.vpcId);
      ctx.db(loadBalancers).put({ ...balancer, securityGroups, sourceSecurityGroup: groups[0]?.name ?? balancer.sourceSecurityGroup });
      return { SecurityGroups: securityGroups };
    },
  },

  // Both are for EC2-Classic only; a balancer in a VPC answers this on AWS too.
  EnableAvailabilityZonesForLoadBalancer: {
    authorize: access("EnableAvailabilityZonesForLoadBalancer", byName),
    handle: (ctx, input) => refuseZones(findLoadBalancer(ctx.db, input.LoadBalancerName), "AttachLoadBalancerToSubnets"),
  },
  DisableAvailabilityZonesForLoadBalancer: {
    authorize: access("DisableAvailabilityZonesForLoadBalancer", byName),
    handle: (ctx, input) => refuseZones(findLoadBalancer(ctx.db, input.LoadBalancerName), "DetachLoadBalancerFromSubnets"),
  },
});

function refuseZones(balancer: LoadBalancer, instead: string): never {
  throw invalidConfigurationRequest(`The load balancer '${balancer.name}' is in a VPC: use ${instead}.`);
}

/**
 * The subnets with their zones, and their common VPC.
 * @throws AwsError when they can't carry one balancer
 */
export function checkSubnets(ctx: Context, ids: readonly string[], scheme: LoadBalancer["scheme"]): Pick<LoadBalancer, "vpcId" | "subnets"> {
  const found = [...new Set(ids)].map((id) => {
    const subnet = ctx.facts.ec2.subnet(id);
    if (!subnet) throw subnetNotFound(id);
    return subnet;
  });
  const [first] = found;
  if (!first) throw validationError("Either AvailabilityZones or SubnetIds must be specified");
  const zones = new Set<string>();
  for (const subnet of found) {
    if (subnet.vpcId !== first.vpcId) throw invalidConfigurationRequest(`The subnets '${first.id}' and '${subnet.id}' are not in the same VPC.`);
    if (zones.has(subnet.availabilityZone)) throw invalidConfigurationRequest("ELB cannot be attached to multiple subnets in the same AZ.");
    zones.add(subnet.availabilityZone);
  }
  if (scheme === "internet-facing") {
    const gateways = ctx.aws.ec2.DescribeInternetGateways({ Filters: [{ Name: "attachment.vpc-id", Values: [first.vpcId] }] });
    if (!gateways.InternetGateways?.length) throw invalidSubnet(`VPC ${first.vpcId} has no internet gateway`);
  }
  return { vpcId: first.vpcId, subnets: found.map((s) => ({ id: s.id, availabilityZone: s.availabilityZone })) };
}

/** The default VPC's subnets of the zones. */
export function defaultSubnets(ctx: Context, zones: readonly string[]): readonly string[] {
  return zones.map((zone) => {
    if (!ctx.facts.ec2.availabilityZones().includes(zone)) throw validationError(`Availability Zone '${zone}' is not valid in ${ctx.region}.`);
    const subnet = ctx.facts.ec2.defaultSubnet(zone);
    if (!subnet) throw notYet(`load balancers in ${zone} outside a VPC (it has no default subnet)`);
    return subnet.id;
  });
}

/** @throws InvalidSecurityGroup when one is not there, or in another VPC */
export function checkSecurityGroups(ctx: Context, ids: readonly string[], vpcId: string): readonly { readonly id: string; readonly name: string }[] {
  return ids.map((id) => {
    const group = ctx.facts.ec2.securityGroup(id);
    if (!group) throw invalidSecurityGroup(`One or more of the specified security groups do not exist: '${id}'`);
    if (group.vpcId !== vpcId) throw invalidSecurityGroup(`The security group '${id}' does not belong to VPC '${vpcId}'`);
    return group;
  });
}
