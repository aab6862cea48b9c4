/** Brings a stack to what its template says, or takes it down, and tells what happens meanwhile. */
import type { Options } from "@hakoniwa/cloud/client";
import { AwsError } from "@hakoniwa/kernel";
import type { AsyncAws, CloudformationTypes } from "@hakoniwa/wire";
import type { Deployable } from "./deployable.js";
import { failure, refusal } from "./failure.js";
import { describeStack, follow } from "./follow.js";
import { dim, green, UserError, yellow, type Say } from "./say.js";
import { newEvents } from "./stack-events.js";
import { publish, templateInput } from "./uploads.js";

const CAPABILITIES: readonly CloudformationTypes.Capability[] = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"];

/**
 * Creates or updates the stack and follows it to its end. A second run of the same template finds nothing to do.
 * @param parameters what the user says; others of a stack that is there keep their values
 * @throws UserError with the failed resources, their reasons and places
 */
export async function deploy(aws: AsyncAws, options: Options, stack: Deployable, parameters: Readonly<Record<string, string>>, say: Say): Promise<void> {
  const { stackName, body, placeOf } = stack;
  await publish(aws, options, stack.assets, say);
  const template = await templateInput(aws, options, body);
  const before = await ready(aws, stackName, say);
  const said = { ...stack.parameters, ...parameters };
  const unchanged = async (): Promise<void> => {
    await protect(aws, stack, before);
    say({ event: "unchanged", stackName, status: before?.StackStatus }, green(`${stackName} is as the template says already: no changes`));
  };
  if (before && (await isSame(aws, stack, before, said))) return unchanged();
  const seen = new Set<string>();
  const told = new Set<string>();
  try {
    const input = {
      StackName: stackName,
      ...template,
      Parameters: await parametersFor(aws, template, said, before),
      Tags: Object.entries(stack.tags).map(([Key, Value]) => ({ Key, Value })),
      Capabilities: CAPABILITIES,
    };
    if (before) {
      for (const event of await newEvents(aws, stackName, seen)) seen.add(event.EventId ?? "");
      for (const id of seen) told.add(id);
      await aws.cloudformation.UpdateStack(input);
    } else {
      await aws.cloudformation.CreateStack(input);
    }
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    if (!before || !error.message.includes("No updates are to be performed")) throw refusal(stack, error);
    return unchanged();
  }
  const end = await follow(aws, stackName, { seen: told, resources: countResources(body) }, say);
  if (end !== "CREATE_COMPLETE" && end !== "UPDATE_COMPLETE") throw await failure(aws, stackName, { end, before: seen, placeOf });
  await protect(aws, stack, before);
}

/** CloudFormation updates nested stacks again and again, and can't know that nothing in them changed; an assembly's assets tell by their names. */
async function isSame(aws: AsyncAws, stack: Deployable, before: CloudformationTypes.Stack, said: Readonly<Record<string, string>>): Promise<boolean> {
  if (!stack.namesContents || before.StackStatus === "UPDATE_ROLLBACK_COMPLETE") return false;
  const { Parameters = [], Tags = [] } = before;
  const values = new Map(Parameters.map(({ ParameterKey, ParameterValue }) => [ParameterKey, ParameterValue]));
  // What a parameter of Systems Manager says may be another value today.
  if (Parameters.some(({ ResolvedValue }) => ResolvedValue !== undefined) || Object.entries(said).some(([key, value]) => values.get(key) !== value)) return false;
  if (Tags.length !== Object.keys(stack.tags).length || Tags.some(({ Key, Value }) => stack.tags[Key] !== Value)) return false;
  return (await aws.cloudformation.GetTemplate({ StackName: stack.stackName, TemplateStage: "Original" })).TemplateBody === stack.body;
}

/** Protection comes last, so that a creation that fails can be taken back. */
async function protect(aws: AsyncAws, { stackName, terminationProtection }: Deployable, before: CloudformationTypes.Stack | undefined): Promise<void> {
  if (!terminationProtection || before?.EnableTerminationProtection) return;
  await aws.cloudformation.UpdateTerminationProtection({ StackName: stackName, EnableTerminationProtection: true });
}

/** Where it can be told without reading YAML. */
function countResources(body: string): number | undefined {
  try {
    return Object.keys((JSON.parse(body) as { Resources?: object }).Resources ?? {}).length;
  } catch {
    return undefined;
  }
}

/** As `aws cloudformation deploy` does: what is not said stays as it was. */
async function parametersFor(
  aws: AsyncAws,
  template: Awaited<ReturnType<typeof templateInput>>,
  said: Readonly<Record<string, string>>,
  before: CloudformationTypes.Stack | undefined,
): Promise<readonly CloudformationTypes.Parameter[]> {
  const given = Object.entries(said).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue }));
  const kept = new Set((before?.Parameters ?? []).map((parameter) => parameter.ParameterKey));
  if (kept.size === 0) return given;
  const { Parameters = [] } = await aws.cloudformation.GetTemplateSummary(template);
  const previous = Parameters.flatMap(({ ParameterKey }) => (ParameterKey !== undefined && kept.has(ParameterKey) && !Object.hasOwn(said, ParameterKey) ? [{ ParameterKey, UsePreviousValue: true }] : []));
  return [...given, ...previous];
}

/**
 * Brings a stack into a state from which it can be created or updated.
 * @returns what is there; undefined when it is to be created
 * @throws UserError with what to do, where that is the user's to decide
 */
async function ready(aws: AsyncAws, stackName: string, say: Say): Promise<CloudformationTypes.Stack | undefined> {
  for (;;) {
    const stack = await describeStack(aws, stackName);
    const status = stack?.StackStatus;
    switch (status) {
      case undefined:
      case "CREATE_COMPLETE":
      case "UPDATE_COMPLETE":
      case "UPDATE_ROLLBACK_COMPLETE":
      case "IMPORT_COMPLETE":
      case "IMPORT_ROLLBACK_COMPLETE":
        return stack;
      case "ROLLBACK_COMPLETE":
      case "ROLLBACK_FAILED":
        // AWS can't update a stack whose creation failed; what it made has been taken back.
        say({ event: "again", stackName, status }, yellow(`${stackName} is ${status}: its creation failed last time, so what is left of it goes before it is created again`));
        await remove(aws, stackName, say);
        break;
      case "UPDATE_ROLLBACK_FAILED":
        say({ event: "again", stackName, status }, yellow(`${stackName} is ${status}: its last update could not be taken back whole, so that is gone on with first`));
        await aws.cloudformation.ContinueUpdateRollback({ StackName: stackName });
        if ((await settle(aws, stackName, say)) === "UPDATE_ROLLBACK_FAILED") throw await stuck(aws, stackName, status);
        break;
      case "CREATE_FAILED":
      case "DELETE_FAILED":
      case "UPDATE_FAILED":
      case "REVIEW_IN_PROGRESS":
        throw await stuck(aws, stackName, status);
      default:
        say({ event: "waiting", stackName, status }, dim(`${stackName} is ${status}: waiting for it`));
        await settle(aws, stackName, say);
    }
  }
}

const ADVICE: Readonly<Record<string, (name: string) => string>> = {
  CREATE_FAILED: (name) => `it was created without rollback, and keeps what was made for you to look at. When you have seen enough: \`./hakoniwa down ${name}\`, then \`up\` again`,
  DELETE_FAILED: (name) => `its deletion ended half-way. Mend what stands in the way, then \`./hakoniwa down ${name}\`, and \`up\` again`,
  UPDATE_FAILED: (name) => `its last update failed without rollback. Take it back with \`aws cloudformation rollback-stack --stack-name ${name}\`, then \`up\` again`,
  REVIEW_IN_PROGRESS: (name) => `a change set that would create it waits to be executed. Execute it, or drop it with \`./hakoniwa down ${name}\`, then \`up\` again`,
  UPDATE_ROLLBACK_FAILED: (name) => `its last update could not be taken back. Mend what stands in the way, or leave it out: \`aws cloudformation continue-update-rollback --stack-name ${name} --resources-to-skip …\``,
};

async function stuck(aws: AsyncAws, stackName: string, status: string): Promise<UserError> {
  const { message } = await failure(aws, stackName, { end: status, before: new Set(), placeOf: () => undefined });
  return new UserError(`${message.replace(" ended as ", " is ")}\n  ${ADVICE[status]?.(stackName) ?? ""}`.trimEnd());
}

async function settle(aws: AsyncAws, stackName: string, say: Say): Promise<string> {
  const seen = new Set((await newEvents(aws, stackName, new Set())).map((event) => event.EventId ?? ""));
  return follow(aws, stackName, { seen }, say);
}

/** Deletes the stack and follows it to its end. Resolves with the resources that its template wanted kept. */
export async function remove(aws: AsyncAws, stackName: string, say: Say): Promise<readonly CloudformationTypes.StackResource[]> {
  const found = await describeStack(aws, stackName);
  const stackId = found?.StackId;
  if (!stackId) throw new UserError(`there is no stack "${stackName}": \`./hakoniwa status\` lists what there is`);
  const before = new Set((await newEvents(aws, stackId, new Set())).map((event) => event.EventId ?? ""));
  await aws.cloudformation.DeleteStack({ StackName: stackId });
  const end = await follow(aws, stackId, { seen: new Set(before), resources: undefined }, say);
  if (end !== "DELETE_COMPLETE") throw await failure(aws, stackName, { end, before, placeOf: () => undefined, stackId });
  const { StackResources = [] } = await aws.cloudformation.DescribeStackResources({ StackName: stackId });
  return StackResources.filter((resource) => resource.ResourceStatus !== "DELETE_COMPLETE" && resource.PhysicalResourceId);
}
