/** What other services may know of Auto Scaling. */
import type { Reader } from "@hakoniwa/kernel";
import { members } from "./state.js";

export interface AutoscalingFacts {
  /** The group that an instance belongs to. */
  groupOf(instanceId: string): string | undefined;
}

export function autoscalingFacts(db: Reader): AutoscalingFacts {
  return { groupOf: (instanceId) => db(members).get(instanceId)?.group };
}
