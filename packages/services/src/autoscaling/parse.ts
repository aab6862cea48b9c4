/** What a group's settings may be. */
import type { AutoscalingTypes } from "@hakoniwa/wire";
import type { Context } from "../define.js";
import { launchConfigurationNotFound, notYet, validationError } from "./errors.js";
import { launchConfigurations, TERMINATION_POLICIES, type Group, type GroupSubnet, type LaunchSource, type TerminationPolicy } from "./state.js";

/** @throws ValidationError unless min ≤ desired ≤ max */
export function parseBounds(min: number, max: number, desired: number): Pick<Group, "min" | "max" | "desired"> {
  for (const [field, value] of Object.entries({ MinSize: min, MaxSize: max, DesiredCapacity: desired })) {
    if (!Number.isInteger(value) || value < 0) throw validationError(`${field} '${value}' must be a whole number, 0 or greater.`);
  }
  if (min > max) throw validationError(`Max bound, ${max}, must be greater than or equal to min bound, ${min}`);
  if (desired < min || desired > max) throw validationError(`Desired capacity:${desired} must be between the specified min size:${min} and max size:${max}`);
  return { min, max, desired };
}

interface Launch {
  readonly LaunchConfigurationName?: string | undefined;
  readonly LaunchTemplate?: AutoscalingTypes.LaunchTemplateSpecification | undefined;
}

export function parseLaunch(ctx: Context, input: Launch): LaunchSource {
  const { LaunchConfigurationName: name, LaunchTemplate: template } = input;
  if ((name === undefined) === (template === undefined)) {
    throw validationError("Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.");
  }
  if (name !== undefined) {
    if (!ctx.db(launchConfigurations).get(name)) throw launchConfigurationNotFound(name);
    return { kind: "configuration", name };
  }
  const { LaunchTemplateId, LaunchTemplateName, Version: version = "$Default" } = template ?? {};
  const idOrName = LaunchTemplateId ?? LaunchTemplateName;
  if (idOrName === undefined || (LaunchTemplateId !== undefined && LaunchTemplateName !== undefined)) {
    throw validationError("Valid requests must contain either launchTemplateId or LaunchTemplateName");
  }
  const found = ctx.facts.ec2.launchTemplate(idOrName, version);
  if (!found) {
    const missing = `The specified launch template '${idOrName}', version '${version}', does not exist.`;
    throw validationError(`You must use a valid fully-formed launch template. ${missing}`);
  }
  return { kind: "template", id: found.id, name: found.name, version };
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
