/** Amazon Machine Images, the public ones and the user's own: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/AMIs.html */
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { AwsError } from "@hakoniwa/kernel";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { checkId, incorrectInstanceState, notFound, operationNotPermitted, refuse, unsupported } from "./errors.js";
import { paginateBy, select } from "./filters.js";
import { publicImages } from "./image-catalogue.js";
import { blockDevice, capturedDevices, registeredDevices } from "./image-devices.js";
import { forgetToken } from "./idempotency.js";
import { checkImageName, newImage, ownImage } from "./image-lookup.js";
import { describeOwnImage, describePublicImage, IMAGE_FILTERS } from "./image-view.js";
import { needInstance } from "./instance-lookup.js";
import { deleteSnapshot } from "./snapshots.js";
import { images, instances } from "./state-compute.js";
import { snapshots } from "./state-disks.js";
import { computeArn } from "./taggable.js";
import { checkTagSpecifications, dropTags, putTags } from "./tags.js";

const ALIASES = ["self", "amazon", "aws-marketplace", "aws-backup-vault"];

export const imageOperations = operations(Ec2, {
  DescribeImages: {
    authorize: onEverything("ec2:DescribeImages"),
    handle(ctx, input) {
      const wrong = input.Owners?.find((owner) => !ALIASES.includes(owner) && !/^\d{12}$/.test(owner));
      if (wrong !== undefined) throw new AwsError("InvalidUserID.Malformed", `Invalid user id: "${wrong}"`);
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
        .filter((image) => !input.ExecutableUsers?.length || input.ExecutableUsers.some((user) => mayLaunch(ctx, image, user)))
        .filter((image) => image.State !== "disabled" || input.IncludeDisabled === true);
      const page = paginateBy(select(ctx.db, asked, input.Filters, IMAGE_FILTERS, imageId), input, imageId, 1);
      return { Images: page.items, NextToken: page.nextToken };
    },
  },

  CreateImage: {
    authorize: (input, asked) => ({
      action: "ec2:CreateImage",
      resources: [computeArn(asked, "instance", input.InstanceId), `arn:aws:ec2:${asked.region}::image/*`, `arn:aws:ec2:${asked.region}::snapshot/*`],
    }),
    handle(ctx, input) {
      refuse("CreateImage", input, ["SnapshotLocation", "BootModeOverride"]);
      checkTagSpecifications(input.TagSpecifications, ["image", "snapshot"]);
      const instance = needInstance(ctx.db, input.InstanceId);
      if (instance.state !== "running" && instance.state !== "stopped") {
        throw incorrectInstanceState(`Instance is not in the state 'running' or 'stopped': '${instance.id}' is ${instance.state}.`);
      }
      if (instance.pausedFor !== undefined) throw incorrectInstanceState(`The instance '${instance.id}' is just being made into an image.`);
      checkImageName(ctx, input.Name);
      // "No reboot" leaves it running; else it is down while its disks are copied, and boots again.
      const reboots = instance.state === "running" && input.NoReboot !== true;
      const imageId = ctx.ids.aws("ami");
      const devices = capturedDevices(ctx, instance, input.BlockDeviceMappings ?? [], {
        imageId,
        ...(reboots ? { afterHaltOf: instance.id } : {}),
        taken: (id) => putTags(ctx, "snapshot", id, input.TagSpecifications),
      });
      const root = devices.find((device) => device.deviceName === instance.rootDeviceName);
      if (!root) throw incorrectInstanceState(`The instance '${instance.id}' has no root volume.`);
      if (reboots) ctx.db(instances).put({ ...instance, pausedFor: root.snapshotId, status: "initializing" });
      const source = ctx.db(images).get(instance.imageId);
      newImage(ctx, {
        id: imageId,
        name: input.Name,
        description: input.Description,
        rootDeviceName: instance.rootDeviceName,
        devices,
        sourceInstanceId: instance.id,
        sourceImageId: instance.imageId,
        sourceImageRegion: ctx.region,
        imdsSupport: instance.metadataOptions.tokens === "required" ? "v2.0" : undefined,
        bootMode: source?.bootMode ?? "uefi-preferred",
      });
      putTags(ctx, "image", imageId, input.TagSpecifications);
      return { ImageId: imageId };
    },
  },

  RegisterImage: {
    authorize: (_input, asked) => ({ action: "ec2:RegisterImage", resources: [`arn:aws:ec2:${asked.region}::image/*`, `arn:aws:ec2:${asked.region}::snapshot/*`] }),
    handle(ctx, input) {
      refuse("RegisterImage", input, ["ImageLocation", "BillingProducts", "TpmSupport", "UefiData", "KernelId", "RamdiskId"]);
      checkTagSpecifications(input.TagSpecifications, ["image"]);
      if (input.VirtualizationType !== "hvm") throw unsupported("RegisterImage", `VirtualizationType=${input.VirtualizationType ?? "paravirtual"} (AWS's default is paravirtual; only hvm)`);
      if (input.Architecture !== undefined && input.Architecture !== "x86_64") throw unsupported("RegisterImage", `Architecture=${input.Architecture} (only x86_64)`);
      checkImageName(ctx, input.Name ?? "");
      const rootDeviceName = input.RootDeviceName ?? "/dev/sda1";
      const devices = registeredDevices(ctx.db, input.BlockDeviceMappings ?? []);
      if (devices.find((device) => device.deviceName === rootDeviceName)?.snapshotId === undefined) {
        throw blockDevice(`The root device ${rootDeviceName} must be mapped to an EBS snapshot.`);
      }
      const { id } = newImage(ctx, {
        name: input.Name ?? "",
        description: input.Description,
        rootDeviceName,
        devices,
        state: "available",
        imdsSupport: input.ImdsSupport,
        enaSupport: input.EnaSupport ?? false,
        bootMode: input.BootMode ?? "legacy-bios",
      });
      putTags(ctx, "image", id, input.TagSpecifications);
      return { ImageId: id };
    },
  },

  DeregisterImage: {
    authorize: (input, asked) => ({ action: "ec2:DeregisterImage", resources: [`arn:aws:ec2:${asked.region}::image/${input.ImageId}`] }),
    handle(ctx, input) {
      const image = ownImage(ctx, input.ImageId);
      if (image.deregistrationProtection !== "disabled") {
        throw operationNotPermitted(`The AMI '${image.id}' can't be deregistered because deregistration protection is enabled.`);
      }
      ctx.db(images).delete(image.id);
      dropTags(ctx.db, image.id);
      forgetToken(ctx.db, image.id);
      if (input.DeleteAssociatedSnapshots !== true) return { Return: true };
      const kept = image.devices.flatMap((device) => (device.snapshotId === undefined ? [] : (ctx.db(snapshots).get(device.snapshotId) ?? [])));
      return {
        Return: true,
        DeleteSnapshotResults: kept.map((snapshot) => {
          // Another image may hold the same snapshot: that one stays.
          if (ctx.db(images).where("snapshot", snapshot.id).length > 0) return { SnapshotId: snapshot.id, ReturnCode: "skipped" as const };
          deleteSnapshot(ctx.db, snapshot);
          return { SnapshotId: snapshot.id, ReturnCode: "success" as const };
        }),
      };
    },
  },
});

const imageId = (image: Ec2Types.Image): string => image.ImageId ?? "";

function isOwner(ctx: Context, image: Ec2Types.Image, owner: string): boolean {
  if (owner === "self") return image.OwnerId === ctx.account;
  return image.OwnerId === owner || image.ImageOwnerAlias === owner;
}

/** Explicit launch permissions only: `all` means the public ones, an account those that are shared with it. */
function mayLaunch(ctx: Context, image: Ec2Types.Image, user: string): boolean {
  if (user === "all") return image.Public === true;
  const account = user === "self" ? ctx.account : user;
  return ctx.db(images).get(image.ImageId ?? "")?.launchPermissions.includes(account) ?? false;
}
