/** EC2's operations on instances and on what they are made from. */
import { imageOperations } from "./images.js";
import { instanceAttributeOperations } from "./instance-attributes.js";
import { instanceStatusOperations } from "./instance-status.js";
import { instanceOperations } from "./instances.js";
import { keyPairOperations } from "./key-pairs.js";
import { launchTemplateOperations } from "./launch-templates.js";
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
