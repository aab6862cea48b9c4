/** Records as the API shows them. */
import type { CloudformationTypes } from "@hakoniwa/wire";
import type { Template } from "@hakoniwa/cloudformation";
import type { Stack, StackEvent, StackResource } from "./state.js";

const NOT_CHECKED = { StackDriftStatus: "NOT_CHECKED" } as const;

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
    RollbackConfiguration: {},
    StackStatus: stack.status,
    StackStatusReason: stack.statusReason,
    DisableRollback: stack.onFailure === "DO_NOTHING",
    NotificationARNs: [],
    TimeoutInMinutes: stack.timeoutInMinutes,
    Capabilities: stack.configuration.capabilities,
    Outputs: stack.outputs.map((output) => ({
      OutputKey: output.name,
      OutputValue: output.value,
      Description: output.description,
      ExportName: output.exportName,
    })),
    RoleARN: stack.roleArn,
    Tags: stack.configuration.tags,
    EnableTerminationProtection: stack.terminationProtection,
    DriftInformation: NOT_CHECKED,
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

export function noEchoOf(template: Template): ReadonlySet<string> {
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
    DriftInformation: NOT_CHECKED,
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
    DriftInformation: { StackResourceDriftStatus: "NOT_CHECKED" },
  };
}
