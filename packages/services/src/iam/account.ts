/** The account's alias (S3-04) and its figures. */
import { Iam } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations } from "../define.js";
import { aliasExists, aliasNotFound, constraint } from "./errors.js";
import { QUOTAS } from "./find.js";
import { accountAliases, groups, instanceProfiles, policies, roles, users } from "./state.js";
import { mfaDevices, ROOT_OWNER, serverCertificates } from "./state-credentials.js";

export const accountOperations = operations(Iam, {
  CreateAccountAlias: {
    authorize: onEverything("iam:CreateAccountAlias"),
    handle(ctx, { AccountAlias: alias }) {
      if (!/^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$/.test(alias) || /^\d{12}$/.test(alias)) {
        throw constraint("accountAlias", alias, "satisfy regular expression pattern: ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$");
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
        ServerCertificates: ctx.db(serverCertificates).list().length,
        // The root user has no keys, certificates or password here (S3-09), but may have devices.
        AccountAccessKeysPresent: 0,
        AccountSigningCertificatesPresent: 0,
        AccountPasswordPresent: 0,
        AccountMFAEnabled: ctx.db(mfaDevices).where("owner", ROOT_OWNER).length > 0 ? 1 : 0,
        MFADevices: ctx.db(mfaDevices).list().length,
        MFADevicesInUse: ctx.db(mfaDevices).list().filter((device) => device.owner !== undefined).length,
        Providers: 0,
        GlobalEndpointTokenVersion: 1,
        AccessKeysPerUserQuota: 2,
        AssumeRolePolicySizeQuota: 2048,
        AttachedPoliciesPerGroupQuota: 10,
        AttachedPoliciesPerRoleQuota: 10,
        AttachedPoliciesPerUserQuota: 10,
        GroupPolicySizeQuota: 5120,
        GroupsPerUserQuota: 10,
        GroupsQuota: QUOTAS.groups,
        InstanceProfilesQuota: QUOTAS.instanceProfiles,
        PoliciesQuota: QUOTAS.policies,
        PolicyVersionsInUseQuota: 10000,
        RolesQuota: QUOTAS.roles,
        ServerCertificatesQuota: 20,
        SigningCertificatesPerUserQuota: 2,
        UsersQuota: QUOTAS.users,
        PolicySizeQuota: 6144,
        RolePolicySizeQuota: 10240,
        UserPolicySizeQuota: 2048,
        VersionsPerPolicyQuota: 5,
      },
    }),
  },
});
