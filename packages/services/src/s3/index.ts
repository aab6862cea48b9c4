/** Simple Storage Service: https://docs.aws.amazon.com/AmazonS3/latest/API/ */
import { service } from "../define.js";
import { bucketOperations } from "./buckets.js";
import { bucket, bucketPolicy } from "./cfn.js";
import { copyOperations } from "./copy-object.js";
import { corsOperations } from "./cors.js";
import { deleteOperations } from "./delete-object.js";
import { s3Facts } from "./facts.js";
import { readOperations } from "./get-object.js";
import { lifecycleOperations } from "./lifecycle.js";
import { listOperations } from "./list-objects.js";
import { versionListOperations } from "./list-versions.js";
import { multipartOperations } from "./multipart.js";
import { objectTagOperations } from "./object-tags.js";
import { policyOperations } from "./policies.js";
import { putOperations } from "./put-object.js";
import { keepLifecycles } from "./reconcile.js";
import { settingOperations } from "./settings.js";
import { buckets, objects, parts, uploads } from "./state.js";
import { partOperations } from "./upload-parts.js";
import { websiteOperations } from "./website.js";

export const s3 = service({
  id: "s3",
  shared: true,
  tables: [buckets, objects, uploads, parts],
  operations: [
    bucketOperations, settingOperations, policyOperations, lifecycleOperations, corsOperations, websiteOperations,
    putOperations, readOperations, deleteOperations, copyOperations, objectTagOperations,
    listOperations, versionListOperations, multipartOperations, partOperations,
  ],
  reconcilers: [keepLifecycles],
  resources: [bucket, bucketPolicy],
  facts: s3Facts,
});
