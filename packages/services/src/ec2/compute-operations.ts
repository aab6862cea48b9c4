/** EC2's operations on instances and on what they are made from. */
import { idFormatOperations } from "./id-formats.js";
import { imageAttributeOperations } from "./image-attributes.js";
import { imageCopyOperations } from "./image-copies.js";
import { imageOperations } from "./images.js";
import { instanceAttributeOperations } from "./instance-attributes.js";
import { instanceOptionOperations } from "./instance-options.js";
import { instanceStatusOperations } from "./instance-status.js";
import { instanceTypeOperations } from "./instance-type-operations.js";
import { instanceOperations } from "./instances.js";
import { keyPairOperations } from "./key-pairs.js";
import { launchTemplateDataOperations } from "./launch-template-data.js";
import { launchTemplateOperations } from "./launch-templates.js";
import { placementGroupOperations } from "./placement-groups.js";
import { profileAssociationOperations } from "./profile-associations.js";
import { regionOperations } from "./regions.js";
import { settingsOperations } from "./settings.js";
import { snapshotAttributeOperations } from "./snapshot-attributes.js";
import { snapshotOperations } from "./snapshots.js";
import { tagOperations } from "./tags.js";
import { volumeAttachmentOperations } from "./volume-attachments.js";
import { volumeAttributeOperations } from "./volume-attributes.js";
import { volumeModificationOperations } from "./volume-modifications.js";
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
  launchTemplateDataOperations,
  regionOperations,
  instanceTypeOperations,
  instanceOptionOperations,
  profileAssociationOperations,
  placementGroupOperations,
  imageAttributeOperations,
  imageCopyOperations,
  snapshotAttributeOperations,
  volumeAttachmentOperations,
  volumeAttributeOperations,
  volumeModificationOperations,
  settingsOperations,
  idFormatOperations,
  tagOperations,
];
