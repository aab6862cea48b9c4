import { Iam, type IamTypes } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { onUser } from "./access.js";
import { mustFirst, needsUserName, notYet } from "./errors.js";
import { checkFree, findUser } from "./find.js";
import { showUser } from "./show.js";
import { accessKeys, groups, users } from "./state.js";
import { byName, checkName, checkedPath, mergeTags, page, underPath, uniqueId } from "./values.js";

export const userOperations = operations(Iam, {
  CreateUser: {
    authorize: onUser("CreateUser"),
    handle(ctx, input) {
      if (input.PermissionsBoundary !== undefined) throw notYet("the member PermissionsBoundary of CreateUser");
      checkName("userName", input.UserName, 64);
      const path = checkedPath(input.Path);
      checkFree(ctx, "user", users, input.UserName);
      const user = ctx.db(users).put({
        name: input.UserName,
        id: uniqueId(ctx.ids, "AIDA"),
        path,
        arn: `arn:aws:iam::${ctx.account}:user${path}${input.UserName}`,
        created: ctx.now,
        policies: [],
        inline: {},
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
    authorize: onEverything("iam:ListUsers"),
    handle(ctx, input) {
      const all = ctx.db(users).list().filter(underPath(input.PathPrefix));
      const { records, rest } = page(all.sort(byName), input);
      return { Users: records.map((user) => showUser({ ...user, tags: {} })), ...rest };
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
      for (const key of ctx.db(accessKeys).where("user", user.name)) ctx.db(accessKeys).put({ ...key, userName: name });
      for (const group of ctx.db(groups).where("member", user.name)) {
        ctx.db(groups).put({ ...group, members: group.members.map((member) => (member === user.name ? name : member)) });
      }
      return {};
    },
  },

  DeleteUser: {
    authorize: onUser("DeleteUser"),
    handle(ctx, input) {
      const user = findUser(ctx.db, input.UserName);
      if (ctx.db(accessKeys).where("user", user.name).length > 0) throw mustFirst("delete access keys");
      if (ctx.db(groups).where("member", user.name).length > 0) throw mustFirst("remove users from group");
      if (user.policies.length > 0) throw mustFirst("detach all policies");
      if (Object.keys(user.inline).length > 0) throw mustFirst("delete policies");
      ctx.db(users).delete(user.name);
      return {};
    },
  },
});

/** The caller's own user: neither the root user nor a role has one. */
function oneself(ctx: Context): IamTypes.User {
  const { principal } = ctx.caller;
  if (principal.type === "user") return showUser(findUser(ctx.db, principal.name));
  throw needsUserName();
}
