/** Instances as DescribeInstances shows them. */
import type { Reader, Scope } from "@hakoniwa/kernel";
import type { Ec2Types } from "@hakoniwa/wire";
import { publicImage } from "./image-catalogue.js";
import { stateOf } from "./instance-lookup.js";
import { instanceType } from "./instance-types.js";
import { interfacesOf } from "./network-interfaces.js";
import { AMAZON, addressOn } from "./public-addresses.js";
import { images, type Instance, type InstanceMetadataOptions } from "./state-compute.js";
import { volumes } from "./state-disks.js";
import { securityGroups, vpcs, type NetworkInterface } from "./state.js";
import { placementGroups } from "./state-settings.js";
import { tagsOf } from "./tags.js";
import { timestamp } from "./times.js";
import { privateDnsName, publicDnsName, zonesOf } from "./zones.js";

/** Instances grouped by the launch that made them, in the order given. */
export function describeReservations(db: Reader, scope: Scope, found: readonly Instance[]): readonly Ec2Types.Reservation[] {
  const reservations = new Map<string, Instance[]>();
  for (const instance of found) {
    const members = reservations.get(instance.reservationId);
    if (members) members.push(instance);
    else reservations.set(instance.reservationId, [instance]);
  }
  return [...reservations].map(([ReservationId, members]) => ({
    ReservationId,
    OwnerId: scope.account,
    RequesterId: members[0]?.requesterId,
    // Groups here are EC2-Classic's.
    Groups: [],
    Instances: members.map((instance) => describeInstance(db, scope, instance)),
  }));
}

export function describeInstance(db: Reader, scope: Scope, instance: Instance): Ec2Types.Instance {
  const interfaces = interfacesOf(db, instance.id);
  const first = interfaces[0];
  const publicIp = first && addressOn(db, first.id, first.privateIpAddresses[0]!)?.publicIp;
  const gone = instance.state === "terminated";
  return {
    InstanceId: instance.id,
    ImageId: instance.imageId,
    State: stateOf(instance.state),
    StateReason: instance.stateReason && { Code: instance.stateReason.code, Message: instance.stateReason.message },
    StateTransitionReason: instance.stateTransitionReason,
    InstanceType: instance.instanceType as Ec2Types._InstanceType,
    KeyName: instance.keyName,
    AmiLaunchIndex: instance.launchIndex,
    LaunchTime: timestamp(instance.launchTime),
    Placement: placementOf(db, scope, instance),
    Monitoring: { State: instance.monitoring ? "enabled" : "disabled" },
    SubnetId: gone ? undefined : instance.subnetId,
    VpcId: gone ? undefined : instance.vpcId,
    PrivateIpAddress: first?.privateIpAddresses[0],
    PrivateDnsName: first ? privateDnsName(first.privateIpAddresses[0]!, scope.region) : "",
    PublicIpAddress: publicIp,
    PublicDnsName: publicDnsOf(db, scope, instance, publicIp) ?? "",
    Architecture: "x86_64",
    BlockDeviceMappings: db(volumes).where("instance", instance.id).map((volume) => ({
      DeviceName: volume.attachment?.device,
      Ebs: {
        VolumeId: volume.id,
        Status: volume.attachment?.status,
        Operator: { Managed: false },
        AttachTime: volume.attachment && timestamp(volume.attachment.attached),
        DeleteOnTermination: volume.attachment?.deleteOnTermination,
      },
    })),
    ClientToken: instance.clientToken ?? "",
    EbsOptimized: instance.ebsOptimized,
    EnaSupport: true,
    Hypervisor: "xen",
    IamInstanceProfile: instance.iamInstanceProfile && { Arn: instance.iamInstanceProfile.arn, Id: instance.iamInstanceProfile.id },
    NetworkInterfaces: interfaces.map((each) => describeInterface(db, scope, instance, each)),
    RootDeviceName: instance.rootDeviceName,
    RootDeviceType: "ebs",
    SecurityGroups: first ? groupsOf(db, first) : [],
    SourceDestCheck: first?.sourceDestCheck,
    Tags: tagsOf(db, instance.id),
    VirtualizationType: "hvm",
    CpuOptions: cpuOptionsOf(instance),
    CapacityReservationSpecification: { CapacityReservationPreference: "open" },
    HibernationOptions: { Configured: false },
    MetadataOptions: describeMetadataOptions(instance.metadataOptions),
    EnclaveOptions: { Enabled: false },
    PlatformDetails: "Linux/UNIX",
    UsageOperation: "RunInstances",
    UsageOperationUpdateTime: timestamp(instance.created),
    ProductCodes: [],
    BootMode: bootModeOf(db, scope, instance),
    CurrentInstanceBootMode: instanceType(instance.instanceType)?.nitro ? "uefi" : "legacy-bios",
    MaintenanceOptions: { AutoRecovery: instance.autoRecovery, RebootMigration: "default" },
    NetworkPerformanceOptions: { BandwidthWeighting: "default" },
    Operator: { Managed: false },
    PrivateDnsNameOptions: gone ? undefined : { HostnameType: "ip-name", EnableResourceNameDnsARecord: false, EnableResourceNameDnsAAAARecord: false },
  };
}

export function cpuOptionsOf(instance: Instance): { readonly CoreCount: number; readonly ThreadsPerCore: number } | undefined {
  const { cpuOptions } = instance;
  if (cpuOptions) return { CoreCount: cpuOptions.coreCount, ThreadsPerCore: cpuOptions.threadsPerCore };
  const type = instanceType(instance.instanceType);
  return type && { CoreCount: type.vcpus / type.threadsPerCore, ThreadsPerCore: type.threadsPerCore };
}

/** As its image says; AWS leaves it out where the image does not. */
export function bootModeOf(db: Reader, scope: Scope, instance: Instance): Ec2Types.BootModeValues | undefined {
  const own = db(images).get(instance.imageId);
  if (own) return own.bootMode;
  return publicImage(scope.region, instance.imageId)?.imdsSupport === "v2.0" ? "uefi-preferred" : undefined;
}

function placementOf(db: Reader, scope: Scope, instance: Instance): Ec2Types.Placement {
  const group = instance.placementGroup === undefined ? undefined : db(placementGroups).get(instance.placementGroup);
  return {
    AvailabilityZone: instance.availabilityZone,
    AvailabilityZoneId: zonesOf(scope.region).find((zone) => zone.name === instance.availabilityZone)?.id,
    GroupName: group?.name ?? "",
    GroupId: group?.id,
    Tenancy: instance.tenancy,
  };
}

export function describeMetadataOptions(options: InstanceMetadataOptions): Ec2Types.InstanceMetadataOptionsResponse {
  return {
    State: "applied",
    HttpTokens: options.tokens,
    HttpPutResponseHopLimit: options.hopLimit,
    HttpEndpoint: options.endpoint,
    HttpProtocolIpv6: "disabled",
    InstanceMetadataTags: options.tags,
  };
}

export function groupsOf(db: Reader, { securityGroups: ids }: NetworkInterface): readonly Ec2Types.GroupIdentifier[] {
  return ids.map((id) => ({ GroupId: id, GroupName: db(securityGroups).get(id)?.name }));
}

/** Public names exist only in VPCs with DNS hostnames: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html */
export function publicDnsOf(db: Reader, scope: Scope, instance: Instance, publicIp: string | undefined): string | undefined {
  return publicIp !== undefined && db(vpcs).get(instance.vpcId)?.dnsHostnames ? publicDnsName(publicIp, scope.region) : undefined;
}

function describeInterface(db: Reader, scope: Scope, instance: Instance, found: NetworkInterface): Ec2Types.InstanceNetworkInterface {
  const { attachment } = found;
  const association = (privateIp: string): Ec2Types.InstanceNetworkInterfaceAssociation | undefined => {
    const address = addressOn(db, found.id, privateIp);
    return address && { IpOwnerId: address.owner === AMAZON ? "amazon" : scope.account, PublicIp: address.publicIp, PublicDnsName: publicDnsOf(db, scope, instance, address.publicIp) ?? "" };
  };
  const primary = found.privateIpAddresses[0]!;
  return {
    NetworkInterfaceId: found.id,
    Description: found.description,
    InterfaceType: "interface",
    MacAddress: found.macAddress,
    OwnerId: scope.account,
    PrivateDnsName: privateDnsName(primary, scope.region),
    PrivateIpAddress: primary,
    PrivateIpAddresses: found.privateIpAddresses.map((address, index) => ({
      Primary: index === 0,
      PrivateIpAddress: address,
      PrivateDnsName: privateDnsName(address, scope.region),
      Association: association(address),
    })),
    Association: association(primary),
    SourceDestCheck: found.sourceDestCheck,
    Status: "in-use",
    SubnetId: found.subnetId,
    VpcId: found.vpcId,
    Groups: groupsOf(db, found),
    Ipv6Addresses: [],
    Attachment: attachment && {
      AttachmentId: attachment.id,
      AttachTime: timestamp(attachment.attachTime),
      DeleteOnTermination: attachment.deleteOnTermination,
      DeviceIndex: attachment.deviceIndex,
      NetworkCardIndex: 0,
      Status: "attached",
    },
  };
}
