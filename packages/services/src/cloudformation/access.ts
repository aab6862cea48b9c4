/** Who may do what on stacks: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html */
import type { Access } from "@hakoniwa/kernel";
import type { Asked } from "../define.js";

interface Named {
  readonly StackName?: string | undefined;
  readonly ChangeSetName?: string | undefined;
  readonly RoleARN?: string | undefined;
  readonly TemplateURL?: string | undefined;
  readonly StackPolicyURL?: string | undefined;
  readonly ResourceTypes?: readonly string[] | undefined;
}

/** The access that an operation on a stack asks for; on everything when none is named. Passing a role asks for that too. */
export function access(operation: string) {
  return (input: object, asked: Asked): readonly Access[] => {
    const named = input as Named;
    const { RoleARN: role } = named;
    return [
      { action: `cloudformation:${operation}`, resources: [stackArn(named, asked)], conditions: conditionsOf(named) },
      ...(role === undefined ? [] : [{ action: "iam:PassRole", resources: [role], conditions: { "iam:PassedToService": "cloudformation.amazonaws.com" } }]),
    ];
  };
}

/** A change set that is named by its ARN says by itself whose it is. */
function stackArn({ StackName: stack, ChangeSetName: changeSet }: Named, asked: Asked): string {
  if (changeSet?.startsWith("arn:")) return asked.facts.cloudformation.stackOfChangeSet(changeSet) ?? "*";
  if (stack === undefined) return "*";
  return stack.startsWith("arn:") ? stack : `arn:aws:cloudformation:${asked.region}:${asked.account}:stack/${stack}/*`;
}

function conditionsOf({ ChangeSetName, RoleARN, ResourceTypes, StackPolicyURL, TemplateURL }: Named): Readonly<Record<string, string | readonly string[]>> {
  const all = { ChangeSetName, RoleArn: RoleARN, ResourceTypes, StackPolicyUrl: StackPolicyURL, TemplateUrl: TemplateURL };
  return Object.fromEntries(Object.entries(all).flatMap(([key, value]) => (value === undefined ? [] : [[`cloudformation:${key}`, value]])));
}
