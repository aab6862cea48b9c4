/** Keeps a balancer's nodes, its name, and what is known of its instances. Every key is a balancer's DNS name. */
import type { Database, Find, ReconcileKey, Reader } from "@hakoniwa/kernel";
import type { Aws } from "@hakoniwa/wire";
import { reconciler, watch, type Jobs } from "../define.js";
import { judgeInstance, nameRecord, nodeWorkload, planNodes, startAt, type NodePlan, type ObservedNode } from "./plan.js";
import { health, healthKey, loadBalancers, nodes, type BalancerSubnet, type InstanceHealth, type LoadBalancer, type Node } from "./state.js";

const watches = [
  watch(loadBalancers, (balancer) => [balancer.dnsName]),
  watch(nodes, (node) => [node.dnsName]),
  watch("ec2.instances", (instance, scope, read) => read(scope)(loadBalancers).where("instance", instance.id).map((b) => b.dnsName)),
];

const signals = [{ port: "workloads", keys: balancerOfNode }];

/** A node's workload has its interface's id, which is the node's. */
function balancerOfNode(key: string, find: Find): readonly ReconcileKey[] {
  const found = find(nodes, key);
  return found ? [{ ...found.scope, id: found.record.dnsName }] : [];
}

/** One node in each subnet: an interface, for internet-facing balancers a public address, and what runs on them. */
export const keepNodes = reconciler({
  name: "elb.keep-nodes",
  watches,
  signals,
  async reconcile(key, jobs) {
    const plan = look(jobs.db, key.id).plan;
    if (plan.create.length + plan.regroup.length > 0) {
      await jobs.write((db, aws) => prepareNodes(db, aws, key.id));
    }
    const { balancer, nodes: made, plan: rest } = look(jobs.db, key.id);
    const staying = made.filter((node) => !rest.retire.includes(node));
    for (const node of staying) if (balancer && startAt(node) <= jobs.now) runNode(jobs, balancer, node);
    await Promise.all(rest.retire.map((node) => retireNode(jobs, node)));
    const later = staying.map(startAt).filter((at) => at > jobs.now);
    return later.length > 0 ? { at: Math.min(...later) } : undefined;
  },
});

interface Looked {
  readonly balancer: LoadBalancer | undefined;
  readonly nodes: readonly Node[];
  readonly plan: NodePlan;
}

function look(db: Reader | Database, dnsName: string): Looked {
  const [balancer] = db(loadBalancers).where("dnsName", dnsName);
  const made = db(nodes).where("dnsName", dnsName);
  return { balancer, nodes: made, plan: planNodes(balancer, made) };
}

/** Decides again inside the transaction: the balancer may have changed since. */
function prepareNodes(db: Database, aws: Aws, dnsName: string): void {
  const { balancer, plan } = look(db, dnsName);
  if (!balancer) return;
  for (const subnet of plan.create) db(nodes).put(createNode(aws, balancer, subnet));
  for (const node of plan.regroup) {
    aws.ec2.ModifyNetworkInterfaceAttribute({ NetworkInterfaceId: node.id, Groups: balancer.securityGroups });
    db(nodes).put({ ...node, securityGroups: balancer.securityGroups });
  }
}

function createNode(aws: Aws, balancer: LoadBalancer, subnet: BalancerSubnet): Node {
  const { NetworkInterface: made } = aws.ec2.CreateNetworkInterface({
    SubnetId: subnet.id,
    Description: interfaceDescription(balancer.name),
    Groups: balancer.securityGroups,
  });
  const id = made?.NetworkInterfaceId;
  const privateAddress = made?.PrivateIpAddress;
  if (id === undefined || privateAddress === undefined) throw new Error("EC2 made a network interface without id or address");
  return {
    id,
    dnsName: balancer.dnsName,
    vpcId: balancer.vpcId,
    subnetId: subnet.id,
    availabilityZone: subnet.availabilityZone,
    securityGroups: balancer.securityGroups,
    privateAddress,
    publicAddress: balancer.scheme === "internet-facing" ? publish(aws, id) : undefined,
    failedStart: undefined,
  };
}

/** As AWS words it, so that one finds a balancer's interfaces in EC2. */
export function interfaceDescription(loadBalancerName: string): string {
  return `ELB ${loadBalancerName}`;
}

function publish(aws: Aws, networkInterface: string): NonNullable<Node["publicAddress"]> {
  const { AllocationId: allocation, PublicIp: ip } = aws.ec2.AllocateAddress({ Domain: "vpc" });
  if (allocation === undefined || ip === undefined) throw new Error("EC2 allocated an address without id or address");
  const { AssociationId: association } = aws.ec2.AssociateAddress({ AllocationId: allocation, NetworkInterfaceId: networkInterface });
  if (association === undefined) throw new Error("EC2 associated an address without an association id");
  return { ip, allocation, association };
}

/** Not awaited: its interface may come late, and a deletion must not wait for it. The workload's status leads back here. */
function runNode(jobs: Jobs, balancer: LoadBalancer, node: Node): void {
  const done = jobs.ports.workloads.ensure(node.id, nodeWorkload(balancer, node, (id) => jobs.facts.ec2.instance(id))).then(
    () => noteStart(jobs, node.id, undefined),
    (error: unknown) => noteStart(jobs, node.id, error instanceof Error ? error.message : String(error)),
  );
  done.catch((error: unknown) => jobs.log(`the outcome of the start of ${node.id} could not be recorded: ${String(error)}`));
}

async function noteStart(jobs: Jobs, id: string, failure: string | undefined): Promise<void> {
  const node = jobs.db(nodes).get(id);
  if (!node || (failure === undefined && !node.failedStart)) return;
  if (failure !== undefined) jobs.log(`the node ${id} could not be started: ${failure}`);
  const failedStart = failure === undefined ? undefined : { count: (node.failedStart?.count ?? 0) + 1, at: jobs.now, reason: failure };
  await jobs.write((db) => db(nodes).get(id) && db(nodes).put({ ...node, failedStart }));
}

/** What runs goes first: an address must not be free for others while a node still answers on it. */
async function retireNode(jobs: Jobs, node: Node): Promise<void> {
  await jobs.ports.workloads.remove(node.id);
  await jobs.write((db, aws) => {
    if (node.publicAddress) {
      aws.ec2.DisassociateAddress({ AssociationId: node.publicAddress.association });
      aws.ec2.ReleaseAddress({ AllocationId: node.publicAddress.allocation });
    }
    aws.ec2.DeleteNetworkInterface({ NetworkInterfaceId: node.id });
    db(nodes).delete(node.id);
  });
}

/** What the nodes' checks found becomes the instances' health; the balancer's name leads to the nodes that can serve. */
export const watchHealth = reconciler({
  name: "elb.watch-health",
  watches,
  signals,
  async reconcile(key, jobs) {
    const { balancer } = look(jobs.db, key.id);
    const name = key.id.toLowerCase();
    if (!balancer) return jobs.ports.names.remove(name);
    if (changedHealth(jobs.db, jobs, balancer).length > 0) {
      await jobs.write((db) => {
        const current = look(db, key.id).balancer;
        for (const row of current ? changedHealth(db, jobs, current) : []) db(health).put(row);
      });
    }
    const current = look(jobs.db, key.id);
    if (!current.balancer || current.nodes.length === 0) return;
    await jobs.ports.names.ensure(name, nameRecord(current.balancer, observe(jobs, current.nodes)));
  },
});

function changedHealth(db: Reader | Database, jobs: Jobs, balancer: LoadBalancer): readonly InstanceHealth[] {
  const observed = observe(jobs, db(nodes).where("dnsName", balancer.dnsName));
  return balancer.instances.flatMap((id) => {
    const before = db(health).get(healthKey(balancer.name, id));
    const after = judgeInstance(balancer, id, jobs.facts.ec2.instance(id), observed, before, jobs.now);
    return before && before.description === after.description ? [] : [after];
  });
}

function observe(jobs: Jobs, of: readonly Node[]): readonly ObservedNode[] {
  return of.map((node) => ({ node, status: jobs.ports.workloads.observe(node.id) }));
}
