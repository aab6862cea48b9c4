import type { Context } from "../define.js";
import { invalidSecurityGroup, invalidSubnet, subnetNotFound, validationError } from "./errors.js";
import type { LoadBalancer } from "./state.js";

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
  if (!first || found.length < 2) throw validationError("At least two subnets in two different Availability Zones must be specified");
  const zones = new Set<string>();
  for (const subnet of found) {
    if (subnet.vpcId !== first.vpcId) throw invalidSubnet(`The subnets '${first.id}' and '${subnet.id}' are not in the same VPC`);
    if (zones.has(subnet.availabilityZone)) throw validationError("A load balancer cannot be attached to multiple subnets in the same Availability Zone");
    zones.add(subnet.availabilityZone);
  }
  if (scheme === "internet-facing") {
    const gateways = ctx.aws.ec2.DescribeInternetGateways({ Filters: [{ Name: "attachment.vpc-id", Values: [first.vpcId] }] });
    if (!gateways.InternetGateways?.length) throw invalidSubnet(`VPC ${first.vpcId} has no internet gateway`);
  }
  return { vpcId: first.vpcId, subnets: found.map(({ id, availabilityZone }) => ({ id, availabilityZone })) };
}

/** @throws InvalidSecurityGroup when one is not there, or in another VPC */
export function checkSecurityGroups(ctx: Context, ids: readonly string[], vpcId: string): readonly string[] {
  for (const id of ids) {
    const group = ctx.facts.ec2.securityGroup(id);
    if (!group) throw invalidSecurityGroup(`One or more security groups are invalid: '${id}' does not exist`);
    if (group.vpcId !== vpcId) throw invalidSecurityGroup(`One or more security groups are invalid: '${id}' is not in VPC '${vpcId}'`);
  }
  return [...new Set(ids)];
}
