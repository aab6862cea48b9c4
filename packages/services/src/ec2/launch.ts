/** RunInstances, recorded: instances with their interfaces, root volumes and tags. Reconcilers boot them. */
import { createHash } from "node:crypto";
import { AwsError, principalOf } from "@hakoniwa/kernel";
import type { Ec2Types } from "@hakoniwa/wire";
import type { Context } from "../define.js";
import { idempotentMismatch } from "./errors.js";
import { ordered } from "./idempotency.js";
import type { LaunchInterface } from "./launch-interfaces.js";
import { launchRequest, type LaunchRequest } from "./launch-request.js";
import type { LaunchVolume } from "./launch-volumes.js";
import { attachInterface, createInterface } from "./network-interfaces.js";
import { autoAssignPublicAddress } from "./public-addresses.js";
import { clientTokens, images, instances, type Instance } from "./state-compute.js";
import { volumes } from "./state-disks.js";
import { putTags } from "./tags.js";

/** Launches, or finds what the same client token launched before. */
export function launch(ctx: Context, input: Ec2Types.RunInstancesRequest): readonly Instance[] {
  const token = input.ClientToken;
  const digest = createHash("sha256").update(ordered(input)).digest("hex");
  const earlier = token ? ctx.db(clientTokens).get(token) : undefined;
  if (earlier) {
    if (earlier.request !== digest) throw idempotentMismatch();
    const found = earlier.instanceIds.flatMap((id) => ctx.db(instances).get(id) ?? []);
    if (found.length > 0) return found;
    throw new AwsError("IdempotentInstanceTerminated", "The request uses the same client token as an earlier one, whose instances are terminated.");
  }
  const request = launchRequest(ctx, input);
  const reservationId = ctx.ids.aws("r");
  const launched = Array.from({ length: request.count }, (_, index) => launchOne(ctx, request, reservationId, index));
  const image = ctx.db(images).get(request.image.id);
  if (image) ctx.db(images).put({ ...image, lastLaunched: ctx.now });
  if (token) ctx.db(clientTokens).put({ token, request: digest, reservationId, instanceIds: launched.map((instance) => instance.id) });
  return launched;
}

function launchOne(ctx: Context, request: LaunchRequest, reservationId: string, launchIndex: number): Instance {
  const { image, subnet, type, settings, tagSpecifications } = request;
  const id = ctx.ids.aws("i");
  const { via } = ctx.caller;
  const instance = ctx.db(instances).put({
    ...settings,
    id,
    reservationId,
    requesterId: via.kind === "serviceRole" ? principalOf(via.service) : undefined,
    launchIndex,
    state: "pending",
    stateReason: undefined,
    stateTransitionReason: "",
    boot: 1,
    failedStart: undefined,
    status: "initializing",
    impairedSince: undefined,
    pausedFor: undefined,
    imageId: image.id,
    instanceType: type.name,
    vpcId: subnet.vpcId,
    subnetId: subnet.id,
    availabilityZone: subnet.availabilityZone,
    rootDeviceName: image.rootDeviceName,
    launchTime: ctx.now,
    created: ctx.now,
    iamInstanceProfile: settings.iamInstanceProfile && { ...settings.iamInstanceProfile, associationId: ctx.ids.aws("iip-assoc") },
    terminatedAt: undefined,
  });
  for (const wanted of request.interfaces) plugIn(ctx, request, instance, wanted);
  for (const wanted of request.volumes) makeVolume(ctx, request, instance, wanted);
  putTags(ctx, "instance", id, tagSpecifications);
  return instance;
}

function plugIn(ctx: Context, request: LaunchRequest, instance: Instance, wanted: LaunchInterface): void {
  const attach = { instanceId: instance.id, deviceIndex: wanted.deviceIndex, deleteOnTermination: wanted.deleteOnTermination };
  if (wanted.existing !== undefined) {
    attachInterface(ctx, wanted.existing, attach);
    return;
  }
  const made = createInterface(ctx, {
    subnetId: wanted.subnetId,
    description: wanted.description,
    privateIpAddress: wanted.privateIpAddress,
    secondaryAddresses: wanted.secondaryAddresses,
    secondaryCount: wanted.secondaryCount,
    securityGroups: wanted.groups,
    attach,
  });
  if (wanted.publicAddress) autoAssignPublicAddress(ctx, made.id);
  putTags(ctx, "network-interface", made.id, request.tagSpecifications);
}

function makeVolume(ctx: Context, request: LaunchRequest, instance: Instance, wanted: LaunchVolume): void {
  const { deviceName, deleteOnTermination, ...volume } = wanted;
  const id = ctx.ids.aws("vol");
  ctx.db(volumes).put({
    ...volume,
    id,
    autoEnableIo: false,
    availabilityZone: instance.availabilityZone,
    created: ctx.now,
    state: "creating",
    attachment: { instanceId: instance.id, device: deviceName, attached: ctx.now, status: "attaching", deleteOnTermination },
  });
  putTags(ctx, "volume", id, request.tagSpecifications);
}
