/** What EC2 tells of itself: regions, zones, account attributes and instance types. */
import { AwsError } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations } from "../define.js";
import { invalidValue } from "./errors.js";
import { matches, paginate } from "./filters.js";
import { instanceType, instanceTypes, type InstanceType } from "./instance-types.js";
import { vpcs } from "./state.js";
import { REGIONS, zonesOf } from "./zones.js";

export const regionOperations = operations(Ec2, {
  DescribeRegions: {
    authorize: onEverything("ec2:DescribeRegions"),
    handle(_ctx, input) {
      const unknown = input.RegionNames?.find((name) => !REGIONS.includes(name));
      if (unknown !== undefined) throw invalidValue(`Invalid region provided: ${unknown}`);
      const all = REGIONS
        .filter((name) => !input.RegionNames?.length || input.RegionNames.includes(name))
        .map((name) => ({ RegionName: name, Endpoint: `ec2.${name}.amazonaws.com`, OptInStatus: "opt-in-not-required" }));
      return {
        Regions: all.filter((region) =>
          matches(input.Filters, (name) => {
            if (name === "region-name") return [region.RegionName];
            if (name === "endpoint") return [region.Endpoint];
            if (name === "opt-in-status") return [region.OptInStatus];
            return undefined;
          }),
        ),
      };
    },
  },

  DescribeAvailabilityZones: {
    authorize: onEverything("ec2:DescribeAvailabilityZones"),
    handle(ctx, input) {
      const zones = zonesOf(ctx.region);
      const unknown = input.ZoneNames?.find((name) => !zones.some((zone) => zone.name === name));
      if (unknown !== undefined) throw invalidValue(`Invalid availability zone: [${unknown}]`);
      const unknownId = input.ZoneIds?.find((id) => !zones.some((zone) => zone.id === id));
      if (unknownId !== undefined) throw invalidValue(`Invalid availability zone-id: [${unknownId}]`);
      const all = zones
        .filter((zone) => !input.ZoneNames?.length || input.ZoneNames.includes(zone.name))
        .filter((zone) => !input.ZoneIds?.length || input.ZoneIds.includes(zone.id))
        .map((zone) => ({
          State: "available" as const,
          OptInStatus: "opt-in-not-required" as const,
          Messages: [],
          RegionName: ctx.region,
          ZoneName: zone.name,
          ZoneId: zone.id,
          GroupName: `${ctx.region}-zg-1`,
          NetworkBorderGroup: ctx.region,
          ZoneType: "availability-zone",
        }));
      return {
        AvailabilityZones: all.filter((zone) =>
          matches(input.Filters, (name) => {
            switch (name) {
              case "group-name":
                return [zone.GroupName];
              case "opt-in-status":
                return [zone.OptInStatus];
              case "region-name":
                return [zone.RegionName];
              case "state":
                return [zone.State];
              case "zone-id":
                return [zone.ZoneId];
              case "zone-name":
                return [zone.ZoneName];
              case "zone-type":
                return [zone.ZoneType];
              default:
                return undefined;
            }
          }),
        ),
      };
    },
  },

  DescribeAccountAttributes: {
    authorize: onEverything("ec2:DescribeAccountAttributes"),
    handle(ctx, input) {
      const standard = ctx.db(vpcs).list().find((vpc) => vpc.isDefault)?.id ?? "none";
      const all: Readonly<Record<string, readonly string[]>> = {
        "supported-platforms": ["VPC"],
        "default-vpc": [standard],
        "max-instances": ["20"],
        "vpc-max-security-groups-per-interface": ["5"],
        "max-elastic-ips": ["5"],
        "vpc-max-elastic-ips": ["5"],
      };
      const unknown = input.AttributeNames?.find((name) => !Object.hasOwn(all, name));
      if (unknown !== undefined) throw invalidValue(`Value (${unknown}) for parameter attributeName is invalid. Unknown attribute.`);
      const asked = Object.entries(all).filter(([name]) => !input.AttributeNames?.length || input.AttributeNames.some((other) => other === name));
      return { AccountAttributes: asked.map(([name, values]) => ({ AttributeName: name, AttributeValues: values.map((AttributeValue) => ({ AttributeValue })) })) };
    },
  },

  DescribeInstanceTypes: {
    authorize: onEverything("ec2:DescribeInstanceTypes"),
    handle(_ctx, input) {
      const unknown = (input.InstanceTypes ?? []).filter((name) => !instanceType(name));
      if (unknown.length > 0) throw unknownTypes(unknown);
      const asked = input.InstanceTypes?.length ? input.InstanceTypes.flatMap((name) => instanceType(name) ?? []) : instanceTypes();
      const found = asked.filter((type) => matches(input.Filters, (name) => typeFilter(type, name)));
      const page = paginate(found, input);
      return { InstanceTypes: page.items.map(described), NextToken: page.nextToken };
    },
  },

  DescribeInstanceTypeOfferings: {
    authorize: onEverything("ec2:DescribeInstanceTypeOfferings"),
    handle(ctx, input) {
      const kind = input.LocationType ?? "region";
      const places: Readonly<Record<string, readonly string[]>> = {
        region: [ctx.region],
        "availability-zone": zonesOf(ctx.region).map((zone) => zone.name),
        "availability-zone-id": zonesOf(ctx.region).map((zone) => zone.id),
        outpost: [],
      };
      const locations = Object.hasOwn(places, kind) ? places[kind] : undefined;
      if (!locations) throw invalidValue(`Value (${kind}) for parameter locationType is invalid.`);
      const all = instanceTypes().flatMap((type) => locations.map((Location) => ({ InstanceType: type.name as Ec2Types._InstanceType, LocationType: kind, Location })));
      const found = all.filter((offering) =>
        matches(input.Filters, (name) => (name === "instance-type" ? [offering.InstanceType] : name === "location" ? [offering.Location] : undefined)),
      );
      const page = paginate(found, input);
      return { InstanceTypeOfferings: page.items, NextToken: page.nextToken };
    },
  },
});

function unknownTypes(names: readonly string[]): AwsError {
  return new AwsError("InvalidInstanceType", `The following supplied instance types do not exist: [${names.join(", ")}]`);
}

function typeFilter(type: InstanceType, name: string): readonly string[] | undefined {
  switch (name) {
    case "instance-type":
      return [type.name];
    case "current-generation":
      return [String(type.currentGeneration)];
    case "free-tier-eligible":
      return [String(type.freeTier)];
    case "burstable-performance-supported":
      return [String(type.burstable)];
    case "memory-info.size-in-mib":
      return [String(type.memoryMiB)];
    case "vcpu-info.default-vcpus":
      return [String(type.vcpus)];
    case "hypervisor":
      return [type.nitro ? "nitro" : "xen"];
    case "processor-info.supported-architecture":
      return ["x86_64"];
    case "bare-metal":
    case "instance-storage-supported":
      return ["false"];
    default:
      return undefined;
  }
}

function described(type: InstanceType): Ec2Types.InstanceTypeInfo {
  const cores = type.vcpus / type.threadsPerCore;
  return {
    InstanceType: type.name as Ec2Types._InstanceType,
    CurrentGeneration: type.currentGeneration,
    FreeTierEligible: type.freeTier,
    SupportedUsageClasses: ["on-demand"],
    SupportedRootDeviceTypes: ["ebs"],
    SupportedVirtualizationTypes: ["hvm"],
    BareMetal: false,
    Hypervisor: type.nitro ? "nitro" : "xen",
    ProcessorInfo: { SupportedArchitectures: ["x86_64"], SustainedClockSpeedInGhz: type.clockGhz },
    VCpuInfo: { DefaultVCpus: type.vcpus, DefaultCores: cores, DefaultThreadsPerCore: type.threadsPerCore },
    MemoryInfo: { SizeInMiB: type.memoryMiB },
    InstanceStorageSupported: false,
    NetworkInfo: {
      NetworkPerformance: type.network,
      MaximumNetworkInterfaces: type.interfaces,
      MaximumNetworkCards: 1,
      DefaultNetworkCardIndex: 0,
      Ipv4AddressesPerInterface: type.addressesPerInterface,
      Ipv6Supported: false,
    },
    BurstablePerformanceSupported: type.burstable,
    DedicatedHostsSupported: false,
    HibernationSupported: false,
    AutoRecoverySupported: false,
  };
}
