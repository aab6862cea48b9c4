/** Which instance types satisfy attributes: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-fleet-attribute-based-instance-type-selection.html. Pure. */
import type { Ec2Types } from "@hakoniwa/wire";
import { wildcard } from "./filters.js";
import type { InstanceType } from "./instance-types.js";

interface Range {
  readonly Min?: number | undefined;
  readonly Max?: number | undefined;
}

/** Requirements that no family of ours can meet or that would have no effect; a request with one of them is refused. */
export const UNSUPPORTED_REQUIREMENTS = [
  "SpotMaxPricePercentageOverLowestPrice",
  "OnDemandMaxPricePercentageOverLowestPrice",
  "MaxSpotPriceAsPercentageOfOptimalOnDemandPrice",
  "BaselinePerformanceFactors",
  "BaselineEbsBandwidthMbps",
  "NetworkBandwidthGbps",
  "AcceleratorTypes",
  "AcceleratorManufacturers",
  "AcceleratorNames",
  "AcceleratorTotalMemoryMiB",
  "LocalStorageTypes",
  "TotalLocalStorageGB",
  "RequireEncryptionInTransit",
] as const;

export function satisfies(type: InstanceType, wanted: Ec2Types.InstanceRequirementsRequest): boolean {
  const { info } = type;
  const named = (patterns: readonly string[] | undefined): boolean => (patterns ?? []).some((pattern) => wildcard(pattern)(type.name));
  if (wanted.AllowedInstanceTypes?.length && !named(wanted.AllowedInstanceTypes)) return false;
  if (named(wanted.ExcludedInstanceTypes)) return false;
  const generation = info.CurrentGeneration ? "current" : "previous";
  const makers = wanted.CpuManufacturers?.map((each) => each.replace("amazon-web-services", "aws"));
  return (
    within(type.vcpus, wanted.VCpuCount) &&
    within(type.memoryMiB, wanted.MemoryMiB) &&
    within(type.memoryMiB / 1024 / type.vcpus, wanted.MemoryGiBPerVCpu) &&
    within(type.interfaces, wanted.NetworkInterfaceCount) &&
    within(0, wanted.AcceleratorCount) &&
    (!makers?.length || makers.includes((info.ProcessorInfo?.Manufacturer ?? "").toLowerCase())) &&
    (!wanted.InstanceGenerations?.length || wanted.InstanceGenerations.includes(generation)) &&
    suits(type.burstable, wanted.BurstablePerformance ?? "excluded") &&
    suits(false, wanted.BareMetal ?? "excluded") &&
    suits(info.InstanceStorageSupported === true, wanted.LocalStorage ?? "included") &&
    (wanted.RequireHibernateSupport !== true || info.HibernationSupported === true)
  );
}

function within(value: number, range: Range | undefined): boolean {
  return value >= (range?.Min ?? 0) && value <= (range?.Max ?? Infinity);
}

function suits(has: boolean, wanted: string): boolean {
  return wanted === "included" || has === (wanted === "required");
}
