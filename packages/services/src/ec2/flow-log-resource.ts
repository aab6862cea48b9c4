/** Which interfaces a flow log is about. */
import type { Reader } from "@hakoniwa/kernel";
import { flowLogs, type FlowLog } from "./state-connections.js";
import { networkInterfaces, subnets, type NetworkInterface } from "./state.js";

/** Whether any flow log wants to know of an interface's traffic. */
export function isFlowLogged(db: Reader, { id, subnetId, vpcId }: NetworkInterface): boolean {
  return [id, subnetId, vpcId].some((resource) => db(flowLogs).where("resource", resource).length > 0);
}

/** The VPC of what is logged; undefined when that is gone. */
export function vpcOfLog(db: Reader, { resourceId }: FlowLog): string | undefined {
  if (resourceId.startsWith("vpc-")) return resourceId;
  return (db(subnets).get(resourceId) ?? db(networkInterfaces).get(resourceId))?.vpcId;
}

/** Every flow log of a VPC, or of something in it. */
export function flowLogsOfVpc(db: Reader, vpcId: string): readonly FlowLog[] {
  return db(flowLogs).list().filter((log) => vpcOfLog(db, log) === vpcId);
}

/** Whether an interface is a flow log's: it is the resource, or it is in it. */
export function isOfLog({ resourceId }: FlowLog, networkInterface: { readonly id: string; readonly subnetId: string; readonly vpcId: string }): boolean {
  return [networkInterface.id, networkInterface.subnetId, networkInterface.vpcId].includes(resourceId);
}
