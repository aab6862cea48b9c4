/** What other services may know of Systems Manager. */
import type { Reader, Scope } from "@hakoniwa/kernel";
import type { Facts } from "../facts.js";
import { findParameter } from "./lookup.js";
import { parameterArn } from "./names.js";
import { publishedParameters } from "./published.js";
import { parameters } from "./state.js";

export interface SsmFacts {
  /** The value of a parameter, public ones included: `name`, `name:version` or `name:label`. SecureString is never given. */
  parameter(name: string): { readonly value: string; readonly type: string; readonly version: number } | undefined;
  /** The tags of a parameter that is there, by its ARN. */
  tags(arn: string): Readonly<Record<string, string>> | undefined;
}

export function ssmFacts(db: Reader, scope: Scope, all: () => Facts): SsmFacts {
  return {
    parameter(name) {
      const lookup = findParameter(db, scope, publishedParameters(all()), name);
      if (lookup.kind !== "found" || lookup.parameter.type === "SecureString") return undefined;
      const { value, type, version } = lookup.parameter;
      return { value, type, version };
    },
    tags(arn) {
      const prefix = parameterArn(scope, "/");
      if (!arn.startsWith(prefix)) return undefined;
      const name = arn.slice(prefix.length);
      return (db(parameters).get(`/${name}`) ?? db(parameters).get(name))?.tags;
    },
  };
}
