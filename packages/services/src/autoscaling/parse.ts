/** What a group's settings may be. */
import type { AutoscalingTypes } from "@hakoniwa/wire";
import type { Context } from "../define.js";
import { notYet, validationError } from "./errors.js";
import { TERMINATION_POLICIES, type Group, type GroupSubnet, type TerminationPolicy } from "./state.js";

/** @throws ValidationError unless min ≤ desired ≤ max */
export function parseBounds(min: number, max: number, desired: number): Pick<Group, "min" | "max" | "desired"> {
  for (const [field, value] of Object.entries({ MinSize: min, MaxSize: max, DesiredCapacity: desired })) {
    if (!Number.isInteger(value) || value < 0) throw validationError(`${field} '${value}' must be a whole number, 0 or greater.`);
  }
  if (min > max) throw validationError(`Max bound, ${max}, must be greater than or equal to min bound, ${min}`);
  if (desired < min || desired > max) throw validationError(`Desired capacity:${desired} must be between the specified min size:${min} and max size:${max}`);
  return { min, max, desired };
}

interface Place {
  readonly VPCZoneIdentifier?: string | undefined;
  readonly AvailabilityZones?: readonly string[] | undefined;
}

/** The subnets to launch into: those named, or the default ones of the zones. */
export function parseSubnets(ctx: Context, input: Place): Pick<Group, "subnets" | "bySubnet"> {
  const ids = (input.VPCZoneIdentifier ?? "").split(",").map((id) => id.trim()).filter((id) => id !== "");
  const zones = input.AvailabilityZones ?? [];
  if (ids.length === 0 && zones.length === 0) throw validationError("At least one Availability Zone or VPC Subnet is required.");
  if (ids.length === 0) return { subnets: zones.map((zone) => defaultSubnet(ctx, zone)), bySubnet: false };
  const found = [...new Set(ids)].map((id) => {
    const subnet = ctx.facts.ec2.subnet(id);
    if (!subnet) throw validationError(`The subnet ID '${id}' does not exist`);
    return subnet;
  });
  const stranger = found.find((subnet) => subnet.vpcId !== found[0]?.vpcId);
  if (stranger) throw validationError(`The subnets of VPCZoneIdentifier must be in one VPC, but '${stranger.id}' is in '${stranger.vpcId}'.`);
  const inZones = new Set(found.map((subnet) => subnet.availabilityZone));
  const uncovered = zones.find((zone) => !inZones.has(zone));
  if (uncovered !== undefined || (zones.length > 0 && zones.length !== inZones.size)) {
    throw validationError("The availability zones of the specified subnets and the Auto Scaling group do not match");
  }
  return { subnets: found.map((subnet) => ({ id: subnet.id, availabilityZone: subnet.availabilityZone })), bySubnet: true };
}

function defaultSubnet(ctx: Context, zone: string): GroupSubnet {
  if (!ctx.facts.ec2.availabilityZones().includes(zone)) throw validationError(`Invalid availability zones: [${zone}]`);
  const subnet = ctx.facts.ec2.defaultSubnet(zone);
  if (!subnet) throw validationError(`No default subnet for availability zone: '${zone}'.`);
  return { id: subnet.id, availabilityZone: zone };
}

export function parseHealthCheck(type: string | undefined): "EC2" | "ELB" {
  const value = type ?? "EC2";
  if (value === "EC2" || value === "ELB") return value;
  if (value === "EBS" || value === "VPC_LATTICE") throw notYet(`HealthCheckType ${value}`);
  throw validationError(`HealthCheckType '${value}' is not valid: it must be EC2 or ELB.`);
}

/** @returns `otherwise` when nothing is given */
export function parseSeconds(field: string, value: number | undefined, otherwise: number): number {
  if (value !== undefined && (!Number.isInteger(value) || value < 0)) {
    throw validationError(`${field} '${value}' must be a whole number of seconds, 0 or greater.`);
  }
  return value ?? otherwise;
}

export function parsePolicies(names: readonly string[] | undefined): readonly TerminationPolicy[] {
  const given = names?.length ? names : ["Default"];
  return given.map((name) => {
    const policy = TERMINATION_POLICIES.find((p) => p === name);
    if (policy) return policy;
    if (name.startsWith("arn:")) throw notYet("custom termination policies");
    throw validationError(`TerminationPolicies '${name}' is not valid: it must be one of ${TERMINATION_POLICIES.join(", ")}.`);
  });
}

const DAY = 86_400;

/** @returns undefined for 0, which takes the limit away */
export function parseLifetime(value: number | undefined): number | undefined {
  if (value === undefined || value === 0) return undefined;
  if (!Number.isInteger(value) || value < DAY || value > 365 * DAY) throw validationError(`MaxInstanceLifetime '${value}' must be 0, or between 86400 and 31536000 seconds.`);
  return value;
}

/** @returns undefined for -1, which takes the setting away */
export function parseWarmup(field: string, value: number | undefined): number | undefined {
  return value === -1 ? undefined : value === undefined ? undefined : parseSeconds(field, value, 0);
}

/** https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_InstanceMaintenancePolicy.html */
export function parseMaintenance(given: AutoscalingTypes.InstanceMaintenancePolicy | undefined): Group["maintenance"] {
  const { MinHealthyPercentage: min, MaxHealthyPercentage: max } = given ?? {};
  if ((min === undefined && max === undefined) || (min === -1 && max === -1)) return undefined;
  return parseHealthyRange(min, max);
}

export function parseHealthyRange(min: number | undefined, max: number | undefined): { readonly min: number; readonly max: number } {
  if (min === undefined || max === undefined) throw validationError("MinHealthyPercentage and MaxHealthyPercentage must be given together.");
  if (!Number.isInteger(min) || min < 0 || min > 100) throw validationError(`MinHealthyPercentage '${min}' must be between 0 and 100.`);
  if (!Number.isInteger(max) || max < 100 || max > 200) throw validationError(`MaxHealthyPercentage '${max}' must be between 100 and 200.`);
  if (max - min > 100) throw validationError(`The difference between MaxHealthyPercentage '${max}' and MinHealthyPercentage '${min}' can't be greater than 100.`);
  return { min, max };
}

export function parseDistribution(given: AutoscalingTypes.AvailabilityZoneDistribution | undefined): Group["distribution"] {
  const strategy = given?.CapacityDistributionStrategy ?? "balanced-best-effort";
  if (strategy === "reservations-then-balanced") throw notYet(`CapacityDistributionStrategy ${strategy}`);
  return strategy;
}
