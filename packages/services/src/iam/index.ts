/** Identity and Access Management: https://docs.aws.amazon.com/IAM/latest/APIReference/ */
import { service } from "../define.js";
import { accountOperations } from "./account.js";
import { attachmentOperations } from "./attachments.js";
import { authorizationDetailsOperations } from "./authorization-details.js";
import { boundaryOperations } from "./boundaries.js";
import { group, role, user } from "./cfn.js";
import { accessKey, serverCertificate, serviceLinkedRole, userToGroupAddition } from "./cfn-account.js";
import { embeddedPolicies } from "./cfn-embedded.js";
import { inlinePolicy, instanceProfile, managedPolicy } from "./cfn-policies.js";
import { credentialOperations } from "./credentials.js";
import { iamFacts } from "./facts.js";
import { groupOperations } from "./groups.js";
import { inlinePolicyOperations } from "./inline-policies.js";
import { instanceProfileOperations } from "./instance-profiles.js";
import { policyOperations } from "./policies.js";
import { roleOperations } from "./roles.js";
import { seedAdministrator } from "./seed.js";
import { serviceLinkedRoleOperations } from "./service-linked-roles.js";
import { simulationOperations } from "./simulations.js";
import { accessKeys, accountAliases, groups, instanceProfiles, policies, roles, users } from "./state.js";
import { credentialTables } from "./state-credentials.js";
import { tagOperations } from "./tags.js";
import { userOperations } from "./users.js";

export const iam = service({
  id: "iam",
  global: true,
  tables: [users, groups, roles, accessKeys, policies, instanceProfiles, accountAliases, ...credentialTables],
  operations: [
    userOperations, groupOperations, roleOperations, serviceLinkedRoleOperations, policyOperations, attachmentOperations, inlinePolicyOperations,
    boundaryOperations, instanceProfileOperations, accountOperations, authorizationDetailsOperations, tagOperations, simulationOperations, ...credentialOperations,
  ],
  resources: [
    role, user, group, managedPolicy, inlinePolicy, ...embeddedPolicies, instanceProfile, userToGroupAddition, serverCertificate, serviceLinkedRole, accessKey,
  ],
  facts: iamFacts,
  seed: seedAdministrator,
});
