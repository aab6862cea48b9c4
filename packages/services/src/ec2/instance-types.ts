/** Instance types of the common families, with AWS's own figures: https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-types.html */
import type { Ec2Types } from "@hakoniwa/wire";
import { readInstanceTypes } from "../instance-type-data.js";

/** What a launch must know of its type; `info` is what DescribeInstanceTypes shows. */
export interface InstanceType {
  readonly name: string;
  readonly vcpus: number;
  readonly threadsPerCore: number;
  readonly memoryMiB: number;
  readonly interfaces: number;
  readonly addressesPerInterface: number;
  /** How many volumes it takes; with `sharedAttachments` its interfaces count too. */
  readonly attachments: number;
  readonly sharedAttachments: boolean;
  readonly architectures: readonly string[];
  readonly burstable: boolean;
  readonly nitro: boolean;
  readonly info: Ec2Types.InstanceTypeInfo;
}

let types: ReadonlyMap<string, InstanceType> | undefined;

export function instanceTypes(): readonly InstanceType[] {
  return [...known().values()];
}

export function instanceType(name: string): InstanceType | undefined {
  return known().get(name);
}

function known(): ReadonlyMap<string, InstanceType> {
  types ??= new Map([...readInstanceTypes()].map(([name, facts]) => [name, typeOf(name, facts as Ec2Types.InstanceTypeInfo)]));
  return types;
}

function typeOf(name: string, facts: Ec2Types.InstanceTypeInfo): InstanceType {
  const { VCpuInfo, MemoryInfo, NetworkInfo, EbsInfo, ProcessorInfo } = facts;
  return {
    name,
    vcpus: VCpuInfo?.DefaultVCpus ?? 1,
    threadsPerCore: VCpuInfo?.DefaultThreadsPerCore ?? 1,
    memoryMiB: MemoryInfo?.SizeInMiB ?? 0,
    interfaces: NetworkInfo?.MaximumNetworkInterfaces ?? 1,
    addressesPerInterface: NetworkInfo?.Ipv4AddressesPerInterface ?? 1,
    attachments: EbsInfo?.MaximumEbsAttachments ?? 1,
    sharedAttachments: EbsInfo?.AttachmentLimitType === "shared",
    architectures: ProcessorInfo?.SupportedArchitectures ?? ["x86_64"],
    burstable: facts.BurstablePerformanceSupported ?? false,
    nitro: facts.Hypervisor === "nitro",
    // Only what can be had here: on-demand instances with EBS root volumes.
    info: { InstanceType: name as Ec2Types._InstanceType, ...facts, SupportedUsageClasses: ["on-demand"], SupportedRootDeviceTypes: ["ebs"] },
  };
}
