/** Who may do what on parameters: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html */
import type { Access } from "@hakoniwa/kernel";
import type { Asked } from "../define.js";
import { parameterArn } from "./names.js";

/** The access that an operation on named parameters asks for. A name may be an ARN, and may carry a version. */
export function access<In>(operation: string, names: (input: In) => readonly string[]) {
  return (input: In, asked: Asked): Access => ({
    action: `ssm:${operation}`,
    resources: names(input).map((name) => resourceOf(asked, name.trim())),
  });
}

function resourceOf(asked: Asked, name: string): string {
  // An ARN has five colons of its own; a version or label comes after a sixth.
  if (name.startsWith("arn:")) return name.split(":").slice(0, 6).join(":");
  return parameterArn(asked, name.split(":")[0] ?? name);
}

export const byName = (input: { readonly Name: string }): readonly string[] => [input.Name];
export const byNames = (input: { readonly Names: readonly string[] }): readonly string[] => input.Names;
