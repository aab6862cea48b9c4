/** What other services may know of CloudFormation. */
import type { Reader } from "@hakoniwa/kernel";
import { findStack } from "./find.js";

export interface CloudformationFacts {
  stackStatus(name: string): string | undefined;
}

export function cloudformationFacts(db: Reader): CloudformationFacts {
  return { stackStatus: (name) => findStack(db, name)?.status };
}
