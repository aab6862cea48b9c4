/** Who may do what on stacks: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html */
import type { Access } from "@hakoniwa/kernel";
import type { Asked } from "../define.js";

/** The access that an operation on a stack asks for; on everything when none is named. Passing a role asks for that too. */
export function access(operation: string) {
  return (input: object, asked: Asked): readonly Access[] => {
    const { StackName: stack, RoleARN: role } = input as { readonly StackName?: string; readonly RoleARN?: string };
    const arn = stack === undefined ? "*" : stack.startsWith("arn:") ? stack : `arn:aws:cloudformation:${asked.region}:${asked.account}:stack/${stack}/*`;
    return [
      { action: `cloudformation:${operation}`, resources: [arn] },
      ...(role === undefined ? [] : [{ action: "iam:PassRole", resources: [role], conditions: { "iam:PassedToService": "cloudformation.amazonaws.com" } }]),
    ];
  };
}
