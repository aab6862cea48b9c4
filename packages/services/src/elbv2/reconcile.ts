/** Keeps balancers' nodes and names, and what is known of targets. */
import { isDeepStrictEqual } from "node:util";
import type { Database, Find, ReconcileKey, Reader, Scope } from "@hakoniwa/kernel";
import { balancerCertificate } from "../balancer-certificates.js";
import { keepNodes as keepNodesOf, nameRecord, nodeSignals, observeNodes } from "../balancer-nodes.js";
import { reconciler, watch, type Jobs } from "../define.js";
import { balancersOf, groupsOfBalancer } from "./find.js";
import { judgeTarget, nodeWorkload, type Known, type Whole } from "./plan.js";
import { groupsOf, health, healthKey, listeners, loadBalancers, nodes, rules, targetGroups, type LoadBalancer, type TargetGroup, type TargetHealth } from "./state.js";

type ReadScope = (scope: Scope) => Reader;

function dnsNameOf(arn: string, db: Reader): readonly string[] {
  const balancer = db(loadBalancers).get(arn);
  return balancer ? [balancer.dnsName] : [];
}

const ofBalancers = [
  watch(loadBalancers, (balancer) => [balancer.dnsName]),
  watch(nodes, (node) => [node.dnsName]),
  watch(listeners, (listener, scope, read) => dnsNameOf(listener.loadBalancerArn, read(scope))),
  watch("acm.certificates", ({ arn }, scope, read) => read(scope)(listeners).where("certificate", arn).flatMap(({ loadBalancerArn }) => dnsNameOf(loadBalancerArn, read(scope)))),
  watch(rules, (rule, scope, read) => dnsNameOf(rule.loadBalancerArn, read(scope))),
  watch(targetGroups, (group, scope, read) => balancersOf(read(scope), group.arn).map(({ dnsName }) => dnsName)),
  watch("ec2.instances", (instance, scope, read) => groupsWith(instance.id, scope, read).flatMap(({ arn }) => balancersOf(read(scope), arn).map(({ dnsName }) => dnsName))),
];

function groupsWith(target: string, scope: Scope, read: ReadScope): readonly TargetGroup[] {
  return read(scope)(targetGroups).where("target", target);
}

/** As AWS words it, so that one finds a balancer's interfaces in EC2. */
export function interfaceDescription({ arn }: LoadBalancer): string {
  return `ELB ${arn.slice(arn.indexOf("app/"))}`;
}

function find(db: Reader | Database, dnsName: string): LoadBalancer | undefined {
  return db(loadBalancers).where("dnsName", dnsName)[0];
}

function known(jobs: Jobs): Known {
  return { instance: (id) => jobs.facts.ec2.instance(id), certificate: (arn) => balancerCertificate(jobs.facts, arn) };
}

function whole(db: Reader, balancer: LoadBalancer): Whole {
  return {
    balancer,
    listeners: db(listeners).where("loadBalancer", balancer.arn),
    rules: db(rules).where("loadBalancer", balancer.arn),
    groups: groupsOfBalancer(db, balancer.arn).flatMap((arn) => db(targetGroups).get(arn) ?? []),
  };
}

export const keepNodes = keepNodesOf<LoadBalancer>({
  name: "elbv2.keep-nodes",
  watches: ofBalancers,
  nodes,
  find,
  describe: interfaceDescription,
  workload: (balancer, node, jobs) => nodeWorkload(whole(jobs.db, balancer), node, known(jobs)),
});

/** A balancer's name leads to the nodes that can serve; it is active once all have run. */
export const keepNames = reconciler({
  name: "elbv2.keep-names",
  watches: [watch(loadBalancers, (balancer) => [balancer.dnsName]), watch(nodes, (node) => [node.dnsName])],
  signals: nodeSignals(nodes),
  async reconcile(key, jobs) {
    const name = key.id.toLowerCase();
    const balancer = find(jobs.db, key.id);
    if (!balancer) return jobs.ports.names.remove(name);
    const made = jobs.db(nodes).where("dnsName", key.id);
    if (made.length === 0) return;
    const observed = observeNodes(jobs, made);
    await jobs.ports.names.ensure(name, nameRecord(balancer, observed));
    const runs = observed.length >= balancer.subnets.length && observed.every(({ status }) => status?.state === "running");
    if (runs && !balancer.active) {
      await jobs.write((db) => {
        const current = find(db, key.id);
        if (current && !current.active) db(loadBalancers).put({ ...current, active: true });
      });
    }
  },
});

/** What the nodes' checks found becomes the targets' health, and targets whose draining is over leave. Keys are target groups' ARNs. */
export const watchHealth = reconciler({
  name: "elbv2.watch-health",
  watches: [
    watch(targetGroups, (group) => [group.arn]),
    watch(listeners, (listener) => groupsOf(listener.actions)),
    watch(rules, (rule) => groupsOf(rule.actions)),
    watch(loadBalancers, (balancer, scope, read) => groupsOfBalancer(read(scope), balancer.arn)),
    watch("ec2.instances", (instance, scope, read) => groupsWith(instance.id, scope, read).map(({ arn }) => arn)),
  ],
  signals: [{ port: "workloads", keys: groupsBehind }],
  async reconcile(key, jobs) {
    if (staying(jobs.db, jobs, key.id)) {
      await jobs.write((db) => {
        const group = staying(db, jobs, key.id);
        if (group) db(targetGroups).put(group);
      });
    }
    const { changed, gone } = compareHealth(jobs.db, jobs, key.id);
    if (changed.length + gone.length > 0) {
      await jobs.write((db) => {
        const now = compareHealth(db, jobs, key.id);
        for (const row of now.changed) db(health).put(row);
        for (const row of now.gone) db(health).delete(healthKey(row));
      });
    }
    const ends = (jobs.db(targetGroups).get(key.id)?.targets ?? []).flatMap(({ drainingUntil }) => drainingUntil ?? []);
    return ends.length > 0 ? { at: Math.min(...ends) } : undefined;
  },
});

/** The target groups of the balancer whose node this is. */
function groupsBehind(key: string, find: Find, read: ReadScope): readonly ReconcileKey[] {
  const found = find(nodes, key);
  if (!found) return [];
  const db = read(found.scope);
  const [balancer] = db(loadBalancers).where("dnsName", found.record.dnsName);
  return balancer ? groupsOfBalancer(db, balancer.arn).map((id) => ({ ...found.scope, id })) : [];
}

/** The group without targets that have drained, or were terminated, which AWS deregisters by itself; undefined when nobody leaves. */
function staying(db: Reader | Database, jobs: Jobs, arn: string): TargetGroup | undefined {
  const group = db(targetGroups).get(arn);
  const targets = group?.targets.filter(({ id, drainingUntil }) => {
    const over = drainingUntil !== undefined && drainingUntil <= jobs.now;
    const instance = group.targetType === "instance" ? jobs.facts.ec2.instance(id) : undefined;
    return !over && (group.targetType === "ip" || (instance !== undefined && instance.state !== "terminated"));
  });
  return group && targets && targets.length < group.targets.length ? { ...group, targets } : undefined;
}

interface HealthChanges {
  readonly changed: readonly TargetHealth[];
  readonly gone: readonly TargetHealth[];
}

function compareHealth(db: Reader | Database, jobs: Jobs, arn: string): HealthChanges {
  const group = db(targetGroups).get(arn);
  const before = db(health).where("targetGroup", arn);
  if (!group) return { changed: [], gone: before };
  const balancers = balancersOf(db, arn);
  const observed = observeNodes(jobs, balancers.flatMap(({ dnsName }) => db(nodes).where("dnsName", dnsName)));
  const rows = group.targets.map((target): TargetHealth => {
    const old = before.find((row) => row.id === target.id && row.port === target.port);
    const verdict = judgeTarget(group, target, balancers, observed, old, known(jobs));
    const beginsAnew = !old || (verdict.state === "initial" && old.state !== "initial");
    return { targetGroupArn: arn, id: target.id, port: target.port, ...verdict, checkedSince: beginsAnew ? jobs.now : old.checkedSince };
  });
  const old = new Map(before.map((row) => [healthKey(row), row]));
  return {
    changed: rows.filter((row) => !isDeepStrictEqual(old.get(healthKey(row)), row)),
    gone: before.filter((row) => !rows.some((now) => healthKey(now) === healthKey(row))),
  };
}
