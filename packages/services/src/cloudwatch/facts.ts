/** What other services may know of CloudWatch. */
import type { Reader } from "@hakoniwa/kernel";
import { alarms, type StateValue } from "./state.js";

export interface CloudwatchFacts {
  /** An alarm's state, by its name; undefined when there is none. */
  alarmState(name: string): StateValue | undefined;
}

export function cloudwatchFacts(db: Reader): CloudwatchFacts {
  return { alarmState: (name) => db(alarms).get(name)?.state.value };
}
