/** Who may do what: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html */
import type { Access } from "@hakoniwa/kernel";
import { resourceTags } from "../access.js";
import type { Asked } from "../define.js";
import { groupArn, groupNameOf, streamArn } from "./names.js";

interface NamesGroup {
  readonly logGroupName?: string | undefined;
  readonly logGroupIdentifier?: string | undefined;
  readonly logStreamName?: string | undefined;
}

/** Access to a group, or to the stream that the input names. AWS asks for a group as for its stream without a name, so that `…:log-group:NAME:*` covers both. */
export function access(operation: string) {
  return (input: NamesGroup, asked: Asked): Access => {
    const group = groupNameOf(input.logGroupName ?? input.logGroupIdentifier ?? "", asked);
    return {
      action: `logs:${operation}`,
      resources: [streamArn(asked, group, input.logStreamName ?? "")],
      conditions: resourceTags(asked.facts.logs.tags(groupArn(asked, group))),
    };
  };
}

/** Access by ARN: the tagging operations, which take the form without `:*`. */
export function accessByArn(operation: string) {
  return ({ resourceArn }: { readonly resourceArn: string }, asked: Asked): Access => ({
    action: `logs:${operation}`,
    resources: [resourceArn],
    conditions: resourceTags(asked.facts.logs.tags(resourceArn)),
  });
}
