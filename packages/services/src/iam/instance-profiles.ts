/** What hands a role to EC2 instances (S0-12, S0-13). */
import { Iam } from "@hakoniwa/wire";
import { passRole } from "../access.js";
import { operations } from "../define.js";
import { onPath, onProfile, onRole } from "./access.js";
import { mustFirst, quotaExceeded, roleNotInProfile } from "./errors.js";
import { checkFree, checkQuota, findProfile, findRole } from "./find.js";
import { showProfile } from "./show.js";
import { instanceProfiles } from "./state.js";
import { byName, checkName, checkedPath, mergeTags, nameOf, page, underPath, uniqueId } from "./values.js";

export const instanceProfileOperations = operations(Iam, {
  CreateInstanceProfile: {
    authorize: onProfile("CreateInstanceProfile"),
    handle(ctx, input) {
      checkName("instanceProfileName", input.InstanceProfileName, 128);
      const path = checkedPath(input.Path);
      checkFree(ctx, "instance-profile", instanceProfiles, input.InstanceProfileName);
      checkQuota(ctx.db(instanceProfiles).list().length, "instanceProfiles");
      const profile = ctx.db(instanceProfiles).put({
        name: input.InstanceProfileName,
        id: uniqueId(ctx.ids, "AIPA"),
        path,
        arn: `arn:aws:iam::${ctx.account}:instance-profile${path}${input.InstanceProfileName}`,
        created: ctx.now,
        roles: [],
        tags: mergeTags({}, input.Tags ?? [], ctx.caller.via.kind === "user"),
      });
      return { InstanceProfile: showProfile(ctx.db, profile) };
    },
  },

  GetInstanceProfile: {
    authorize: onProfile("GetInstanceProfile"),
    handle: (ctx, input) => ({ InstanceProfile: showProfile(ctx.db, findProfile(ctx.db, input.InstanceProfileName)) }),
  },

  ListInstanceProfiles: {
    authorize: onPath("ListInstanceProfiles", "instance-profile"),
    handle(ctx, input) {
      const { records, rest } = page(ctx.db(instanceProfiles).list().filter(underPath(input.PathPrefix)).sort(byName), input, nameOf);
      return { InstanceProfiles: records.map((profile) => showProfile(ctx.db, { ...profile, tags: {} })), ...rest };
    },
  },

  ListInstanceProfilesForRole: {
    authorize: onRole("ListInstanceProfilesForRole"),
    handle(ctx, input) {
      const { records, rest } = page(ctx.db(instanceProfiles).where("role", findRole(ctx.db, input.RoleName).name), input, nameOf);
      return { InstanceProfiles: records.map((profile) => showProfile(ctx.db, { ...profile, tags: {} })), ...rest };
    },
  },

  AddRoleToInstanceProfile: {
    // The role goes to EC2's instances, so it takes the right to pass it on.
    authorize: (input, asked) => [onProfile("AddRoleToInstanceProfile")(input, asked), passRole(onRole("GetRole")({ RoleName: input.RoleName }, asked).resources[0]!, "ec2.amazonaws.com")],
    handle(ctx, input) {
      const profile = findProfile(ctx.db, input.InstanceProfileName);
      const role = findRole(ctx.db, input.RoleName);
      if (profile.roles.length > 0) throw quotaExceeded("InstanceSessionsPerInstanceProfile", 1);
      ctx.db(instanceProfiles).put({ ...profile, roles: [role.name] });
      return {};
    },
  },

  RemoveRoleFromInstanceProfile: {
    authorize: onProfile("RemoveRoleFromInstanceProfile"),
    handle(ctx, input) {
      const profile = findProfile(ctx.db, input.InstanceProfileName);
      const role = findRole(ctx.db, input.RoleName);
      if (!profile.roles.includes(role.name)) throw roleNotInProfile(role.name, profile.name);
      ctx.db(instanceProfiles).put({ ...profile, roles: [] });
      return {};
    },
  },

  DeleteInstanceProfile: {
    authorize: onProfile("DeleteInstanceProfile"),
    handle(ctx, input) {
      const profile = findProfile(ctx.db, input.InstanceProfileName);
      if (profile.roles.length > 0) throw mustFirst("remove roles from instance profile");
      ctx.db(instanceProfiles).delete(profile.name);
      return {};
    },
  },
});
