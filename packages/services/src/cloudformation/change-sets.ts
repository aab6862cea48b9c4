/** Change sets: what a template would change, seen before it does. They are ready as soon as they are created. */
import { readHead, parse } from "@hakoniwa/cloudformation";
import { Cloudformation, type CloudformationTypes } from "@hakoniwa/wire";
import type { Context } from "../define.js";
import { operations, prepared } from "../define.js";
import { access } from "./access.js";
import { changesOf, hasChanges } from "./changes.js";
import { alreadyExists, cannotUpdate, changeSetExists, changeSetNotExecutable, noSuchStackNamed, unsupportedSetting, validationError } from "./errors.js";
import { changeSetNamed, findStack, stackNamed } from "./find.js";
import { requireRoom, requireUpdatable } from "./fitness.js";
import { existingOf, importsOf, withImports } from "./imports.js";
import { actorOf, begin, blankStack, checkStackName, keepConfiguration, newStackId, refuseTypeChanges } from "./lifecycle.js";
import { hiddenBy, maskOf, secretsAmong } from "./no-echo.js";
import { discardNested, markExecuted, NESTED, NO_CHANGES } from "./nested-change-sets.js";
import { page } from "./pages.js";
import { showRollback } from "./policies-rollback.js";
import type { Registry } from "./registry.js";
import { checkRequest, type CheckedRequest } from "./requests.js";
import { noEchoOf, showParameter, timestamp } from "./show.js";
import { changeSets, stacks, type ChangeSet, type Stack } from "./state.js";
import { fetchAll, type Fetched } from "./template-source.js";

export function changeSetOperations(registry: Registry) {
  return operations(Cloudformation, {
    CreateChangeSet: prepared({
      authorize: access("CreateChangeSet"),
      prepare: fetchAll,
      handle(ctx, input: CloudformationTypes.CreateChangeSetInput, fetched: Fetched) {
        const { ChangeSetName: name, ChangeSetType: type = "UPDATE", StackName: stackName } = input;
        if (input.DeploymentMode !== undefined) throw unsupportedSetting(`DeploymentMode ${input.DeploymentMode}`);
        if (type !== "IMPORT" && input.ResourcesToImport?.length) throw validationError("ResourcesToImport can be specified only with the change set type IMPORT.");
        if (!/^[A-Za-z][-A-Za-z0-9]{0,127}$/.test(name)) {
          throw validationError(`1 validation error detected: Value '${name}' at 'changeSetName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`);
        }
        const stack = stackFor(ctx, type, stackName);
        const fresh = stack.status === "REVIEW_IN_PROGRESS";
        if (!fresh) requireUpdatable(stack);
        const same = ctx.db(changeSets).where("stack", stack.id).find((candidate) => candidate.name === name);
        if (same) throw changeSetExists(name);
        const request = checkRequest(ctx, registry, input, stack, { previous: fresh ? undefined : stack, fetched: fetched.template, reviewed: true });
        refuseTypeChanges(ctx, stack, request.goal);
        const imports = type === "IMPORT" ? importsOf(ctx, registry, stack, request, input.ResourcesToImport ?? []) : undefined;
        const others = imports ? [] : changesOf(ctx, registry, stack, request.goal, request.configuration);
        const importing = imports?.importing ?? (input.ImportExistingResources ? existingOf(ctx, registry, stack, request, others) : undefined);
        const changes = imports?.changes ?? withImports(others, importing ?? []);
        const empty = type === "UPDATE" && !hasChanges(ctx, registry, stack, request.goal, request.configuration);
        const nests = input.IncludeNestedStacks === true && type !== "IMPORT" && [...request.goal.resources.values()].some(({ definition }) => definition.type === NESTED);
        const made = ctx.db(changeSets).put({
          id: `arn:aws:cloudformation:${ctx.region}:${ctx.account}:changeSet/${name}/${ctx.ids.uuid()}`,
          name,
          stackId: stack.id,
          type,
          created: ctx.now,
          description: input.Description,
          body: request.body,
          processed: request.processed,
          ...request.configuration,
          roleArn: input.RoleARN,
          onFailure: input.OnStackFailure,
          importing,
          importExisting: input.ImportExistingResources,
          nested: nests ? { caller: actorOf(ctx, stack, input.RoleARN).caller } : undefined,
          status: nests ? "CREATE_IN_PROGRESS" : empty ? "FAILED" : "CREATE_COMPLETE",
          statusReason: empty && !nests ? NO_CHANGES : undefined,
          executionStatus: empty || nests ? "UNAVAILABLE" : "AVAILABLE",
          changes: changes.map((change) => ({ Type: "Resource", ResourceChange: change })),
        });
        return { Id: made.id, StackId: stack.id };
      },
    }),

    DescribeChangeSet: {
      authorize: access("DescribeChangeSet"),
      handle(ctx, input) {
        const changeSet = changeSetNamed(ctx.db, input.ChangeSetName, input.StackName);
        const stack = stackNamed(ctx.db, changeSet.stackId);
        const noEcho = noEchoOf(readHead(parse(changeSet.body)));
        const secrets = [...hiddenBy(ctx.db, stack), ...secretsAmong(changeSet.parameters, noEcho)];
        const { items, next } = page([...changeSet.changes.entries()], input, { key: ([index]) => index });
        return {
          ...summary(changeSet, stack),
          Parameters: changeSet.parameters.map((parameter) => showParameter(parameter, noEcho)),
          NotificationARNs: changeSet.notificationArns,
          RollbackConfiguration: showRollback(changeSet.rollback),
          Capabilities: changeSet.capabilities,
          Tags: changeSet.tags,
          Changes: items.map(([, change]) => showChange(change, input.IncludePropertyValues ?? false, secrets)),
          NextToken: next,
          OnStackFailure: changeSet.onFailure,
        };
      },
    },

    ExecuteChangeSet: {
      authorize: access("ExecuteChangeSet"),
      handle(ctx, input) {
        const changeSet = changeSetNamed(ctx.db, input.ChangeSetName, input.StackName);
        const stack = stackNamed(ctx.db, changeSet.stackId);
        if (stack.changeSetId === changeSet.id && input.ClientRequestToken !== undefined && stack.clientRequestToken === input.ClientRequestToken) return {};
        if (changeSet.parent) throw validationError(`ChangeSet [${changeSet.id}] is nested: execute its root change set ${changeSet.parent.rootId}.`);
        if (changeSet.executionStatus !== "AVAILABLE") throw changeSetNotExecutable(changeSet);
        const fresh = stack.status === "REVIEW_IN_PROGRESS";
        if (!fresh) requireUpdatable(stack);
        if (input.DisableRollback && changeSet.onFailure !== undefined) throw validationError("You can specify either DisableRollback or OnStackFailure, but not both.");
        if (stack.status === "CREATE_FAILED" && !input.DisableRollback) throw cannotUpdate(stack.id, stack.status);
        // Exports and limits may have changed since.
        const request = checkedAgain(ctx, registry, changeSet, stack);
        begin(
          ctx,
          stack,
          {
            status: changeSet.type === "IMPORT" ? "IMPORT_IN_PROGRESS" : fresh ? "CREATE_IN_PROGRESS" : "UPDATE_IN_PROGRESS",
            type: fresh ? "CREATE_STACK" : "UPDATE_STACK",
            actor: actorOf(ctx, stack, changeSet.roleArn),
            clientRequestToken: input.ClientRequestToken,
          },
          {
            description: request.goal.template.description,
            configuration: keepConfiguration(ctx, stack.id, request),
            rollbackTo: fresh || stack.status === "CREATE_FAILED" ? undefined : (stack.rollbackTo ?? stack.configuration),
            onFailure: input.DisableRollback ? "DO_NOTHING" : (changeSet.onFailure ?? "ROLLBACK"),
            retainExceptOnCreate: input.RetainExceptOnCreate ?? false,
            updated: fresh ? undefined : ctx.now,
            changeSetId: changeSet.id,
            importing: changeSet.importing,
          },
        );
        markExecuted(ctx.db, changeSet);
        return {};
      },
    },

    DeleteChangeSet: {
      authorize: access("DeleteChangeSet"),
      handle(ctx, input) {
        // One that is not there is no mistake: the CDK CLI deletes before it creates.
        const stack = input.StackName === undefined ? undefined : stackNamed(ctx.db, input.StackName, noSuchStackNamed);
        const found = ctx.db(changeSets).get(input.ChangeSetName) ?? ctx.db(changeSets).where("stack", stack?.id ?? "").find(({ name }) => name === input.ChangeSetName);
        if (!found) return {};
        if (found.parent) throw validationError(`ChangeSet [${found.id}] is nested: delete its root change set ${found.parent.rootId}.`);
        discardNested(ctx.db, found.id);
        ctx.db(changeSets).delete(found.id);
        return {};
      },
    },

    ListChangeSets: {
      authorize: access("ListChangeSets"),
      handle(ctx, input) {
        const stack = stackNamed(ctx.db, input.StackName, noSuchStackNamed);
        const { items, next } = page(ctx.db(changeSets).where("stack", stack.id), input, { key: ({ created, id }) => [created, id] });
        return { Summaries: items.map((changeSet) => summary(changeSet, stack)), NextToken: next };
      },
    },
  });
}

/** A change set that creates, or imports into a new stack, has a stack of which there is nothing but its name. */
function stackFor(ctx: Context, type: ChangeSet["type"], name: string): Stack {
  const existing = findStack(ctx.db, name);
  if (type === "UPDATE" || (type === "IMPORT" && existing)) {
    const stack = stackNamed(ctx.db, name, noSuchStackNamed);
    if (stack.status === "REVIEW_IN_PROGRESS" && type === "UPDATE") throw cannotUpdate(stack.id, stack.status);
    return stack;
  }
  checkStackName(name);
  if (existing && existing.status !== "REVIEW_IN_PROGRESS") throw alreadyExists(name);
  if (!existing) requireRoom(ctx.db);
  return existing ?? ctx.db(stacks).put(blankStack(ctx, newStackId(ctx, name), name));
}

function checkedAgain(ctx: Context, registry: Registry, changeSet: ChangeSet, stack: Stack): CheckedRequest {
  const request = {
    TemplateURL: "",
    Parameters: changeSet.parameters.map(({ name, given }) => ({ ParameterKey: name, ParameterValue: given })),
    Tags: changeSet.tags,
    Capabilities: changeSet.capabilities,
    NotificationARNs: changeSet.notificationArns,
    RoleARN: changeSet.roleArn ?? stack.roleArn,
    ...(changeSet.rollback ? { RollbackConfiguration: showRollback(changeSet.rollback) } : {}),
  };
  // It was read and measured when the change set was made.
  return checkRequest(ctx, registry, request, stack, { fetched: changeSet.body, reviewed: true });
}

function summary(changeSet: ChangeSet, stack: Stack): CloudformationTypes.ChangeSetSummary {
  return {
    ChangeSetId: changeSet.id,
    ChangeSetName: changeSet.name,
    StackId: stack.id,
    StackName: stack.name,
    Description: changeSet.description,
    CreationTime: timestamp(changeSet.created),
    Status: changeSet.status,
    StatusReason: changeSet.statusReason,
    ExecutionStatus: changeSet.executionStatus,
    IncludeNestedStacks: changeSet.nested !== undefined,
    ParentChangeSetId: changeSet.parent?.id,
    RootChangeSetId: changeSet.parent?.rootId,
    ImportExistingResources: changeSet.importExisting ?? false,
  };
}

function showChange(change: CloudformationTypes.Change, withValues: boolean, secrets: readonly string[]): CloudformationTypes.Change {
  const { BeforeContext: before, AfterContext: after, ...rest } = change.ResourceChange ?? {};
  if (!withValues) return { ...change, ResourceChange: rest };
  const mask = maskOf(secrets);
  const masked = (text: string | undefined): string | undefined => (text === undefined ? undefined : mask(text));
  return { ...change, ResourceChange: { ...rest, BeforeContext: masked(before), AfterContext: masked(after) } };
}
