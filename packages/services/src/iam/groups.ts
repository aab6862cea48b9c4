import { Iam } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { onGroup, onPath, onUser } from "./access.js";
import { mustFirst, notInGroup, quotaExceeded } from "./errors.js";
import { checkFree, checkQuota, findGroup, findUser } from "./find.js";
import { inList, showGroup, showUser } from "./show.js";
import { groups } from "./state.js";
import { byName, checkName, checkedPath, nameOf, page, underPath, uniqueId } from "./values.js";

const GROUPS_PER_USER = 10;

export const groupOperations = operations(Iam, {
  CreateGroup: {
    authorize: onGroup("CreateGroup"),
    handle(ctx, input) {
      checkName("groupName", input.GroupName, 128);
      const path = checkedPath(input.Path);
      checkFree(ctx, "group", groups, input.GroupName);
      checkQuota(ctx.db(groups).list().length, "groups");
      const group = ctx.db(groups).put({
        name: input.GroupName,
        id: uniqueId(ctx.ids, "AGPA"),
        path,
        arn: `arn:aws:iam::${ctx.account}:group${path}${input.GroupName}`,
        created: ctx.now,
        policies: [],
        inline: {},
        members: [],
      });
      return { Group: showGroup(group) };
    },
  },

  GetGroup: {
    authorize: onGroup("GetGroup"),
    handle(ctx, input) {
      const group = findGroup(ctx.db, input.GroupName);
      const { records, rest } = page(group.members, input, (member) => member);
      return { Group: showGroup(group), Users: records.map((name) => showUser(inList(findUser(ctx.db, name)))), ...rest };
    },
  },

  ListGroups: {
    authorize: onPath("ListGroups", "group"),
    handle(ctx, input) {
      const { records, rest } = page(ctx.db(groups).list().filter(underPath(input.PathPrefix)).sort(byName), input, nameOf);
      return { Groups: records.map(showGroup), ...rest };
    },
  },

  ListGroupsForUser: {
    authorize: onUser("ListGroupsForUser"),
    handle(ctx, input) {
      const { records, rest } = page(ctx.db(groups).where("member", findUser(ctx.db, input.UserName).name), input, nameOf);
      return { Groups: records.map(showGroup), ...rest };
    },
  },

  UpdateGroup: {
    authorize: onGroup("UpdateGroup"),
    handle(ctx, input) {
      const group = findGroup(ctx.db, input.GroupName);
      const name = input.NewGroupName ?? group.name;
      checkName("newGroupName", name, 128);
      const path = input.NewPath === undefined ? group.path : checkedPath(input.NewPath);
      if (name.toLowerCase() !== group.name.toLowerCase()) checkFree(ctx, "group", groups, name);
      ctx.db(groups).delete(group.name);
      ctx.db(groups).put({ ...group, name, path, arn: `arn:aws:iam::${ctx.account}:group${path}${name}` });
      return {};
    },
  },

  DeleteGroup: {
    authorize: onGroup("DeleteGroup"),
    handle(ctx, input) {
      const group = findGroup(ctx.db, input.GroupName);
      if (group.members.length > 0) throw mustFirst("remove users from group");
      if (group.policies.length > 0) throw mustFirst("detach all policies");
      if (Object.keys(group.inline).length > 0) throw mustFirst("delete policies");
      ctx.db(groups).delete(group.name);
      return {};
    },
  },

  AddUserToGroup: {
    authorize: onGroup("AddUserToGroup"),
    handle(ctx, input) {
      const group = findGroup(ctx.db, input.GroupName);
      const user = findUser(ctx.db, input.UserName);
      if (group.members.includes(user.name)) return {};
      if (ctx.db(groups).where("member", user.name).length >= GROUPS_PER_USER) throw quotaExceeded("GroupsPerUser", GROUPS_PER_USER);
      ctx.db(groups).put({ ...group, members: [...group.members, user.name] });
      return {};
    },
  },

  RemoveUserFromGroup: {
    authorize: onGroup("RemoveUserFromGroup"),
    handle(ctx, input) {
      const group = findGroup(ctx.db, input.GroupName);
      const user = findUser(ctx.db, input.UserName);
      if (!group.members.includes(user.name)) throw notInGroup(user.name, group.name);
      ctx.db(groups).put({ ...group, members: group.members.filter((member) => member !== user.name) });
      return {};
    },
  },
});
