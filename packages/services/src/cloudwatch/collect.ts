/** Takes AWS's own metrics, once a minute, from what the data plane counted and what other services know. */
import type { LogEntry } from "@hakoniwa/kernel";
import type { WorkloadStatus } from "@hakoniwa/network";
import { reconciler, watch, type Jobs } from "../define.js";
import { record } from "./record.js";
import { floorTo } from "./series.js";
import { applicationTraffic, classicTraffic, dimension, grown, hostMetrics, instanceMetrics, statusMetrics, trafficCounters, type Counters, type Measured } from "./sources.js";
import { readings, type Reading } from "./state.js";

const MINUTE = 60_000;
/** Counts come from other processes and may be a second old. */
const DELAY = 2_000;
/** Instances without detailed monitoring are measured every five minutes. */
const BASIC = 5;

export const collect = reconciler({
  name: "cloudwatch.collect",
  watches: [watch("ec2.instances", () => ["collect"]), watch("elb.health", () => ["collect"]), watch("elbv2.health", () => ["collect"])],
  async reconcile(key, jobs) {
    const minute = floorTo(jobs.now - DELAY, MINUTE);
    const last = jobs.db(readings).get("minute")?.at ?? 0;
    const wake = { at: minute + MINUTE + DELAY };
    if (!hasSomething(jobs)) {
      if (jobs.db(readings).list().length > 0) await jobs.write((db) => db(readings).list().forEach(({ id }) => db(readings).delete(id)));
      return;
    }
    if (last >= minute) return wake;
    const taken = take(jobs, minute);
    const entries = await jobs.write((db) => {
      const kept = new Set(["minute", ...taken.readings.map(({ id }) => id)]);
      for (const { id } of db(readings).list()) if (!kept.has(id)) db(readings).delete(id);
      for (const reading of taken.readings) db(readings).put(reading);
      db(readings).put({ id: "minute", at: minute, counters: {} });
      const logged: LogEntry[] = [];
      for (const { at, measured } of taken.points) {
        const { namespace, ...point } = measured;
        record(db, (entry) => void logged.push(entry), key, namespace, { ...point, time: at, resolution: 60 }, jobs.now);
      }
      return logged;
    });
    if (entries.length > 0) await jobs.append(...entries);
    return wake;
  },
});

function hasSomething({ facts }: Jobs): boolean {
  return facts.ec2.instances().some(({ state }) => state !== "terminated") || facts.elb.loadBalancers().length > 0 || facts.elbv2.loadBalancers().length > 0 || facts.autoscaling.metrics().length > 0;
}

interface Taken {
  readonly readings: readonly Reading[];
  /** Stamped with the begin of the time that they are about. */
  readonly points: readonly { readonly at: number; readonly measured: Measured }[];
}

function take(jobs: Jobs, minute: number): Taken {
  const parts = [instances(jobs, minute), balancers(jobs, minute)];
  const now = [...hosts(jobs), ...groups(jobs)].map((measured) => ({ at: minute - MINUTE, measured }));
  return { readings: parts.flatMap((part) => part.readings), points: [...parts.flatMap((part) => part.points), ...now] };
}

function instances(jobs: Jobs, minute: number): Taken {
  const taken = { readings: [] as Reading[], points: [] as { at: number; measured: Measured }[] };
  for (const fact of jobs.facts.ec2.instances()) {
    const usage = fact.state === "running" ? jobs.ports.usage(fact.id) : undefined;
    if (!usage) continue;
    const seen = { id: fact.id, type: fact.instanceType, group: jobs.facts.autoscaling.groupOf(fact.id), detailed: fact.monitoring };
    for (const measured of statusMetrics(seen, fact.status === "impaired")) taken.points.push({ at: minute - MINUTE, measured });
    const before = jobs.db(readings).get(fact.id);
    const isDue = seen.detailed || (minute / MINUTE) % BASIC === 0;
    if (before && !isDue) {
      taken.readings.push(before);
      continue;
    }
    taken.readings.push({ id: fact.id, at: minute, counters: { ...usage } });
    if (!before) continue;
    for (const measured of instanceMetrics(seen, fact.vcpus, usage, before.counters)) taken.points.push({ at: minute - (seen.detailed ? 1 : BASIC) * MINUTE, measured });
  }
  return taken;
}

function balancers(jobs: Jobs, minute: number): Taken {
  const taken = { readings: [] as Reading[], points: [] as { at: number; measured: Measured }[] };
  const nodes = [
    ...jobs.facts.elb.loadBalancers().flatMap(({ name, nodes: all }) => all.map((node) => ({ ...node, name, of: classicTraffic }))),
    ...jobs.facts.elbv2.loadBalancers().flatMap(({ shortName, nodes: all }) => all.map((node) => ({ ...node, name: shortName, of: applicationTraffic }))),
  ];
  const healthy = new Map(jobs.facts.elbv2.targetGroups().map(({ shortName, health }) => [shortName, health.filter(({ state }) => state === "healthy").length]));
  for (const { id, availabilityZone, name, of } of nodes) {
    const traffic = trafficOf(jobs.ports.workloads.observe(id));
    if (!traffic) continue;
    const counters = trafficCounters(traffic);
    const before = jobs.db(readings).get(id);
    taken.readings.push({ id, at: minute, counters, life: traffic.process });
    // A process that is new, to us too, has counted from nothing.
    const since: Counters | undefined = before?.life === traffic.process ? before.counters : undefined;
    for (const measured of of(name, { availabilityZone, traffic, grown: grown(counters, since), healthy })) taken.points.push({ at: minute - MINUTE, measured });
  }
  return taken;
}

function trafficOf(status: WorkloadStatus | undefined) {
  return status?.state === "running" ? status.traffic : undefined;
}

function hosts({ facts }: Jobs): readonly Measured[] {
  const classic = facts.elb.loadBalancers().flatMap(({ name, instances: registered }) => {
    const running = registered.flatMap(({ instanceId, state }) => {
      const instance = facts.ec2.instance(instanceId);
      return instance?.state === "running" ? [{ availabilityZone: instance.availabilityZone, healthy: state === "InService" }] : [];
    });
    return hostMetrics("AWS/ELB", [dimension("LoadBalancerName", name)], running);
  });
  const application = facts.elbv2.targetGroups().flatMap(({ shortName, health, loadBalancers }) => {
    const checked = health.filter(({ state }) => state === "healthy" || state === "unhealthy" || state === "initial");
    const seen = checked.map(({ id, state }) => ({ availabilityZone: facts.ec2.instance(id)?.availabilityZone, healthy: state === "healthy" }));
    return loadBalancers.flatMap((balancer) => hostMetrics("AWS/ApplicationELB", [dimension("LoadBalancer", balancer), dimension("TargetGroup", shortName)], seen));
  });
  return [...classic, ...application];
}

/** https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-metrics.html */
function groups({ facts }: Jobs): readonly Measured[] {
  return facts.autoscaling
    .metrics()
    .flatMap(({ group, values }) => Object.entries(values).map(([name, value]) => ({ namespace: "AWS/AutoScaling", name, dimensions: [dimension("AutoScalingGroupName", group)], sample: { v: [value] } })));
}
