/** What an account has in every region from its first day: https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc.html */
import { formatCidr, overlaps, parseCidr } from "@hakoniwa/network";
import type { Context } from "../define.js";
import { createVpc } from "./new-vpc.js";
import { createSubnet } from "./new-subnet.js";
import { dhcpOptions, internetGateways, routeTables, vpcs, type Vpc } from "./state.js";
import { REGIONS, zonesOf } from "./zones.js";

const RANGE = "172.31.0.0/16";
const SUBNET_PREFIX = 20;

/** Records the DHCP options and the default VPC of a new region, once: a default VPC that was deleted stays away. */
export function seed(ctx: Context): void {
  if (!REGIONS.includes(ctx.region) || ctx.db(dhcpOptions).list().length > 0 || ctx.db(vpcs).list().length > 0) return;
  createDefaultVpc(ctx);
}

/** The lowest /20 of a default VPC that is free; undefined when none is left. */
export function freeDefaultRange(vpcCidr: string, taken: readonly string[]): string | undefined {
  const { first, prefix } = parseCidr(vpcCidr)!;
  for (let index = 0; index < 2 ** (SUBNET_PREFIX - prefix); index++) {
    const cidr = formatCidr({ first: first + index * 2 ** (32 - SUBNET_PREFIX), prefix: SUBNET_PREFIX });
    if (!taken.some((other) => overlaps(other, cidr))) return cidr;
  }
  return undefined;
}

/** A default VPC: one public /20 subnet in every zone. */
export function createDefaultVpc(ctx: Context): Vpc {
  const vpc = createVpc(ctx, { cidr: RANGE, tenancy: "default", isDefault: true, dnsHostnames: true });
  const { first } = parseCidr(RANGE)!;
  zonesOf(ctx.region).forEach((zone, index) => {
    const cidr = formatCidr({ first: first + index * 2 ** (32 - SUBNET_PREFIX), prefix: SUBNET_PREFIX });
    createSubnet(ctx, { vpcId: vpc.id, cidr, availabilityZone: zone.name, defaultForAz: true, mapPublicIpOnLaunch: true });
  });
  const gateway = ctx.db(internetGateways).put({ id: ctx.ids.aws("igw"), vpcId: vpc.id });
  const main = ctx.db(routeTables).where("vpc", vpc.id)[0]!;
  ctx.db(routeTables).put({ ...main, routes: [{ destination: "0.0.0.0/0", target: { kind: "internet-gateway", id: gateway.id } }] });
  return vpc;
}
