/** Which refresh is under way, and what it is after. */
import type { Database, Reader } from "@hakoniwa/kernel";
import type { Facts } from "../facts.js";
import type { Target } from "./refresh-plan.js";
import type { Group, LaunchSource } from "./state.js";
import { refreshes, type Refresh, type RefreshStatus } from "./state-scaling.js";

const UNDER_WAY: readonly RefreshStatus[] = ["Pending", "InProgress", "Baking", "Cancelling", "RollbackInProgress"];

export function isUnderWay({ status }: Refresh): boolean {
  return UNDER_WAY.includes(status);
}

/** What launches of the group belong to. After a rollback began, they are of the group's own configuration again. */
export function refreshOf(db: Reader | Database, group: string): Refresh | undefined {
  return db(refreshes).where("group", group).find(isUnderWay);
}

export function targetOf(facts: Facts, group: Group, refresh: Refresh): Target {
  return resolve(facts, refresh.desired ?? group.launch);
}

/** What a source means at this moment. */
export function resolve(facts: Facts, source: LaunchSource): Target {
  if (source.kind === "configuration") return { configuration: source.name, template: undefined, instanceTypes: undefined };
  const version = facts.ec2.launchTemplate(source.id, source.version)?.version;
  const template = { id: source.id, version: version === undefined ? source.version : String(version) };
  return { configuration: undefined, template, instanceTypes: source.kind === "mixed" && source.overrides.length > 0 ? source.overrides.map(({ instanceType }) => instanceType) : undefined };
}
