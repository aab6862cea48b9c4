/** Volume status checks and attributes: https://docs.aws.amazon.com/ebs/latest/userguide/monitoring-volume-status.html */
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations } from "../define.js";
import { invalidCombination, invalidValue, missingParameter } from "./errors.js";
import { paginate, select, type FilterTable } from "./filters.js";
import { volumes, type Volume } from "./state-disks.js";
import { computeArn } from "./taggable.js";
import { needVolume, needVolumes } from "./volumes.js";

/** A volume is a folder: once it is there it is well, and nothing was ever scheduled for it. */
const FILTERS: FilterTable<Volume> = {
  "action.code": () => [],
  "action.description": () => [],
  "action.event-id": () => [],
  "availability-zone": (volume) => volume.availabilityZone,
  "event.description": () => [],
  "event.event-id": () => [],
  "event.event-type": () => [],
  "event.not-after": () => [],
  "event.not-before": () => [],
  "volume-status.details-name": () => ["io-enabled", "io-performance"],
  "volume-status.details-status": (volume) => detailsOf(volume).map((detail) => detail.Status),
  "volume-status.status": (volume) => statusOf(volume),
};

export const volumeAttributeOperations = operations(Ec2, {
  DescribeVolumeStatus: {
    authorize: onEverything("ec2:DescribeVolumeStatus"),
    handle(ctx, input) {
      if (input.VolumeIds?.length && input.MaxResults !== undefined) throw invalidCombination("The parameter volumesSet cannot be used with the parameter maxResults");
      const asked = input.VolumeIds?.length ? needVolumes(ctx.db, input.VolumeIds) : ctx.db(volumes).list();
      const page = paginate(select(ctx.db, asked, input.Filters, FILTERS, (volume) => volume.id), input);
      return { VolumeStatuses: page.items.map(describeStatus), NextToken: page.nextToken };
    },
  },

  DescribeVolumeAttribute: {
    authorize: (input, asked) => ({ action: "ec2:DescribeVolumeAttribute", resources: [computeArn(asked, "volume", input.VolumeId)] }),
    handle(ctx, input) {
      const volume = needVolume(ctx.db, input.VolumeId);
      if (input.Attribute === "autoEnableIO") return { VolumeId: volume.id, AutoEnableIO: { Value: volume.autoEnableIo } };
      if (input.Attribute === "productCodes") return { VolumeId: volume.id, ProductCodes: [] };
      throw invalidValue(`Value (${String(input.Attribute)}) for parameter attribute is invalid. Unknown attribute.`);
    },
  },

  ModifyVolumeAttribute: {
    authorize: (input, asked) => ({ action: "ec2:ModifyVolumeAttribute", resources: [computeArn(asked, "volume", input.VolumeId)] }),
    handle(ctx, input) {
      const volume = needVolume(ctx.db, input.VolumeId);
      if (input.AutoEnableIO?.Value === undefined) throw missingParameter("AutoEnableIO");
      ctx.db(volumes).put({ ...volume, autoEnableIo: input.AutoEnableIO.Value });
      return {};
    },
  },

  EnableVolumeIO: {
    authorize: (input, asked) => ({ action: "ec2:EnableVolumeIO", resources: [computeArn(asked, "volume", input.VolumeId)] }),
    handle(ctx, input) {
      needVolume(ctx.db, input.VolumeId);
      // No volume here ever has its I/O stopped, so there is none to enable again.
      return {};
    },
  },
});

function statusOf(volume: Volume): Ec2Types.VolumeStatusInfoStatus {
  return volume.state === "creating" ? "insufficient-data" : "ok";
}

function detailsOf(volume: Volume): readonly Ec2Types.VolumeStatusDetails[] {
  const provisioned = volume.type === "io1" || volume.type === "io2" || volume.type === "gp3";
  return [
    { Name: "io-enabled", Status: volume.state === "creating" ? "insufficient-data" : "passed" },
    { Name: "io-performance", Status: provisioned && volume.attachment ? "normal" : "not-applicable" },
  ];
}

function describeStatus(volume: Volume): Ec2Types.VolumeStatusItem {
  return {
    VolumeId: volume.id,
    AvailabilityZone: volume.availabilityZone,
    VolumeStatus: { Status: statusOf(volume), Details: detailsOf(volume) },
    Actions: [],
    Events: [],
    AttachmentStatuses: [],
  };
}
