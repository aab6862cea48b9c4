/** Takes what the data plane counted into a VPC's stream, once: a reading's name is kept together with what it told. */
import type { Find, Reader } from "@hakoniwa/kernel";
import { lookupRoute, type FlowCount, type Vpc } from "@hakoniwa/network";
import type { Jobs } from "../define.js";
import { flowsOf, type FlowBatch, type LoggedInterface, type TakenFlow } from "./flow-log-state.js";
import { projectVpc } from "./network.js";
import { networkInterfaces, type NetworkInterface } from "./state.js";
import { zonesOf } from "./zones.js";

/** How often counters are read. The data plane forgets a flow that is silent for two minutes of real time. */
export const STEP = 10_000;
/** One entry of the stream holds no more. */
const FLOWS_PER_BATCH = 500;

/** The last reading of a VPC that is kept. */
export function lastReading(jobs: Pick<Jobs, "segments">, vpcId: string): FlowBatch | undefined {
  return jobs.segments.read<FlowBatch>(flowsOf(vpcId), { backward: true, limit: 1 })[0]?.record;
}

/**
 * @param newest when the VPC's newest flow log was made: it wants to know of all that came after
 * @returns when to read next
 */
export async function collect(jobs: Jobs, region: string, vpcId: string, newest: number): Promise<number> {
  const last = lastReading(jobs, vpcId);
  const due = last === undefined || last.end < newest ? 0 : (Math.floor(last.end / STEP) + 1) * STEP;
  if (jobs.now < due) return due;
  const { name, flows, missed } = await jobs.ports.flows.read(vpcId, last?.reading);
  // After a time in which nothing was read (the cloud was stopped), nothing is known of that time.
  const since = last !== undefined && jobs.now - last.end <= 3 * STEP ? last.end : jobs.now - (jobs.now % STEP);
  const start = Math.max(since, newest);
  const model = projectVpc({ db: jobs.db, find: jobs.find as Find, now: jobs.now, region }, vpcId);
  const path = pathFinder(model);
  const taken = flows.map((flow): TakenFlow => ({ ...flow, path: path(flow) }));
  const common = { end: jobs.now, reading: name };
  const before = last?.interfaces ?? {};
  const batches: FlowBatch[] = [];
  for (let at = 0; at === 0 || at < taken.length; at += FLOWS_PER_BATCH) {
    const part = taken.slice(at, at + FLOWS_PER_BATCH);
    const lost = at === 0 ? missed : [];
    const ids = new Set([...part.map((flow) => flow.networkInterface), ...lost]);
    batches.push({ ...common, flows: part, missed: lost, interfaces: interfacesOf(jobs.db, ids, before, region) });
  }
  await jobs.append(...batches.map((record) => ({ stream: flowsOf(vpcId), time: start, record })));
  return (Math.floor(jobs.now / STEP) + 1) * STEP;
}

/** As they are; of those that are gone by now, as they were. */
function interfacesOf(db: Reader, ids: ReadonlySet<string>, before: FlowBatch["interfaces"], region: string): FlowBatch["interfaces"] {
  return Object.fromEntries([...ids].flatMap((id) => {
    const found = db(networkInterfaces).get(id);
    const known = found ? loggedInterface(found, region) : before[id];
    return known ? [[id, known]] : [];
  }));
}

export function loggedInterface(found: NetworkInterface, region: string): LoggedInterface {
  return {
    id: found.id,
    vpcId: found.vpcId,
    subnetId: found.subnetId,
    zoneId: zonesOf(region).find((zone) => zone.name === found.availabilityZone)?.id ?? "-",
    instanceId: found.requester === undefined ? found.attachment?.instanceId : undefined,
    primaryAddress: found.privateIpAddresses[0]!,
  };
}

/** https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html: `traffic-path`, as Nitro instances have it. */
function pathFinder(vpc: Vpc | undefined): (flow: FlowCount) => number {
  const known = new Map<string, number>();
  return ({ direction, networkInterface, destination }) => {
    const subnet = vpc?.subnets.get(vpc.interfaces.get(networkInterface)?.subnet ?? "");
    const table = subnet && vpc?.routeTables.get(subnet.routeTable);
    if (direction === "ingress" || !vpc || !table) return 0;
    const key = `${table.id} ${destination}`;
    if (!known.has(key)) known.set(key, pathOf(vpc, lookupRoute(table, vpc.cidrs, destination)));
    return known.get(key)!;
  };
}

function pathOf(vpc: Vpc, route: ReturnType<typeof lookupRoute>): number {
  if (route === undefined) return 0;
  if (route === "local") return 1;
  switch (route.target.kind) {
    case "network-interface":
    case "nat-gateway":
      return 1;
    case "peering":
      return route.target.region === vpc.region ? 4 : 5;
    case "gateway-endpoint":
      return 7;
    case "internet-gateway":
      return 8;
    case "blackhole":
      return 0;
  }
}
