import type { Table } from "@hakoniwa/kernel";
import { Iam, type IamTypes } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { onPath, onUser, withBoundary } from "./access.js";
import { boundary } from "./boundaries.js";
import { mustFirst, needsUserName } from "./errors.js";
import { checkFree, checkQuota, findUser } from "./find.js";
import { inList, showUser } from "./show.js";
import { accessKeys, groups, users, type User } from "./state.js";
import { loginProfiles, mfaDevices, signingCertificates, sshPublicKeys } from "./state-credentials.js";
import { byName, checkName, checkedPath, mergeTags, nameOf, page, underPath, uniqueId } from "./values.js";

type OfUser = Table<{ readonly userName: string }, "user">;

export const userOperations = operations(Iam, {
  CreateUser: {
    authorize: withBoundary(onUser("CreateUser")),
    handle(ctx, input) {
      checkName("userName", input.UserName, 64);
      const path = checkedPath(input.Path);
      checkFree(ctx, "user", users, input.UserName);
      checkQuota(ctx.db(users).list().length, "users");
      const user = ctx.db(users).put({
        name: input.UserName,
        id: uniqueId(ctx.ids, "AIDA"),
        path,
        arn: `arn:aws:iam::${ctx.account}:user${path}${input.UserName}`,
        created: ctx.now,
        policies: [],
        inline: {},
        ...boundary(ctx.db, input.PermissionsBoundary),
        tags: mergeTags({}, input.Tags ?? [], ctx.caller.via.kind === "user"),
      });
      return { User: showUser(user) };
    },
  },

  GetUser: {
    authorize: onUser("GetUser"),
    handle: (ctx, input) => ({ User: input.UserName === undefined ? oneself(ctx) : showUser(findUser(ctx.db, input.UserName)) }),
  },

  ListUsers: {
    authorize: onPath("ListUsers", "user"),
    handle(ctx, input) {
      const all = ctx.db(users).list().filter(underPath(input.PathPrefix));
      const { records, rest } = page(all.sort(byName), input, nameOf);
      return { Users: records.map((user) => showUser(inList(user))), ...rest };
    },
  },

  UpdateUser: {
    authorize: onUser("UpdateUser"),
    handle(ctx, input) {
      const user = findUser(ctx.db, input.UserName);
      const name = input.NewUserName ?? user.name;
      checkName("newUserName", name, 64);
      const path = input.NewPath === undefined ? user.path : checkedPath(input.NewPath);
      if (name.toLowerCase() !== user.name.toLowerCase()) checkFree(ctx, "user", users, name);
      ctx.db(users).delete(user.name);
      ctx.db(users).put({ ...user, name, path, arn: `arn:aws:iam::${ctx.account}:user${path}${name}` });
      if (name !== user.name) rename(ctx, user.name, name);
      return {};
    },
  },

  DeleteUser: {
    authorize: onUser("DeleteUser"),
    handle(ctx, input) {
      const user = findUser(ctx.db, input.UserName);
      checkBare(ctx, user);
      ctx.db(users).delete(user.name);
      return {};
    },
  },
});

/** Everything that hangs on a user goes with its name. */
function rename(ctx: Context, from: string, to: string): void {
  for (const table of [accessKeys, signingCertificates, sshPublicKeys] as unknown as readonly OfUser[]) {
    for (const record of ctx.db(table).where("user", from)) ctx.db(table).put({ ...record, userName: to });
  }
  for (const device of ctx.db(mfaDevices).where("owner", from)) ctx.db(mfaDevices).put({ ...device, owner: to });
  const profile = ctx.db(loginProfiles).get(from);
  if (profile) {
    ctx.db(loginProfiles).delete(from);
    ctx.db(loginProfiles).put({ ...profile, userName: to });
  }
  for (const group of ctx.db(groups).where("member", from)) {
    ctx.db(groups).put({ ...group, members: group.members.map((member) => (member === from ? to : member)) });
  }
}

/** @throws DeleteConflict while anything hangs on the user */
function checkBare(ctx: Context, user: User): void {
  const has = (table: OfUser): boolean => ctx.db(table).where("user", user.name).length > 0;
  if (ctx.db(loginProfiles).get(user.name)) throw mustFirst("delete login profile");
  if (has(accessKeys as unknown as OfUser)) throw mustFirst("delete access keys");
  if (ctx.db(mfaDevices).where("owner", user.name).length > 0) throw mustFirst("delete MFA device");
  if (has(signingCertificates as unknown as OfUser)) throw mustFirst("delete certificates");
  if (has(sshPublicKeys as unknown as OfUser)) throw mustFirst("remove referenced objects");
  if (ctx.db(groups).where("member", user.name).length > 0) throw mustFirst("remove users from group");
  if (user.policies.length > 0) throw mustFirst("detach all policies");
  if (Object.keys(user.inline).length > 0) throw mustFirst("delete policies");
}

/** The caller's own user: neither the root user nor a role has one. */
function oneself(ctx: Context): IamTypes.User {
  const { principal } = ctx.caller;
  if (principal.type === "user") return showUser(findUser(ctx.db, principal.name));
  throw needsUserName();
}
