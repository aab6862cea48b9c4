/** Whether a wait condition has what it waits for. Pure. */
import type { Settled } from "@hakoniwa/cloudformation";
import type { WaitMessage } from "./wait-state.js";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-waitcondition.html */
export function judgeWait(count: number, messages: readonly WaitMessage[], late: boolean): Settled {
  if (messages.some((message) => message.status === "UNPARSABLE")) return { failed: "Unparsable WaitCondition data" };
  const failure = messages.find((message) => message.status === "FAILURE");
  if (failure) return { failed: `WaitCondition received failed message: '${failure.reason}' for uniqueId: ${failure.uniqueId}` };
  if (messages.length >= count) return true;
  return late ? { failed: `WaitCondition timed out. Received ${messages.length} conditions when expecting ${count}` } : false;
}

/** What `Fn::GetAtt` gives as `Data`: each message's, by its unique id. */
export function dataOf(messages: readonly WaitMessage[]): string {
  return JSON.stringify(Object.fromEntries(messages.map(({ uniqueId, data }) => [uniqueId, data])));
}
