/** Systems Manager, its Parameter Store: https://docs.aws.amazon.com/systems-manager/latest/APIReference/ */
import { service } from "../define.js";
import { parameter } from "./cfn.js";
import { describingOperations } from "./describing.js";
import { expireParameters } from "./expire.js";
import { ssmFacts } from "./facts.js";
import { labelOperations } from "./labels.js";
import { parameterOperations } from "./parameters.js";
import { readingOperations } from "./reading.js";
import { encryptionKeys, parameters, versions } from "./state.js";
import { tagOperations } from "./tags.js";

export const ssm = service({
  id: "ssm",
  tables: [parameters, versions, encryptionKeys],
  operations: [parameterOperations, readingOperations, describingOperations, labelOperations, tagOperations],
  reconcilers: [expireParameters],
  resources: [parameter],
  facts: ssmFacts,
});
