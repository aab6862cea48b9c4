/** The account's alias (S3-04) and its figures. */
import { Iam } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations } from "../define.js";
import { aliasExists, aliasNotFound, validation } from "./errors.js";
import { accountAliases, groups, instanceProfiles, policies, roles, users } from "./state.js";

export const accountOperations = operations(Iam, {
  CreateAccountAlias: {
    authorize: onEverything("iam:CreateAccountAlias"),
    handle(ctx, { AccountAlias: alias }) {
      if (!/^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$/.test(alias) || /^\d{12}$/.test(alias)) {
        throw validation(
          `1 validation error detected: Value '${alias.slice(0, 100)}' at 'accountAlias' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$`,
        );
      }
      const [before] = ctx.db(accountAliases).list();
      if (before?.alias === alias) throw aliasExists(alias);
      // A second alias takes the first one's place: https://docs.aws.amazon.com/IAM/latest/UserGuide/account-alias-create.html
      if (before) ctx.db(accountAliases).delete(before.alias);
      ctx.db(accountAliases).put({ alias });
      return {};
    },
  },

  ListAccountAliases: {
    authorize: onEverything("iam:ListAccountAliases"),
    handle: (ctx) => ({ AccountAliases: ctx.db(accountAliases).list().map(({ alias }) => alias), IsTruncated: false }),
  },

  DeleteAccountAlias: {
    authorize: onEverything("iam:DeleteAccountAlias"),
    handle(ctx, input) {
      if (!ctx.db(accountAliases).delete(input.AccountAlias)) throw aliasNotFound(input.AccountAlias);
      return {};
    },
  },

  GetAccountSummary: {
    authorize: onEverything("iam:GetAccountSummary"),
    handle: (ctx) => ({
      SummaryMap: {
        Users: ctx.db(users).list().length,
        Groups: ctx.db(groups).list().length,
        Roles: ctx.db(roles).list().length,
        Policies: ctx.db(policies).list().length,
        PolicyVersionsInUse: ctx.db(policies).list().reduce((sum, policy) => sum + policy.versions.length, 0),
        InstanceProfiles: ctx.db(instanceProfiles).list().length,
        // The root user has neither keys nor devices here.
        AccountAccessKeysPresent: 0,
        AccountMFAEnabled: 0,
        MFADevices: 0,
        MFADevicesInUse: 0,
        AccessKeysPerUserQuota: 2,
        AssumeRolePolicySizeQuota: 2048,
        AttachedPoliciesPerGroupQuota: 10,
        AttachedPoliciesPerRoleQuota: 10,
        AttachedPoliciesPerUserQuota: 10,
        GroupPolicySizeQuota: 5120,
        GroupsPerUserQuota: 10,
        PolicySizeQuota: 6144,
        RolePolicySizeQuota: 10240,
        UserPolicySizeQuota: 2048,
        VersionsPerPolicyQuota: 5,
      },
    }),
  },
});
