/** Why a stack came to nothing, and what to do, for people. */
import type { AwsError } from "@hakoniwa/kernel";
import type { AsyncAws } from "@hakoniwa/wire";
import type { Deployable } from "./deployable.js";
import { UserError } from "./say.js";
import { isOfStack, newEvents, plainReason } from "./stack-events.js";
import { printable } from "./text.js";

interface Ended {
  /** The stack's status. */
  readonly end: string;
  /** The events of earlier operations, whose failures are history. */
  readonly before: ReadonlySet<string>;
  readonly placeOf: Deployable["placeOf"];
  readonly stackId?: string;
}

/** The resources that failed, the first first, each with its reason and where it stands in the template. */
export async function failure(aws: AsyncAws, stackName: string, { end, before, placeOf, stackId = stackName }: Ended): Promise<UserError> {
  const failed = (await newEvents(aws, stackId, before)).filter(
    (event) => event.ResourceStatus?.endsWith("_FAILED") && event.ResourceStatusReason && !event.ResourceStatusReason.includes("cancelled") && !isOfStack(event),
  );
  const reasons = failed.map((event) => {
    const place = placeOf(event.LogicalResourceId ?? "");
    const reason = printable(plainReason(event.ResourceStatusReason ?? ""));
    return `  ${event.LogicalResourceId} (${event.ResourceType}): ${reason}${place === undefined ? "" : `\n    at ${place}`}`;
  });
  return new UserError([`${stackName} ended as ${end}`, ...new Set(reasons), ...advice(end, stackName)].join("\n"));
}

function advice(end: string, stackName: string): readonly string[] {
  switch (end) {
    case "ROLLBACK_COMPLETE":
    case "ROLLBACK_FAILED":
      return ["  What had been made is taken back. Mend the template, and `up` again: it begins anew."];
    case "UPDATE_ROLLBACK_COMPLETE":
      return ["  The stack is as it was before. Mend the template, and `up` again."];
    case "DELETE_FAILED":
      return [`  What is named is still there. Mend what stands in its way, and \`./hakoniwa down ${stackName}\` again; a bucket must be empty: \`aws s3 rm s3://BUCKET --recursive\`.`];
    default:
      return [];
  }
}

/** What CloudFormation refused before it touched anything, with where the resource that it names comes from. */
export function refusal({ stackName, file, placeOf }: Deployable, error: AwsError): UserError {
  const [, logicalId] = /[[/]Resources\/([A-Za-z0-9]+)/.exec(error.message) ?? [];
  const [, line] = /\bline (\d+)/.exec(error.message) ?? [];
  const place = file !== undefined && line !== undefined ? `${file}:${line}` : logicalId === undefined ? undefined : placeOf(logicalId);
  return new UserError(`${stackName} can't be deployed: ${printable(error.message)}${place === undefined ? "" : `\n    at ${place}`}`);
}
