/** Operations that take updates back: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-continueupdaterollback.html */
import { Cloudformation } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { access } from "./access.js";
import { cannotCancel, cannotContinue, cannotRollBack, validationError } from "./errors.js";
import { resourcesOf, stackNamed } from "./find.js";
import { requireRoot } from "./fitness.js";
import type { Actor } from "./ground.js";
import { actorOf, begin } from "./lifecycle.js";
import { NESTED } from "./nested-change-sets.js";
import { putResource, tell } from "./records.js";
import { stacks, type Stack, type StackResource } from "./state.js";
import { turn } from "./transition.js";

export const rollbackOperations = operations(Cloudformation, {
  CancelUpdateStack: {
    authorize: access("CancelUpdateStack"),
    handle(ctx, input) {
      const stack = stackNamed(ctx.db, input.StackName);
      requireRoot(ctx.db, stack, "CancelUpdateStack");
      if (stack.status !== "UPDATE_IN_PROGRESS") throw cannotCancel();
      ctx.db(stacks).put({ ...stack, cancelled: true });
      return {};
    },
  },

  ContinueUpdateRollback: {
    authorize: access("ContinueUpdateRollback"),
    handle(ctx, input) {
      const stack = stackNamed(ctx.db, input.StackName);
      requireRoot(ctx.db, stack, "ContinueUpdateRollback");
      if (stack.clientRequestToken !== undefined && stack.clientRequestToken === input.ClientRequestToken && stack.operationType === "CONTINUE_ROLLBACK") return {};
      continueRollback(ctx, stack, input.ResourcesToSkip ?? [], actorOf(ctx, stack, input.RoleARN), input.ClientRequestToken);
      return {};
    },
  },

  RollbackStack: {
    authorize: access("RollbackStack"),
    handle(ctx, input) {
      const stack = stackNamed(ctx.db, input.StackName);
      requireRoot(ctx.db, stack, "RollbackStack");
      if (stack.clientRequestToken !== undefined && stack.clientRequestToken === input.ClientRequestToken && stack.operationType === "ROLLBACK") return { StackId: stack.id };
      if (stack.status !== "CREATE_FAILED" && stack.status !== "UPDATE_FAILED") throw cannotRollBack(stack.id, stack.status);
      const { rollbackTo } = stack;
      const creating = rollbackTo === undefined;
      const beginning = { type: "ROLLBACK" as const, actor: actorOf(ctx, stack, input.RoleARN), clientRequestToken: input.ClientRequestToken };
      const status = creating ? "ROLLBACK_IN_PROGRESS" : "UPDATE_ROLLBACK_IN_PROGRESS";
      const changes = { retainExceptOnCreate: input.RetainExceptOnCreate ?? stack.retainExceptOnCreate };
      const begun = begin(ctx, stack, { ...beginning, status, quiet: true }, changes);
      turn(ctx.db, begun.id, { status, reason: "User Initiated", effect: creating ? "undo-creation" : "undo-update" }, ctx);
      return { StackId: stack.id, OperationId: begun.operationId };
    },
  },
});

/**
 * Goes on with a rollback that failed, in the stacks nested in it too.
 * @param skipped logical ids that are taken for rolled back; `Nested.Logical` in a nested stack
 */
function continueRollback(ctx: Context, stack: Stack, skipped: readonly string[], actor: Actor, token: string | undefined): void {
  if (stack.status !== "UPDATE_ROLLBACK_FAILED") throw cannotContinue(stack.id, stack.status);
  const failed = resourcesOf(ctx.db, stack.id).filter((resource) => resource.role === "current" && resource.status === "UPDATE_FAILED");
  const strange = skipped.find((id) => !failed.some((resource) => resource.logicalId === id.split(".")[0] && (!id.includes(".") || resource.type === NESTED)));
  if (strange !== undefined) throw validationError(`ResourcesToSkip: the resource ${strange} of stack ${stack.name} is not in UPDATE_FAILED state, so it cannot be skipped.`);
  begin(ctx, stack, { status: "UPDATE_ROLLBACK_IN_PROGRESS", type: "CONTINUE_ROLLBACK", actor, clientRequestToken: token });
  for (const resource of failed) {
    const inside = skipped.filter((id) => id.startsWith(`${resource.logicalId}.`)).map((id) => id.slice(resource.logicalId.length + 1));
    if (skipped.includes(resource.logicalId)) skip(ctx, resource);
    else putResource(ctx.db, again(resource), ctx);
    const child = resource.type === NESTED && resource.physicalId !== undefined ? ctx.db(stacks).get(resource.physicalId) : undefined;
    if (child?.status === "UPDATE_ROLLBACK_FAILED") continueRollback(ctx, child, inside, actor, token);
  }
}

/** AWS takes it for rolled back, whatever it is. */
function skip(ctx: Context, resource: StackResource): void {
  const skipped: StackResource = { ...resource, ...resource.before, before: undefined, stuck: undefined, status: "UPDATE_COMPLETE", statusReason: "Resource skipped during the rollback" };
  tell(ctx.db, skipped, ctx, () => "{}");
}

/** What has nothing noted to go back to was being brought there when it failed. */
function again(resource: StackResource): StackResource {
  const { properties, attributes, dependsOn, policies } = resource;
  return { ...resource, stuck: undefined, before: resource.before ?? { properties, attributes, dependsOn, policies } };
}
