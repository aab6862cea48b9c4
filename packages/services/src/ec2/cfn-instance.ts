/** The properties of AWS::EC2::Instance as a call of RunInstances. */
import type { ResourceRequest } from "@hakoniwa/cloudformation";
import type { Ec2Types } from "@hakoniwa/wire";
import { refuseProperties } from "../not-implemented.js";
import { allTags } from "./cfn-tags.js";

export interface InstanceProperties {
  readonly AvailabilityZone?: string;
  readonly BlockDeviceMappings?: readonly Ec2Types.BlockDeviceMapping[];
  readonly CpuOptions?: Ec2Types.CpuOptionsRequest;
  /** The name of its member differs from the API's. */
  readonly CreditSpecification?: { readonly CPUCredits?: string };
  readonly DisableApiTermination?: boolean;
  readonly EbsOptimized?: boolean;
  readonly IamInstanceProfile?: string;
  readonly ImageId?: string;
  readonly InstanceInitiatedShutdownBehavior?: Ec2Types.ShutdownBehavior;
  readonly InstanceType?: Ec2Types._InstanceType;
  readonly KeyName?: string;
  readonly LaunchTemplate?: Ec2Types.LaunchTemplateSpecification;
  readonly MetadataOptions?: Ec2Types.InstanceMetadataOptionsRequest;
  readonly Monitoring?: boolean;
  readonly NetworkInterfaces?: readonly InterfaceProperties[];
  readonly PlacementGroupName?: string;
  readonly PrivateIpAddress?: string;
  readonly PropagateTagsToVolumeOnCreation?: boolean;
  readonly SecurityGroupIds?: readonly string[];
  readonly SecurityGroups?: readonly string[];
  readonly SourceDestCheck?: boolean;
  readonly SubnetId?: string;
  readonly Tags?: readonly Ec2Types.Tag[];
  readonly Tenancy?: Ec2Types.Tenancy;
  readonly UserData?: string;
}

interface InterfaceProperties {
  readonly AssociatePublicIpAddress?: boolean;
  readonly DeleteOnTermination?: boolean;
  readonly Description?: string;
  /** Text here, a number in the API. */
  readonly DeviceIndex: string | number;
  readonly GroupSet?: readonly string[];
  readonly NetworkInterfaceId?: string;
  readonly PrivateIpAddress?: string;
  readonly PrivateIpAddresses?: readonly Ec2Types.PrivateIpAddressSpecification[];
  readonly SecondaryPrivateIpAddressCount?: number;
  readonly SubnetId?: string;
}

/** What is carried out; everything else is refused by name. */
const KNOWN = [
  "AvailabilityZone", "BlockDeviceMappings", "CpuOptions", "CreditSpecification", "DisableApiTermination", "EbsOptimized", "IamInstanceProfile", "ImageId",
  "InstanceInitiatedShutdownBehavior", "InstanceType", "KeyName", "LaunchTemplate", "MetadataOptions", "Monitoring", "NetworkInterfaces", "PlacementGroupName",
  "PrivateIpAddress", "PropagateTagsToVolumeOnCreation", "SecurityGroupIds", "SecurityGroups", "SourceDestCheck", "SubnetId", "Tags", "Tenancy", "UserData",
  // RunInstances itself refuses what it does not take of these.
  "EnclaveOptions", "HibernationOptions", "PrivateDnsNameOptions", "Ipv6AddressCount", "Ipv6Addresses", "KernelId", "RamdiskId", "LicenseSpecifications", "AdditionalInfo",
];

export function runInstancesInput(properties: InstanceProperties, request: ResourceRequest): Ec2Types.RunInstancesRequest {
  refuseProperties("AWS::EC2::Instance", properties, KNOWN);
  const { AvailabilityZone, IamInstanceProfile, Monitoring, NetworkInterfaces, PropagateTagsToVolumeOnCreation, SourceDestCheck: _later, Tags, Tenancy, CreditSpecification, PlacementGroupName, ...same } = properties;
  const tags = allTags(Tags, request);
  const types: readonly Ec2Types.ResourceType[] = PropagateTagsToVolumeOnCreation ? ["instance", "volume"] : ["instance"];
  return {
    ...same,
    MinCount: 1,
    MaxCount: 1,
    ...(IamInstanceProfile === undefined ? {} : { IamInstanceProfile: { Name: IamInstanceProfile } }),
    ...(Monitoring === undefined ? {} : { Monitoring: { Enabled: Monitoring } }),
    ...(CreditSpecification?.CPUCredits === undefined ? {} : { CreditSpecification: { CpuCredits: CreditSpecification.CPUCredits } }),
    ...([AvailabilityZone, Tenancy, PlacementGroupName].every((each) => each === undefined) ? {} : { Placement: { AvailabilityZone, Tenancy, GroupName: PlacementGroupName } }),
    ...(NetworkInterfaces ? { NetworkInterfaces: NetworkInterfaces.map(interfaceInput) } : {}),
    ...(tags.length === 0 ? {} : { TagSpecifications: types.map((ResourceType) => ({ ResourceType, Tags: tags })) }),
  };
}

function interfaceInput({ GroupSet, DeviceIndex, ...same }: InterfaceProperties): Ec2Types.InstanceNetworkInterfaceSpecification {
  return { ...same, DeviceIndex: Number(DeviceIndex), Groups: GroupSet };
}
