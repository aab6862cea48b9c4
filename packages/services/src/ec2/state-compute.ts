/** EC2's records and tables of instances and of what they are made from. */
import { table } from "@hakoniwa/kernel";
import type { Ec2Types } from "@hakoniwa/wire";
import { snapshots, volumeModifications, volumes, type VolumeType } from "./state-disks.js";
import { roleCredentials } from "./role-credentials.js";
import { placementGroups, settings } from "./state-settings.js";

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
  /** The name of a placement group. */
  readonly placementGroup: string | undefined;
  readonly rootDeviceName: string;
  /** Of its last start. */
  readonly launchTime: number;
  /** When it was launched first. */
  readonly created: number;
  readonly clientToken: string | undefined;
  /** Base64, as it was given. */
  readonly userData: string | undefined;
  readonly iamInstanceProfile: InstanceProfile | undefined;
  readonly metadataOptions: InstanceMetadataOptions;
  readonly disableApiTermination: boolean;
  readonly disableApiStop: boolean;
  readonly shutdownBehavior: "stop" | "terminate";
  readonly monitoring: boolean;
  readonly ebsOptimized: boolean;
  /** Of burstable types only. */
  readonly cpuCredits: "standard" | "unlimited" | undefined;
  readonly cpuOptions: { readonly coreCount: number; readonly threadsPerCore: number } | undefined;
  readonly autoRecovery: "default" | "disabled";
  /** It stays describable for an hour from here. */
  readonly terminatedAt: number | undefined;
}

export interface InstanceProfile {
  readonly arn: string;
  readonly id: string;
  readonly role: string | undefined;
  /** `iip-assoc-…`, and when it was made. */
  readonly associationId: string;
  readonly associated: number;
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
  version: 2,
  upgrades: {
    1: (old: Instance) => ({
      ...old,
      placementGroup: undefined,
      created: old.launchTime,
      iamInstanceProfile: old.iamInstanceProfile && { ...old.iamInstanceProfile, associationId: old.id.replace(/^i-/, "iip-assoc-"), associated: old.launchTime },
      cpuCredits: undefined,
      cpuOptions: undefined,
      autoRecovery: "default",
    }),
  },
  key: (i) => i.id,
  indexes: { subnet: (i) => i.subnetId, vpc: (i) => i.vpcId, pausedFor: (i) => i.pausedFor, image: (i) => i.imageId, placementGroup: (i) => i.placementGroup, profileAssociation: (i) => i.iamInstanceProfile?.associationId },
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
  readonly state: "pending" | "available" | "failed" | "disabled";
  readonly rootDeviceName: string;
  readonly devices: readonly ImageDevice[];
  readonly sourceInstanceId: string | undefined;
  readonly sourceImageId: string | undefined;
  readonly sourceImageRegion: string | undefined;
  /** `required` makes instances start with IMDSv2 only. */
  readonly imdsSupport: "v2.0" | undefined;
  readonly enaSupport: boolean;
  readonly bootMode: "legacy-bios" | "uefi" | "uefi-preferred";
  /** Accounts that may launch it; `all` makes it public. */
  readonly launchPermissions: readonly string[];
  readonly deprecated: number | undefined;
  readonly deregistrationProtection: "disabled" | "enabled";
  readonly lastLaunched: number | undefined;
}

export interface ImageDevice {
  readonly deviceName: string;
  /** Undefined for a volume that starts empty. */
  readonly snapshotId: string | undefined;
  readonly encrypted: boolean;
  readonly iops: number | undefined;
  readonly throughput: number | undefined;
  readonly volumeSize: number;
  readonly volumeType: VolumeType;
  readonly deleteOnTermination: boolean;
}

export const images = table<Image>()({
  name: "ec2.images",
  version: 2,
  upgrades: {
    1: (old: Image) => ({
      ...old,
      devices: old.devices.map((device) => ({ ...device, encrypted: false, iops: undefined, throughput: undefined })),
      sourceImageRegion: undefined,
      bootMode: "uefi-preferred",
      launchPermissions: [],
      deprecated: undefined,
      deregistrationProtection: "disabled",
      lastLaunched: undefined,
    }),
  },
  key: (i) => i.id,
  indexes: { name: (i) => i.name, snapshot: (i) => i.devices.flatMap((d) => d.snapshotId ?? []) },
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

export const computeTables = [
  instances,
  roleCredentials,
  clientTokens,
  images,
  volumes,
  volumeModifications,
  snapshots,
  keyPairs,
  launchTemplates,
  launchTemplateVersions,
  tags,
  placementGroups,
  settings,
] as const;
