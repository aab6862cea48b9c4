/** What every VPC comes with: a main route table, a default network ACL and a default security group. */
import type { Context } from "../define.js";
import { dhcpOptions, networkAcls, routeTables, securityGroups, vpcs, type DhcpOptions, type NetworkAclEntry, type SecurityGroupRule, type Vpc } from "./state.js";
import { internalDomain } from "./zones.js";

export interface NewVpc {
  /** Checked already. */
  readonly cidr: string;
  readonly tenancy: Vpc["instanceTenancy"];
  readonly isDefault: boolean;
  readonly dnsHostnames: boolean;
}

/** Records a VPC with what it comes with. */
export function createVpc(ctx: Context, wanted: NewVpc): Vpc {
  const { ids, db } = ctx;
  const vpc = db(vpcs).put({
    id: ids.aws("vpc"),
    cidrs: [{ associationId: ids.aws("vpc-cidr-assoc"), cidr: wanted.cidr }],
    isDefault: wanted.isDefault,
    instanceTenancy: wanted.tenancy,
    dnsSupport: true,
    dnsHostnames: wanted.dnsHostnames,
    dhcpOptionsId: standardOptions(ctx).id,
    networkAddressUsageMetrics: false,
  });
  db(routeTables).put({ id: ids.aws("rtb"), vpcId: vpc.id, routes: [], associations: [{ id: ids.aws("rtbassoc"), subnetId: undefined }] });
  db(networkAcls).put({ id: ids.aws("acl"), vpcId: vpc.id, isDefault: true, entries: [allowAll(false), allowAll(true)], associations: [] });
  const groupId = ids.aws("sg");
  const fromItself: SecurityGroupRule = { ...allTraffic(ctx, false), peer: { kind: "group", id: groupId } };
  db(securityGroups).put({
    id: groupId,
    vpcId: vpc.id,
    name: "default",
    description: "default VPC security group",
    rules: [fromItself, allTraffic(ctx, true)],
  });
  return vpc;
}

/** The region's own set of DHCP options. AWS makes it anew for the next VPC when it was deleted. */
function standardOptions(ctx: Context): DhcpOptions {
  const configurations = [
    { key: "domain-name", values: [internalDomain(ctx.region)] },
    { key: "domain-name-servers", values: ["AmazonProvidedDNS"] },
  ];
  const found = ctx.db(dhcpOptions).list().find((options) => JSON.stringify(options.configurations) === JSON.stringify(configurations));
  return found ?? ctx.db(dhcpOptions).put({ id: ctx.ids.aws("dopt"), configurations });
}

/** The rule for everything, to and from everywhere: what every new group has outbound. */
export function allTraffic(ctx: Context, egress: boolean): SecurityGroupRule {
  return { id: ctx.ids.aws("sgr"), egress, protocol: "-1", from: undefined, to: undefined, peer: { kind: "cidr", cidr: "0.0.0.0/0" }, description: undefined };
}

function allowAll(egress: boolean): NetworkAclEntry {
  return { number: 100, egress, action: "allow", protocol: "-1", cidr: "0.0.0.0/0", ports: undefined, icmp: undefined };
}
