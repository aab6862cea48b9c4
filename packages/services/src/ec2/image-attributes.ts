/** What can be changed of an image: who may launch it, until when it is offered, and whether it can be taken away. */
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import type { Access } from "@hakoniwa/kernel";
import { AwsError } from "@hakoniwa/kernel";
import { operations, type Asked, type Context } from "../define.js";
import { invalidValue, missingParameter, operationNotPermitted, refuse } from "./errors.js";
import { ownImage } from "./image-lookup.js";
import { describeDevices } from "./image-view.js";
import { changedPermissions, grantsOf } from "./permissions-of-accounts.js";
import { settingsOf } from "./settings.js";
import { images, type Image } from "./state-compute.js";
import { isoTime } from "./times.js";

/** An image can't be announced to be deprecated later than this, in milliseconds. */
const LATEST_DEPRECATION = 10 * 365.25 * 24 * 3_600_000;

export const imageAttributeOperations = operations(Ec2, {
  DescribeImageAttribute: {
    authorize: access("DescribeImageAttribute"),
    handle(ctx, input) {
      const image = ownImage(ctx, input.ImageId);
      return { ImageId: image.id, ...attribute(image, input.Attribute) };
    },
  },

  ModifyImageAttribute: {
    authorize: access("ModifyImageAttribute"),
    handle(ctx, input) {
      refuse("ModifyImageAttribute", input, ["ProductCodes", "OrganizationArns", "OrganizationalUnitArns"]);
      const image = ownImage(ctx, input.ImageId);
      ctx.db(images).put({ ...image, ...changed(ctx, image, input) });
      return {};
    },
  },

  ResetImageAttribute: {
    authorize: access("ResetImageAttribute"),
    handle(ctx, input) {
      if (input.Attribute !== "launchPermission") throw unknownAttribute(input.Attribute);
      put(ctx, ownImage(ctx, input.ImageId), { launchPermissions: [] });
      return {};
    },
  },

  EnableImageDeprecation: {
    authorize: access("EnableImageDeprecation"),
    handle(ctx, input) {
      const image = ownImage(ctx, input.ImageId);
      const at = input.DeprecateAt.getTime();
      if (Number.isNaN(at) || at <= ctx.now) throw invalidValue(`Value (${Number.isNaN(at) ? "no date" : isoTime(at)}) for parameter DeprecateAt is invalid. It must be in the future.`);
      if (at > ctx.now + LATEST_DEPRECATION) throw invalidValue(`Value (${isoTime(at)}) for parameter DeprecateAt is invalid. It must be within 10 years.`);
      // Seconds are rounded to the nearest minute.
      return put(ctx, image, { deprecated: Math.round(at / 60_000) * 60_000 });
    },
  },

  DisableImageDeprecation: {
    authorize: access("DisableImageDeprecation"),
    handle: (ctx, input) => put(ctx, ownImage(ctx, input.ImageId), { deprecated: undefined }),
  },

  EnableImageDeregistrationProtection: {
    authorize: access("EnableImageDeregistrationProtection"),
    handle(ctx, input) {
      refuse("EnableImageDeregistrationProtection", input, ["WithCooldown"]);
      put(ctx, ownImage(ctx, input.ImageId), { deregistrationProtection: "enabled" });
      return { Return: "enabled" };
    },
  },

  DisableImageDeregistrationProtection: {
    authorize: access("DisableImageDeregistrationProtection"),
    handle(ctx, input) {
      put(ctx, ownImage(ctx, input.ImageId), { deregistrationProtection: "disabled" });
      return { Return: "disabled" };
    },
  },

  DisableImage: {
    authorize: access("DisableImage"),
    handle(ctx, input) {
      const image = ownImage(ctx, input.ImageId);
      if (image.state !== "available" && image.state !== "disabled") throw unavailable(image);
      // Who it was shared with loses it, also after it is enabled again.
      return put(ctx, image, { state: "disabled", launchPermissions: [] });
    },
  },

  EnableImage: {
    authorize: access("EnableImage"),
    handle(ctx, input) {
      const image = ownImage(ctx, input.ImageId);
      if (image.state !== "available" && image.state !== "disabled") throw unavailable(image);
      return put(ctx, image, { state: "available" });
    },
  },
});

function access(operation: string): (input: { readonly ImageId: string }, asked: Asked) => Access {
  return (input, asked) => ({ action: `ec2:${operation}`, resources: [`arn:aws:ec2:${asked.region}::image/${input.ImageId}`] });
}

function put(ctx: Context, image: Image, change: Partial<Image>): { readonly Return: true } {
  ctx.db(images).put({ ...image, ...change });
  return { Return: true };
}

function changed(ctx: Context, image: Image, input: Ec2Types.ModifyImageAttributeRequest): Partial<Image> {
  const description = input.Description?.Value ?? (input.Attribute === "description" ? input.Value : undefined);
  if (description !== undefined) return { description };
  if (input.ImdsSupport !== undefined || input.Attribute === "imdsSupport") {
    const value = input.ImdsSupport?.Value ?? input.Value;
    if (value !== "v2.0") throw invalidValue(`Value (${value}) for parameter imdsSupport is invalid. It can only be set to v2.0.`);
    return { imdsSupport: "v2.0" };
  }
  if (input.Attribute !== undefined && input.Attribute !== "launchPermission") throw unknownAttribute(input.Attribute);
  if (!input.Attribute && !input.LaunchPermission) throw missingParameter("Attribute");
  const { Add, Remove } = input.LaunchPermission ?? {};
  refuse("ModifyImageAttribute", Object.assign({}, ...(Add ?? []), ...(Remove ?? [])) as object, ["OrganizationArn", "OrganizationalUnitArn"]);
  const launchPermissions = changedPermissions(image.launchPermissions, { OperationType: input.OperationType, UserIds: input.UserIds, Groups: input.UserGroups, Add, Remove });
  const published = launchPermissions.includes("all") && !image.launchPermissions.includes("all");
  if (published && settingsOf(ctx.db).imageBlockPublicAccess === "block-new-sharing") {
    throw operationNotPermitted("You can't publicly share this image because block public access for AMIs is enabled for this account.");
  }
  if (published && image.devices.some((device) => device.encrypted)) throw operationNotPermitted("You can't publicly share an image with encrypted snapshots.");
  return { launchPermissions };
}

function attribute(image: Image, name: string): Partial<Ec2Types.ImageAttribute> {
  switch (name) {
    case "blockDeviceMapping":
      return { BlockDeviceMappings: describeDevices(image) };
    case "bootMode":
      return { BootMode: { Value: image.bootMode } };
    case "deregistrationProtection":
      return { DeregistrationProtection: { Value: image.deregistrationProtection } };
    case "description":
      return { Description: { Value: image.description ?? "" } };
    case "imdsSupport":
      return { ImdsSupport: image.imdsSupport === undefined ? {} : { Value: image.imdsSupport } };
    case "lastLaunchedTime":
      return { LastLaunchedTime: image.lastLaunched === undefined ? {} : { Value: isoTime(image.lastLaunched) } };
    case "launchPermission":
      return { LaunchPermissions: grantsOf(image.launchPermissions) };
    case "productCodes":
      return { ProductCodes: [] };
    case "sriovNetSupport":
      return { SriovNetSupport: { Value: "simple" } };
    default:
      throw unknownAttribute(name);
  }
}

function unavailable(image: Image): AwsError {
  return new AwsError("InvalidAMIID.Unavailable", `The image ID '${image.id}' is currently ${image.state}.`);
}

function unknownAttribute(name: string): AwsError {
  return invalidValue(`Value (${name}) for parameter attribute is invalid. Unknown attribute.`);
}
