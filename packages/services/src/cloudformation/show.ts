/** Records as the API shows them. */
import type { CloudformationTypes } from "@hakoniwa/wire";
import type { Template } from "@hakoniwa/cloudformation";
import { showRollback } from "./policies-rollback.js";
import type { Stack, StackEvent, StackResource } from "./state.js";

function showStackDrift({ drift }: Stack): NonNullable<CloudformationTypes.Stack["DriftInformation"]> {
  return drift ? { StackDriftStatus: drift.status, LastCheckTimestamp: timestamp(drift.checked) } : { StackDriftStatus: "NOT_CHECKED" };
}

/** @param at milliseconds since the Unix epoch */
export function timestamp(at: number): Date {
  return new Date(at);
}

function optionalTime(at: number | undefined): Date | undefined {
  return at === undefined ? undefined : timestamp(at);
}

/** @param noEcho the parameters whose values are never shown */
export function showStack(stack: Stack, noEcho: ReadonlySet<string>): CloudformationTypes.Stack {
  return {
    StackId: stack.id,
    StackName: stack.name,
    ChangeSetId: stack.changeSetId,
    Description: stack.description,
    Parameters: stack.configuration.parameters.map((parameter) => showParameter(parameter, noEcho)),
    CreationTime: timestamp(stack.created),
    LastUpdatedTime: optionalTime(stack.updated),
    DeletionTime: optionalTime(stack.deleted),
    RollbackConfiguration: showRollback(stack.configuration.rollback),
    StackStatus: stack.status,
    StackStatusReason: stack.statusReason,
    DisableRollback: stack.onFailure === "DO_NOTHING",
    NotificationARNs: stack.configuration.notificationArns,
    TimeoutInMinutes: stack.timeoutInMinutes,
    Capabilities: stack.configuration.capabilities,
    Outputs: stack.outputs.map((output) => ({
      OutputKey: output.name,
      OutputValue: output.value,
      Description: output.description,
      ExportName: output.exportName,
    })),
    RoleARN: stack.roleArn,
    ParentId: stack.parentId,
    RootId: stack.rootId,
    Tags: stack.configuration.tags,
    EnableTerminationProtection: stack.terminationProtection,
    DeletionMode: stack.forceDelete ? "FORCE_DELETE_STACK" : undefined,
    RetainExceptOnCreate: stack.retainExceptOnCreate,
    DriftInformation: showStackDrift(stack),
    LastOperations: [{ OperationType: stack.operationType, OperationId: stack.operationId }],
  };
}

export function showParameter(
  parameter: { readonly name: string; readonly given: string; readonly value: string | readonly string[] },
  noEcho: ReadonlySet<string>,
): CloudformationTypes.Parameter {
  const hidden = noEcho.has(parameter.name);
  const text = typeof parameter.value === "string" ? parameter.value : parameter.value.join(",");
  const resolved = text !== parameter.given && !hidden && !parameter.given.includes(",") ? text : undefined;
  return { ParameterKey: parameter.name, ParameterValue: hidden ? "****" : parameter.given, ResolvedValue: resolved };
}

export function noEchoOf(template: Pick<Template, "parameters">): ReadonlySet<string> {
  return new Set([...template.parameters.values()].filter((parameter) => parameter.noEcho).map((parameter) => parameter.name));
}

export function showSummary(stack: Stack): CloudformationTypes.StackSummary {
  return {
    StackId: stack.id,
    StackName: stack.name,
    TemplateDescription: stack.description,
    CreationTime: timestamp(stack.created),
    LastUpdatedTime: optionalTime(stack.updated),
    DeletionTime: optionalTime(stack.deleted),
    StackStatus: stack.status,
    StackStatusReason: stack.statusReason,
    ParentId: stack.parentId,
    RootId: stack.rootId,
    DriftInformation: showStackDrift(stack),
  };
}

export function showEvent(event: StackEvent): CloudformationTypes.StackEvent {
  return {
    StackId: event.stackId,
    EventId: event.id,
    StackName: event.stackName,
    LogicalResourceId: event.logicalId,
    PhysicalResourceId: event.physicalId ?? "",
    ResourceType: event.type,
    Timestamp: timestamp(event.timestamp),
    ResourceStatus: event.status,
    ResourceStatusReason: event.statusReason,
    ResourceProperties: event.properties,
    ClientRequestToken: event.clientRequestToken,
    OperationId: event.operationId,
  };
}

export function showResource(stack: Stack, resource: StackResource): CloudformationTypes.StackResource {
  return {
    StackName: stack.name,
    StackId: stack.id,
    LogicalResourceId: resource.logicalId,
    PhysicalResourceId: resource.physicalId,
    ResourceType: resource.type,
    Timestamp: timestamp(resource.timestamp),
    ResourceStatus: resource.status,
    ResourceStatusReason: resource.statusReason,
    DriftInformation: showResourceDrift(resource),
  };
}

export function showResourceDrift({ drift }: StackResource): CloudformationTypes.StackResourceDriftInformation {
  return drift ? { StackResourceDriftStatus: drift.status, LastCheckTimestamp: timestamp(drift.checked) } : { StackResourceDriftStatus: "NOT_CHECKED" };
}
