/** Who may do what on parameters: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html */
import type { Access } from "@hakoniwa/kernel";
import type { Asked } from "../define.js";
import { parameterArn } from "./names.js";

/** The access that an operation on named parameters asks for. A name may be an ARN, and may carry a version. */
export function access<In>(operation: string, names: (input: In) => readonly string[]) {
  return (input: In, asked: Asked): Access => ({
    action: `ssm:${operation}`,
    resources: names(input).map((name) => (name.startsWith("arn:") ? name : parameterArn(asked, name.split(":")[0] ?? name))),
  });
}

export const byName = (input: { readonly Name: string }): readonly string[] => [input.Name];
export const byNames = (input: { readonly Names: readonly string[] }): readonly string[] => input.Names;
