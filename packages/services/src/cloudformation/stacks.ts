import { Cloudformation, type CloudformationTypes } from "@hakoniwa/wire";
import type { Context } from "../define.js";
import { operations, prepared } from "../define.js";
import { access } from "./access.js";
import { hasChanges } from "./changes.js";
import { alreadyExists, cannotDelete, cannotUpdate, isProtected, noUpdates, validationError } from "./errors.js";
import { findStack, stackNamed } from "./find.js";
import { checkExportsFree, requireRoom, requireRoot, requireUpdatable, UNDELETABLE } from "./fitness.js";
import { actorOf, begin, blankStack, checkStackName, keepConfiguration, leaveAll, newStackId, refuseTypeChanges } from "./lifecycle.js";
import { discardNested } from "./nested-change-sets.js";
import { page } from "./pages.js";
import type { Registry } from "./registry.js";
import { checkRequest, templateOf } from "./requests.js";
import { noEchoOf, showStack, showSummary } from "./show.js";
import { policyIn } from "./stack-policies.js";
import { changeSets, stacks, type Stack } from "./state.js";
import { fetchAll, type Fetched } from "./template-source.js";

export function stackOperations(registry: Registry) {
  return operations(Cloudformation, {
    CreateStack: prepared({
      authorize: access("CreateStack"),
      prepare: fetchAll,
      handle(ctx, input: CloudformationTypes.CreateStackInput, fetched: Fetched) {
        const { StackName: name, ClientRequestToken: token } = input;
        checkStackName(name);
        const existing = findStack(ctx.db, name);
        if (existing && token !== undefined && existing.clientRequestToken === token && existing.operationType === "CREATE_STACK") return { StackId: existing.id };
        if (existing) throw alreadyExists(name);
        requireRoom(ctx.db);
        if (input.DisableRollback !== undefined && input.OnFailure !== undefined) {
          throw validationError("You can specify either DisableRollback or OnFailure, but not both.");
        }
        const id = newStackId(ctx, name);
        const request = checkRequest(ctx, registry, input, { id, name }, { fetched: fetched.template });
        const stack = begin(
          ctx,
          blankStack(ctx, id, name),
          { status: "CREATE_IN_PROGRESS", type: "CREATE_STACK", actor: actorOf(ctx, { id, roleArn: undefined }, input.RoleARN), clientRequestToken: token },
          {
            description: request.goal.template.description,
            configuration: keepConfiguration(ctx, id, request),
            onFailure: input.DisableRollback ? "DO_NOTHING" : (input.OnFailure ?? "ROLLBACK"),
            retainExceptOnCreate: input.RetainExceptOnCreate ?? false,
            terminationProtection: input.EnableTerminationProtection ?? false,
            timeoutInMinutes: input.TimeoutInMinutes,
            policy: policyIn(input.StackPolicyBody, fetched.policy),
          },
        );
        return { StackId: stack.id, OperationId: stack.operationId };
      },
    }),

    UpdateStack: prepared({
      authorize: access("UpdateStack"),
      prepare: fetchAll,
      handle(ctx, input: CloudformationTypes.UpdateStackInput, fetched: Fetched) {
        const stack = stackNamed(ctx.db, input.StackName, (name) => validationError(`Stack [${name}] does not exist`));
        if (input.ClientRequestToken !== undefined && stack.clientRequestToken === input.ClientRequestToken && stack.operationType === "UPDATE_STACK") return { StackId: stack.id };
        requireUpdatable(stack);
        // There is nothing yet that a rollback could go back to.
        if (stack.status === "CREATE_FAILED" && !input.DisableRollback) throw cannotUpdate(stack.id, stack.status);
        const policy = policyIn(input.StackPolicyBody, fetched.policy);
        const policyDuringUpdate = policyIn(input.StackPolicyDuringUpdateBody, fetched.policyDuringUpdate);
        const request = checkRequest(ctx, registry, input, stack, { previous: stack, fetched: fetched.template });
        refuseTypeChanges(ctx, stack, request.goal);
        const newPolicy = policy !== undefined && policy !== stack.policy;
        if (!newPolicy && !hasChanges(ctx, registry, stack, request.goal, request.configuration)) throw noUpdates();
        const updating = begin(
          ctx,
          stack,
          { status: "UPDATE_IN_PROGRESS", type: "UPDATE_STACK", actor: actorOf(ctx, stack, input.RoleARN), clientRequestToken: input.ClientRequestToken },
          {
            description: request.goal.template.description,
            configuration: keepConfiguration(ctx, stack.id, request),
            rollbackTo: stack.status === "CREATE_FAILED" ? undefined : (stack.rollbackTo ?? stack.configuration),
            onFailure: input.DisableRollback ? "DO_NOTHING" : "ROLLBACK",
            retainExceptOnCreate: input.RetainExceptOnCreate ?? false,
            updated: ctx.now,
            policy: policy ?? stack.policy,
            policyDuringUpdate,
          },
        );
        return { StackId: stack.id, OperationId: updating.operationId };
      },
    }),

    DeleteStack: {
      authorize: access("DeleteStack"),
      handle(ctx, input) {
        const stack = findStack(ctx.db, input.StackName);
        // Deleting what is not there succeeds, as on AWS.
        if (!stack || stack.status === "DELETE_COMPLETE" || stack.status === "DELETE_IN_PROGRESS") return {};
        const root = stack.rootId === undefined ? undefined : ctx.db(stacks).get(stack.rootId);
        if (stack.terminationProtection || root?.terminationProtection) throw isProtected(stack.name);
        if (UNDELETABLE.has(stack.status)) throw cannotDelete(stack.id, stack.status);
        const retained = input.RetainResources ?? [];
        const force = input.DeletionMode === "FORCE_DELETE_STACK";
        if ((retained.length > 0 || force) && stack.status !== "DELETE_FAILED") {
          const asked = force ? "use the deletion mode FORCE_DELETE_STACK" : "specify which resources to retain";
          throw validationError(`Invalid operation on stack [${stack.id}]. When you delete a stack, ${asked} only when the stack is in the DELETE_FAILED state.`);
        }
        checkExportsFree(ctx.db, stack);
        if (stack.status === "REVIEW_IN_PROGRESS") for (const { id } of ctx.db(changeSets).where("stack", stack.id)) discardNested(ctx.db, id);
        leaveAll(ctx, stack, retained);
        const actor = actorOf(ctx, stack, input.RoleARN);
        begin(ctx, { ...stack, forceDelete: force }, { status: "DELETE_IN_PROGRESS", type: "DELETE_STACK", actor, clientRequestToken: input.ClientRequestToken });
        return {};
      },
    },

    UpdateTerminationProtection: {
      authorize: access("UpdateTerminationProtection"),
      handle(ctx, input) {
        const stack = stackNamed(ctx.db, input.StackName);
        requireRoot(ctx.db, stack, "UpdateTerminationProtection");
        ctx.db(stacks).put({ ...stack, terminationProtection: input.EnableTerminationProtection });
        return { StackId: stack.id };
      },
    },

    DescribeStacks: {
      authorize: access("DescribeStacks"),
      handle(ctx, input) {
        if (input.StackName !== undefined) return { Stacks: [describe(ctx, stackNamed(ctx.db, input.StackName))] };
        const all = ctx.db(stacks).list().filter((stack) => stack.status !== "DELETE_COMPLETE");
        const { items, next } = page(newestFirst(all), input, { key: ({ created, id }) => [-created, id] });
        return { Stacks: items.map((stack) => describe(ctx, stack)), NextToken: next };
      },
    },

    ListStacks: {
      authorize: access("ListStacks"),
      handle(ctx, input) {
        const wanted = input.StackStatusFilter ?? [];
        const all = ctx.db(stacks).list().filter((stack) => wanted.length === 0 || wanted.includes(stack.status));
        const { items, next } = page(newestFirst(all), input, { key: ({ created, id }) => [-created, id] });
        return { StackSummaries: items.map(showSummary), NextToken: next };
      },
    },
  });
}

function newestFirst(all: readonly Stack[]): readonly Stack[] {
  return all.toSorted((a, b) => b.created - a.created || (a.id < b.id ? -1 : 1));
}

function describe(ctx: Context, stack: Stack): ReturnType<typeof showStack> {
  const { templateId } = stack.configuration;
  return showStack(stack, templateId === "" ? new Set() : noEchoOf(templateOf(ctx.db, templateId)));
}
