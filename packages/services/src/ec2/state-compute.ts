/** EC2's records and tables of instances and of what they are made from. */
import { table } from "@hakoniwa/kernel";
import type { Disk } from "@hakoniwa/network";
import type { Ec2Types } from "@hakoniwa/wire";

export type InstanceState = "pending" | "running" | "shutting-down" | "terminated" | "stopping" | "stopped";

export interface Instance {
  readonly id: string;
  readonly reservationId: string;
  /** Set when another service launched it (Auto Scaling). */
  readonly requesterId: string | undefined;
  readonly launchIndex: number;
  readonly state: InstanceState;
  /** Why it is in this state, where the user did not ask for it or asked through the API. */
  readonly stateReason: StateReason | undefined;
  /** e.g. `User initiated (2026-01-01 00:00:00 GMT)`; empty while it runs. */
  readonly stateTransitionReason: string;
  /** Grows by one for every boot that is wanted; the data plane tells which one runs. */
  readonly boot: number;
  /** The data plane could not start this boot: how often, when last, and why. */
  readonly failedStart: { readonly count: number; readonly at: number; readonly reason: string } | undefined;
  /** EC2's own status checks. */
  readonly status: "initializing" | "ok" | "impaired" | "not-applicable";
  readonly impairedSince: number | undefined;
  /** A snapshot that is taken while the instance is down for it (CreateImage without NoReboot). It boots again afterwards. */
  readonly pausedFor: string | undefined;
  readonly imageId: string;
  readonly instanceType: string;
  readonly keyName: string | undefined;
  /** The public key as it was at launch: deleting the key pair changes no instance. */
  readonly authorizedKeys: readonly string[];
  readonly vpcId: string;
  readonly subnetId: string;
  readonly availabilityZone: string;
  readonly tenancy: "default" | "dedicated";
  readonly rootDeviceName: string;
  readonly launchTime: number;
  readonly clientToken: string | undefined;
  /** Base64, as it was given. */
  readonly userData: string | undefined;
  readonly iamInstanceProfile: { readonly arn: string; readonly id: string; readonly role: string | undefined } | undefined;
  readonly metadataOptions: InstanceMetadataOptions;
  readonly disableApiTermination: boolean;
  readonly disableApiStop: boolean;
  readonly shutdownBehavior: "stop" | "terminate";
  readonly monitoring: boolean;
  readonly ebsOptimized: boolean;
  /** It stays describable for an hour from here. */
  readonly terminatedAt: number | undefined;
}

export interface StateReason {
  readonly code: string;
  readonly message: string;
}

export interface InstanceMetadataOptions {
  readonly endpoint: "enabled" | "disabled";
  readonly tokens: "optional" | "required";
  readonly hopLimit: number;
  readonly tags: "enabled" | "disabled";
}

export const instances = table<Instance>()({
  name: "ec2.instances",
  key: (i) => i.id,
  indexes: { subnet: (i) => i.subnetId, vpc: (i) => i.vpcId, pausedFor: (i) => i.pausedFor, image: (i) => i.imageId },
});

/** What a client token launched, and by which parameters: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html */
export interface ClientToken {
  readonly token: string;
  /** A digest of the request. */
  readonly request: string;
  readonly reservationId: string;
  readonly instanceIds: readonly string[];
}

export const clientTokens = table<ClientToken>()({ name: "ec2.client-tokens", key: (t) => t.token });

/** One of the user's own images; Amazon's are in `image-catalogue.ts`. */
export interface Image {
  readonly id: string;
  readonly name: string;
  readonly description: string | undefined;
  readonly ownerId: string;
  readonly created: number;
  readonly state: "pending" | "available" | "failed";
  readonly rootDeviceName: string;
  readonly devices: readonly ImageDevice[];
  readonly sourceInstanceId: string | undefined;
  readonly sourceImageId: string | undefined;
  /** `required` makes instances start with IMDSv2 only. */
  readonly imdsSupport: "v2.0" | undefined;
  readonly enaSupport: boolean;
}

export interface ImageDevice {
  readonly deviceName: string;
  readonly snapshotId: string;
  readonly volumeSize: number;
  readonly volumeType: VolumeType;
  readonly deleteOnTermination: boolean;
}

export const images = table<Image>()({
  name: "ec2.images",
  key: (i) => i.id,
  indexes: { name: (i) => i.name, snapshot: (i) => i.devices.map((d) => d.snapshotId) },
});

export type VolumeType = "standard" | "io1" | "io2" | "gp2" | "gp3" | "sc1" | "st1";

export interface Volume {
  readonly id: string;
  /** What its first content is. */
  readonly source: Disk["source"];
  /** The snapshot that the API shows as its source; a public image's has no record of ours. */
  readonly snapshotId: string | undefined;
  /** GiB. */
  readonly size: number;
  readonly type: VolumeType;
  readonly iops: number | undefined;
  /** MiB/s, gp3 only. */
  readonly throughput: number | undefined;
  readonly encrypted: boolean;
  readonly availabilityZone: string;
  readonly created: number;
  readonly state: "creating" | "available" | "in-use" | "deleting";
  readonly attachment: VolumeAttachment | undefined;
}

export interface VolumeAttachment {
  readonly instanceId: string;
  readonly device: string;
  readonly attached: number;
  readonly deleteOnTermination: boolean;
}

export const volumes = table<Volume>()({
  name: "ec2.volumes",
  key: (v) => v.id,
  indexes: { instance: (v) => v.attachment?.instanceId },
});

export interface Snapshot {
  readonly id: string;
  readonly volumeId: string;
  /** GiB, of the volume. */
  readonly volumeSize: number;
  readonly description: string;
  readonly started: number;
  readonly completed: number | undefined;
  /** `deleting` is ours: users no longer see it. */
  readonly state: "pending" | "completed" | "deleting";
  /** It is taken only once this instance no longer runs. */
  readonly afterHaltOf: string | undefined;
}

export const snapshots = table<Snapshot>()({
  name: "ec2.snapshots",
  key: (s) => s.id,
  indexes: { volume: (s) => s.volumeId },
});

export interface KeyPair {
  readonly id: string;
  readonly name: string;
  readonly type: "rsa" | "ed25519";
  readonly fingerprint: string;
  /** OpenSSH's one line, its comment being the key's name. */
  readonly publicKey: string;
  readonly created: number;
}

export const keyPairs = table<KeyPair>()({ name: "ec2.key-pairs", key: (k) => k.name, indexes: { id: (k) => k.id } });

export interface LaunchTemplate {
  readonly id: string;
  readonly name: string;
  readonly created: number;
  readonly createdBy: string;
  readonly defaultVersion: number;
  /** Also counts versions that were deleted since. */
  readonly latestVersion: number;
  readonly clientToken: string | undefined;
}

export const launchTemplates = table<LaunchTemplate>()({
  name: "ec2.launch-templates",
  key: (t) => t.id,
  indexes: { name: (t) => t.name, clientToken: (t) => t.clientToken },
});

export interface LaunchTemplateVersion {
  readonly templateId: string;
  readonly version: number;
  readonly description: string | undefined;
  readonly created: number;
  readonly createdBy: string;
  readonly data: Ec2Types.RequestLaunchTemplateData;
}

export const launchTemplateVersions = table<LaunchTemplateVersion>()({
  name: "ec2.launch-template-versions",
  key: (v) => `${v.templateId}/${v.version}`,
  indexes: { template: (v) => v.templateId },
});

export interface TagSet {
  readonly resourceId: string;
  readonly resourceType: Ec2Types.ResourceType;
  readonly tags: readonly Tag[];
}

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

/** The tags of every kind of EC2 resource, by its id. */
export const tags = table<TagSet>()({ name: "ec2.tags", key: (t) => t.resourceId });

export const computeTables = [instances, clientTokens, images, volumes, snapshots, keyPairs, launchTemplates, launchTemplateVersions, tags] as const;
