import { Cloudformation } from "@hakoniwa/wire";
import type { Context } from "../define.js";
import { operations } from "../define.js";
import { access } from "./access.js";
import { alreadyExists, cannotCancel, cannotDelete, cannotUpdate, exportInUse, isProtected, noUpdates, unsupportedSetting, validationError } from "./errors.js";
import { findStack, importersOf, stackNamed } from "./find.js";
import { begin, blankStack, checkStackName, hasChanges, keepConfiguration, leaveAll, newStackId, refuseTypeChanges } from "./lifecycle.js";
import { page } from "./pages.js";
import type { Registry } from "./registry.js";
import { checkRequest, templateOf } from "./requests.js";
import { noEchoOf, showStack, showSummary } from "./show.js";
import { isActive, stacks, type Stack } from "./state.js";

/** Statuses in which a stack can be updated. */
const UPDATABLE = new Set(["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_FAILED", "IMPORT_COMPLETE"]);
/** Statuses in which something is going on that a deletion must not cross. */
const UNDELETABLE = new Set(["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"]);

export function stackOperations(registry: Registry) {
  return operations(Cloudformation, {
    CreateStack: {
      authorize: access("CreateStack"),
      handle(ctx, input) {
        const { StackName: name, ClientRequestToken: token } = input;
        checkStackName(name);
        const existing = findStack(ctx.db, name);
        if (existing && token !== undefined && existing.clientRequestToken === token && existing.operationType === "CREATE_STACK") return { StackId: existing.id };
        if (existing) throw alreadyExists(name);
        if (input.DisableRollback !== undefined && input.OnFailure !== undefined) {
          throw validationError("You can specify either DisableRollback or OnFailure, but not both.");
        }
        if (input.RetainExceptOnCreate) throw unsupportedSetting("RetainExceptOnCreate");
        const id = newStackId(ctx, name);
        const request = checkRequest(ctx, registry, input, { id, name });
        const stack = begin(
          ctx,
          blankStack(ctx, id, name),
          { status: "CREATE_IN_PROGRESS", type: "CREATE_STACK", roleArn: input.RoleARN, clientRequestToken: token },
          {
            description: request.goal.template.description,
            configuration: keepConfiguration(ctx, id, request),
            onFailure: input.DisableRollback ? "DO_NOTHING" : (input.OnFailure ?? "ROLLBACK"),
            terminationProtection: input.EnableTerminationProtection ?? false,
            timeoutInMinutes: input.TimeoutInMinutes,
          },
        );
        return { StackId: stack.id, OperationId: stack.operationId };
      },
    },

    UpdateStack: {
      authorize: access("UpdateStack"),
      handle(ctx, input) {
        const stack = stackNamed(ctx.db, input.StackName, (name) => validationError(`Stack [${name}] does not exist`));
        if (input.ClientRequestToken !== undefined && stack.clientRequestToken === input.ClientRequestToken && stack.operationType === "UPDATE_STACK") return { StackId: stack.id };
        requireUpdatable(stack);
        if (input.StackPolicyDuringUpdateBody !== undefined) throw unsupportedSetting("StackPolicyDuringUpdateBody");
        if (input.StackPolicyDuringUpdateURL !== undefined) throw unsupportedSetting("StackPolicyDuringUpdateURL");
        if (input.RetainExceptOnCreate) throw unsupportedSetting("RetainExceptOnCreate");
        const request = checkRequest(ctx, registry, input, stack, stack);
        refuseTypeChanges(ctx, stack, request.goal);
        if (!hasChanges(ctx, registry, stack, request.goal, request.configuration.tags)) throw noUpdates();
        const updating = begin(
          ctx,
          stack,
          { status: "UPDATE_IN_PROGRESS", type: "UPDATE_STACK", roleArn: input.RoleARN, clientRequestToken: input.ClientRequestToken },
          {
            description: request.goal.template.description,
            configuration: keepConfiguration(ctx, stack.id, request),
            rollbackTo: stack.configuration,
            onFailure: input.DisableRollback ? "DO_NOTHING" : "ROLLBACK",
            updated: ctx.now,
          },
        );
        return { StackId: stack.id, OperationId: updating.operationId };
      },
    },

    CancelUpdateStack: {
      authorize: access("CancelUpdateStack"),
      handle(ctx, input) {
        const stack = stackNamed(ctx.db, input.StackName);
        if (stack.status !== "UPDATE_IN_PROGRESS") throw cannotCancel();
        ctx.db(stacks).put({ ...stack, cancelled: true });
        return {};
      },
    },

    DeleteStack: {
      authorize: access("DeleteStack"),
      handle(ctx, input) {
        const stack = findStack(ctx.db, input.StackName);
        // Deleting what is not there succeeds, as on AWS.
        if (!stack || stack.status === "DELETE_COMPLETE" || stack.status === "DELETE_IN_PROGRESS") return {};
        if (stack.terminationProtection) throw isProtected(stack.name);
        if (UNDELETABLE.has(stack.status)) throw cannotDelete(stack.id, stack.status);
        const retained = input.RetainResources ?? [];
        if (retained.length > 0 && stack.status !== "DELETE_FAILED") {
          throw validationError(`Invalid operation on stack [${stack.id}]. When you delete a stack, specify which resources to retain only when the stack is in the DELETE_FAILED state.`);
        }
        for (const { exportName } of stack.outputs) {
          const importer = exportName === undefined ? undefined : importersOf(ctx.db, exportName).find((other) => other.id !== stack.id);
          if (importer) throw exportInUse(exportName!, importer.name);
        }
        leaveAll(ctx, stack, retained);
        begin(ctx, stack, { status: "DELETE_IN_PROGRESS", type: "DELETE_STACK", roleArn: input.RoleARN, clientRequestToken: input.ClientRequestToken });
        return {};
      },
    },

    UpdateTerminationProtection: {
      authorize: access("UpdateTerminationProtection"),
      handle(ctx, input) {
        const stack = stackNamed(ctx.db, input.StackName);
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

/** @throws AwsError ValidationError */
export function requireUpdatable(stack: Stack): void {
  if (isActive(stack.status) || !UPDATABLE.has(stack.status)) throw cannotUpdate(stack.id, stack.status);
}

function newestFirst(all: readonly Stack[]): readonly Stack[] {
  return all.toSorted((a, b) => b.created - a.created || (a.id < b.id ? -1 : 1));
}

function describe(ctx: Context, stack: Stack): ReturnType<typeof showStack> {
  const { templateId } = stack.configuration;
  return showStack(stack, templateId === "" ? new Set() : noEchoOf(templateOf(ctx.db, templateId)));
}
