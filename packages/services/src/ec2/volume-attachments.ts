/** Attaching volumes and taking them off again: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-attaching-volume.html. The data plane says when it is done. */
import { AwsError } from "@hakoniwa/kernel";
import { Ec2 } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { invalidValue, missingParameter, operationNotPermitted, refuse } from "./errors.js";
import { needInstance } from "./instance-lookup.js";
import { instanceType, type InstanceType } from "./instance-types.js";
import { interfacesOf } from "./network-interfaces.js";
import type { Instance } from "./state-compute.js";
import { volumes, type Volume } from "./state-disks.js";
import { computeArn } from "./taggable.js";
import { describeAttachment } from "./volume-view.js";
import { needVolume } from "./volumes.js";

/** https://docs.aws.amazon.com/ebs/latest/userguide/device_naming.html */
const DEVICE = /^(\/dev\/)?(sd[a-z]([1-9]|1[0-5])?|xvd[a-z]{1,2}([1-9]|1[0-5])?)$/;

export const volumeAttachmentOperations = operations(Ec2, {
  AttachVolume: {
    authorize: (input, asked) => ({ action: "ec2:AttachVolume", resources: [computeArn(asked, "volume", input.VolumeId), computeArn(asked, "instance", input.InstanceId)] }),
    handle(ctx, input) {
      refuse("AttachVolume", input, ["EbsCardIndex"]);
      const volume = needVolume(ctx.db, input.VolumeId);
      const instance = needInstance(ctx.db, input.InstanceId);
      if (!input.Device) throw missingParameter("device");
      checkDevice(input.Device);
      if (volume.attachment) throw new AwsError("VolumeInUse", `${volume.id} is already attached to an instance`);
      if (volume.state !== "available") throw new AwsError("IncorrectState", `${volume.id} is not 'available'.`);
      if (instance.state !== "running" && instance.state !== "stopped") throw new AwsError("IncorrectState", `Instance '${instance.id}' is not 'running'.`);
      if (volume.availabilityZone !== instance.availabilityZone) {
        throw new AwsError("InvalidVolume.ZoneMismatch", `The volume '${volume.id}' is not in the same availability zone as instance '${instance.id}'`);
      }
      const others = ctx.db(volumes).where("instance", instance.id);
      if (others.some((other) => sameDevice(other.attachment?.device ?? "", input.Device))) {
        throw invalidValue(`Invalid value '${input.Device}' for unixDevice. Attachment point ${input.Device} is already in use`);
      }
      checkRoom(ctx, instance, others.length + 1);
      const attachment = { instanceId: instance.id, device: input.Device, attached: ctx.now, status: "attaching" as const, deleteOnTermination: false };
      return describeAttachment(ctx.db(volumes).put({ ...volume, state: "in-use", attachment }));
    },
  },

  DetachVolume: {
    authorize: (input, asked) => ({
      action: "ec2:DetachVolume",
      resources: [computeArn(asked, "volume", input.VolumeId), ...(input.InstanceId === undefined ? [] : [computeArn(asked, "instance", input.InstanceId)])],
    }),
    handle(ctx, input) {
      const volume = needVolume(ctx.db, input.VolumeId);
      const { attachment } = volume;
      if (!attachment) throw new AwsError("IncorrectState", `Volume '${volume.id}' is in the '${volume.state}' state.`);
      const instance = needInstance(ctx.db, input.InstanceId ?? attachment.instanceId);
      const elsewhere = instance.id !== attachment.instanceId || (input.Device !== undefined && !sameDevice(input.Device, attachment.device));
      if (elsewhere) {
        const as = input.Device === undefined ? "" : ` as device '${input.Device}'`;
        throw new AwsError("InvalidAttachment.NotFound", `The volume '${volume.id}' is not attached to instance '${instance.id}'${as}.`);
      }
      if (attachment.status === "detaching" && input.Force !== true) throw new AwsError("IncorrectState", `Volume '${volume.id}' is in the 'detaching' state.`);
      if (isRoot(instance, volume) && instance.state !== "stopped") throw operationNotPermitted(`Unable to detach root volume '${volume.id}' from instance '${instance.id}'`);
      return describeAttachment(ctx.db(volumes).put({ ...volume, attachment: { ...attachment, status: "detaching", ...(input.Force === true ? { forced: true } : {}) } }));
    },
  },
});

/** Whether it is the one that the instance boots from. */
export function isRoot(instance: Instance, volume: Volume): boolean {
  return volume.attachment?.instanceId === instance.id && volume.attachment.device === instance.rootDeviceName;
}

/** @throws AwsError for what is no device's name */
export function checkDevice(device: string): void {
  if (!DEVICE.test(device)) throw invalidValue(`Value (${device}) for parameter device is invalid. ${device} is not a valid EBS device name.`);
}

/** `/dev/sdf`, `sdf` and `xvdf` are three names of one place. */
export function sameDevice(a: string, b: string): boolean {
  const place = (device: string): string => device.replace(/^\/dev\//, "").replace(/^xvd(?=[a-z](\d|$))/, "sd");
  return place(a) === place(b);
}

/**
 * Some types count their interfaces with their volumes: https://docs.aws.amazon.com/ebs/latest/userguide/volume_limits.html
 * @throws AwsError AttachmentLimitExceeded
 */
export function checkAttachments(type: InstanceType, wanted: number, interfaces: number): void {
  const most = type.attachments - (type.nitro && type.sharedAttachments ? interfaces : 0);
  if (wanted > most) throw new AwsError("AttachmentLimitExceeded", `Volume attachment limit exceeded: ${wanted} volumes, but the instance type ${type.name} takes ${most}.`);
}

function checkRoom(ctx: Context, instance: Instance, wanted: number): void {
  const type = instanceType(instance.instanceType);
  if (type) checkAttachments(type, wanted, interfacesOf(ctx.db, instance.id).length);
}
