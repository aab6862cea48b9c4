/** AWS's own metrics, from what was counted: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/aws-services-cloudwatch-metrics.html Pure. */
import type { BalancerTraffic, WorkloadUsage } from "@hakoniwa/network";
import type { CloudwatchTypes } from "@hakoniwa/wire";
import type { Sample } from "./samples.js";
import type { Dimension } from "./state.js";

/** One value of one of AWS's metrics. */
export interface Measured {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly Dimension[];
  readonly sample: Sample;
}

export type Counters = Readonly<Record<string, number>>;

export const dimension = (name: string, value: string): Dimension => ({ name, value });

function measured(namespace: string, name: string, value: number, unit: CloudwatchTypes.StandardUnit, ways: readonly (readonly Dimension[])[]): readonly Measured[] {
  return ways.map((dimensions) => ({ namespace, name, dimensions, sample: { u: unit, v: [value] } }));
}

/** How much each counter grew. One that shrank began anew. */
export function grown(now: Counters, before: Counters | undefined): Counters {
  return Object.fromEntries(Object.entries(now).map(([name, value]) => [name, value >= (before?.[name] ?? 0) ? value - (before?.[name] ?? 0) : value]));
}

export interface InstanceSeen {
  readonly id: string;
  readonly type: string;
  readonly group: string | undefined;
  readonly detailed: boolean;
}

/** An instance's metrics by itself and by its group; by type and over all only with detailed monitoring, as AWS has it. */
function waysOf({ id, type, group, detailed }: InstanceSeen): readonly (readonly Dimension[])[] {
  return [[dimension("InstanceId", id)], ...(group === undefined ? [] : [[dimension("AutoScalingGroupName", group)]]), ...(detailed ? [[dimension("InstanceType", type)], []] : [])];
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/viewing_metrics_with_cloudwatch.html */
export function instanceMetrics(instance: InstanceSeen, processors: number, now: WorkloadUsage, before: Counters): readonly Measured[] {
  const { at: seconds = 0, cpuSeconds = 0, bytesIn = 0, bytesOut = 0, packetsIn = 0, packetsOut = 0 } = grown({ ...now }, before);
  // A count that began anew says nothing of a rate.
  if (seconds <= 0 || now.at < (before["at"] ?? 0) || now.cpuSeconds < (before["cpuSeconds"] ?? 0)) return [];
  const put = (name: string, value: number, unit: CloudwatchTypes.StandardUnit): readonly Measured[] => measured("AWS/EC2", name, value, unit, waysOf(instance));
  return [
    ...put("CPUUtilization", Math.min(100, (cpuSeconds / seconds / processors) * 100), "Percent"),
    ...put("NetworkIn", bytesIn, "Bytes"),
    ...put("NetworkOut", bytesOut, "Bytes"),
    ...put("NetworkPacketsIn", packetsIn, "Count"),
    ...put("NetworkPacketsOut", packetsOut, "Count"),
  ];
}

/** Each minute, whichever monitoring: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-system-instance-status-check.html */
export function statusMetrics(instance: InstanceSeen, impaired: boolean): readonly Measured[] {
  const failed = impaired ? 1 : 0;
  const put = (name: string, value: number): readonly Measured[] => measured("AWS/EC2", name, value, "Count", waysOf({ ...instance, detailed: false }));
  // Machines don't fail here without this machine: only an instance itself does.
  return [...put("StatusCheckFailed", failed), ...put("StatusCheckFailed_Instance", failed), ...put("StatusCheckFailed_System", 0), ...put("StatusCheckFailed_AttachedEBS", 0)];
}

/** What a node counted, in one flat list: its own by name, a target group's as `name@group`. */
export function trafficCounters(traffic: BalancerTraffic): Counters {
  const ofGroups = Object.entries(traffic.groups).flatMap(([id, group]) => Object.entries(groupCounters(group, traffic)).map(([name, value]) => [`${name}@${id}`, value] as const));
  return {
    own3: traffic.own[2] ?? 0, own4: traffic.own[3] ?? 0, own5: traffic.own[4] ?? 0,
    connectionErrors: traffic.connectionErrors,
    spillover: traffic.spillover,
    surgePeak: traffic.surgePeak,
    newConnections: traffic.newConnections,
    rejectedConnections: traffic.rejectedConnections,
    clientTlsErrors: traffic.clientTlsErrors,
    bytes: traffic.bytes,
    redirects: traffic.redirects,
    fixedResponses: traffic.fixedResponses,
    ...Object.fromEntries(ofGroups),
  };
}

function groupCounters({ requests, statuses, latency, responses, connectionErrors }: BalancerTraffic["groups"][string], node: BalancerTraffic): Counters {
  const [, backend2 = 0, backend3 = 0, backend4 = 0, backend5 = 0] = statuses;
  // Of groups whose targets speak HTTP every answer has a status; connections of TCP are counted as they are made.
  const completed = statuses.reduce((sum, count) => sum + count, 0) || node.requests;
  return { requests, completed, backend2, backend3, backend4, backend5, latency, responses, connectionErrors };
}

const GROUP_COUNTERS = ["requests", "completed", "backend2", "backend3", "backend4", "backend5", "latency", "responses", "connectionErrors"] as const;

type GroupCounters = Readonly<Record<(typeof GROUP_COUNTERS)[number], number>>;

/** What one group counted, or all of them together. */
function groupTraffic(counters: Counters, groups: readonly string[]): GroupCounters {
  const sum = (name: string): number => groups.reduce((total, group) => total + (counters[`${name}@${group}`] ?? 0), 0);
  return Object.fromEntries(GROUP_COUNTERS.map((name) => [name, sum(name)])) as GroupCounters;
}

interface NodeCount {
  readonly availabilityZone: string;
  readonly traffic: BalancerTraffic;
  readonly grown: Counters;
  /** How many healthy targets a target group has, by the name that is its dimension. */
  readonly healthy: ReadonlyMap<string, number>;
}

type Entry = readonly [name: string, value: number | undefined];

/** What AWS reports only when there is something to report. */
const counted = (count: number | undefined): number | undefined => (count === 0 ? undefined : count);

function answerTime({ latency, responses }: GroupCounters): Sample | undefined {
  if (responses === 0) return undefined;
  const mean = latency / responses / 1_000;
  return { u: "Seconds", s: [responses, latency / 1_000, mean, mean] };
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-cloudwatch-metrics.html */
export function classicTraffic(name: string, { availabilityZone, traffic, grown: g }: NodeCount): readonly Measured[] {
  const ways = [[dimension("LoadBalancerName", name)], [dimension("AvailabilityZone", availabilityZone), dimension("LoadBalancerName", name)]];
  const all = groupTraffic(g, Object.keys(traffic.groups));
  const surge = Math.max(traffic.surge, g["surgePeak"] ? traffic.surgePeak : 0);
  const isBusy = all.requests > 0 || surge > 0;
  const entries: readonly Entry[] = [
    ["RequestCount", counted(all.completed)],
    ["HTTPCode_Backend_2XX", counted(all.backend2)],
    ["HTTPCode_Backend_3XX", counted(all.backend3)],
    ["HTTPCode_Backend_4XX", counted(all.backend4)],
    ["HTTPCode_Backend_5XX", counted(all.backend5)],
    ["HTTPCode_ELB_4XX", counted(g["own4"])],
    ["HTTPCode_ELB_5XX", counted(g["own5"])],
    ["BackendConnectionErrors", counted(g["connectionErrors"])],
    ["SpilloverCount", counted(g["spillover"])],
    ["SurgeQueueLength", isBusy ? surge : undefined],
  ];
  return [...listed("AWS/ELB", entries, ways), ...timed("AWS/ELB", "Latency", answerTime(all), ways)];
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html */
export function applicationTraffic(loadBalancer: string, { availabilityZone, traffic, grown: g, healthy }: NodeCount): readonly Measured[] {
  const own = [dimension("LoadBalancer", loadBalancer)];
  const ways = inZone(own, availabilityZone);
  const groups = Object.keys(traffic.groups);
  const entries: readonly Entry[] = [
    ["HTTPCode_ELB_3XX_Count", counted(g["own3"])],
    ["HTTPCode_ELB_4XX_Count", counted(g["own4"])],
    ["HTTPCode_ELB_5XX_Count", counted(g["own5"])],
    ["RejectedConnectionCount", counted(g["rejectedConnections"])],
    ["ClientTLSNegotiationErrorCount", counted(g["clientTlsErrors"])],
    ["HTTP_Redirect_Count", counted(g["redirects"])],
    ["HTTP_Fixed_Response_Count", counted(g["fixedResponses"])],
    ["NewConnectionCount", counted(g["newConnections"])],
    ["ActiveConnectionCount", counted(traffic.activeConnections)],
  ];
  const bytes = counted(g["bytes"]);
  return [
    ...listed("AWS/ApplicationELB", entries, ways),
    ...(bytes === undefined ? [] : measured("AWS/ApplicationELB", "ProcessedBytes", bytes, "Bytes", ways)),
    ...targetTraffic(groupTraffic(g, groups), ways),
    ...groups.flatMap((group) => {
      const one = groupTraffic(g, [group]);
      const ofGroup = [dimension("TargetGroup", group)];
      return [...targetTraffic(one, inZone([...own, ...ofGroup], availabilityZone)), ...perTarget(one, healthy.get(group), [...inZone([...own, ...ofGroup], availabilityZone), ...inZone(ofGroup, availabilityZone)])];
    }),
  ];
}

/** Over all zones, and in one. */
function inZone(dimensions: readonly Dimension[], availabilityZone: string): readonly (readonly Dimension[])[] {
  return [dimensions, [dimension("AvailabilityZone", availabilityZone), ...dimensions]];
}

/** What targets answered. A request for which there was none is not counted. */
function targetTraffic(of: GroupCounters, ways: readonly (readonly Dimension[])[]): readonly Measured[] {
  const entries: readonly Entry[] = [
    ["RequestCount", counted(of.requests)],
    ["HTTPCode_Target_2XX_Count", counted(of.backend2)],
    ["HTTPCode_Target_3XX_Count", counted(of.backend3)],
    ["HTTPCode_Target_4XX_Count", counted(of.backend4)],
    ["HTTPCode_Target_5XX_Count", counted(of.backend5)],
    ["TargetConnectionErrorCount", counted(of.connectionErrors)],
  ];
  return [...listed("AWS/ApplicationELB", entries, ways), ...timed("AWS/ApplicationELB", "TargetResponseTime", answerTime(of), ways)];
}

/** Its sum over the nodes is the group's average: each node gives its own share. */
function perTarget({ requests }: GroupCounters, targets: number | undefined, ways: readonly (readonly Dimension[])[]): readonly Measured[] {
  return requests > 0 && targets ? measured("AWS/ApplicationELB", "RequestCountPerTarget", requests / targets, "Count", ways) : [];
}

function listed(namespace: string, entries: readonly Entry[], ways: readonly (readonly Dimension[])[]): readonly Measured[] {
  return entries.flatMap(([name, value]) => (value === undefined ? [] : measured(namespace, name, value, "Count", ways)));
}

function timed(namespace: string, name: string, sample: Sample | undefined, ways: readonly (readonly Dimension[])[]): readonly Measured[] {
  return sample ? ways.map((dimensions) => ({ namespace, name, dimensions, sample })) : [];
}

export interface HostsSeen {
  readonly availabilityZone: string | undefined;
  readonly healthy: boolean;
}

/**
 * `HealthyHostCount` and `UnHealthyHostCount` of a balancer or target group. Hosts that don't run are nobody's to check: where there is no other,
 * there is no data (S0-39).
 */
export function hostMetrics(namespace: string, own: readonly Dimension[], hosts: readonly HostsSeen[]): readonly Measured[] {
  if (hosts.length === 0) return [];
  const count = (of: readonly HostsSeen[], ways: readonly (readonly Dimension[])[]): readonly Measured[] => [
    ...measured(namespace, "HealthyHostCount", of.filter(({ healthy }) => healthy).length, "Count", ways),
    ...measured(namespace, "UnHealthyHostCount", of.filter(({ healthy }) => !healthy).length, "Count", ways),
  ];
  const zones = [...new Set(hosts.flatMap(({ availabilityZone }) => availabilityZone ?? []))];
  return [...count(hosts, [own]), ...zones.flatMap((zone) => count(hosts.filter((host) => host.availabilityZone === zone), [[dimension("AvailabilityZone", zone), ...own]]))];
}

