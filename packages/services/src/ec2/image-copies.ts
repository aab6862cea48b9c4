/** Copying images within and between regions: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/CopyingAMIs.html */
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { AwsError } from "@hakoniwa/kernel";
import { operations, type Context } from "../define.js";
import { checkId, invalidValue, notFound, refuse } from "./errors.js";
import { once } from "./idempotency.js";
import { publicImage } from "./image-catalogue.js";
import { checkImageName, newImage } from "./image-lookup.js";
import { copySnapshot, sourceSnapshot } from "./snapshots.js";
import { images, type Image, type ImageDevice } from "./state-compute.js";
import type { Snapshot } from "./state-disks.js";
import { checkTagSpecifications, putTags } from "./tags.js";
import { encryptionOf } from "./volumes.js";
import { REGIONS } from "./zones.js";

type Source = Pick<Image, "id" | "description" | "rootDeviceName" | "imdsSupport" | "enaSupport" | "bootMode"> & {
  readonly devices: readonly (ImageDevice & { readonly content: Snapshot["copyOf"] })[];
};

export const imageCopyOperations = operations(Ec2, {
  CopyImage: {
    authorize: (input, asked) => ({ action: "ec2:CopyImage", resources: [`arn:aws:ec2:${asked.region}::image/*`, `arn:aws:ec2:${input.SourceRegion}::image/${input.SourceImageId}`] }),
    handle(ctx, input) {
      // Tags are each region's own, and a call here reads only records of its region.
      refuse("CopyImage", input, ["DestinationOutpostArn", "CopyImageTags", "SnapshotCopyCompletionDurationMinutes", "DestinationAvailabilityZone", "DestinationAvailabilityZoneId"]);
      checkTagSpecifications(input.TagSpecifications, ["image", "snapshot"]);
      const [id = ""] = once(ctx, "CopyImage", input, () => [copy(ctx, input).id]);
      return { ImageId: id };
    },
  },
});

function copy(ctx: Context, input: Ec2Types.CopyImageRequest): Image {
  checkImageName(ctx, input.Name);
  const source = sourceImage(ctx, input.SourceRegion, input.SourceImageId);
  const imageId = ctx.ids.aws("ami");
  const devices = source.devices.map(({ content, ...device }): ImageDevice => {
    const encryption = encryptionOf(ctx.db, "CopyImage", input, device);
    if (!content) return { ...device, encrypted: encryption.encrypted };
    const description = `Copied for DestinationAmi ${imageId} from SourceAmi ${source.id} for SourceSnapshot ${device.snapshotId}.`;
    const snapshot = copySnapshot(ctx, { content, volumeSize: device.volumeSize }, { ...encryption, description });
    putTags(ctx, "snapshot", snapshot.id, input.TagSpecifications);
    return { ...device, snapshotId: snapshot.id, encrypted: encryption.encrypted };
  });
  const made = newImage(ctx, {
    id: imageId,
    name: input.Name,
    description: input.Description ?? `[Copied ${source.id} from ${input.SourceRegion}] ${source.description ?? ""}`.trim(),
    rootDeviceName: source.rootDeviceName,
    devices,
    imdsSupport: source.imdsSupport,
    enaSupport: source.enaSupport,
    bootMode: source.bootMode,
    sourceImageId: source.id,
    sourceImageRegion: input.SourceRegion,
  });
  putTags(ctx, "image", made.id, input.TagSpecifications);
  return made;
}

/** An image of any region: ids are unique in the whole cloud. */
function sourceImage(ctx: Context, region: string, id: string): Source {
  if (!REGIONS.includes(region)) throw invalidValue(`Value (${region}) for parameter sourceRegion is invalid. There is no such region.`);
  checkId("image", id);
  const amazons = publicImage(region, id);
  if (amazons) {
    const { description, rootDeviceName, imdsSupport, enaSupport, snapshotId, volumeSize, volumeType } = amazons;
    const root = { deviceName: rootDeviceName, snapshotId, volumeSize, volumeType, deleteOnTermination: true, encrypted: false, iops: undefined, throughput: undefined };
    return { id, description, rootDeviceName, imdsSupport, enaSupport, bootMode: "uefi-preferred", devices: [{ ...root, content: { kind: "image", name: amazons.content } }] };
  }
  const found = ctx.find(images, id);
  if (!found || found.scope.region !== region || found.scope.account !== ctx.account) throw notFound("image", id);
  const { record } = found;
  if (record.state !== "available") throw new AwsError("InvalidAMIID.Unavailable", `The image ID '${id}' is currently ${record.state} and may not be copied`);
  const devices = record.devices.map((device) => {
    if (device.snapshotId === undefined) return { ...device, content: undefined };
    return { ...device, content: { kind: "snapshot", id: sourceSnapshot(ctx, region, device.snapshotId).id } as const };
  });
  return { ...record, devices };
}
