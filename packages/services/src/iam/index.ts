/** Identity and Access Management: https://docs.aws.amazon.com/IAM/latest/APIReference/ */
import { service } from "../define.js";
import { accessKeyOperations } from "./access-keys.js";
import { accountOperations } from "./account.js";
import { attachmentOperations } from "./attachments.js";
import { iamFacts } from "./facts.js";
import { group, role, user } from "./cfn.js";
import { inlinePolicy, instanceProfile, managedPolicy } from "./cfn-policies.js";
import { groupOperations } from "./groups.js";
import { inlinePolicyOperations } from "./inline-policies.js";
import { instanceProfileOperations } from "./instance-profiles.js";
import { policyOperations } from "./policies.js";
import { roleOperations } from "./roles.js";
import { seedAdministrator } from "./seed.js";
import { accessKeys, accountAliases, groups, instanceProfiles, policies, roles, users } from "./state.js";
import { tagOperations } from "./tags.js";
import { userOperations } from "./users.js";

export const iam = service({
  id: "iam",
  global: true,
  tables: [users, groups, roles, accessKeys, policies, instanceProfiles, accountAliases],
  operations: [
    userOperations, accessKeyOperations, groupOperations, roleOperations, policyOperations,
    attachmentOperations, inlinePolicyOperations, instanceProfileOperations, accountOperations, tagOperations,
  ],
  resources: [role, user, group, managedPolicy, inlinePolicy, instanceProfile],
  facts: iamFacts,
  seed: seedAdministrator,
});
