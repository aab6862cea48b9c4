/** Instances as DescribeInstances shows them. */
import type { Reader, Scope } from "@hakoniwa/kernel";
import type { Ec2Types } from "@hakoniwa/wire";
import { stateOf } from "./instance-lookup.js";
import { instanceType } from "./instance-types.js";
import { interfacesOf } from "./network-interfaces.js";
import { AMAZON, addressOn } from "./public-addresses.js";
import { volumes, type Instance, type InstanceMetadataOptions } from "./state-compute.js";
import { securityGroups, vpcs, type NetworkInterface } from "./state.js";
import { tagsOf } from "./tags.js";
import { timestamp } from "./times.js";
import { privateDnsName, publicDnsName } from "./zones.js";

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
  const type = instanceType(instance.instanceType);
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
    Placement: { AvailabilityZone: instance.availabilityZone, GroupName: "", Tenancy: instance.tenancy },
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
        Status: volume.state === "creating" ? ("attaching" as const) : ("attached" as const),
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
    CpuOptions: type && { CoreCount: type.vcpus / type.threadsPerCore, ThreadsPerCore: type.threadsPerCore },
    CapacityReservationSpecification: { CapacityReservationPreference: "open" },
    HibernationOptions: { Configured: false },
    MetadataOptions: describeMetadataOptions(instance.metadataOptions),
    EnclaveOptions: { Enabled: false },
    PlatformDetails: "Linux/UNIX",
    UsageOperation: "RunInstances",
    ProductCodes: [],
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
