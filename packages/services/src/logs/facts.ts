/** What other services may know of CloudWatch Logs. */
import type { Reader, Scope } from "@hakoniwa/kernel";
import { groupNameOf } from "./names.js";
import { keyIn, logGroups, logStreams } from "./state.js";

export interface LogsFacts {
  hasGroup(name: string): boolean;
  hasStream(group: string, name: string): boolean;
  /** The tags of a log group that is there, by its ARN. */
  tags(arn: string): Readonly<Record<string, string>> | undefined;
}

export function logsFacts(db: Reader, scope: Scope): LogsFacts {
  return {
    hasGroup: (name) => db(logGroups).get(name) !== undefined,
    hasStream: (group, name) => db(logStreams).get(keyIn(group, name)) !== undefined,
    tags: (arn) => db(logGroups).get(groupNameOf(arn, scope))?.tags,
  };
}
