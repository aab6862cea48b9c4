/** Brings a stack to what a template says, and tells what happens meanwhile. */
import { AwsError } from "@hakoniwa/kernel";
import type { AsyncAws } from "@hakoniwa/wire";
import { dim, UserError, green, type Say } from "./say.js";
import { lineOf, plainReason, type StackEvent } from "./stack-events.js";

export interface Deployment {
  readonly stackName: string;
  readonly body: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Milliseconds between looks at the stack's events. */
const LOOK_EVERY = 100;

/**
 * Creates or updates the stack and follows it to its end. A second run of the same template finds nothing to do.
 * @throws UserError with the failed resources and their reasons
 */
export async function deploy(aws: AsyncAws, deployment: Deployment, say: Say): Promise<void> {
  const { stackName } = deployment;
  let status = await statusOf(aws, stackName);
  if (status?.endsWith("_IN_PROGRESS")) {
    say({ event: "waiting", stackName, status }, dim(`${stackName} is ${status}: waiting for it`));
    status = await follow(aws, stackName, new Set(), say);
  }
  // AWS can't update a stack whose creation failed; there is nothing in it to lose.
  if (status === "ROLLBACK_COMPLETE" || status === "CREATE_FAILED" || status === "ROLLBACK_FAILED") {
    await remove(aws, stackName, say);
    status = undefined;
  }
  const input = {
    StackName: stackName,
    TemplateBody: deployment.body,
    Parameters: Object.entries(deployment.parameters).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue })),
    Capabilities: ["CAPABILITY_IAM" as const, "CAPABILITY_NAMED_IAM" as const, "CAPABILITY_AUTO_EXPAND" as const],
  };
  const seen = new Set<string>();
  if (status === undefined) {
    await aws.cloudformation.CreateStack(input);
  } else {
    for (const event of await events(aws, stackName)) seen.add(event.EventId ?? "");
    try {
      await aws.cloudformation.UpdateStack(input);
    } catch (error) {
      if (!(error instanceof AwsError) || !error.message.includes("No updates are to be performed")) throw error;
      say({ event: "unchanged", stackName, status }, green(`${stackName} is as the template says already`));
      return;
    }
  }
  const before = new Set(seen);
  const end = await follow(aws, stackName, seen, say);
  if (end !== "CREATE_COMPLETE" && end !== "UPDATE_COMPLETE") throw await failure(aws, stackName, end, before);
}

/** Deletes the stack and follows it to its end. */
export async function remove(aws: AsyncAws, stackName: string, say: Say): Promise<void> {
  const stack = (await describe(aws, stackName))?.StackId;
  if (!stack) throw new UserError(`there is no stack "${stackName}": \`./hakoniwa status\` lists what there is`);
  const before = new Set((await events(aws, stack)).map((event) => event.EventId ?? ""));
  await aws.cloudformation.DeleteStack({ StackName: stack });
  const end = await follow(aws, stack, new Set(before), say);
  if (end !== "DELETE_COMPLETE") throw await failure(aws, stackName, end, before, stack);
}

/** @param before the events of earlier operations, whose failures are history */
async function failure(aws: AsyncAws, stackName: string, end: string, before: ReadonlySet<string>, stackId = stackName): Promise<UserError> {
  const failed = (await events(aws, stackId)).filter(
    (event) => !before.has(event.EventId ?? "") && event.ResourceStatus?.endsWith("_FAILED") && event.ResourceStatusReason && !event.ResourceStatusReason.includes("cancelled"),
  );
  const reasons = failed.map((event) => `  ${event.LogicalResourceId} (${event.ResourceType}): ${plainReason(event.ResourceStatusReason ?? "")}`);
  return new UserError([`${stackName} ended as ${end}`, ...new Set(reasons)].join("\n"));
}

/** Tells every new event until the stack has come to rest. Returns its status. */
async function follow(aws: AsyncAws, stackName: string, seen: Set<string>, say: Say): Promise<string> {
  for (;;) {
    const status = (await statusOf(aws, stackName)) ?? "DELETE_COMPLETE";
    const fresh = (await events(aws, stackName)).filter((event) => !seen.has(event.EventId ?? ""));
    for (const [at, event] of fresh.entries()) {
      seen.add(event.EventId ?? "");
      tell(event, fresh.slice(at + 1), say);
    }
    if (!status.endsWith("_IN_PROGRESS")) return status;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}

/** @param later events of the same look, of which one may say all that this one says */
function tell(event: StackEvent, later: readonly StackEvent[], say: Say): void {
  const { LogicalResourceId: id = "", ResourceType: type = "", ResourceStatus: status = "", ResourceStatusReason: reason, PhysicalResourceId: physicalId = "" } = event;
  // CloudFormation tells each creation twice; once is enough.
  if (reason === "Resource creation Initiated") return;
  say({ event: "resource", logicalId: id, type, status, physicalId, reason }, lineOf(event, later));
}

async function describe(aws: AsyncAws, stackName: string) {
  try {
    return (await aws.cloudformation.DescribeStacks({ StackName: stackName })).Stacks?.[0];
  } catch (error) {
    if (error instanceof AwsError && error.code === "ValidationError" && error.message.includes("does not exist")) return undefined;
    throw error;
  }
}

async function statusOf(aws: AsyncAws, stackName: string): Promise<string | undefined> {
  return (await describe(aws, stackName))?.StackStatus;
}

/** Oldest first. */
async function events(aws: AsyncAws, stackName: string): Promise<readonly StackEvent[]> {
  const all: StackEvent[] = [];
  let token: string | undefined;
  do {
    const page = await aws.cloudformation.DescribeStackEvents({ StackName: stackName, NextToken: token });
    all.push(...(page.StackEvents ?? []));
    token = page.NextToken;
  } while (token);
  return all.reverse();
}
