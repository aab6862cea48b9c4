/** What other services may know of CloudFormation. */
import type { Reader } from "@hakoniwa/kernel";
import { findStack } from "./find.js";
import { changeSets } from "./state.js";

export interface CloudformationFacts {
  stackStatus(name: string): string | undefined;
  /** The ARN of the stack that a change set is about, by the change set's ARN. */
  stackOfChangeSet(arn: string): string | undefined;
}

export function cloudformationFacts(db: Reader): CloudformationFacts {
  return { stackStatus: (name) => findStack(db, name)?.status, stackOfChangeSet: (arn) => db(changeSets).get(arn)?.stackId };
}
