/** AWS Certificate Manager: https://docs.aws.amazon.com/acm/latest/APIReference/ */
import { service } from "../define.js";
import { accountOperations } from "./account.js";
import { certificateOperations } from "./certificates.js";
import { certificate } from "./cfn.js";
import { acmFacts } from "./facts.js";
import { importOperations } from "./imports.js";
import { lifecycleOperations } from "./lifecycle.js";
import { keepIssued } from "./reconcile.js";
import { requestOperations } from "./requests.js";
import { accounts, certificates, mails } from "./state.js";
import { tagOperations } from "./tags.js";

export const acm = service({
  id: "acm",
  tables: [certificates, accounts, mails],
  operations: [requestOperations, importOperations, certificateOperations, lifecycleOperations, tagOperations, accountOperations],
  reconcilers: [keepIssued],
  resources: [certificate],
  facts: acmFacts,
});
