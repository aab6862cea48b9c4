/** Amazon ECR: repositories with their policies, but no registry behind them. https://docs.aws.amazon.com/AmazonECR/latest/APIReference/ */
import { service } from "../define.js";
import { repository } from "./cfn.js";
import { ecrFacts } from "./facts.js";
import { imageOperations } from "./images.js";
import { lifecyclePolicyOperations } from "./lifecycle-policies.js";
import { repositoryOperations } from "./repositories.js";
import { repositoryPolicyOperations } from "./repository-policies.js";
import { settingOperations } from "./settings.js";
import { repositories } from "./state.js";
import { tagOperations } from "./tags.js";

export const ecr = service({
  id: "ecr",
  tables: [repositories],
  operations: [repositoryOperations, settingOperations, repositoryPolicyOperations, lifecyclePolicyOperations, imageOperations, tagOperations],
  resources: [repository],
  facts: ecrFacts,
});
