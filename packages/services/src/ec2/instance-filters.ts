/** The filters of DescribeInstances and DescribeInstanceStatus. */
import type { Reader, Scope } from "@hakoniwa/kernel";
import type { FilterTable } from "./filters.js";
import { stateOf } from "./instance-lookup.js";
import { interfacesOf } from "./network-interfaces.js";
import { addressOn, publicAddressOf } from "./public-addresses.js";
import { volumes, type Instance } from "./state-compute.js";
import { securityGroups } from "./state.js";
import { timestamp } from "./times.js";
import { privateDnsName, publicDnsName } from "./zones.js";

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html */
export function instanceFilters(db: Reader, scope: Scope): FilterTable<Instance> {
  const first = (instance: Instance) => interfacesOf(db, instance.id)[0];
  const groups = (instance: Instance) => interfacesOf(db, instance.id).flatMap((each) => each.securityGroups);
  const privateIps = (instance: Instance) => interfacesOf(db, instance.id).flatMap((each) => each.privateIpAddresses);
  const publicIp = (instance: Instance) => {
    const primary = first(instance);
    return primary && publicAddressOf(db, primary.id);
  };
  const mappings = (instance: Instance) => db(volumes).where("instance", instance.id);
  const groupNames = (instance: Instance) => groups(instance).map((id) => db(securityGroups).get(id)?.name);
  return {
    architecture: () => "x86_64",
    "availability-zone": (instance) => instance.availabilityZone,
    "block-device-mapping.device-name": (instance) => mappings(instance).map((volume) => volume.attachment?.device),
    "block-device-mapping.delete-on-termination": (instance) => mappings(instance).map((volume) => volume.attachment?.deleteOnTermination),
    "block-device-mapping.volume-id": (instance) => mappings(instance).map((volume) => volume.id),
    "client-token": (instance) => instance.clientToken,
    "dns-name": (instance) => {
      const address = publicIp(instance);
      return address && publicDnsName(address, scope.region);
    },
    hypervisor: () => "xen",
    "iam-instance-profile.arn": (instance) => instance.iamInstanceProfile?.arn,
    "iam-instance-profile.id": (instance) => instance.iamInstanceProfile?.id,
    "image-id": (instance) => instance.imageId,
    "instance-id": (instance) => instance.id,
    "instance-state-code": (instance) => stateOf(instance.state).Code,
    "instance-state-name": (instance) => instance.state,
    "instance-type": (instance) => instance.instanceType,
    "instance.group-id": groups,
    "instance.group-name": groupNames,
    "ip-address": publicIp,
    "key-name": (instance) => instance.keyName,
    "launch-index": (instance) => instance.launchIndex,
    "launch-time": (instance) => timestamp(instance.launchTime).toISOString(),
    "metadata-options.http-endpoint": (instance) => instance.metadataOptions.endpoint,
    "metadata-options.http-tokens": (instance) => instance.metadataOptions.tokens,
    "monitoring-state": (instance) => (instance.monitoring ? "enabled" : "disabled"),
    "network-interface.addresses.association.public-ip": (instance) =>
      interfacesOf(db, instance.id).flatMap((each) => each.privateIpAddresses.map((address) => addressOn(db, each.id, address)?.publicIp)),
    "network-interface.addresses.private-ip-address": privateIps,
    "network-interface.group-id": groups,
    "network-interface.network-interface-id": (instance) => interfacesOf(db, instance.id).map((each) => each.id),
    "network-interface.subnet-id": (instance) => interfacesOf(db, instance.id).map((each) => each.subnetId),
    "network-interface.vpc-id": (instance) => interfacesOf(db, instance.id).map((each) => each.vpcId),
    "owner-id": () => scope.account,
    "private-dns-name": (instance) => privateIps(instance).slice(0, 1).map((address) => privateDnsName(address, scope.region)),
    "private-ip-address": (instance) => first(instance)?.privateIpAddresses[0],
    "requester-id": (instance) => instance.requesterId,
    "reservation-id": (instance) => instance.reservationId,
    "root-device-name": (instance) => instance.rootDeviceName,
    "root-device-type": () => "ebs",
    "source-dest-check": (instance) => first(instance)?.sourceDestCheck,
    "state-reason-code": (instance) => instance.stateReason?.code,
    "subnet-id": (instance) => (instance.state === "terminated" ? undefined : instance.subnetId),
    tenancy: (instance) => instance.tenancy,
    "virtualization-type": () => "hvm",
    "vpc-id": (instance) => (instance.state === "terminated" ? undefined : instance.vpcId),
  };
}
