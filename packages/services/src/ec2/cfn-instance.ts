/** The properties of AWS::EC2::Instance as a call of RunInstances. */
import type { ResourceRequest } from "@hakoniwa/cloudformation";
import type { Ec2Types } from "@hakoniwa/wire";
import { allTags } from "./cfn-tags.js";

export interface InstanceProperties {
  readonly AvailabilityZone?: string;
  readonly BlockDeviceMappings?: readonly Ec2Types.BlockDeviceMapping[];
  readonly CreditSpecification?: unknown;
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

export function runInstancesInput(properties: InstanceProperties, request: ResourceRequest): Ec2Types.RunInstancesRequest {
  const { AvailabilityZone, IamInstanceProfile, Monitoring, NetworkInterfaces, PropagateTagsToVolumeOnCreation, SourceDestCheck: _later, Tags, Tenancy, CreditSpecification: _nothing, ...same } = properties;
  const tags = allTags(Tags, request);
  const types: readonly Ec2Types.ResourceType[] = PropagateTagsToVolumeOnCreation ? ["instance", "volume"] : ["instance"];
  return {
    ...same,
    MinCount: 1,
    MaxCount: 1,
    ...(IamInstanceProfile === undefined ? {} : { IamInstanceProfile: { Name: IamInstanceProfile } }),
    ...(Monitoring === undefined ? {} : { Monitoring: { Enabled: Monitoring } }),
    ...(AvailabilityZone === undefined && Tenancy === undefined ? {} : { Placement: { AvailabilityZone, Tenancy } }),
    ...(NetworkInterfaces ? { NetworkInterfaces: NetworkInterfaces.map(interfaceInput) } : {}),
    ...(tags.length === 0 ? {} : { TagSpecifications: types.map((ResourceType) => ({ ResourceType, Tags: tags })) }),
  };
}

function interfaceInput({ GroupSet, DeviceIndex, ...same }: InterfaceProperties): Ec2Types.InstanceNetworkInterfaceSpecification {
  return { ...same, DeviceIndex: Number(DeviceIndex), Groups: GroupSet };
}
