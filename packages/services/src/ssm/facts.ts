/** What other services may know of Systems Manager. */
import type { Reader, Scope } from "@hakoniwa/kernel";
import type { Facts } from "../facts.js";
import { findParameter } from "./lookup.js";

export interface SsmFacts {
  /** The value of a parameter, public ones included: `name` or `name:version`. SecureString is never given. */
  parameter(name: string): { readonly value: string; readonly type: string; readonly version: number } | undefined;
}

export function ssmFacts(db: Reader, scope: Scope, all: () => Facts): SsmFacts {
  return {
    parameter(name) {
      const lookup = findParameter(db, scope, all().ec2.publicImageParameters(), name);
      if (lookup.kind !== "found" || lookup.parameter.type === "SecureString") return undefined;
      const { value, type, version } = lookup.parameter;
      return { value, type, version };
    },
  };
}
