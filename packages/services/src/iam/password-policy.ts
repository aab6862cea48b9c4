/** The account's rules for passwords: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html */
import { Iam } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { passwordPolicyNotFound } from "./errors.js";
import { passwordPolicies, type PasswordPolicy } from "./state-credentials.js";
import { checkRange } from "./values.js";

export const passwordPolicyOperations = operations(Iam, {
  UpdateAccountPasswordPolicy: {
    authorize: onEverything("iam:UpdateAccountPasswordPolicy"),
    handle(ctx, input) {
      checkRange("minimumPasswordLength", input.MinimumPasswordLength, 6, 128);
      checkRange("maxPasswordAge", input.MaxPasswordAge, 1, 1095);
      checkRange("passwordReusePrevention", input.PasswordReusePrevention, 1, 24);
      // What isn't given goes back to its default: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html
      ctx.db(passwordPolicies).put({
        minimumLength: input.MinimumPasswordLength ?? 6,
        symbols: input.RequireSymbols ?? false,
        numbers: input.RequireNumbers ?? false,
        uppercase: input.RequireUppercaseCharacters ?? false,
        lowercase: input.RequireLowercaseCharacters ?? false,
        usersMayChange: input.AllowUsersToChangePassword ?? false,
        maxAge: input.MaxPasswordAge ?? 0,
        reusePrevention: input.PasswordReusePrevention ?? 0,
        ...(input.HardExpiry === undefined ? {} : { hardExpiry: input.HardExpiry }),
      });
      return {};
    },
  },

  GetAccountPasswordPolicy: {
    authorize: onEverything("iam:GetAccountPasswordPolicy"),
    handle(ctx) {
      const policy = policyOf(ctx);
      return {
        PasswordPolicy: {
          MinimumPasswordLength: policy.minimumLength,
          RequireSymbols: policy.symbols,
          RequireNumbers: policy.numbers,
          RequireUppercaseCharacters: policy.uppercase,
          RequireLowercaseCharacters: policy.lowercase,
          AllowUsersToChangePassword: policy.usersMayChange,
          ExpirePasswords: policy.maxAge > 0,
          ...(policy.maxAge > 0 ? { MaxPasswordAge: policy.maxAge } : {}),
          ...(policy.reusePrevention > 0 ? { PasswordReusePrevention: policy.reusePrevention } : {}),
          ...(policy.hardExpiry === undefined ? {} : { HardExpiry: policy.hardExpiry }),
        },
      };
    },
  },

  DeleteAccountPasswordPolicy: {
    authorize: onEverything("iam:DeleteAccountPasswordPolicy"),
    handle(ctx) {
      policyOf(ctx);
      for (const policy of ctx.db(passwordPolicies).list()) ctx.db(passwordPolicies).delete(passwordPolicies.key(policy));
      return {};
    },
  },
});

function policyOf(ctx: Context): PasswordPolicy {
  const [policy] = ctx.db(passwordPolicies).list();
  if (!policy) throw passwordPolicyNotFound(ctx.account);
  return policy;
}
