/** EC2's instances and what they are made from: their operations, reconcilers and resources. */
import { imageOperations } from "./images.js";
import { instanceAttributeOperations } from "./instance-attributes.js";
import { instanceStatusOperations } from "./instance-status.js";
import { instanceOperations } from "./instances.js";
import { keyPairOperations } from "./key-pairs.js";
import { launchTemplateOperations } from "./launch-templates.js";
import { keepSnapshots, keepVolumes } from "./reconcile-disks.js";
import { keepInstances } from "./reconcile-instances.js";
import { regionOperations } from "./regions.js";
import { snapshotOperations } from "./snapshots.js";
import { tagOperations } from "./tags.js";
import { volumeOperations } from "./volumes.js";

export const computeOperations = [
  instanceOperations,
  instanceAttributeOperations,
  instanceStatusOperations,
  imageOperations,
  volumeOperations,
  snapshotOperations,
  keyPairOperations,
  launchTemplateOperations,
  regionOperations,
  tagOperations,
];

export const computeReconcilers = [keepInstances, keepVolumes, keepSnapshots];

export { computeResources } from "./cfn-compute.js";
