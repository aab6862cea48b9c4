/** The filters of DescribeInstances: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html */
import type { Reader, Scope } from "@hakoniwa/kernel";
import type { FilterTable } from "./filters.js";
import { interfaceFilters } from "./instance-interface-filters.js";
import { stateOf } from "./instance-lookup.js";
import { bootModeOf } from "./instance-view.js";
import { instanceType } from "./instance-types.js";
import { interfacesOf } from "./network-interfaces.js";
import { publicAddressOf } from "./public-addresses.js";
import type { Instance } from "./state-compute.js";
import { volumes } from "./state-disks.js";
import { securityGroups } from "./state.js";
import { timestamp } from "./times.js";
import { privateDnsName, publicDnsName, zonesOf } from "./zones.js";

/** What no instance here ever has: the filter is known, and matches nothing. */
const NOTHING = [
  "affinity",
  "capacity-reservation-id",
  "capacity-reservation-specification.capacity-reservation-target.capacity-reservation-id",
  "capacity-reservation-specification.capacity-reservation-target.capacity-reservation-resource-group-arn",
  "host-id",
  "instance-lifecycle",
  "ipv6-address",
  "kernel-id",
  "operator.principal",
  "outpost-arn",
  "placement-partition-number",
  "platform",
  "product-code",
  "product-code.type",
  "ramdisk-id",
  "spot-instance-request-id",
  "tpm-support",
] as const;

export function instanceFilters(db: Reader, scope: Scope): FilterTable<Instance> {
  const first = (instance: Instance) => interfacesOf(db, instance.id)[0];
  const publicIp = (instance: Instance) => {
    const primary = first(instance);
    return primary && publicAddressOf(db, primary.id);
  };
  const attachments = (instance: Instance) => db(volumes).where("instance", instance.id).flatMap((volume) => volume.attachment ?? []);
  const groups = (instance: Instance) => interfacesOf(db, instance.id).flatMap((each) => each.securityGroups);
  const there = <T>(value: (instance: Instance) => T) => (instance: Instance): T | undefined => (instance.state === "terminated" ? undefined : value(instance));
  return {
    ...Object.fromEntries(NOTHING.map((name) => [name, () => []])),
    ...interfaceFilters(db, scope),
    architecture: () => "x86_64",
    "availability-zone": (instance) => instance.availabilityZone,
    "availability-zone-id": (instance) => zonesOf(scope.region).find((zone) => zone.name === instance.availabilityZone)?.id,
    "block-device-mapping.attach-time": (instance) => attachments(instance).map((each) => timestamp(each.attached).toISOString()),
    "block-device-mapping.delete-on-termination": (instance) => attachments(instance).map((each) => each.deleteOnTermination),
    "block-device-mapping.device-name": (instance) => attachments(instance).map((each) => each.device),
    "block-device-mapping.status": (instance) => attachments(instance).map((each) => each.status),
    "block-device-mapping.volume-id": (instance) => db(volumes).where("instance", instance.id).map((volume) => volume.id),
    "boot-mode": (instance) => bootModeOf(db, scope, instance),
    "capacity-reservation-specification.capacity-reservation-preference": () => "open",
    "client-token": (instance) => instance.clientToken,
    "current-instance-boot-mode": (instance) => (instanceType(instance.instanceType)?.nitro ? "uefi" : "legacy-bios"),
    "dns-name": (instance) => {
      const address = publicIp(instance);
      return address && publicDnsName(address, scope.region);
    },
    "ebs-optimized": (instance) => instance.ebsOptimized,
    "ena-support": () => true,
    "enclave-options.enabled": () => false,
    "hibernation-options.configured": () => false,
    hypervisor: () => "xen",
    "iam-instance-profile.arn": (instance) => instance.iamInstanceProfile?.arn,
    "iam-instance-profile.id": (instance) => instance.iamInstanceProfile?.id,
    "iam-instance-profile.name": (instance) => instance.iamInstanceProfile?.arn.split("/").at(-1),
    "image-id": (instance) => instance.imageId,
    "instance-id": (instance) => instance.id,
    "instance-state-code": (instance) => stateOf(instance.state).Code,
    "instance-state-name": (instance) => instance.state,
    "instance-type": (instance) => instance.instanceType,
    "instance.group-id": groups,
    "instance.group-name": (instance) => groups(instance).map((id) => db(securityGroups).get(id)?.name),
    "ip-address": publicIp,
    "key-name": (instance) => instance.keyName,
    "launch-index": (instance) => instance.launchIndex,
    "launch-time": (instance) => timestamp(instance.launchTime).toISOString(),
    "maintenance-options.auto-recovery": (instance) => instance.autoRecovery,
    "metadata-options.http-endpoint": (instance) => instance.metadataOptions.endpoint,
    "metadata-options.http-protocol-ipv4": (instance) => instance.metadataOptions.endpoint,
    "metadata-options.http-protocol-ipv6": () => "disabled",
    "metadata-options.http-put-response-hop-limit": (instance) => instance.metadataOptions.hopLimit,
    "metadata-options.http-tokens": (instance) => instance.metadataOptions.tokens,
    "metadata-options.instance-metadata-tags": (instance) => instance.metadataOptions.tags,
    "metadata-options.state": () => "applied",
    "monitoring-state": (instance) => (instance.monitoring ? "enabled" : "disabled"),
    "network-performance-options.bandwidth-weighting": () => "default",
    "operator.managed": () => false,
    "owner-id": () => scope.account,
    "placement-group-name": (instance) => instance.placementGroup,
    "platform-details": () => "Linux/UNIX",
    "private-dns-name": (instance) => first(instance)?.privateIpAddresses.slice(0, 1).map((address) => privateDnsName(address, scope.region)),
    "private-dns-name-options.enable-resource-name-dns-a-record": () => false,
    "private-dns-name-options.enable-resource-name-dns-aaaa-record": () => false,
    "private-dns-name-options.hostname-type": () => "ip-name",
    "private-ip-address": (instance) => first(instance)?.privateIpAddresses[0],
    reason: (instance) => instance.stateTransitionReason,
    "requester-id": (instance) => instance.requesterId,
    "reservation-id": (instance) => instance.reservationId,
    "root-device-name": (instance) => instance.rootDeviceName,
    "root-device-type": () => "ebs",
    "source-dest-check": (instance) => first(instance)?.sourceDestCheck,
    "state-reason-code": (instance) => instance.stateReason?.code,
    "state-reason-message": (instance) => instance.stateReason?.message,
    "subnet-id": there((instance) => instance.subnetId),
    tenancy: (instance) => instance.tenancy,
    "usage-operation": () => "RunInstances",
    "usage-operation-update-time": (instance) => timestamp(instance.created).toISOString(),
    "virtualization-type": () => "hvm",
    "vpc-id": there((instance) => instance.vpcId),
  };
}
