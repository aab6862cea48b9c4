/** What a call of RunInstances asks for, its launch template merged in, checked and with AWS's defaults. */
import { AwsError } from "@hakoniwa/kernel";
import type { Ec2Types } from "@hakoniwa/wire";
import type { Context } from "../define.js";
import { invalidCombination, invalidValue, keyPairNotFound, missingParameter, refuse, unsupported } from "./errors.js";
import { publicImageParameters } from "./image-catalogue.js";
import { instanceType, type InstanceType } from "./instance-types.js";
import { launchableImage, type LaunchableImage } from "./launchable-image.js";
import { findTemplate, findVersion } from "./launch-template-lookup.js";
import { launchInterfaces, type LaunchInterface } from "./launch-interfaces.js";
import { checkArchitecture, cpuCredits, cpuOptions, placementOf, refuseNested } from "./launch-options.js";
import { launchVolumes, type LaunchVolume } from "./launch-volumes.js";
import { oneOf, settingsOf } from "./settings.js";
import { keyPairs, type Instance, type InstanceMetadataOptions, type InstanceProfile } from "./state-compute.js";
import { subnets, type Subnet } from "./state.js";
import { checkTagSpecifications } from "./tags.js";
import { checkUserData } from "./user-data.js";

/** One request can't ask for more than this: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-on-demand-instances.html */
const MOST_INSTANCES = 1000;

/** Parameters whose effect we don't have. */
const UNSUPPORTED = [
  "Ipv6AddressCount",
  "Ipv6Addresses",
  "KernelId",
  "RamdiskId",
  "ElasticGpuSpecification",
  "ElasticInferenceAccelerators",
  "InstanceMarketOptions",
  "LicenseSpecifications",
  "EnablePrimaryIpv6",
  "NetworkPerformanceOptions",
  "SecondaryInterfaces",
  "AdditionalInfo",
] as const;

export interface LaunchRequest {
  readonly count: number;
  readonly image: LaunchableImage;
  readonly type: InstanceType;
  readonly subnet: Subnet;
  readonly interfaces: readonly LaunchInterface[];
  readonly volumes: readonly LaunchVolume[];
  readonly tagSpecifications: readonly Ec2Types.TagSpecification[];
  /** What every instance's record takes over as it is. */
  readonly settings: Pick<
    Instance,
    | "keyName"
    | "authorizedKeys"
    | "userData"
    | "iamInstanceProfile"
    | "metadataOptions"
    | "disableApiTermination"
    | "disableApiStop"
    | "shutdownBehavior"
    | "monitoring"
    | "ebsOptimized"
    | "tenancy"
    | "placementGroup"
    | "cpuCredits"
    | "cpuOptions"
    | "autoRecovery"
    | "clientToken"
  >;
}

/** @throws AwsError for everything that AWS would refuse at once */
export function launchRequest(ctx: Context, given: Ec2Types.RunInstancesRequest): LaunchRequest {
  const input = merged(ctx, given);
  refuse("RunInstances", input, UNSUPPORTED);
  refuseNested("RunInstances", input);
  const count = countOf(input);
  if (!input.ImageId) throw missingParameter("ImageId");
  const image = launchableImage(ctx.db, ctx.region, imageIdOf(ctx, input.ImageId));
  const typeName = input.InstanceType ?? "m1.small";
  const type = instanceType(typeName);
  if (!type) throw invalidValue(`Invalid value '${typeName}' for InstanceType.`);
  checkArchitecture(type);
  if (input.UserData !== undefined) checkUserData(input.UserData);
  const key = input.KeyName === undefined ? undefined : ctx.db(keyPairs).get(input.KeyName);
  if (input.KeyName !== undefined && !key) throw keyPairNotFound(input.KeyName);
  checkTagSpecifications(input.TagSpecifications, ["instance", "volume", "network-interface"]);
  const subnet = subnetOf(ctx, input);
  const interfaces = launchInterfaces(ctx.db, input, subnet, type, count);
  return {
    count,
    image,
    type,
    subnet,
    interfaces,
    volumes: launchVolumes(ctx.db, image, input.BlockDeviceMappings ?? [], type, interfaces.length),
    tagSpecifications: input.TagSpecifications ?? [],
    settings: {
      keyName: input.KeyName,
      authorizedKeys: key ? [key.publicKey] : [],
      userData: input.UserData || undefined,
      iamInstanceProfile: profileOf(ctx, input.IamInstanceProfile),
      metadataOptions: metadataOptions(input.MetadataOptions, defaultMetadataOptions(ctx, image)),
      disableApiTermination: input.DisableApiTermination ?? false,
      disableApiStop: input.DisableApiStop ?? false,
      shutdownBehavior: shutdownBehavior(input.InstanceInitiatedShutdownBehavior),
      monitoring: input.Monitoring?.Enabled ?? false,
      ebsOptimized: ebsOptimized(type, input.EbsOptimized),
      ...placementOf(ctx.db, "RunInstances", input.Placement, subnet.vpcId, type),
      cpuCredits: cpuCredits(type, input.CreditSpecification?.CpuCredits),
      cpuOptions: cpuOptions(type, input.CpuOptions),
      autoRecovery: oneOf("autoRecovery", input.MaintenanceOptions?.AutoRecovery ?? "default", ["default", "disabled"]),
      clientToken: input.ClientToken,
    },
  };
}

/** `resolve:ssm:NAME` stands for the image that a parameter names: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-systems-manager-parameter-to-find-AMI.html */
function imageIdOf(ctx: Context, given: string): string {
  const name = /^resolve:ssm:(.+)$/.exec(given)?.[1];
  if (name === undefined) return given;
  const found = publicImageParameters(ctx.region).get(name) ?? ctx.aws.ssm.GetParameter({ Name: name }).Parameter?.Value;
  if (found === undefined) throw invalidValue(`Value (${given}) for parameter imageId is invalid. The parameter has no value.`);
  return found;
}

/** A request's own members win over its launch template's: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/launch-instances-from-launch-template.html */
function merged(ctx: Context, input: Ec2Types.RunInstancesRequest): Ec2Types.RunInstancesRequest {
  if (!input.LaunchTemplate) return input;
  const template = findTemplate(ctx.db, input.LaunchTemplate);
  const { data } = findVersion(ctx.db, template, input.LaunchTemplate.Version ?? "$Default");
  if (data.InstanceRequirements) throw unsupported("RunInstances", "InstanceRequirements");
  const own = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  // Interfaces and groups exclude each other, so that naming one in the request puts the template's other away.
  const { NetworkInterfaces, SecurityGroupIds, SecurityGroups, ...rest } = data;
  const groups = input.NetworkInterfaces ? {} : { SecurityGroupIds, SecurityGroups };
  const interfaces = input.SecurityGroupIds || input.SecurityGroups ? {} : { NetworkInterfaces };
  const TagSpecifications = mergedTags(rest.TagSpecifications ?? [], input.TagSpecifications ?? []);
  return { ...rest, ...groups, ...interfaces, ...own, TagSpecifications } as unknown as Ec2Types.RunInstancesRequest;
}

/** Tags of both are given; where both name a key, the request's value wins. */
function mergedTags(template: readonly Ec2Types.TagSpecification[], request: readonly Ec2Types.TagSpecification[]): readonly Ec2Types.TagSpecification[] {
  const withTemplates = request.map((mine) => {
    const others = template.filter((each) => each.ResourceType === mine.ResourceType).flatMap((each) => each.Tags ?? []);
    const kept = others.filter((tag) => !mine.Tags?.some((own) => own.Key === tag.Key));
    return { ...mine, Tags: [...kept, ...(mine.Tags ?? [])] };
  });
  return [...withTemplates, ...template.filter((each) => !request.some((mine) => mine.ResourceType === each.ResourceType))];
}

function countOf({ MinCount: min, MaxCount: max }: Ec2Types.RunInstancesRequest): number {
  if (!Number.isInteger(min) || min < 1) throw invalidValue(`Value (${min}) for parameter minCount is invalid. Value must be positive.`);
  if (!Number.isInteger(max) || max < min) throw invalidValue(`Value (${max}) for parameter maxCount is invalid. It must be at least minCount (${min}).`);
  if (max > MOST_INSTANCES) {
    throw new AwsError("InstanceLimitExceeded", `You have requested more instances (${max}) than your current instance limit of ${MOST_INSTANCES} allows for the specified instance type.`);
  }
  return max;
}

/** The subnet named, or the default VPC's in the zone asked for. */
function subnetOf(ctx: Context, input: Ec2Types.RunInstancesRequest): Subnet {
  const first = input.NetworkInterfaces?.find((spec) => (spec.DeviceIndex ?? 0) === 0);
  const id = first?.NetworkInterfaceId ? ctx.facts.ec2.networkInterface(first.NetworkInterfaceId)?.subnetId : (first?.SubnetId ?? input.SubnetId);
  if (first?.NetworkInterfaceId && id === undefined) {
    throw new AwsError("InvalidNetworkInterfaceID.NotFound", `The networkInterface ID '${first.NetworkInterfaceId}' does not exist`);
  }
  const zone = input.Placement?.AvailabilityZone;
  const subnet = id === undefined ? defaultSubnet(ctx, zone) : ctx.db(subnets).get(id);
  if (!subnet) throw new AwsError("InvalidSubnetID.NotFound", `The subnet ID '${id}' does not exist`);
  if (zone !== undefined && zone !== subnet.availabilityZone) {
    throw invalidCombination(`The availability zone '${zone}' and the subnet's (${subnet.availabilityZone}) do not match.`);
  }
  return subnet;
}

function defaultSubnet(ctx: Context, zone: string | undefined): Subnet {
  if (zone !== undefined && !ctx.facts.ec2.availabilityZones().includes(zone)) throw invalidValue(`Invalid availability zone: [${zone}]`);
  const found = ctx.db(subnets).get(ctx.facts.ec2.defaultSubnet(zone)?.id ?? "");
  if (found) return found;
  throw ctx.facts.ec2.defaultSubnet(undefined) === undefined
    ? new AwsError("VPCIdNotSpecified", "No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.")
    : new AwsError("MissingInput", `No default subnet for availability zone: '${zone}'.`);
}

/** What a launch says wins over the region's defaults, and those over the image's: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html */
function defaultMetadataOptions(ctx: Context, image: LaunchableImage): InstanceMetadataOptions {
  const { endpoint, tokens, hopLimit, tags } = settingsOf(ctx.db).metadata;
  const second = image.imdsSupport === "v2.0";
  return { endpoint: endpoint ?? "enabled", tokens: tokens ?? (second ? "required" : "optional"), hopLimit: hopLimit ?? (second ? 2 : 1), tags: tags ?? "disabled" };
}

/**
 * The instance profile that a request names, associated with an instance now.
 * @throws AwsError when there is none of that name or ARN
 */
export function profileOf(ctx: Context, given: Ec2Types.IamInstanceProfileSpecification | undefined): InstanceProfile | undefined {
  if (!given || (given.Arn === undefined && given.Name === undefined)) return undefined;
  if (given.Arn !== undefined && given.Name !== undefined) throw invalidCombination("The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'");
  const found = ctx.facts.iam.instanceProfile(given.Arn ?? given.Name ?? "");
  if (found) return { arn: found.arn, id: found.id, role: found.roles[0], associationId: ctx.ids.aws("iip-assoc"), associated: ctx.now };
  throw given.Arn === undefined
    ? invalidValue(`Value (${given.Name}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name`)
    : invalidValue(`Value (${given.Arn}) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN`);
}

/** Checks what a request changes of the metadata options. */
export function metadataOptions(given: Ec2Types.InstanceMetadataOptionsRequest | undefined, base: InstanceMetadataOptions): InstanceMetadataOptions {
  if (given?.HttpProtocolIpv6 === "enabled") throw unsupported("RunInstances", "MetadataOptions.HttpProtocolIpv6");
  const hopLimit = given?.HttpPutResponseHopLimit ?? base.hopLimit;
  if (!Number.isInteger(hopLimit) || hopLimit < 1 || hopLimit > 64) {
    throw invalidValue(`Value (${hopLimit}) for parameter HttpPutResponseHopLimit is invalid. It must be between 1 and 64.`);
  }
  return {
    endpoint: oneOf("HttpEndpoint", given?.HttpEndpoint ?? base.endpoint, ["enabled", "disabled"]),
    tokens: oneOf("HttpTokens", given?.HttpTokens ?? base.tokens, ["optional", "required"]),
    hopLimit,
    tags: oneOf("InstanceMetadataTags", given?.InstanceMetadataTags ?? base.tags, ["enabled", "disabled"]),
  };
}

export function shutdownBehavior(given: string | undefined): Instance["shutdownBehavior"] {
  return oneOf("instanceInitiatedShutdownBehavior", given ?? "stop", ["stop", "terminate"]);
}

function ebsOptimized(type: InstanceType, asked: boolean | undefined): boolean {
  if (asked === true && type.info.EbsInfo?.EbsOptimizedSupport === "unsupported") {
    throw invalidCombination(`EBS-optimized instances are not supported for your requested configuration. The instance type ${type.name} can't be.`);
  }
  return asked ?? false;
}
