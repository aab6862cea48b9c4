/** The user's own images as requests name them. */
import { AwsError } from "@hakoniwa/kernel";
import type { Context } from "../define.js";
import { checkId, imageNameInUse, notFound } from "./errors.js";
import { publicImage } from "./image-catalogue.js";
import { images, type Image } from "./state-compute.js";

/** @throws AwsError when there is no such image, or it is not the user's to change */
export function ownImage(ctx: Context, id: string): Image {
  checkId("image", id);
  const image = ctx.db(images).get(id);
  if (image) return image;
  // Amazon's own are there, but not the user's to change.
  throw publicImage(ctx.region, id) ? new AwsError("AuthFailure", `Not authorized for image:${id}`) : notFound("image", id);
}

/** @throws AwsError for a name that AWS does not take, or that another image of the user's has */
export function checkImageName(ctx: Context, name: string): void {
  if (!/^[a-zA-Z0-9()[\] ./\-'@_]{3,128}$/.test(name)) {
    throw new AwsError(
      "InvalidAMIName.Malformed",
      `Invalid AMI name '${name}'. AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '.', '-', '/' and '_'`,
    );
  }
  const other = ctx.db(images).where("name", name)[0];
  if (other) throw imageNameInUse(name, other.id);
}

/** What every new image of the user's begins with. */
export function newImage(ctx: Context, given: Pick<Image, "name" | "description" | "rootDeviceName" | "devices"> & Partial<Image>): Image {
  return ctx.db(images).put({
    id: ctx.ids.aws("ami"),
    ownerId: ctx.account,
    created: ctx.now,
    state: "pending",
    sourceInstanceId: undefined,
    sourceImageId: undefined,
    sourceImageRegion: undefined,
    imdsSupport: undefined,
    enaSupport: true,
    bootMode: "uefi-preferred",
    launchPermissions: [],
    deprecated: undefined,
    deregistrationProtection: "disabled",
    lastLaunched: undefined,
    ...given,
  });
}
