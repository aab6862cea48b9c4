/** What a group may launch from: a launch configuration, a launch template, or several types of one. */
import type { AutoscalingTypes } from "@hakoniwa/wire";
import type { Context } from "../define.js";
import { launchConfigurationNotFound, notYet, refuse, validationError } from "./errors.js";
import { launchConfigurations, type LaunchSource, type Override, type TemplateSource } from "./state.js";

export interface LaunchInput {
  readonly LaunchConfigurationName?: string | undefined;
  readonly LaunchTemplate?: AutoscalingTypes.LaunchTemplateSpecification | undefined;
  readonly MixedInstancesPolicy?: AutoscalingTypes.MixedInstancesPolicy | undefined;
}

export function namesLaunch(input: LaunchInput): boolean {
  return input.LaunchConfigurationName !== undefined || input.LaunchTemplate !== undefined || input.MixedInstancesPolicy !== undefined;
}

/** @param before what it launches from today: an update of the distribution alone keeps the template */
export function parseLaunch(ctx: Context, input: LaunchInput, before?: LaunchSource): LaunchSource {
  const { LaunchConfigurationName: name, LaunchTemplate: template, MixedInstancesPolicy: mixed } = input;
  if ([name, template, mixed].filter((given) => given !== undefined).length !== 1) {
    throw validationError("Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.");
  }
  if (name !== undefined) {
    if (!ctx.db(launchConfigurations).get(name)) throw launchConfigurationNotFound(name);
    return { kind: "configuration", name };
  }
  return mixed ? parseMixed(ctx, mixed, before) : { kind: "template", ...parseTemplate(ctx, template) };
}

function parseTemplate(ctx: Context, given: AutoscalingTypes.LaunchTemplateSpecification | undefined): TemplateSource {
  const { LaunchTemplateId, LaunchTemplateName, Version: version = "$Default" } = given ?? {};
  const idOrName = LaunchTemplateId ?? LaunchTemplateName;
  if (idOrName === undefined || (LaunchTemplateId !== undefined && LaunchTemplateName !== undefined)) {
    throw validationError("Valid requests must contain either launchTemplateId or LaunchTemplateName");
  }
  const found = ctx.facts.ec2.launchTemplate(idOrName, version);
  if (!found) {
    const missing = `The specified launch template '${idOrName}', version '${version}', does not exist.`;
    throw validationError(`You must use a valid fully-formed launch template. ${missing}`);
  }
  return { id: found.id, name: found.name, version };
}

const MOST_OVERRIDES = 40;

/** https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-mixed-instances-groups.html */
function parseMixed(ctx: Context, given: AutoscalingTypes.MixedInstancesPolicy, before: LaunchSource | undefined): LaunchSource {
  const old = before?.kind === "mixed" ? before : undefined;
  const { LaunchTemplateSpecification: specification, Overrides: overrides } = given.LaunchTemplate ?? {};
  if (!specification && !old) throw validationError("MixedInstancesPolicy needs a LaunchTemplate with a LaunchTemplateSpecification.");
  const template = specification || !old ? parseTemplate(ctx, specification) : { id: old.id, name: old.name, version: old.version };
  return {
    kind: "mixed",
    ...template,
    overrides: overrides ? parseOverrides(ctx, overrides) : (old?.overrides ?? []),
    distribution: given.InstancesDistribution ? parseDistribution(given.InstancesDistribution) : (old?.distribution ?? {}),
  };
}

function parseOverrides(ctx: Context, given: readonly AutoscalingTypes.LaunchTemplateOverrides[]): readonly Override[] {
  if (given.length > MOST_OVERRIDES) throw validationError(`Overrides may have at most ${MOST_OVERRIDES} elements, but ${given.length} were given.`);
  const types = new Set<string>();
  return given.map((override) => {
    refuse(override, ["InstanceRequirements", "ImageId"]);
    const { InstanceType: type, WeightedCapacity: weight } = override;
    if (weight !== undefined && weight !== "1") throw notYet(`WeightedCapacity '${weight}' (instance weights)`);
    if (type === undefined) throw validationError("Every element of Overrides needs an InstanceType.");
    if (types.has(type)) throw validationError(`Duplicate instance type '${type}' in Overrides. Each override must have a unique instance type.`);
    types.add(type);
    return { instanceType: type, template: override.LaunchTemplateSpecification && parseTemplate(ctx, override.LaunchTemplateSpecification) };
  });
}

/** On-Demand Instances only: what asks for Spot Instances, or for prices, is refused. */
function parseDistribution(given: AutoscalingTypes.InstancesDistribution): AutoscalingTypes.InstancesDistribution {
  refuse(given, ["DistributionSegments"]);
  const { OnDemandAllocationStrategy: strategy, OnDemandPercentageAboveBaseCapacity: percentage = 100 } = given;
  if (!Number.isInteger(percentage) || percentage < 0 || percentage > 100) {
    throw validationError(`OnDemandPercentageAboveBaseCapacity '${percentage}' must be between 0 and 100.`);
  }
  if (percentage < 100) throw notYet(`OnDemandPercentageAboveBaseCapacity '${percentage}', which asks for Spot Instances,`);
  if (strategy === "lowest-price") throw notYet("OnDemandAllocationStrategy lowest-price");
  if (strategy !== undefined && strategy !== "prioritized") throw validationError(`OnDemandAllocationStrategy '${strategy}' is not valid: it must be prioritized or lowest-price.`);
  return given;
}
