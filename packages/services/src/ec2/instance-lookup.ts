/** Instances as requests name them. */
import type { Reader } from "@hakoniwa/kernel";
import { checkId, notFound } from "./errors.js";
import { instances, type Instance, type InstanceState } from "./state-compute.js";

/** EC2 numbers its states: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html */
const CODES = { pending: 0, running: 16, "shutting-down": 32, terminated: 48, stopping: 64, stopped: 80 } as const satisfies Record<InstanceState, number>;

export function stateOf(state: InstanceState): { readonly Code: number; readonly Name: InstanceState } {
  return { Code: CODES[state], Name: state };
}

/** @throws AwsError when the id is none, or names no instance */
export function needInstance(db: Reader, id: string): Instance {
  return needInstances(db, [id])[0]!;
}

/** @throws AwsError naming every id that is not there */
export function needInstances(db: Reader, ids: readonly string[]): readonly Instance[] {
  const distinct = [...new Set(ids)];
  for (const id of distinct) checkId("instance", id);
  const missing = distinct.filter((id) => !db(instances).get(id));
  if (missing.length > 0) throw notFound("instance", ...missing);
  return distinct.map((id) => db(instances).get(id)!);
}
