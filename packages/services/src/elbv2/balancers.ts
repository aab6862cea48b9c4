import { Elbv2, type Elbv2Types } from "@hakoniwa/wire";
import { makeDnsName } from "../balancer-names.js";
import { operations, type Context } from "../define.js";
import { refuseMembers } from "../not-implemented.js";
import { access, newLoadBalancer, onLoadBalancer } from "./access.js";
import { attributesOf } from "./balancer-attributes.js";
import { duplicateLoadBalancerName, loadBalancerNotFound, notYet, operationNotPermitted, tooMany, validationError } from "./errors.js";
import { findLoadBalancer } from "./find.js";
import { LIMITS } from "./limits.js";
import { deleteListener } from "./listeners.js";
import { checkName, loadBalancerArn } from "./names.js";
import { page } from "./paging.js";
import { showLoadBalancer, showZones } from "./show.js";
import { listeners, loadBalancers, type LoadBalancer } from "./state.js";
import { checkSecurityGroups, checkSubnets } from "./subnets.js";
import { mergeTags } from "./tags.js";

export const balancerOperations = operations(Elbv2, {
  CreateLoadBalancer: {
    authorize: access("CreateLoadBalancer", newLoadBalancer),
    handle(ctx, input) {
      checkName("Load balancer", input.Name);
      const request = JSON.stringify([input.Subnets, input.SubnetMappings, input.SecurityGroups, input.Scheme, input.Type]);
      const [there] = ctx.db(loadBalancers).where("name", input.Name);
      if (there && there.request !== request) throw duplicateLoadBalancerName(input.Name);
      if (!there && ctx.db(loadBalancers).list().length >= LIMITS["application-load-balancers"]) throw tooMany("LoadBalancers", LIMITS["application-load-balancers"]);
      const balancer = there ?? ctx.db(loadBalancers).put(compose(ctx, input, request));
      return { LoadBalancers: [showLoadBalancer(ctx, balancer)] };
    },
  },

  DescribeLoadBalancers: {
    authorize: access("DescribeLoadBalancers"),
    handle(ctx, input) {
      if (input.LoadBalancerArns?.length && input.Names?.length) throw validationError("Load balancer names and load balancer ARNs cannot be specified at the same time");
      const byName = (name: string): LoadBalancer => {
        const [found] = ctx.db(loadBalancers).where("name", name);
        if (!found) throw loadBalancerNotFound(name);
        return found;
      };
      const all = input.LoadBalancerArns?.length
        ? input.LoadBalancerArns.map((arn) => findLoadBalancer(ctx.db, arn))
        : input.Names?.length
          ? input.Names.map(byName)
          : ctx.db(loadBalancers).list();
      const { records, NextMarker } = page(all, input, ({ arn }) => arn);
      return { LoadBalancers: records.map((balancer) => showLoadBalancer(ctx, balancer)), NextMarker };
    },
  },

  DeleteLoadBalancer: {
    authorize: access("DeleteLoadBalancer", onLoadBalancer),
    handle(ctx, input) {
      // AWS answers success for one that is not there. The nodes are taken down by a reconciler.
      const balancer = ctx.db(loadBalancers).get(input.LoadBalancerArn);
      if (!balancer) return {};
      if (attributesOf(balancer)["deletion_protection.enabled"] === "true") {
        throw operationNotPermitted(`Load balancer '${balancer.arn}' cannot be deleted because deletion protection is enabled`);
      }
      for (const listener of ctx.db(listeners).where("loadBalancer", balancer.arn)) deleteListener(ctx.db, listener);
      ctx.db(loadBalancers).delete(balancer.arn);
      return {};
    },
  },

  SetSubnets: {
    authorize: access("SetSubnets", onLoadBalancer),
    handle(ctx, input) {
      const balancer = findLoadBalancer(ctx.db, input.LoadBalancerArn);
      if (input.IpAddressType !== undefined && input.IpAddressType !== "ipv4") throw notYet(`the IP address type ${input.IpAddressType}`);
      const { vpcId, subnets } = checkSubnets(ctx, subnetIds(input), balancer.scheme);
      if (vpcId !== balancer.vpcId) throw validationError(`The subnets are not in the load balancer's VPC '${balancer.vpcId}'`);
      const changed = ctx.db(loadBalancers).put({ ...balancer, subnets });
      return { AvailabilityZones: showZones(changed), IpAddressType: "ipv4" };
    },
  },

  SetSecurityGroups: {
    authorize: access("SetSecurityGroups", onLoadBalancer),
    handle(ctx, input) {
      const balancer = findLoadBalancer(ctx.db, input.LoadBalancerArn);
      if (input.SecurityGroups.length === 0) throw validationError("At least one security group must be specified");
      const securityGroups = checkSecurityGroups(ctx, input.SecurityGroups, balancer.vpcId);
      ctx.db(loadBalancers).put({ ...balancer, securityGroups });
      return { SecurityGroupIds: securityGroups };
    },
  },

  SetIpAddressType: {
    authorize: access("SetIpAddressType", onLoadBalancer),
    handle(ctx, input) {
      findLoadBalancer(ctx.db, input.LoadBalancerArn);
      if (input.IpAddressType !== "ipv4") throw notYet(`the IP address type ${input.IpAddressType}`);
      return { IpAddressType: "ipv4" };
    },
  },

  DescribeAccountLimits: {
    authorize: access("DescribeAccountLimits"),
    handle(_ctx, input) {
      const { records, NextMarker } = page(Object.entries(LIMITS).map(([Name, most]) => ({ Name, Max: String(most) })), input, ({ Name }) => Name);
      return { Limits: records, NextMarker };
    },
  },
});

function compose(ctx: Context, input: Elbv2Types.CreateLoadBalancerInput, request: string): LoadBalancer {
  if (input.Type !== undefined && input.Type !== "application") throw notYet(`load balancers of type ${input.Type}`);
  if (input.IpAddressType !== undefined && input.IpAddressType !== "ipv4") throw notYet(`the IP address type ${input.IpAddressType}`);
  refuseMembers(input, ["CustomerOwnedIpv4Pool", "EnablePrefixForIpv6SourceNat", "IpamPools"], notYet);
  const scheme = input.Scheme ?? "internet-facing";
  const { vpcId, subnets } = checkSubnets(ctx, subnetIds(input), scheme);
  const standard = ctx.facts.ec2.defaultSecurityGroup(vpcId);
  const asked = input.SecurityGroups?.length ? input.SecurityGroups : standard ? [standard] : [];
  return {
    arn: loadBalancerArn(ctx, input.Name, ctx.ids),
    name: input.Name,
    dnsName: makeDnsName(ctx.ids, input.Name, ctx.region, scheme),
    scheme,
    vpcId,
    subnets,
    securityGroups: checkSecurityGroups(ctx, asked, vpcId),
    attributes: {},
    tags: mergeTags([], input.Tags),
    created: ctx.now,
    active: false,
    request,
  };
}

function subnetIds(input: Pick<Elbv2Types.CreateLoadBalancerInput, "Subnets" | "SubnetMappings">): readonly string[] {
  if (input.Subnets?.length && input.SubnetMappings?.length) throw validationError("Only one of Subnets or SubnetMappings may be specified");
  for (const mapping of input.SubnetMappings ?? []) {
    refuseMembers(mapping, ["AllocationId", "PrivateIPv4Address", "IPv6Address", "SourceNatIpv6Prefix"], (name) => validationError(`${name} cannot be specified for an application load balancer`));
  }
  return input.Subnets?.length ? input.Subnets : (input.SubnetMappings ?? []).flatMap(({ SubnetId }) => SubnetId ?? []);
}
