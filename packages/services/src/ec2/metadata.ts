/**
 * The metadata tree of an instance, by path below `/latest/`. Pure.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html
 */
import { credentialEntries, type RoleCredentials } from "./role-credentials.js";
import type { Tag } from "./state-compute.js";

export interface MetadataView {
  readonly account: string;
  readonly region: string;
  readonly instanceId: string;
  readonly imageId: string;
  readonly instanceType: string;
  readonly launchIndex: number;
  readonly launchTime: string;
  readonly reservationId: string;
  readonly availabilityZone: string;
  readonly availabilityZoneId: string;
  readonly rootDeviceName: string;
  readonly dataDevices: readonly string[];
  readonly placementGroup: string | undefined;
  readonly detailedMonitoring: boolean;
  readonly instanceProfile: { readonly arn: string; readonly id: string } | undefined;
  /** Undefined until EC2 tried to get them. */
  readonly credentials: RoleCredentials | undefined;
  /** Its name, and the public key as OpenSSH writes it. */
  readonly key: { readonly name: string; readonly publicKey: string } | undefined;
  readonly userData: string | undefined;
  /** Shown only when the metadata options allow it. */
  readonly tags: readonly Tag[] | undefined;
  /** By device index. */
  readonly interfaces: readonly InterfaceView[];
  /** The identity document's signature, in base64. */
  sign(document: string): string | undefined;
}

export interface InterfaceView {
  readonly id: string;
  readonly deviceIndex: number;
  readonly macAddress: string;
  readonly addresses: readonly { readonly private: string; readonly public: string | undefined }[];
  readonly localHostname: string;
  readonly publicHostname: string | undefined;
  readonly groups: readonly { readonly id: string; readonly name: string }[];
  readonly subnetId: string;
  readonly subnetCidr: string;
  readonly vpcId: string;
  readonly vpcCidrs: readonly string[];
}

export function metadataTree(view: MetadataView): Readonly<Record<string, string>> {
  const first = view.interfaces[0];
  const identity = identityDocument(view);
  const entries: readonly (readonly [path: string, value: string | undefined])[] = [
    ["meta-data/ami-id", view.imageId],
    ["meta-data/ami-launch-index", String(view.launchIndex)],
    ["meta-data/ami-manifest-path", "(unknown)"],
    ["meta-data/block-device-mapping/ami", view.rootDeviceName.replace("/dev/", "")],
    ["meta-data/block-device-mapping/root", view.rootDeviceName],
    ...view.dataDevices.map((device, index) => [`meta-data/block-device-mapping/ebs${index + 1}`, device.replace("/dev/", "")] as const),
    ["meta-data/events/maintenance/history", "[]"],
    ["meta-data/events/maintenance/scheduled", "[]"],
    ["meta-data/hostname", first?.localHostname],
    ["meta-data/instance-action", "none"],
    ["meta-data/instance-id", view.instanceId],
    ["meta-data/instance-life-cycle", "on-demand"],
    ["meta-data/instance-type", view.instanceType],
    ["meta-data/local-hostname", first?.localHostname],
    ["meta-data/local-ipv4", first?.addresses[0]?.private],
    ["meta-data/mac", first?.macAddress],
    ["meta-data/placement/availability-zone", view.availabilityZone],
    ["meta-data/placement/availability-zone-id", view.availabilityZoneId],
    ["meta-data/placement/group-name", view.placementGroup],
    ["meta-data/placement/region", view.region],
    ["meta-data/profile", "default-hvm"],
    ["meta-data/public-hostname", first?.publicHostname],
    ["meta-data/public-ipv4", first?.addresses[0]?.public],
    ["meta-data/reservation-id", view.reservationId],
    ["meta-data/security-groups", first?.groups.map((group) => group.name).join("\n")],
    ["meta-data/services/domain", "amazonaws.com"],
    ["meta-data/services/partition", "aws"],
    ...(view.instanceProfile ? credentialEntries(view.credentials, view.instanceProfile) : []),
    // Its listing tells the names of the keys: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/describe-keys.html
    ["meta-data/public-keys/", view.key && `0=${view.key.name}`],
    ["meta-data/public-keys/0/openssh-key", view.key?.publicKey],
    ...view.interfaces.flatMap((each) => interfaceEntries(view, each)),
    ...(view.tags ?? []).map((tag) => [`meta-data/tags/instance/${tag.Key}`, tag.Value] as const),
    ["dynamic/fws/instance-monitoring", view.detailedMonitoring ? "enabled" : "disabled"],
    ["dynamic/instance-identity/document", identity],
    ["dynamic/instance-identity/signature", view.sign(identity)],
    ["user-data", view.userData],
  ];
  return Object.fromEntries(entries.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
}

function interfaceEntries(view: MetadataView, found: InterfaceView): readonly (readonly [string, string | undefined])[] {
  const base = `meta-data/network/interfaces/macs/${found.macAddress}`;
  const publics = found.addresses.flatMap((address) => address.public ?? []);
  const lines = (values: readonly string[]): string | undefined => (values.length === 0 ? undefined : values.join("\n"));
  return [
    [`${base}/device-number`, String(found.deviceIndex)],
    [`${base}/interface-id`, found.id],
    [`${base}/network-card`, "0"],
    [`${base}/local-hostname`, found.localHostname],
    [`${base}/local-ipv4s`, lines(found.addresses.map((address) => address.private))],
    [`${base}/mac`, found.macAddress],
    [`${base}/owner-id`, view.account],
    [`${base}/public-hostname`, found.publicHostname],
    [`${base}/public-ipv4s`, lines(publics)],
    ...found.addresses.flatMap((address) => (address.public === undefined ? [] : [[`${base}/ipv4-associations/${address.public}`, address.private] as const])),
    [`${base}/security-group-ids`, lines(found.groups.map((group) => group.id))],
    [`${base}/security-groups`, lines(found.groups.map((group) => group.name))],
    [`${base}/subnet-id`, found.subnetId],
    [`${base}/subnet-ipv4-cidr-block`, found.subnetCidr],
    [`${base}/vpc-id`, found.vpcId],
    [`${base}/vpc-ipv4-cidr-block`, found.vpcCidrs[0]],
    [`${base}/vpc-ipv4-cidr-blocks`, lines(found.vpcCidrs)],
  ];
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-identity-documents.html */
function identityDocument(view: MetadataView): string {
  const document = {
    accountId: view.account,
    architecture: "x86_64",
    availabilityZone: view.availabilityZone,
    billingProducts: null,
    devpayProductCodes: null,
    marketplaceProductCodes: null,
    imageId: view.imageId,
    instanceId: view.instanceId,
    instanceType: view.instanceType,
    kernelId: null,
    pendingTime: view.launchTime,
    privateIp: view.interfaces[0]?.addresses[0]?.private ?? null,
    ramdiskId: null,
    region: view.region,
    version: "2017-09-30",
  };
  return JSON.stringify(document, undefined, 2);
}
