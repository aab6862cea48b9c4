/** Change sets, as `aws cloudformation deploy` uses them. They are ready as soon as they are created. */
import { diff, needsReplacement, parse, propertiesOf, readTemplate, type Goal } from "@hakoniwa/cloudformation";
import { Cloudformation, type CloudformationTypes } from "@hakoniwa/wire";
import type { Context } from "../define.js";
import { operations } from "../define.js";
import { access } from "./access.js";
import { environmentOf } from "./environment.js";
import { alreadyExists, changeSetExists, changeSetNotExecutable, noSuchStackNamed, unsupportedSetting, validationError } from "./errors.js";
import { changeSetNamed, findStack, resourcesOf, stackNamed } from "./find.js";
import { begin, blankStack, changedResources, checkStackName, hasChanges, keepConfiguration, newStackId, refuseTypeChanges, type ChangedResource } from "./lifecycle.js";
import { page } from "./pages.js";
import { liveResources } from "./run.js";
import type { Registry } from "./registry.js";
import { checkRequest, type CheckedRequest } from "./requests.js";
import { requireUpdatable } from "./stacks.js";
import { noEchoOf, showParameter, timestamp } from "./show.js";
import { changeSets, stacks, type ChangeSet, type Stack } from "./state.js";

const NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set.";

export function changeSetOperations(registry: Registry) {
  return operations(Cloudformation, {
    CreateChangeSet: {
      authorize: access("CreateChangeSet"),
      handle(ctx, input) {
        const { ChangeSetName: name, ChangeSetType: type = "UPDATE", StackName: stackName } = input;
        if (type === "IMPORT" || input.ResourcesToImport?.length || input.ImportExistingResources) throw unsupportedSetting("importing resources");
        if (input.IncludeNestedStacks) throw unsupportedSetting("IncludeNestedStacks");
        if (!/^[A-Za-z][-A-Za-z0-9]{0,127}$/.test(name)) {
          throw validationError(`1 validation error detected: Value '${name}' at 'changeSetName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`);
        }
        const stack = type === "CREATE" ? stackInReview(ctx, stackName) : stackNamed(ctx.db, stackName, noSuchStackNamed);
        if (type === "UPDATE") requireUpdatable(stack);
        const same = ctx.db(changeSets).where("stack", stack.id).find((candidate) => candidate.name === name);
        if (same) throw changeSetExists(name);
        const request = checkRequest(ctx, registry, input, stack, type === "UPDATE" ? stack : undefined);
        refuseTypeChanges(ctx, stack, request.goal);
        const empty = type === "UPDATE" && !hasChanges(ctx, registry, stack, request.goal, request.configuration.tags);
        const made = ctx.db(changeSets).put({
          id: `arn:aws:cloudformation:${ctx.region}:${ctx.account}:changeSet/${name}/${ctx.ids.uuid()}`,
          name,
          stackId: stack.id,
          type,
          created: ctx.now,
          description: input.Description,
          body: request.body,
          ...request.configuration,
          roleArn: input.RoleARN,
          onFailure: input.OnStackFailure,
          status: empty ? "FAILED" : "CREATE_COMPLETE",
          statusReason: empty ? NO_CHANGES : undefined,
          executionStatus: empty ? "UNAVAILABLE" : "AVAILABLE",
          changes: changedResources(ctx, registry, stack, request.goal).map((changed) => showChange(ctx, registry, stack, request.goal, changed)),
        });
        return { Id: made.id, StackId: stack.id };
      },
    },

    DescribeChangeSet: {
      authorize: access("DescribeChangeSet"),
      handle(ctx, input) {
        const changeSet = changeSetNamed(ctx.db, input.ChangeSetName, input.StackName);
        const stack = stackNamed(ctx.db, changeSet.stackId);
        const noEcho = noEchoOf(readTemplate(parse(changeSet.body)));
        const { items, next } = page([...changeSet.changes.entries()], input, { key: ([index]) => index });
        return {
          ...summary(changeSet, stack),
          Parameters: changeSet.parameters.map((parameter) => showParameter(parameter, noEcho)),
          NotificationARNs: [],
          RollbackConfiguration: {},
          Capabilities: changeSet.capabilities,
          Tags: changeSet.tags,
          Changes: items.map(([, change]) => change),
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
        if (changeSet.executionStatus !== "AVAILABLE") throw changeSetNotExecutable(changeSet.id, changeSet.executionStatus === "UNAVAILABLE" ? changeSet.status : changeSet.executionStatus);
        if (input.RetainExceptOnCreate) throw unsupportedSetting("RetainExceptOnCreate");
        if (changeSet.type === "UPDATE") requireUpdatable(stack);
        // Exports and limits may have changed since.
        const request = checkedAgain(ctx, registry, changeSet, stack);
        const creating = changeSet.type === "CREATE";
        begin(
          ctx,
          stack,
          {
            status: creating ? "CREATE_IN_PROGRESS" : "UPDATE_IN_PROGRESS",
            type: creating ? "CREATE_STACK" : "UPDATE_STACK",
            roleArn: changeSet.roleArn,
            clientRequestToken: input.ClientRequestToken,
          },
          {
            description: request.goal.template.description,
            configuration: keepConfiguration(ctx, stack.id, request),
            rollbackTo: creating ? undefined : stack.configuration,
            onFailure: input.DisableRollback ? "DO_NOTHING" : (changeSet.onFailure ?? "ROLLBACK"),
            updated: creating ? undefined : ctx.now,
            changeSetId: changeSet.id,
          },
        );
        for (const other of ctx.db(changeSets).where("stack", stack.id)) {
          const executionStatus = other.id === changeSet.id ? "EXECUTE_COMPLETE" : other.executionStatus === "AVAILABLE" ? "OBSOLETE" : other.executionStatus;
          ctx.db(changeSets).put({ ...other, executionStatus });
        }
        return {};
      },
    },

    DeleteChangeSet: {
      authorize: access("DeleteChangeSet"),
      handle(ctx, input) {
        ctx.db(changeSets).delete(changeSetNamed(ctx.db, input.ChangeSetName, input.StackName).id);
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

/** The stack that a change set of type CREATE is about: there is nothing of it but its name. */
function stackInReview(ctx: Context, name: string): Stack {
  checkStackName(name);
  const existing = findStack(ctx.db, name);
  if (existing && existing.status !== "REVIEW_IN_PROGRESS") throw alreadyExists(name);
  if (existing) return existing;
  const stack = blankStack(ctx, newStackId(ctx, name), name);
  return ctx.db(stacks).put(stack);
}

function checkedAgain(ctx: Context, registry: Registry, changeSet: ChangeSet, stack: Stack): CheckedRequest {
  const request = checkRequest(
    ctx,
    registry,
    {
      TemplateBody: changeSet.body,
      Parameters: changeSet.parameters.map(({ name, given }) => ({ ParameterKey: name, ParameterValue: given })),
      Tags: changeSet.tags,
      Capabilities: changeSet.capabilities,
    },
    stack,
  );
  return request;
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
    IncludeNestedStacks: false,
  };
}

function showChange(ctx: Context, registry: Registry, stack: Stack, goal: Goal, { logicalId, action }: ChangedResource): CloudformationTypes.Change {
  const resources = resourcesOf(ctx.db, stack.id).filter((resource) => resource.role === "current");
  const current = resources.find((resource) => resource.logicalId === logicalId);
  const common = {
    Action: action,
    LogicalResourceId: logicalId,
    PhysicalResourceId: current?.physicalId,
    ResourceType: current?.type ?? goal.resources.get(logicalId)!.definition.type,
  };
  if (action !== "Modify" || !current) return { Type: "Resource", ResourceChange: { ...common, Scope: [], Details: [] } };
  const schema = registry.schemas.get(current.type)!;
  const type = registry.resource(current.type);
  const next = propertiesOf(goal, logicalId, environmentOf(ctx, stack), registry.schemas, liveResources(resources));
  const changes = diff(schema, current.properties, next);
  return {
    Type: "Resource",
    ResourceChange: {
      ...common,
      Scope: changes.length > 0 ? ["Properties"] : [],
      Replacement: needsReplacement(changes, type.update !== undefined) ? "True" : changes.some((change) => change.replaces === "maybe") ? "Conditional" : "False",
      Details: changes.map((change) => ({
        Target: { Attribute: "Properties", Name: change.name, RequiresRecreation: change.replaces === "yes" ? "Always" : change.replaces === "maybe" ? "Conditionally" : "Never" },
        Evaluation: "Static",
        ChangeSource: "DirectModification",
      })),
    },
  };
}
