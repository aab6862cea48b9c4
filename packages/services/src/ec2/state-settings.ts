/** EC2's records of what is set for a whole region, and of placement groups. */
import { table } from "@hakoniwa/kernel";

/** One record a region; without one, AWS's defaults hold. */
export interface Settings {
  readonly id: "settings";
  readonly ebsEncryption: boolean;
  /** `alias/aws/ebs` unless another was set. */
  readonly ebsKmsKeyId: string | undefined;
  readonly imageBlockPublicAccess: "block-new-sharing" | "unblocked";
  readonly snapshotBlockPublicAccess: "block-all-sharing" | "block-new-sharing" | "unblocked";
  /** What launches take that say nothing of it; `undefined` has no preference. */
  readonly metadata: {
    readonly endpoint: "enabled" | "disabled" | undefined;
    readonly tokens: "optional" | "required" | undefined;
    readonly hopLimit: number | undefined;
    readonly tags: "enabled" | "disabled" | undefined;
  };
}

export const settings = table<Settings>()({ name: "ec2.settings", key: (s) => s.id });

export interface PlacementGroup {
  readonly id: string;
  readonly name: string;
  readonly strategy: "cluster" | "spread" | "partition";
  readonly partitionCount: number | undefined;
  readonly spreadLevel: "rack" | undefined;
}

export const placementGroups = table<PlacementGroup>()({ name: "ec2.placement-groups", key: (g) => g.name, indexes: { id: (g) => g.id } });
