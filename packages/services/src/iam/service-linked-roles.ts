/** Roles that belong to services: https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html */
import { Iam } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { onRole } from "./access.js";
import { constraint, deletionNotFound, invalidInput, suffixNotAllowed, suffixTaken, unknownLinkedService } from "./errors.js";
import { findRole } from "./find.js";
import { showRole } from "./show.js";
import { instanceProfiles, roles } from "./state.js";
import { roleDeletions, uses } from "./state-credentials.js";
import { checkDescription, checkName, uniqueId } from "./values.js";
import { linkedService } from "./linked-services.js";

export const serviceLinkedRoleOperations = operations(Iam, {
  CreateServiceLinkedRole: {
    authorize: (input, asked) => ({
      action: "iam:CreateServiceLinkedRole",
      resources: [`arn:aws:iam::${asked.account}:role/aws-service-role/${input.AWSServiceName}/${nameOf(input.AWSServiceName, input.CustomSuffix) ?? "*"}`],
      conditions: { "iam:AWSServiceName": input.AWSServiceName },
    }),
    handle(ctx, input) {
      const { AWSServiceName: service, CustomSuffix: suffix } = input;
      if (service.length > 128 || !/^[\w+=,.@-]+$/.test(service)) throw constraint("aWSServiceName", service, "satisfy regular expression pattern: [\\w+=,.@-]+");
      const linked = linkedService(service);
      const name = nameOf(service, suffix);
      if (!linked || name === undefined) throw unknownLinkedService(service);
      if (suffix !== undefined && !linked.takesSuffix) throw suffixNotAllowed(service);
      checkName("customSuffix", suffix ?? "none", 64);
      checkName("roleName", name, 64);
      if (ctx.db(roles).where("folded", name.toLowerCase()).length > 0) throw suffixTaken(name);
      const path = `/aws-service-role/${service}/`;
      const role = ctx.db(roles).put({
        name,
        id: uniqueId(ctx.ids, "AROA"),
        path,
        arn: `arn:aws:iam::${ctx.account}:role${path}${name}`,
        created: ctx.now,
        policies: linked.policy === undefined ? [] : [linked.policy],
        inline: {},
        trust: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }] }),
        ...checkDescription(input.Description ?? linked.description),
        maxSessionDuration: 3600,
        tags: {},
        linkedTo: service,
      });
      return { Role: showRole(role) };
    },
  },

  DeleteServiceLinkedRole: {
    authorize: onRole("DeleteServiceLinkedRole"),
    handle(ctx, input) {
      const role = findRole(ctx.db, input.RoleName);
      if (role.linkedTo === undefined) throw invalidInput(`The role ${role.name} is not a service-linked role.`);
      for (const profile of ctx.db(instanceProfiles).where("role", role.name)) ctx.db(instanceProfiles).put({ ...profile, roles: [] });
      ctx.db(roles).delete(role.name);
      ctx.db(uses).delete(role.id);
      const taskId = `task${role.path}${role.name}/${ctx.ids.uuid()}`;
      ctx.db(roleDeletions).put({ taskId, roleName: role.name });
      return { DeletionTaskId: taskId };
    },
  },

  GetServiceLinkedRoleDeletionStatus: {
    authorize: (input, asked) => ({
      action: "iam:GetServiceLinkedRoleDeletionStatus",
      resources: [`arn:aws:iam::${asked.account}:role${/^task(\/.*)\/[^/]*$/.exec(input.DeletionTaskId)?.[1] ?? "/*"}`],
    }),
    handle(ctx, input) {
      if (!ctx.db(roleDeletions).get(input.DeletionTaskId)) throw deletionNotFound(input.DeletionTaskId);
      // The role went in the call that asked for it.
      return { Status: "SUCCEEDED" };
    },
  },
});

function nameOf(service: string, suffix: string | undefined): string | undefined {
  const linked = linkedService(service);
  return linked && `AWSServiceRoleFor${linked.name}${suffix === undefined ? "" : `_${suffix}`}`;
}
