/** Amazon Machine Images, the public ones and the user's own: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/AMIs.html */
import { AwsError } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { checkId, imageNameInUse, incorrectInstanceState, notFound, refuse } from "./errors.js";
import { paginate, select, type FilterTable } from "./filters.js";
import { describeOwnImage, describePublicImage } from "./image-view.js";
import { publicImage, publicImages } from "./image-catalogue.js";
import { needInstance } from "./instance-lookup.js";
import { deleteSnapshot, takeSnapshot } from "./snapshots.js";
import { images, instances, snapshots, volumes, type ImageDevice } from "./state-compute.js";
import { computeArn } from "./taggable.js";
import { checkTagSpecifications, dropTags, putTags } from "./tags.js";

const FILTERS: FilterTable<Ec2Types.Image> = {
  architecture: (image) => image.Architecture,
  "block-device-mapping.device-name": (image) => image.BlockDeviceMappings?.map((device) => device.DeviceName),
  "block-device-mapping.snapshot-id": (image) => image.BlockDeviceMappings?.map((device) => device.Ebs?.SnapshotId),
  "block-device-mapping.volume-size": (image) => image.BlockDeviceMappings?.map((device) => device.Ebs?.VolumeSize),
  "block-device-mapping.volume-type": (image) => image.BlockDeviceMappings?.map((device) => device.Ebs?.VolumeType),
  "creation-date": (image) => image.CreationDate,
  description: (image) => image.Description,
  "ena-support": (image) => image.EnaSupport,
  hypervisor: (image) => image.Hypervisor,
  "image-id": (image) => image.ImageId,
  "image-type": (image) => image.ImageType,
  "is-public": (image) => image.Public,
  name: (image) => image.Name,
  "owner-alias": (image) => image.ImageOwnerAlias,
  "owner-id": (image) => image.OwnerId,
  platform: (image) => image.Platform,
  "root-device-name": (image) => image.RootDeviceName,
  "root-device-type": (image) => image.RootDeviceType,
  "source-instance-id": (image) => image.SourceInstanceId,
  state: (image) => image.State,
  "virtualization-type": (image) => image.VirtualizationType,
};

export const imageOperations = operations(Ec2, {
  DescribeImages: {
    authorize: onEverything("ec2:DescribeImages"),
    handle(ctx, input) {
      const all = [
        ...publicImages(ctx.region).map((image) => describePublicImage(image)),
        ...ctx.db(images).list().map((image) => describeOwnImage(ctx.db, image)),
      ];
      const missing = (input.ImageIds ?? []).filter((id) => !all.some((image) => image.ImageId === id));
      for (const id of missing) checkId("image", id);
      if (missing.length > 0) throw notFound("image", ...missing);
      const asked = all
        .filter((image) => !input.ImageIds?.length || input.ImageIds.includes(image.ImageId ?? ""))
        .filter((image) => !input.Owners?.length || input.Owners.some((owner) => isOwner(ctx, image, owner)))
        .filter((image) => !input.ExecutableUsers?.length || input.ExecutableUsers.some((user) => (user === "all" ? image.Public : !image.Public)));
      const page = paginate(select(ctx.db, asked, input.Filters, FILTERS, (image) => image.ImageId ?? ""), input, 1);
      return { Images: page.items, NextToken: page.nextToken };
    },
  },

  CreateImage: {
    authorize: (input, asked) => ({ action: "ec2:CreateImage", resources: [computeArn(asked, "instance", input.InstanceId), computeArn(asked, "image", "*")] }),
    handle(ctx, input) {
      refuse("CreateImage", input, ["BlockDeviceMappings", "SnapshotLocation", "BootModeOverride"]);
      checkTagSpecifications(input.TagSpecifications, ["image", "snapshot"]);
      const instance = needInstance(ctx.db, input.InstanceId);
      if (instance.state !== "running" && instance.state !== "stopped") {
        throw incorrectInstanceState(`Instance is not in the state 'running' or 'stopped': '${instance.id}' is ${instance.state}.`);
      }
      if (instance.pausedFor !== undefined) throw incorrectInstanceState(`The instance '${instance.id}' is just being made into an image.`);
      checkName(ctx, input.Name);
      // "No reboot" leaves it running; else it is down while its disk is copied, and boots again.
      const reboots = instance.state === "running" && input.NoReboot !== true;
      const id = ctx.ids.aws("ami");
      const devices = ctx.db(volumes).where("instance", instance.id).map((volume): ImageDevice => {
        const description = `Created by CreateImage(${instance.id}) for ${id}`;
        const snapshot = takeSnapshot(ctx, volume, { description, ...(reboots ? { afterHaltOf: instance.id } : {}) });
        putTags(ctx, "snapshot", snapshot.id, input.TagSpecifications);
        return {
          deviceName: volume.attachment?.device ?? instance.rootDeviceName,
          snapshotId: snapshot.id,
          volumeSize: volume.size,
          volumeType: volume.type,
          deleteOnTermination: volume.attachment?.deleteOnTermination ?? true,
        };
      });
      const root = devices.find((device) => device.deviceName === instance.rootDeviceName);
      if (!root) throw incorrectInstanceState(`The instance '${instance.id}' has no root volume.`);
      if (reboots) ctx.db(instances).put({ ...instance, pausedFor: root.snapshotId, status: "initializing" });
      ctx.db(images).put({
        id,
        name: input.Name,
        description: input.Description,
        ownerId: ctx.account,
        created: ctx.now,
        state: "pending",
        rootDeviceName: instance.rootDeviceName,
        devices,
        sourceInstanceId: instance.id,
        sourceImageId: instance.imageId,
        imdsSupport: instance.metadataOptions.tokens === "required" ? "v2.0" : undefined,
        enaSupport: true,
      });
      putTags(ctx, "image", id, input.TagSpecifications);
      return { ImageId: id };
    },
  },

  DeregisterImage: {
    authorize: (input, asked) => ({ action: "ec2:DeregisterImage", resources: [computeArn(asked, "image", input.ImageId)] }),
    handle(ctx, input) {
      checkId("image", input.ImageId);
      const image = ctx.db(images).get(input.ImageId);
      if (!image) {
        // Amazon's own are there, but not the user's to take away.
        const amazons = publicImage(ctx.region, input.ImageId) !== undefined;
        throw amazons ? new AwsError("AuthFailure", `Not authorized for image:${input.ImageId}`) : notFound("image", input.ImageId);
      }
      ctx.db(images).delete(image.id);
      dropTags(ctx.db, image.id);
      if (input.DeleteAssociatedSnapshots !== true) return { Return: true };
      const kept = image.devices.flatMap((device) => ctx.db(snapshots).get(device.snapshotId) ?? []);
      for (const snapshot of kept) deleteSnapshot(ctx.db, snapshot);
      return { Return: true, DeleteSnapshotResults: kept.map((snapshot) => ({ SnapshotId: snapshot.id, ReturnCode: "success" as const })) };
    },
  },
});

function isOwner(ctx: Context, image: Ec2Types.Image, owner: string): boolean {
  if (owner === "self") return image.OwnerId === ctx.account;
  return image.OwnerId === owner || image.ImageOwnerAlias === owner;
}

function checkName(ctx: Context, name: string): void {
  if (!/^[a-zA-Z0-9()[\] ./\-'@_]{3,128}$/.test(name)) {
    throw new AwsError(
      "InvalidAMIName.Malformed",
      `Invalid AMI name '${name}'. AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '.', '-', '/' and '_'`,
    );
  }
  const other = ctx.db(images).where("name", name)[0];
  if (other) throw imageNameInUse(name, other.id);
}
