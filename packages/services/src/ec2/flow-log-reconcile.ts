/** Keeps flow logs: reads what was counted in their VPCs, and delivers it window by window. Every key is a VPC's id. */
import { reconciler, watch, type Jobs } from "../define.js";
import { collect, lastReading, loggedInterface } from "./flow-log-collect.js";
import { deliver } from "./flow-log-deliver.js";
import { WindowTally, windowAt, type FlowRecord, type Window } from "./flow-log-plan.js";
import { flowLogsOfVpc, isOfLog, vpcOfLog } from "./flow-log-resource.js";
import { flowDeliveries, flowsOf, type FlowBatch } from "./flow-log-state.js";
import { flowLogs, type FlowLog } from "./state-connections.js";
import { networkInterfaces } from "./state.js";

/** Each has 500 flows at most. */
const BATCHES_AT_ONCE = 4;

interface Key {
  readonly account: string;
  readonly region: string;
  readonly id: string;
}

export const keepFlowLogs = reconciler({
  name: "ec2.keep-flow-logs",
  watches: [
    watch(flowLogs, (log, scope, read) => {
      const vpcId = vpcOfLog(read(scope), log);
      return vpcId === undefined ? [] : [vpcId];
    }),
  ],
  async reconcile(key, jobs) {
    const logs = flowLogsOfVpc(jobs.db, key.id);
    await forgetDeliveries(jobs);
    if (logs.length === 0) {
      if (lastReading(jobs, key.id)) await jobs.segments.trim(flowsOf(key.id), { from: Infinity });
      return undefined;
    }
    const at = await collect(jobs, key.region, key.id, Math.max(...logs.map((log) => log.created)));
    for (const log of logs) await deliverDue(jobs, key, log);
    const delivered = logs.map((log) => jobs.db(flowDeliveries).get(log.id)?.until ?? log.created);
    // The last reading stays: it says where the next one begins.
    const oldest = Math.min(...delivered, startOfLast(jobs, key.id));
    if (startOfFirst(jobs, key.id) < oldest) await jobs.segments.trim(flowsOf(key.id), { from: oldest });
    return { at };
  },
});

/** Every window that is over and was read to its end. */
async function deliverDue(jobs: Jobs, key: Key, log: FlowLog): Promise<void> {
  const read = lastReading(jobs, key.id)?.end ?? 0;
  let from = jobs.db(flowDeliveries).get(log.id)?.until ?? log.created;
  for (;;) {
    // Nothing was counted while the cloud was stopped, and nothing is told of it.
    const first = jobs.segments.read<FlowBatch>(flowsOf(key.id), { from, limit: 1 })[0];
    if (!first) return;
    const window = windowAt(first.time, log);
    if (window.end > read || !jobs.db(flowLogs).get(log.id)) return;
    await deliver(jobs, key, log, window, await recordsIn(jobs, key, log, { start: Math.max(from, window.start), end: window.end }));
    from = window.end;
  }
}

async function recordsIn(jobs: Jobs, key: Key, log: FlowLog, window: Window): Promise<readonly FlowRecord[]> {
  const tally = new WindowTally(window, log, (one) => isOfLog(log, one));
  const range = { from: window.start, to: window.end, limit: BATCHES_AT_ONCE };
  for (let found = jobs.segments.read<FlowBatch>(flowsOf(key.id), range); found.length > 0; ) {
    for (const { time, record } of found) tally.add({ ...record, start: time });
    // Calls go first.
    await new Promise((resolve) => setImmediate(resolve));
    found = jobs.segments.read<FlowBatch>(flowsOf(key.id), { ...range, after: found.at(-1)! });
  }
  const present = jobs.db(networkInterfaces).where("vpc", key.id).filter((one) => isOfLog(log, one)).map((one) => loggedInterface(one, key.region));
  return tally.records(present);
}

function startOfLast(jobs: Jobs, vpcId: string): number {
  return jobs.segments.read(flowsOf(vpcId), { backward: true, limit: 1 })[0]?.time ?? Infinity;
}

function startOfFirst(jobs: Jobs, vpcId: string): number {
  return jobs.segments.read(flowsOf(vpcId), { limit: 1 })[0]?.time ?? Infinity;
}

/** Of flow logs that are gone. */
async function forgetDeliveries(jobs: Jobs): Promise<void> {
  const stale = jobs.db(flowDeliveries).list().filter((delivery) => !jobs.db(flowLogs).get(delivery.id));
  if (stale.length > 0) await jobs.write((db) => stale.forEach((delivery) => db(flowDeliveries).delete(delivery.id)));
}
