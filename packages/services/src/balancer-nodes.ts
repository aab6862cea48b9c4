/** The nodes of load balancers, of whichever generation: an interface in each subnet, a public address, and what runs on them. */
import type { Database, Find, Reader, ReconcileKey, Reconciler, Table, Watch } from "@hakoniwa/kernel";
import type { BalancerWorkload, NameRecord, TargetHealth, WorkloadStatus } from "@hakoniwa/network";
import type { Aws } from "@hakoniwa/wire";
import { reconciler, type Cloud, type Jobs } from "./define.js";

/** The node of one balancer in one subnet. It may outlive the balancer's record: until it is taken down. */
export interface BalancerNode {
  /** Of its network interface, and so of its workload. */
  readonly id: string;
  /** The balancer's, which is unique for good. */
  readonly dnsName: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly availabilityZone: string;
  readonly securityGroups: readonly string[];
  readonly privateAddress: string;
  /** Undefined for an internal balancer. */
  readonly publicAddress: { readonly ip: string; readonly allocation: string; readonly association: string } | undefined;
  /** The data plane could not start it: how often in a row, and when last. */
  readonly failedStart: { readonly count: number; readonly at: number; readonly reason: string } | undefined;
  /** Since when its subnet is no longer the balancer's, while something is under way with it. */
  readonly leavingSince?: number | undefined;
}

/** What of a balancer its nodes follow from. */
export interface Balancer {
  /** Unique for good: a balancer made later under the same name has another. */
  readonly dnsName: string;
  readonly scheme: "internet-facing" | "internal";
  readonly vpcId: string;
  /** One for each Availability Zone. */
  readonly subnets: readonly BalancerSubnet[];
  readonly securityGroups: readonly string[];
}

export interface BalancerSubnet {
  readonly id: string;
  readonly availabilityZone: string;
}

export type NodeTable = Table<BalancerNode, "dnsName">;

export interface NodePlan {
  /** Subnets that have no node yet. */
  readonly create: readonly BalancerSubnet[];
  /** Nodes whose security groups are not the balancer's. */
  readonly regroup: readonly BalancerNode[];
  readonly retire: readonly BalancerNode[];
}

/** One node in each of the balancer's subnets, and none once it is deleted. Pure. */
export function planNodes(balancer: Balancer | undefined, nodes: readonly BalancerNode[]): NodePlan {
  const wanted = balancer?.subnets ?? [];
  const staying = balancer ? nodes.filter((node) => stays(balancer, node)) : [];
  return {
    create: wanted.filter((subnet) => !nodes.some((node) => node.subnetId === subnet.id)),
    regroup: staying.filter((node) => !sameIds(node.securityGroups, balancer?.securityGroups ?? [])),
    retire: nodes.filter((node) => !staying.includes(node)),
  };
}

const FIRST_RETRY = 200;
const LAST_RETRY = 30_000;

/** When a node may be started; later and later after failures in a row. */
export function startAt(node: BalancerNode): number {
  if (!node.failedStart) return 0;
  return node.failedStart.at + Math.min(LAST_RETRY, FIRST_RETRY * 2 ** (node.failedStart.count - 1));
}

/** Milliseconds in which a node that leaves takes new connections still: its address was just given to somebody. */
const ADDRESS_KNOWN = 2_000;
/** Then what is under way with it is cut. */
const LONGEST_FAREWELL = 60_000;
/** Nobody tells when it has become idle. */
const LOOK_AGAIN = 1_000;

/** How a node whose subnet was taken from its balancer ends: a change of subnets drops no request. Pure. */
export function farewell(node: BalancerNode, status: WorkloadStatus | undefined, now: number): "serve" | "drain" | "over" {
  const since = node.leavingSince ?? now;
  const busy = status?.state === "running" && (status.traffic?.activeConnections ?? 0) > 0;
  if (!busy || now >= since + LONGEST_FAREWELL) return "over";
  return now < since + ADDRESS_KNOWN ? "serve" : "drain";
}

function sameIds(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}

export interface ObservedNode {
  readonly node: BalancerNode;
  readonly status: WorkloadStatus | undefined;
}

export function observeNodes(jobs: Jobs, nodes: readonly BalancerNode[]): readonly ObservedNode[] {
  return nodes.map((node) => ({ node, status: jobs.ports.workloads.observe(node.id) }));
}

/** Whether the balancer still has the node's subnet; a node whose subnet was taken away is on its way out. */
export function stays(balancer: Balancer, node: BalancerNode): boolean {
  return balancer.subnets.some(({ id }) => id === node.subnetId);
}

/** What a running node's checks found of one target; undefined while it knows nothing of it. */
export function healthIn({ status }: ObservedNode, target: string): TargetHealth | undefined {
  return status?.state === "running" ? status.health.get(target) : undefined;
}

/** The balancer's name leads to its nodes that have somebody to route to: to those that leave while there are no others, to all that stay when none has. */
export function nameRecord(balancer: Balancer, observed: readonly ObservedNode[]): NameRecord {
  const isAble = ({ status }: ObservedNode): boolean => status?.state === "running" && [...status.health.values()].some((h) => h.state === "healthy");
  const staying = observed.filter(({ node }) => stays(balancer, node));
  const listed = [staying.filter(isAble), observed.filter(isAble)].find((able) => able.length > 0) ?? staying;
  return {
    addresses: listed.map(({ node }) => node.publicAddress?.ip ?? node.privateAddress),
    // An internal balancer's name too resolves anywhere, to private addresses:
    // https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-internal-load-balancers.html
    scope: { kind: "internet" },
    site: balancer.scheme === "internet-facing",
  };
}

/** A node's workload has its interface's id, which is the node's. */
export function nodeSignals(nodes: NodeTable) {
  const keys = (key: string, find: Find): readonly ReconcileKey[] => {
    const found = find(nodes, key);
    return found ? [{ ...found.scope, id: found.record.dnsName }] : [];
  };
  return [{ port: "workloads", keys }];
}

export interface KeepNodes<B extends Balancer> {
  readonly name: string;
  readonly watches: readonly Watch[];
  readonly nodes: NodeTable;
  readonly find: (db: Reader | Database, dnsName: string) => B | undefined;
  /** As AWS words it, so that one finds a balancer's interfaces in EC2. */
  readonly describe: (balancer: B) => string;
  readonly workload: (balancer: B, node: BalancerNode, jobs: Jobs) => BalancerWorkload;
}

/** One node in each subnet: an interface, for internet-facing balancers a public address, and what runs on them. Keys are DNS names. */
export function keepNodes<B extends Balancer>(kind: KeepNodes<B>): Reconciler<Cloud> {
  const { nodes } = kind;
  const look = (db: Reader | Database, dnsName: string) => {
    const balancer = kind.find(db, dnsName);
    const made = db(nodes).where("dnsName", dnsName);
    return { balancer, made, plan: planNodes(balancer, made) };
  };

  /** Nodes that begin to leave while something is under way with them, or whose subnet is back before they are gone. */
  function turning(jobs: Jobs, { balancer, made, plan }: ReturnType<typeof look>): readonly BalancerNode[] {
    if (!balancer) return [];
    return made.flatMap((node) => {
      const leaves = plan.retire.includes(node) && farewell(node, jobs.ports.workloads.observe(node.id), jobs.now) !== "over";
      return leaves === (node.leavingSince !== undefined) || (!leaves && plan.retire.includes(node)) ? [] : [{ ...node, leavingSince: leaves ? jobs.now : undefined }];
    });
  }

  /** Decides again inside the transaction: the balancer may have changed since. */
  function prepare(db: Database, aws: Aws, dnsName: string, jobs: Jobs): void {
    const looked = look(db, dnsName);
    const { balancer, plan } = looked;
    if (!balancer) return;
    for (const node of turning(jobs, looked)) db(nodes).put(node);
    for (const subnet of plan.create) db(nodes).put(createNode(aws, balancer, subnet, kind.describe(balancer)));
    for (const node of plan.regroup) {
      aws.ec2.ModifyNetworkInterfaceAttribute({ NetworkInterfaceId: node.id, Groups: balancer.securityGroups });
      db(nodes).put({ ...node, securityGroups: balancer.securityGroups });
    }
  }

  return reconciler({
    name: kind.name,
    watches: kind.watches,
    signals: nodeSignals(nodes),
    async reconcile(key, jobs) {
      const before = look(jobs.db, key.id);
      if (before.plan.create.length + before.plan.regroup.length + turning(jobs, before).length > 0) await jobs.write((db, aws) => prepare(db, aws, key.id, jobs));
      const { balancer, made, plan: rest } = look(jobs.db, key.id);
      const staying = made.filter((node) => !rest.retire.includes(node));
      for (const node of staying) if (balancer && startAt(node) <= jobs.now) runNode(jobs, nodes, node, kind.workload(balancer, node, jobs));
      const lingering = balancer ? rest.retire.filter((node) => node.leavingSince !== undefined && farewell(node, jobs.ports.workloads.observe(node.id), jobs.now) !== "over") : [];
      for (const node of lingering) if (balancer) runNode(jobs, nodes, node, lastWorkload(kind, balancer, node, jobs));
      await Promise.all(rest.retire.filter((node) => !lingering.includes(node)).map((node) => retireNode(jobs, nodes, node)));
      const later = [...staying.map(startAt).filter((at) => at > jobs.now), ...(lingering.length > 0 ? [jobs.now + LOOK_AGAIN] : [])];
      return later.length > 0 ? { at: Math.min(...later) } : undefined;
    },
  });
}

/** What a node that leaves still does: as if its subnet were there, and in the end without its listeners. */
function lastWorkload<B extends Balancer>(kind: KeepNodes<B>, balancer: B, node: BalancerNode, jobs: Jobs): BalancerWorkload {
  const subnets = [...balancer.subnets, { id: node.subnetId, availabilityZone: node.availabilityZone }];
  const workload = kind.workload({ ...balancer, subnets }, node, jobs);
  return farewell(node, jobs.ports.workloads.observe(node.id), jobs.now) === "serve" ? workload : { ...workload, listeners: [] };
}

function createNode(aws: Aws, balancer: Balancer, subnet: BalancerSubnet, description: string): BalancerNode {
  const { NetworkInterface: made } = aws.ec2.CreateNetworkInterface({ SubnetId: subnet.id, Description: description, Groups: balancer.securityGroups });
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

function publish(aws: Aws, networkInterface: string): NonNullable<BalancerNode["publicAddress"]> {
  const { AllocationId: allocation, PublicIp: ip } = aws.ec2.AllocateAddress({ Domain: "vpc" });
  if (allocation === undefined || ip === undefined) throw new Error("EC2 allocated an address without id or address");
  const { AssociationId: association } = aws.ec2.AssociateAddress({ AllocationId: allocation, NetworkInterfaceId: networkInterface });
  if (association === undefined) throw new Error("EC2 associated an address without an association id");
  return { ip, allocation, association };
}

/** Not awaited: its interface may come late, and a deletion must not wait for it. The workload's status leads back here. */
function runNode(jobs: Jobs, nodes: NodeTable, node: BalancerNode, workload: BalancerWorkload): void {
  const done = jobs.ports.workloads.ensure(node.id, workload).then(
    () => noteStart(jobs, nodes, node.id, undefined),
    (error: unknown) => noteStart(jobs, nodes, node.id, error instanceof Error ? error.message : String(error)),
  );
  done.catch((error: unknown) => jobs.log(`the outcome of the start of ${node.id} could not be recorded: ${String(error)}`));
}

async function noteStart(jobs: Jobs, nodes: NodeTable, id: string, failure: string | undefined): Promise<void> {
  const node = jobs.db(nodes).get(id);
  if (!node || (failure === undefined && !node.failedStart)) return;
  if (failure !== undefined) jobs.log(`the node ${id} could not be started: ${failure}`);
  const failedStart = failure === undefined ? undefined : { count: (node.failedStart?.count ?? 0) + 1, at: jobs.now, reason: failure };
  await jobs.write((db) => db(nodes).get(id) && db(nodes).put({ ...node, failedStart }));
}

/** What runs goes first: an address must not be free for others while a node still answers on it. */
async function retireNode(jobs: Jobs, nodes: NodeTable, node: BalancerNode): Promise<void> {
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
