/** VPC endpoints: https://docs.aws.amazon.com/vpc/latest/privatelink/what-is-privatelink.html */
import { AwsError } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { allows } from "./access.js";
import { OPEN_POLICY, checkMembers, checkPrivateDns, checkedPolicy, checkedRouteTables, checkedSubnets, invalidEndpoint } from "./endpoint-checks.js";
import { endpointService, type EndpointService } from "./endpoint-services.js";
import { describedEndpoint, endpointFilters } from "./endpoint-view.js";
import { invalidParameter, missingParameter, notFound, refuse } from "./errors.js";
import { paginate, select } from "./filters.js";
import { forgetToken, once } from "./idempotency.js";
import { named, need } from "./lookup.js";
import { checkedGroups, createInterface, defaultGroupOf, deleteInterface } from "./network-interfaces.js";
import { vpcEndpoints, type VpcEndpoint } from "./state-connections.js";
import { networkInterfaces, vpcs, type Subnet, type Vpc } from "./state.js";
import { checkTagSpecifications, dropTags, putTags } from "./tags.js";

const UNSUPPORTED = ["ServiceNetworkArn", "ResourceConfigurationArn"];

export const endpointOperations = operations(Ec2, {
  CreateVpcEndpoint: {
    authorize: allows("CreateVpcEndpoint", (input) => [["vpc-endpoint", undefined], ["vpc", input.VpcId]]),
    handle(ctx, input) {
      refuse("CreateVpcEndpoint", input, UNSUPPORTED);
      if (input.ServiceRegion !== undefined && input.ServiceRegion !== ctx.region) refuse("CreateVpcEndpoint", input, ["ServiceRegion"]);
      checkTagSpecifications(input.TagSpecifications, ["vpc-endpoint"]);
      const vpc = need(ctx.db, vpcs, "vpc", input.VpcId, "vpcId");
      if (!input.ServiceName) throw missingParameter("serviceName");
      const service = endpointService(ctx.region, input.ServiceName);
      const type = input.VpcEndpointType ?? "Gateway";
      if (type !== service.type) throw invalidEndpoint(`Endpoint type (${type}) does not match available service types ([${service.type}]).`);
      checkMembers("CreateVpcEndpoint", service.type, input);
      const [id] = once(ctx, "CreateVpcEndpoint", input, () => {
        const made = service.type === "Gateway" ? createGateway(ctx, vpc, service, input) : createInterfaceEndpoint(ctx, vpc, service, input);
        putTags(ctx, "vpc-endpoint", made.id, input.TagSpecifications);
        return [made.id];
      });
      return { VpcEndpoint: describedEndpoint(ctx, ctx.db(vpcEndpoints).get(id!)!), ClientToken: input.ClientToken };
    },
  },

  DescribeVpcEndpoints: {
    authorize: onEverything("ec2:DescribeVpcEndpoints"),
    handle(ctx, input) {
      const all = named(ctx.db, vpcEndpoints, "vpcEndpoint", input.VpcEndpointIds);
      const page = paginate(select(ctx.db, all, input.Filters, endpointFilters(ctx), (e) => e.id), input, 1);
      return { VpcEndpoints: page.items.map((endpoint) => describedEndpoint(ctx, endpoint)), NextToken: page.nextToken };
    },
  },

  ModifyVpcEndpoint: {
    authorize: allows("ModifyVpcEndpoint", (input) => [["vpc-endpoint", input.VpcEndpointId]]),
    handle(ctx, input) {
      const endpoint = need(ctx.db, vpcEndpoints, "vpcEndpoint", input.VpcEndpointId, "vpcEndpointId");
      if (endpoint.state === "deleting" || endpoint.state === "failed") throw new AwsError("IncorrectState", `The VPC endpoint ${endpoint.id} is ${endpoint.state}.`);
      refuse("ModifyVpcEndpoint", input, ["SubnetConfigurations"]);
      checkMembers("ModifyVpcEndpoint", endpoint.type, input);
      if (input.ResetPolicy && input.PolicyDocument !== undefined) throw invalidEndpoint("ResetPolicy and PolicyDocument can't be used together.");
      const policy = input.ResetPolicy ? OPEN_POLICY : input.PolicyDocument === undefined ? endpoint.policy : checkedPolicy(input.PolicyDocument);
      const service = endpointService(ctx.region, endpoint.serviceName);
      const changed = endpoint.type === "Gateway" ? modifiedGateway(ctx, endpoint, service, input) : modifiedInterfaces(ctx, endpoint, service, input);
      ctx.db(vpcEndpoints).put({ ...changed, policy });
      return { Return: true };
    },
  },

  DeleteVpcEndpoints: {
    authorize: allows("DeleteVpcEndpoints", (input) => input.VpcEndpointIds.map((id) => ["vpc-endpoint", id] as const)),
    handle(ctx, input) {
      if (input.VpcEndpointIds.length === 0) throw missingParameter("VpcEndpointId");
      const missing = input.VpcEndpointIds.filter((id) => !deleteEndpoint(ctx, id));
      return {
        Unsuccessful: missing.map((ResourceId) => {
          const { code, message } = notFound("vpcEndpoint", ResourceId);
          return { ResourceId, Error: { Code: code, Message: message } };
        }),
      };
    },
  },
});

/** The routes through it are there at once. */
function createGateway(ctx: Context, vpc: Vpc, service: EndpointService, input: Ec2Types.CreateVpcEndpointRequest): VpcEndpoint {
  const routeTableIds = checkedRouteTables(ctx.db, vpc.id, ctx.region, service, input.RouteTableIds ?? []);
  const endpoint = base(ctx, vpc, service, input);
  return ctx.db(vpcEndpoints).put({ ...endpoint, state: "available", routeTableIds });
}

function createInterfaceEndpoint(ctx: Context, vpc: Vpc, service: EndpointService, input: Ec2Types.CreateVpcEndpointRequest): VpcEndpoint {
  const privateDns = input.PrivateDnsEnabled ?? true;
  if (privateDns) checkPrivateDns(ctx.db, ctx.region, vpc, service);
  const configured = input.SubnetConfigurations ?? [];
  const found = checkedSubnets(ctx.db, vpc.id, [...(input.SubnetIds ?? []), ...configured.flatMap((c) => c.SubnetId ?? [])], []);
  const standard = defaultGroupOf(ctx.db, vpc.id);
  const groups = input.SecurityGroupIds?.length ? checkedGroups(ctx.db, vpc.id, input.SecurityGroupIds) : standard === undefined ? [] : [standard];
  const endpoint = { ...base(ctx, vpc, service, input), privateDns, securityGroups: groups };
  const interfaces = found.map((subnet) => {
    const wanted = configured.find((c) => c.SubnetId === subnet.id);
    if (wanted?.Ipv6 !== undefined) refuse("CreateVpcEndpoint", wanted, ["Ipv6"]);
    return plugInto(ctx, endpoint, subnet, wanted?.Ipv4);
  });
  return ctx.db(vpcEndpoints).put({ ...endpoint, interfaces });
}

function base(ctx: Context, vpc: Vpc, service: EndpointService, input: Ec2Types.CreateVpcEndpointRequest): VpcEndpoint {
  return {
    id: ctx.ids.aws("vpce"),
    type: service.type,
    vpcId: vpc.id,
    serviceName: service.name,
    state: "pending",
    failure: undefined,
    policy: checkedPolicy(input.PolicyDocument),
    routeTableIds: [],
    interfaces: [],
    securityGroups: [],
    privateDns: false,
    dnsLabel: ctx.ids.text(8, "abcdefghijklmnopqrstuvwxyz0123456789"),
    created: ctx.now,
  };
}

function plugInto(ctx: Context, endpoint: VpcEndpoint, subnet: Subnet, privateIpAddress?: string): VpcEndpoint["interfaces"][number] {
  const made = createInterface(ctx, {
    subnetId: subnet.id,
    description: `VPC Endpoint Interface ${endpoint.id}`,
    privateIpAddress,
    securityGroups: endpoint.securityGroups,
    interfaceType: "vpc_endpoint",
    requester: "amazon-vpc-endpoint",
  });
  return { subnetId: subnet.id, networkInterfaceId: made.id };
}

function modifiedGateway(ctx: Context, endpoint: VpcEndpoint, service: EndpointService, input: Ec2Types.ModifyVpcEndpointRequest): VpcEndpoint {
  for (const id of input.RemoveRouteTableIds ?? []) {
    if (!endpoint.routeTableIds.includes(id)) throw notFound("routeTable", id);
  }
  const kept = endpoint.routeTableIds.filter((id) => !input.RemoveRouteTableIds?.includes(id));
  const coming = (input.AddRouteTableIds ?? []).filter((id) => !kept.includes(id));
  return { ...endpoint, routeTableIds: [...kept, ...checkedRouteTables(ctx.db, endpoint.vpcId, ctx.region, service, coming)] };
}

function modifiedInterfaces(ctx: Context, endpoint: VpcEndpoint, service: EndpointService, input: Ec2Types.ModifyVpcEndpointRequest): VpcEndpoint {
  const privateDns = input.PrivateDnsEnabled ?? endpoint.privateDns;
  if (privateDns && !endpoint.privateDns) checkPrivateDns(ctx.db, ctx.region, ctx.db(vpcs).get(endpoint.vpcId)!, service, endpoint.id);
  const leavingGroups = input.RemoveSecurityGroupIds ?? [];
  const unknown = leavingGroups.find((id) => !endpoint.securityGroups.includes(id));
  if (unknown !== undefined) throw notFound("securityGroup", unknown);
  const securityGroups = checkedGroups(ctx.db, endpoint.vpcId, [...endpoint.securityGroups.filter((id) => !leavingGroups.includes(id)), ...(input.AddSecurityGroupIds ?? [])]);
  if (securityGroups.length === 0) throw invalidParameter(leavingGroups.join(", "), "RemoveSecurityGroupIds", "A VPC endpoint must keep at least one security group.");
  const leaving = input.RemoveSubnetIds ?? [];
  const absent = leaving.find((id) => !endpoint.interfaces.some((i) => i.subnetId === id));
  if (absent !== undefined) throw notFound("subnet", absent);
  const kept = endpoint.interfaces.filter((i) => !leaving.includes(i.subnetId));
  const coming = checkedSubnets(ctx.db, endpoint.vpcId, (input.AddSubnetIds ?? []).filter((id) => !kept.some((i) => i.subnetId === id)), kept.map((i) => i.subnetId));
  for (const { networkInterfaceId } of endpoint.interfaces.filter((i) => !kept.includes(i))) deleteInterface(ctx.db, networkInterfaceId);
  for (const { networkInterfaceId } of kept) {
    const held = ctx.db(networkInterfaces).get(networkInterfaceId)!;
    if (held.securityGroups.join() !== securityGroups.join()) ctx.db(networkInterfaces).put({ ...held, securityGroups });
  }
  const next = { ...endpoint, privateDns, securityGroups };
  const added = coming.map((subnet) => plugInto(ctx, next, subnet));
  return { ...next, interfaces: [...kept, ...added], state: added.length > 0 ? "pending" : endpoint.state };
}

/** @returns whether there was one */
function deleteEndpoint(ctx: Context, id: string): boolean {
  const endpoint = ctx.db(vpcEndpoints).get(id);
  if (!endpoint) return false;
  if (endpoint.type === "Interface") {
    if (endpoint.state !== "deleting") ctx.db(vpcEndpoints).put({ ...endpoint, state: "deleting" });
    return true;
  }
  ctx.db(vpcEndpoints).delete(id);
  dropTags(ctx.db, id);
  forgetToken(ctx.db, id);
  return true;
}
