/** The properties of AWS::EC2::Instance as a call of RunInstances. */
import type { ResourceRequest } from "@hakoniwa/cloudformation";
import type { Ec2Types } from "@hakoniwa/wire";
import { withStackTags } from "../stack-tags.js";

export interface InstanceProperties {
  readonly AvailabilityZone?: string;
  /** `NoDevice` is an empty map here, a text in the API. */
  readonly BlockDeviceMappings?: readonly (Omit<Ec2Types.BlockDeviceMapping, "NoDevice"> & { readonly NoDevice?: unknown })[];
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
  readonly PrivateDnsNameOptions?: { readonly HostnameType?: Ec2Types.HostnameType };
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

export interface InterfaceProperties {
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

const below = (property: string, members: readonly string[]): readonly string[] => members.map((member) => `${property}.${member}`);
const EBS = ["DeleteOnTermination", "Encrypted", "Iops", "KmsKeyId", "SnapshotId", "VolumeSize", "VolumeType"];
const INTERFACE = [
  "AssociatePublicIpAddress", "DeleteOnTermination", "Description", "DeviceIndex", "GroupSet", "NetworkInterfaceId", "PrivateIpAddress", "PrivateIpAddresses", "SecondaryPrivateIpAddressCount", "SubnetId",
];

/** What is carried out; everything else is refused by name. */
export const INSTANCE: readonly string[] = [
  "AvailabilityZone", "BlockDeviceMappings.DeviceName", "BlockDeviceMappings.NoDevice", ...below("BlockDeviceMappings.Ebs", EBS), "CpuOptions", "CreditSpecification", "DisableApiTermination",
  "EbsOptimized", "IamInstanceProfile", "ImageId", "InstanceInitiatedShutdownBehavior", "InstanceType", "KeyName", "LaunchTemplate",
  ...below("MetadataOptions", ["HttpEndpoint", "HttpProtocolIpv6", "HttpPutResponseHopLimit", "HttpTokens", "InstanceMetadataTags"]), "Monitoring", ...below("NetworkInterfaces", INTERFACE), "PlacementGroupName",
  "PrivateDnsNameOptions.HostnameType", "PrivateIpAddress", "PropagateTagsToVolumeOnCreation", "SecurityGroupIds", "SecurityGroups", "SourceDestCheck", "SubnetId", "Tags", "Tenancy", "UserData",
];

export function runInstancesInput(properties: InstanceProperties, request: ResourceRequest): Ec2Types.RunInstancesRequest {
  const { AvailabilityZone, IamInstanceProfile, Monitoring, NetworkInterfaces, PropagateTagsToVolumeOnCreation, SourceDestCheck: _later, Tags, Tenancy, CreditSpecification, PlacementGroupName, BlockDeviceMappings, ...same } = properties;
  const tags = withStackTags(Tags, request);
  const types: readonly Ec2Types.ResourceType[] = PropagateTagsToVolumeOnCreation ? ["instance", "volume"] : ["instance"];
  return {
    ...same,
    ...(BlockDeviceMappings ? { BlockDeviceMappings: BlockDeviceMappings.map(({ NoDevice, ...mapping }) => (NoDevice === undefined ? mapping : { ...mapping, NoDevice: "" })) } : {}),
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
