/** An instance as the services tell it, in the words of templates. */
import type { Aws, Ec2Types } from "@hakoniwa/wire";
import type { InstanceProperties, InterfaceProperties } from "./cfn-instance.js";
import { describeInstance, userDataOf } from "./cfn-instance-update.js";
import { keyAs } from "./cfn-words.js";

/** @param given tells which devices and interfaces the template speaks of, and what can't be read back */
export function readInstance(aws: Aws, id: string, given: InstanceProperties): InstanceProperties | undefined {
  const found = describeInstance(aws, id);
  const state = found?.State?.Name;
  if (!found || state === "terminated" || state === "shutting-down") return undefined;
  const attribute = (Attribute: Ec2Types.InstanceAttributeName): Ec2Types.InstanceAttribute => aws.ec2.DescribeInstanceAttribute({ InstanceId: id, Attribute });
  const credits = aws.ec2.DescribeInstanceCreditSpecifications({ InstanceIds: [id] }).InstanceCreditSpecifications?.[0]?.CpuCredits;
  const profile = found.IamInstanceProfile?.Arn;
  const userData = userDataOf(aws, id);
  const { HttpEndpoint, HttpProtocolIpv6, HttpTokens, HttpPutResponseHopLimit, InstanceMetadataTags } = found.MetadataOptions ?? {};
  const told = {
    AvailabilityZone: found.Placement?.AvailabilityZone,
    BlockDeviceMappings: devices(aws, found, given),
    CpuOptions: found.CpuOptions,
    CreditSpecification: credits === undefined ? undefined : { CPUCredits: credits },
    DisableApiTermination: attribute("disableApiTermination").DisableApiTermination?.Value,
    EbsOptimized: found.EbsOptimized,
    IamInstanceProfile: profile?.slice(profile.lastIndexOf("/") + 1),
    ImageId: found.ImageId,
    InstanceInitiatedShutdownBehavior: attribute("instanceInitiatedShutdownBehavior").InstanceInitiatedShutdownBehavior?.Value,
    InstanceType: found.InstanceType,
    KeyName: found.KeyName,
    // What it was launched from is not told.
    LaunchTemplate: given.LaunchTemplate,
    MetadataOptions: { HttpEndpoint, HttpProtocolIpv6, HttpTokens, HttpPutResponseHopLimit, InstanceMetadataTags },
    Monitoring: found.Monitoring?.State === "enabled" || found.Monitoring?.State === "pending",
    NetworkInterfaces: given.NetworkInterfaces && interfaces(found, given.NetworkInterfaces),
    PlacementGroupName: found.Placement?.GroupName || undefined,
    PrivateDnsNameOptions: found.PrivateDnsNameOptions,
    PrivateIpAddress: found.PrivateIpAddress,
    PropagateTagsToVolumeOnCreation: given.PropagateTagsToVolumeOnCreation,
    SecurityGroupIds: found.SecurityGroups?.map(({ GroupId }) => GroupId),
    SecurityGroups: found.SecurityGroups?.map(({ GroupName }) => GroupName),
    SourceDestCheck: found.SourceDestCheck,
    SubnetId: found.SubnetId,
    Tags: found.Tags ?? [],
    Tenancy: found.Placement?.Tenancy,
    UserData: userData === "" ? undefined : userData,
  };
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)) as InstanceProperties;
}

/** Of the template's devices, those that there are; one that it leaves out is so while there is none. */
function devices(aws: Aws, found: Ec2Types.Instance, given: InstanceProperties): InstanceProperties["BlockDeviceMappings"] {
  const attached = new Map((found.BlockDeviceMappings ?? []).map((mapping) => [mapping.DeviceName, mapping.Ebs]));
  const ids = [...attached.values()].flatMap((ebs) => ebs?.VolumeId ?? []);
  const volumes = ids.length === 0 ? [] : (aws.ec2.DescribeVolumes({ VolumeIds: ids }).Volumes ?? []);
  return given.BlockDeviceMappings?.flatMap((mapping) => {
    const ebs = attached.get(mapping.DeviceName);
    if (mapping.NoDevice !== undefined) return ebs ? [] : [mapping];
    const volume = volumes.find(({ VolumeId }) => VolumeId === ebs?.VolumeId);
    if (!volume) return [];
    const { Encrypted, Iops, KmsKeyId, SnapshotId, Size: VolumeSize, VolumeType } = volume;
    return [{ DeviceName: mapping.DeviceName, Ebs: { DeleteOnTermination: ebs?.DeleteOnTermination, Encrypted, Iops, KmsKeyId: keyAs(mapping.Ebs?.KmsKeyId, KmsKeyId), SnapshotId, VolumeSize, VolumeType } }];
  });
}

function interfaces(found: Ec2Types.Instance, given: readonly InterfaceProperties[]): readonly InterfaceProperties[] {
  return given.flatMap(({ DeviceIndex, AssociatePublicIpAddress }) => {
    const live = found.NetworkInterfaces?.find(({ Attachment }) => String(Attachment?.DeviceIndex) === String(DeviceIndex));
    if (!live) return [];
    const addresses = (live.PrivateIpAddresses ?? []).map(({ PrivateIpAddress, Primary }) => ({ PrivateIpAddress, Primary }));
    const told = {
      // It was asked for at the launch only.
      AssociatePublicIpAddress,
      DeleteOnTermination: live.Attachment?.DeleteOnTermination,
      Description: live.Description,
      DeviceIndex: String(DeviceIndex),
      GroupSet: live.Groups?.map(({ GroupId }) => GroupId!),
      NetworkInterfaceId: live.NetworkInterfaceId,
      PrivateIpAddress: live.PrivateIpAddress,
      PrivateIpAddresses: addresses,
      SecondaryPrivateIpAddressCount: addresses.length - 1,
      SubnetId: live.SubnetId,
    };
    return [Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)) as unknown as InterfaceProperties];
  });
}
