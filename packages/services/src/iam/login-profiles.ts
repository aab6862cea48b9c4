/** Users' passwords for the console (S3-14). Only their hashes are kept. */
import { timingSafeEqual } from "node:crypto";
import { Iam, type IamTypes } from "@hakoniwa/wire";
import { operations, prepared, type Asked, type Context, type Preparation } from "../define.js";
import { onUser } from "./access.js";
import { changedMeanwhile, constraint, loginProfileExists, loginProfileNotFound, onlyUsersChange, passwordViolation, wrongPassword } from "./errors.js";
import { findUser, userOf } from "./find.js";
import { checkPassword, checkReuse, expiryOf, hashPassword } from "./passwords.js";
import type { User } from "./state.js";
import { loginProfiles, passwordPolicies, type LoginProfile } from "./state-credentials.js";
import { checkLength } from "./values.js";

/** As many passwords back as a policy may look. */
const REMEMBERED = 24;

/** A password's hash, and the salt that it was made with. */
interface Hashed {
  readonly salt: string;
  readonly hash: string;
}

export const loginProfileOperations = operations(Iam, {
  CreateLoginProfile: prepared({
    authorize: onUser("CreateLoginProfile"),
    prepare: (input: IamTypes.CreateLoginProfileRequest, preparation) => hashed(preparation, input.UserName, input.Password ?? ""),
    handle(ctx, input: IamTypes.CreateLoginProfileRequest, made: Hashed) {
      const user = userOf(ctx, input);
      if (input.Password === undefined) throw constraint("password", "null", "not be null");
      if (ctx.db(loginProfiles).get(user.name)) throw loginProfileExists(user.name);
      checkNew(ctx, input.Password, user.name);
      const profile = ctx.db(loginProfiles).put({
        userName: user.name,
        created: ctx.now,
        resetRequired: input.PasswordResetRequired ?? false,
        ...made,
        changed: ctx.now,
        previous: [],
      });
      return { LoginProfile: show(profile) };
    },
  }),

  GetLoginProfile: {
    authorize: onUser("GetLoginProfile"),
    handle: (ctx, input) => ({ LoginProfile: show(profileOf(ctx, userOf(ctx, input))) }),
  },

  UpdateLoginProfile: prepared({
    authorize: onUser("UpdateLoginProfile"),
    prepare: async (input: IamTypes.UpdateLoginProfileRequest, preparation) =>
      input.Password === undefined ? undefined : hashed(preparation, input.UserName, input.Password),
    handle(ctx, input: IamTypes.UpdateLoginProfileRequest, made: Hashed | undefined) {
      const user = findUser(ctx.db, input.UserName);
      const profile = profileOf(ctx, user);
      // An administrator may give an old password again; only users' own changes are held against it.
      const changed = made && input.Password !== undefined ? withPassword(ctx, profile, input.Password, made) : profile;
      ctx.db(loginProfiles).put({ ...changed, resetRequired: input.PasswordResetRequired ?? profile.resetRequired });
      return {};
    },
  }),

  ChangePassword: prepared({
    // The account's policy may let users change their own passwords, whatever IAM policies say.
    authorize: (input: IamTypes.ChangePasswordRequest, asked: Asked) =>
      asked.caller.principal.type === "user" && asked.facts.iam.usersMayChangePassword() === true ? [] : onUser("ChangePassword")({}, asked),
    async prepare(input, preparation) {
      const { name } = preparation.caller.principal;
      const [old, next] = await Promise.all([hashed(preparation, name, input.OldPassword), hashed(preparation, name, input.NewPassword)]);
      return { old, next };
    },
    handle(ctx, input, { old, next }: { readonly old: Hashed; readonly next: Hashed }) {
      const { principal } = ctx.caller;
      if (principal.type !== "user") throw onlyUsersChange();
      const profile = profileOf(ctx, findUser(ctx.db, principal.name));
      const policy = ctx.db(passwordPolicies).list()[0];
      checkSalt(profile, old);
      if (!timingSafeEqual(Buffer.from(old.hash), Buffer.from(profile.hash))) throw wrongPassword();
      const expires = expiryOf(profile, policy);
      if (policy?.hardExpiry && expires !== undefined && expires <= ctx.now) {
        throw passwordViolation("The password has expired, and the account's policy lets only an administrator set a new one");
      }
      checkReuse(profile, next.hash, policy);
      ctx.db(loginProfiles).put({ ...withPassword(ctx, profile, input.NewPassword, next), resetRequired: false });
      return {};
    },
  }),

  DeleteLoginProfile: {
    authorize: onUser("DeleteLoginProfile"),
    handle(ctx, input) {
      ctx.db(loginProfiles).delete(profileOf(ctx, userOf(ctx, input)).userName);
      return {};
    },
  },
});

function profileOf(ctx: Context, user: User): LoginProfile {
  const profile = ctx.db(loginProfiles).get(user.name);
  if (!profile) throw loginProfileNotFound(user.name);
  return profile;
}

async function hashed({ facts, ids, caller }: Preparation, userName: string | undefined, password: string): Promise<Hashed> {
  const salt = facts.iam.passwordSalt(userName ?? caller.principal.name) ?? ids.hex(32);
  // What is longer than any password may be is refused later; it needs no work.
  return { salt, hash: await hashPassword(password.slice(0, 129), salt) };
}

function withPassword(ctx: Context, profile: LoginProfile, password: string, made: Hashed): LoginProfile {
  checkNew(ctx, password, profile.userName);
  checkSalt(profile, made);
  return { ...profile, hash: made.hash, changed: ctx.now, previous: [profile.hash, ...profile.previous].slice(0, REMEMBERED) };
}

/** The profile may have been made anew while the password was hashed. */
function checkSalt(profile: LoginProfile, made: Hashed): void {
  if (made.salt !== profile.salt) throw changedMeanwhile(`The Login Profile for User ${profile.userName}`);
}

/** @throws ValidationError, PasswordPolicyViolation */
function checkNew(ctx: Context, password: string, userName: string): void {
  // Passwords don't stand in messages.
  checkLength("password", password.length > 128 ? "*".repeat(129) : password, 1, 128);
  if (!/^[\t\n\r\x20-\xff]+$/.test(password)) throw constraint("password", "***", "satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+");
  checkPassword(password, ctx.db(passwordPolicies).list()[0], userName);
}

function show(profile: LoginProfile): IamTypes.LoginProfile {
  return { UserName: profile.userName, CreateDate: new Date(profile.created), PasswordResetRequired: profile.resetRequired };
}
