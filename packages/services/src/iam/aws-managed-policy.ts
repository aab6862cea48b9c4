/** How the managed policies of AWS's own are written down here. */
import type { Policy } from "./state.js";

export interface ManagedStatement {
  readonly Effect: "Allow";
  readonly Action?: readonly string[] | string;
  readonly NotAction?: readonly string[];
  readonly Resource: string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export const allow = (...actions: readonly string[]): ManagedStatement => ({ Effect: "Allow", Action: actions, Resource: "*" });
export const allowOn = (Resource: string, ...actions: readonly string[]): ManagedStatement => ({ Effect: "Allow", Action: actions, Resource });

/** @param since the day on which AWS made it; @param id AWS's own */
export function managed(name: string, path: string, id: string, description: string, since: string, statements: readonly ManagedStatement[]): Policy {
  const created = Date.parse(`${since}T00:00:00Z`);
  const document = JSON.stringify({ Version: "2012-10-17", Statement: statements }, undefined, 4);
  return {
    arn: `arn:aws:iam::aws:policy${path}${name}`,
    name,
    id,
    path,
    description,
    created,
    updated: created,
    defaultVersion: "v1",
    nextVersion: 2,
    versions: [{ id: "v1", document, created }],
    tags: {},
  };
}
