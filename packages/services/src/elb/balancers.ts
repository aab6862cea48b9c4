import { Elb, type ElbTypes } from "@hakoniwa/wire";
import { canonicalHostedZone, makeDnsName } from "../balancer-names.js";
import { operations, type Context } from "../define.js";
import { pageOf } from "../paging.js";
import { access, byName } from "./access.js";
import { DEFAULT_ATTRIBUTES } from "./attributes.js";
import { duplicateLoadBalancerName, invalidScheme, tooManyLoadBalancers, validationError } from "./errors.js";
import { findLoadBalancer } from "./find.js";
import { defaultHealthCheck } from "./health-checks.js";
import { LISTENERS_PER_LOAD_BALANCER, parseListeners } from "./listeners.js";
import { checkName } from "./names.js";
import { REGISTERED_INSTANCES_PER_LOAD_BALANCER } from "./instances.js";
import { showLoadBalancer } from "./show.js";
import { health, loadBalancers, type LoadBalancer } from "./state.js";
import { checkSecurityGroups, checkSubnets, defaultSubnets } from "./subnets.js";
import { mergeTags } from "./tags.js";

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-limits.html */
const LOAD_BALANCERS_PER_REGION = 20;
const LARGEST_PAGE = 400;

export const balancerOperations = operations(Elb, {
  CreateLoadBalancer: {
    authorize: access("CreateLoadBalancer", byName),
    handle(ctx, input) {
      checkName(input.LoadBalancerName);
      const request = JSON.stringify([input.Listeners, input.AvailabilityZones, input.Subnets, input.SecurityGroups, input.Scheme]);
      const there = ctx.db(loadBalancers).get(input.LoadBalancerName);
      if (there && there.request !== request) throw duplicateLoadBalancerName(there.name);
      if (there) return { DNSName: there.dnsName };
      if (ctx.db(loadBalancers).list().length >= LOAD_BALANCERS_PER_REGION) throw tooManyLoadBalancers(ctx.account);
      const balancer = ctx.db(loadBalancers).put(compose(ctx, input, request));
      return { DNSName: balancer.dnsName };
    },
  },

  DescribeLoadBalancers: {
    authorize: access("DescribeLoadBalancers"),
    handle(ctx, input) {
      const size = input.PageSize ?? LARGEST_PAGE;
      if (size < 1 || size > LARGEST_PAGE) throw validationError(`PageSize '${size}' must be between 1 and ${LARGEST_PAGE}.`);
      const all = input.LoadBalancerNames?.length
        ? input.LoadBalancerNames.map((name) => findLoadBalancer(ctx.db, name))
        : ctx.db(loadBalancers).list().toSorted((a, b) => (a.name < b.name ? -1 : 1));
      const invalid = (marker: string) => validationError(`Marker '${marker}' is not valid`);
      const { records, next } = pageOf(all, { input, size, token: input.Marker, key: ({ name }) => name, invalid });
      return {
        LoadBalancerDescriptions: records.map((balancer) => showLoadBalancer(balancer, ctx.account, canonicalHostedZone(ctx.region))),
        NextMarker: next,
      };
    },
  },

  DeleteLoadBalancer: {
    authorize: access("DeleteLoadBalancer", byName),
    handle(ctx, input) {
      // AWS answers success for a name that does not exist. The nodes are taken down by a reconciler.
      ctx.db(loadBalancers).delete(input.LoadBalancerName);
      for (const row of ctx.db(health).where("loadBalancer", input.LoadBalancerName)) {
        ctx.db(health).delete(`${row.loadBalancerName}/${row.instanceId}`);
      }
      return {};
    },
  },

  DescribeAccountLimits: {
    authorize: access("DescribeAccountLimits"),
    handle: () => ({
      Limits: [
        { Name: "classic-load-balancers", Max: String(LOAD_BALANCERS_PER_REGION) },
        { Name: "classic-listeners", Max: String(LISTENERS_PER_LOAD_BALANCER) },
        { Name: "classic-registered-instances", Max: String(REGISTERED_INSTANCES_PER_LOAD_BALANCER) },
      ],
    }),
  },
});

function compose(ctx: Context, input: ElbTypes.CreateAccessPointInput, request: string): LoadBalancer {
  const scheme = parseScheme(input.Scheme);
  const listeners = parseListeners(ctx.facts, input.Listeners);
  if (input.Subnets?.length && input.AvailabilityZones?.length) {
    throw validationError("Only one of SubnetIds or AvailabilityZones may be specified");
  }
  const subnetIds = input.Subnets?.length ? input.Subnets : defaultSubnets(ctx, input.AvailabilityZones ?? []);
  const { vpcId, subnets } = checkSubnets(ctx, subnetIds, scheme);
  const defaultGroup = ctx.facts.ec2.defaultSecurityGroup(vpcId);
  const securityGroups = input.SecurityGroups?.length ? [...new Set(input.SecurityGroups)] : defaultGroup ? [defaultGroup] : [];
  const groups = checkSecurityGroups(ctx, securityGroups, vpcId);
  return {
    name: input.LoadBalancerName,
    dnsName: makeDnsName(ctx.ids, input.LoadBalancerName, ctx.region, scheme),
    scheme,
    vpcId,
    subnets,
    securityGroups,
    sourceSecurityGroup: groups[0]?.name ?? "default",
    listeners,
    healthCheck: defaultHealthCheck(listeners[0]!.instancePort),
    instances: [],
    draining: [],
    policies: [],
    attributes: DEFAULT_ATTRIBUTES,
    tags: mergeTags(input.LoadBalancerName, [], input.Tags ?? []),
    created: ctx.now,
    request,
  };
}

function parseScheme(scheme: string | undefined): "internet-facing" | "internal" {
  const value = scheme ?? "internet-facing";
  if (value !== "internet-facing" && value !== "internal") throw invalidScheme(value);
  return value;
}
