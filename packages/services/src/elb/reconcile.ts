/** Keeps a balancer's nodes, its name, and what is known of its instances. Every key is a balancer's DNS name. */
import type { Database, Reader } from "@hakoniwa/kernel";
import { balancerCertificate } from "../balancer-certificates.js";
import { keepNodes as keepNodesOf, nameRecord, nodeSignals, observeNodes } from "../balancer-nodes.js";
import { reconciler, watch, type Jobs } from "../define.js";
import { judgeInstance, nodeWorkload, type Known } from "./plan.js";
import { health, healthKey, loadBalancers, nodes, type InstanceHealth, type LoadBalancer } from "./state.js";

const watches = [
  watch(loadBalancers, (balancer) => [balancer.dnsName]),
  watch(nodes, (node) => [node.dnsName]),
  watch("acm.certificates", ({ arn }, scope, read) => read(scope)(loadBalancers).where("certificate", arn).map((balancer) => balancer.dnsName)),
  watch("ec2.instances", (instance, scope, read) => {
    const find = read(scope)(loadBalancers);
    return [...find.where("instance", instance.id), ...find.where("draining", instance.id)].map((b) => b.dnsName);
  }),
];

/** As AWS words it, so that one finds a balancer's interfaces in EC2. */
export function interfaceDescription(loadBalancerName: string): string {
  return `ELB ${loadBalancerName}`;
}

function find(db: Reader | Database, dnsName: string): LoadBalancer | undefined {
  return db(loadBalancers).where("dnsName", dnsName)[0];
}

function known(jobs: Jobs): Known {
  return { instance: (id) => jobs.facts.ec2.instance(id), certificate: (arn) => balancerCertificate(jobs.facts, arn) };
}

export const keepNodes = keepNodesOf<LoadBalancer>({
  name: "elb.keep-nodes",
  watches,
  nodes,
  find,
  describe: (balancer) => interfaceDescription(balancer.name),
  workload: (balancer, node, jobs) => nodeWorkload(balancer, node, known(jobs)),
});

/** Lets go of instances whose draining has lasted long enough. */
export const endDraining = reconciler({
  name: "elb.end-draining",
  watches: [watch(loadBalancers, (balancer) => [balancer.dnsName])],
  async reconcile(key, jobs) {
    const over = (balancer: LoadBalancer | undefined): boolean => balancer?.draining.some(({ until }) => until <= jobs.now) === true;
    if (over(find(jobs.db, key.id))) {
      await jobs.write((db) => {
        const balancer = find(db, key.id);
        if (balancer && over(balancer)) db(loadBalancers).put({ ...balancer, draining: balancer.draining.filter(({ until }) => until > jobs.now) });
      });
    }
    const next = find(jobs.db, key.id)?.draining.map(({ until }) => until) ?? [];
    return next.length > 0 ? { at: Math.min(...next) } : undefined;
  },
});

/** What the nodes' checks found becomes the instances' health; the balancer's name leads to the nodes that can serve. */
export const watchHealth = reconciler({
  name: "elb.watch-health",
  watches,
  signals: nodeSignals(nodes),
  async reconcile(key, jobs) {
    const balancer = find(jobs.db, key.id);
    const name = key.id.toLowerCase();
    if (!balancer) return jobs.ports.names.remove(name);
    if (changedHealth(jobs.db, jobs, balancer).length > 0) {
      await jobs.write((db) => {
        const current = find(db, key.id);
        for (const row of current ? changedHealth(db, jobs, current) : []) db(health).put(row);
      });
    }
    const current = find(jobs.db, key.id);
    const made = jobs.db(nodes).where("dnsName", key.id);
    if (!current || made.length === 0) return;
    await jobs.ports.names.ensure(name, nameRecord(current, observeNodes(jobs, made)));
  },
});

function changedHealth(db: Reader | Database, jobs: Jobs, balancer: LoadBalancer): readonly InstanceHealth[] {
  const observed = observeNodes(jobs, db(nodes).where("dnsName", balancer.dnsName));
  return balancer.instances.flatMap((id) => {
    const before = db(health).get(healthKey(balancer.name, id));
    const after = judgeInstance(balancer, id, jobs.facts.ec2.instance(id), observed, before, jobs.now);
    return before && before.description === after.description ? [] : [after];
  });
}
