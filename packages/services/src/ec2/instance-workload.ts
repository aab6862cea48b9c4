/** An instance's records as the workload that the data plane shall run. */
import type { Reader, Scope } from "@hakoniwa/kernel";
import type { AttachedDisk, InstanceWorkload } from "@hakoniwa/network";
import { signIdentity } from "./identity.js";
import { instanceType } from "./instance-types.js";
import { publicDnsOf } from "./instance-view.js";
import { metadataTree, type InterfaceView } from "./metadata.js";
import { interfacesOf } from "./network-interfaces.js";
import { addressOn } from "./public-addresses.js";
import { roleCredentials } from "./role-credentials.js";
import type { Instance } from "./state-compute.js";
import { volumes, type Volume } from "./state-disks.js";
import { securityGroups, subnets, vpcs, type NetworkInterface } from "./state.js";
import { tagsOf } from "./tags.js";
import { isoTime } from "./times.js";
import { decodeUserData } from "./user-data.js";
import { privateDnsName, zonesOf } from "./zones.js";

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** The volume that an instance boots from. */
export function rootVolumeOf(db: Reader, instance: Instance): Volume | undefined {
  return db(volumes).where("instance", instance.id).find((volume) => volume.attachment?.device === instance.rootDeviceName);
}

/** Undefined while something that it needs is not there: its root volume or its interface. */
export function workloadOf(db: Reader, scope: Scope, instance: Instance): InstanceWorkload | undefined {
  const root = rootVolumeOf(db, instance);
  const interfaces = interfacesOf(db, instance.id);
  const first = interfaces[0];
  const type = instanceType(instance.instanceType);
  if (!root || !first || !type) return undefined;
  const userData = instance.userData === undefined ? undefined : decodeUserData(instance.userData);
  const { endpoint, tokens, hopLimit } = instance.metadataOptions;
  return {
    kind: "instance",
    vpc: instance.vpcId,
    interfaces: interfaces.map((each) => each.id),
    boot: instance.boot,
    rootDisk: root.id,
    volumes: dataVolumes(db, instance, root),
    released: released(db, instance),
    hostname: privateDnsName(first.privateIpAddresses[0]!, scope.region),
    memory: type.memoryMiB * MIB,
    userData,
    authorizedKeys: instance.authorizedKeys,
    metadata: metadata(db, scope, instance, interfaces, userData),
    metadataOptions: { enabled: endpoint === "enabled", tokens, hopLimit },
  };
}

/** Without what is being taken off, and what has no disk yet. */
function dataVolumes(db: Reader, instance: Instance, root: Volume): readonly AttachedDisk[] {
  const wanted = db(volumes).where("instance", instance.id).filter((volume) => volume !== root && volume.state === "in-use" && volume.attachment?.status !== "detaching");
  return wanted.map((volume) => ({ disk: volume.id, device: volume.attachment?.device ?? "", size: volume.size * GIB }));
}

/** What DetachVolume takes away by force. */
function released(db: Reader, instance: Instance): readonly string[] {
  return db(volumes).where("instance", instance.id).filter(({ attachment }) => attachment?.status === "detaching" && attachment.forced === true).map((volume) => volume.id);
}

function metadata(db: Reader, scope: Scope, instance: Instance, interfaces: readonly NetworkInterface[], userData: Uint8Array | undefined): Readonly<Record<string, string>> {
  const publicKey = instance.authorizedKeys[0];
  return metadataTree({
    account: scope.account,
    region: scope.region,
    instanceId: instance.id,
    imageId: instance.imageId,
    instanceType: instance.instanceType,
    launchIndex: instance.launchIndex,
    launchTime: `${isoTime(instance.launchTime).slice(0, 19)}Z`,
    reservationId: instance.reservationId,
    availabilityZone: instance.availabilityZone,
    availabilityZoneId: zonesOf(scope.region).find((zone) => zone.name === instance.availabilityZone)?.id ?? "",
    rootDeviceName: instance.rootDeviceName,
    dataDevices: db(volumes).where("instance", instance.id).flatMap((volume) => (volume.attachment && volume.attachment.device !== instance.rootDeviceName ? [volume.attachment.device] : [])),
    placementGroup: instance.placementGroup,
    detailedMonitoring: instance.monitoring,
    instanceProfile: instance.iamInstanceProfile,
    credentials: db(roleCredentials).get(instance.id),
    key: instance.keyName !== undefined && publicKey !== undefined ? { name: instance.keyName, publicKey } : undefined,
    userData: userData && Buffer.from(userData).toString("utf8"),
    tags: instance.metadataOptions.tags === "enabled" ? tagsOf(db, instance.id) : undefined,
    interfaces: interfaces.map((each) => interfaceView(db, scope, instance, each)),
    sign: (document) => signIdentity(db, document),
  });
}

function interfaceView(db: Reader, scope: Scope, instance: Instance, found: NetworkInterface): InterfaceView {
  const addresses = found.privateIpAddresses.map((address) => ({ private: address, public: addressOn(db, found.id, address)?.publicIp }));
  return {
    id: found.id,
    deviceIndex: found.attachment?.deviceIndex ?? 0,
    macAddress: found.macAddress,
    addresses,
    localHostname: privateDnsName(found.privateIpAddresses[0]!, scope.region),
    publicHostname: publicDnsOf(db, scope, instance, addresses[0]?.public),
    groups: found.securityGroups.map((id) => ({ id, name: db(securityGroups).get(id)?.name ?? id })),
    subnetId: found.subnetId,
    subnetCidr: db(subnets).get(found.subnetId)?.cidr ?? "",
    vpcId: found.vpcId,
    vpcCidrs: db(vpcs).get(found.vpcId)?.cidrs.map((range) => range.cidr) ?? [],
  };
}
