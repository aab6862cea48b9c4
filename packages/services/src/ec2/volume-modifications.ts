/** Changing volumes in use: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modify-volume.html */
import { AwsError } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { invalidValue, refuse } from "./errors.js";
import { paginateBy, select, type FilterTable } from "./filters.js";
import { volumeModifications, type Volume, type VolumeModification, type VolumeShape } from "./state-disks.js";
import { computeArn } from "./taggable.js";
import { timestamp } from "./times.js";
import { volumeOptions } from "./volume-options.js";
import { needVolume, needVolumes } from "./volumes.js";

const DAY = 24 * 3_600_000;
const MOST_A_DAY = 4;
/** How long a modification is seen `modifying`, and then `optimizing`, in milliseconds. AWS's take from seconds to hours. */
export const MODIFYING = 10_000;
export const OPTIMIZING = 120_000;

const FILTERS: FilterTable<VolumeModification> = {
  "modification-state": (found) => found.state,
  "original-iops": (found) => found.original.iops,
  "original-size": (found) => found.original.size,
  "original-volume-type": (found) => found.original.type,
  originalMultiAttachEnabled: () => false,
  "start-time": (found) => timestamp(found.started).toISOString(),
  "target-iops": (found) => found.target.iops,
  "target-size": (found) => found.target.size,
  "target-volume-type": (found) => found.target.type,
  targetMultiAttachEnabled: () => false,
  "volume-id": (found) => found.volumeId,
};

export const volumeModificationOperations = operations(Ec2, {
  ModifyVolume: {
    authorize: (input, asked) => ({ action: "ec2:ModifyVolume", resources: [computeArn(asked, "volume", input.VolumeId)] }),
    handle(ctx, input) {
      refuse("ModifyVolume", input, ["MultiAttachEnabled"]);
      const volume = needVolume(ctx.db, input.VolumeId);
      if (volume.state !== "available" && volume.state !== "in-use") throw new AwsError("IncorrectState", `The volume '${volume.id}' is in the state '${volume.state}'.`);
      const before = ctx.db(volumeModifications).get(volume.id);
      if (before && before.state !== "completed") {
        throw new AwsError("IncorrectModificationState", `Volume ${volume.id} cannot be modified in modification state ${before.state.toUpperCase()}`);
      }
      const recent = (before?.recent ?? []).filter((at) => at > ctx.now - DAY);
      if (recent.length >= MOST_A_DAY) throw tooMany(recent[0]! + DAY);
      const target = targetOf(volume, input);
      const modification = ctx.db(volumeModifications).put({
        volumeId: volume.id,
        state: "modifying",
        original: shapeOf(volume),
        target,
        started: ctx.now,
        ended: undefined,
        recent: [...recent, ctx.now],
      });
      return { VolumeModification: described(ctx, modification) };
    },
  },

  DescribeVolumesModifications: {
    authorize: onEverything("ec2:DescribeVolumesModifications"),
    handle(ctx, input) {
      const named = input.VolumeIds?.length ? needVolumes(ctx.db, input.VolumeIds).map((volume) => modificationOf(ctx, volume.id)) : undefined;
      const page = paginateBy(select(ctx.db, named ?? ctx.db(volumeModifications).list(), input.Filters, FILTERS, (found) => found.volumeId), input, (found) => found.volumeId, 1);
      return { VolumesModifications: page.items.map((found) => described(ctx, found)), NextToken: page.nextToken };
    },
  },
});

export function shapeOf({ size, type, iops, throughput }: Volume): VolumeShape {
  return { size, type, iops, throughput };
}

/** What stays unsaid stays as it is, as far as the new type has it. */
function targetOf(volume: Volume, input: Ec2Types.ModifyVolumeRequest): VolumeShape {
  const type = input.VolumeType ?? volume.type;
  const size = input.Size ?? volume.size;
  if (size < volume.size) throw invalidValue("New size cannot be smaller than existing size");
  const same = type === volume.type;
  const iops = input.Iops ?? (same && type !== "gp2" ? volume.iops : undefined);
  return volumeOptions({ size, type, iops, throughput: input.Throughput ?? (same ? volume.throughput : undefined) });
}

function tooMany(next: number): AwsError {
  return new AwsError(
    "VolumeModificationRateExceeded",
    `You've reached the maximum modification rate per volume limit of ${MOST_A_DAY} in 24 hours. Wait until ${timestamp(next).toISOString()} before the next modification.`,
  );
}

function modificationOf(ctx: Context, volumeId: string): VolumeModification {
  const found = ctx.db(volumeModifications).get(volumeId);
  if (!found) throw new AwsError("InvalidVolumeModification.NotFound", `Modification for volume '${volumeId}' does not exist.`);
  return found;
}

function described(ctx: Context, found: VolumeModification): Ec2Types.VolumeModification {
  const part = (ctx.now - found.started - MODIFYING) / OPTIMIZING;
  return {
    VolumeId: found.volumeId,
    ModificationState: found.state,
    OriginalSize: found.original.size,
    OriginalVolumeType: found.original.type,
    OriginalIops: found.original.iops,
    OriginalThroughput: found.original.throughput,
    OriginalMultiAttachEnabled: false,
    TargetSize: found.target.size,
    TargetVolumeType: found.target.type,
    TargetIops: found.target.iops,
    TargetThroughput: found.target.throughput,
    TargetMultiAttachEnabled: false,
    Progress: found.state === "completed" ? 100 : found.state === "modifying" ? 0 : Math.max(0, Math.min(99, Math.floor(part * 100))),
    StartTime: timestamp(found.started),
    EndTime: found.ended === undefined ? undefined : timestamp(found.ended),
  };
}

