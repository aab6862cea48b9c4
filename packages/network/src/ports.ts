/**
 * What a data plane must offer. Every port is keyed and level: `ensure` says what should be, again and again; nothing
 * says start or stop. `dataplane/linux` does it in the kernel, `dataplane/paper` without one.
 */
import type { AccessLogs } from "./access-logs.js";
import type { BalancerSpec, BalancerTraffic, TargetHealth } from "./balancer.js";
import type { FlowCounters } from "./flows.js";
import type { Address, Vpc } from "./model.js";
import type { OutgoingAnswer, OutgoingRequest, WorkloadUsage } from "./outgoing.js";

export interface DataPlane {
  /** Every VPC that has a network interface. The key is the VPC's id. */
  readonly networks: Port<Vpc, NetworkStatus>;
  /** Whatever holds network interfaces. The key is the instance's, NAT gateway's or balancer node's id. */
  readonly workloads: Port<Workload, WorkloadStatus>;
  /** DNS names with their addresses. The key is the name in lower case, without a final dot. */
  readonly names: Port<NameRecord, NameStatus>;
  /** Disks that outlive workloads. The key is the volume's id. */
  readonly disks: Port<Disk, DiskStatus>;
  /** What crossed the network interfaces whose traffic is logged. */
  readonly flows: FlowCounters;
  /** What load-balancer nodes noted of requests. */
  readonly accessLogs: AccessLogs;
  /**
   * Runs a command in a running instance, as its root.
   * @throws Error when the instance does not run
   */
  exec(workload: string, command: readonly string[], io: ExecIo): Promise<ExecResult>;
  /** The last 64 kB that the workload wrote to its console; empty when it never ran. */
  console(workload: string): Promise<Uint8Array>;
  /** What an instance used since it booted; undefined when it does not run. Cheap: it never waits. */
  usage(workload: string): WorkloadUsage | undefined;
  /**
   * Sends one HTTP request from the cloud itself, into the box or to the host's loopback.
   * @throws Error with the reason when there is no answer
   */
  post(request: OutgoingRequest): Promise<OutgoingAnswer>;
  /** Ends everything, leaving disks. */
  close(): Promise<void>;
}

/** One kind of thing that a data plane keeps. Calls for one key are carried out in order; the last one wins. */
export interface Port<Spec, Status> {
  /** Resolves when the data plane has applied `spec`; a later call for the key may overtake it. Rejects with the reason when it could not; calling again retries. */
  ensure(key: string, spec: Spec): Promise<void>;
  /** Resolves when nothing of it is left. Removing what is not there is no error. */
  remove(key: string): Promise<void>;
  /** What is now so; undefined when nothing is kept under the key. Cheap: it never waits. */
  observe(key: string): Status | undefined;
  /** Every key that something is kept under. */
  keys(): readonly string[];
  /** Calls back after every change of a status. Returns how to stop that. */
  watch(changed: (key: string) => void): () => void;
}

/** A network is applied, or it says what could not be. */
export interface NetworkStatus {
  readonly error: string | undefined;
}

export type Workload = InstanceWorkload | BalancerWorkload | NatGatewayWorkload | EndpointWorkload;

interface WorkloadBase {
  readonly vpc: string;
  /** In the order of their device index. They must exist in the VPC's model, attached to this workload. */
  readonly interfaces: readonly string[];
}

export interface InstanceWorkload extends WorkloadBase {
  readonly kind: "instance";
  /** Grows by one for every boot that is wanted: start after stop, and reboot. */
  readonly boot: number;
  /** The root disk: a key of `disks`. */
  readonly rootDisk: string;
  /**
   * Data volumes, attached while it runs as well as at boot. Those that are added or left out of a later `ensure` come and go without
   * another boot; the status says which ones the instance has.
   */
  readonly volumes?: readonly AttachedDisk[];
  /** Disks that are taken away even while the instance has them mounted (DetachVolume with Force). */
  readonly released?: readonly string[];
  readonly hostname: string;
  /** Bytes of memory, by the instance type. */
  readonly memory: number;
  /** Decoded user data; run once, at the first boot of the instance (as cloud-init does, per instance id). */
  readonly userData: Uint8Array | undefined;
  /** Lines for ec2-user's authorized_keys. */
  readonly authorizedKeys: readonly string[];
  /** The metadata tree below `/latest/`, by path (`meta-data/instance-id`), without directories. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly metadataOptions: MetadataOptions;
}

/** A data volume of an instance. Its disk is a key of `disks`, is ready, and belongs to no other workload. */
export interface AttachedDisk {
  readonly disk: string;
  /** As it was named when attached, e.g. `/dev/sdf`. */
  readonly device: string;
  /** Bytes, as the instance is told; nothing holds it to them. */
  readonly size?: number;
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceMetadataOptionsResponse.html */
export interface MetadataOptions {
  readonly enabled: boolean;
  readonly tokens: "optional" | "required";
  readonly hopLimit: number;
}

export interface NatGatewayWorkload extends WorkloadBase {
  readonly kind: "nat-gateway";
}

/** One network interface of an interface VPC endpoint: what connects to its port 443 reaches the AWS service. */
export interface EndpointWorkload extends WorkloadBase {
  readonly kind: "endpoint";
  /** The endpoint's id, which policies know as `aws:SourceVpce`. */
  readonly endpoint: string;
  /** The service's short name, e.g. `ec2`, `ssm`, `elasticloadbalancing`. */
  readonly service: string;
}

/** One node of a load balancer in one Availability Zone. */
export interface BalancerWorkload extends WorkloadBase, BalancerSpec {
  readonly kind: "balancer";
}

export type WorkloadStatus =
  | { readonly state: "starting" }
  | {
      readonly state: "running";
      /** The boot that runs, for instances. */
      readonly boot: number;
      /** For balancers: what its health checks found, by target id. */
      readonly health: ReadonlyMap<string, TargetHealth>;
      /** For balancers: what they counted, a second old at most while there is traffic. Its changes alone are not watched. */
      readonly traffic?: BalancerTraffic | undefined;
      /** For instances: the data volumes that it has now, by their disks' keys. One that was left out stays listed until it is really let go. */
      readonly volumes?: readonly string[];
      /** For instances: why it can't be reached although it runs, e.g. because it is stopped by a signal or its network is down. */
      readonly impaired?: string | undefined;
    }
  /**
   * It ran and ended by itself, or could not start. `reason` says why, for people; of an instance that shut itself down in
   * good order it is exactly `it powered itself off`, after which EC2 follows its InstanceInitiatedShutdownBehavior.
   */
  | { readonly state: "exited"; readonly boot: number; readonly reason: string };

export interface NameRecord {
  readonly addresses: readonly Address[];
  /** Where the name resolves: on the box's internet (and so everywhere), or in one VPC only. */
  readonly scope: { readonly kind: "internet" } | { readonly kind: "vpc"; readonly vpc: string };
  /** The name also answers on the host's site ports, as `NAME.localhost`. */
  readonly site: boolean;
}

export interface NameStatus {
  readonly addresses: readonly Address[];
}

export interface Disk {
  /** What a new disk starts as: an empty image catalogue entry's name (`al2023`, `nat`) or a snapshot's id. */
  readonly source: { readonly kind: "image"; readonly name: string } | { readonly kind: "snapshot"; readonly id: string } | { readonly kind: "empty" };
  /** Kept as the content of this snapshot id too, when it is set and not there yet: a copy is taken. */
  readonly snapshots: readonly string[];
}

export interface DiskStatus {
  readonly ready: boolean;
}

export interface ExecIo {
  readonly stdin: NodeJS.ReadableStream | undefined;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  /** Aborts when nobody waits for the result any more: the command gets a hang-up, as when a terminal is closed. */
  readonly abandoned?: AbortSignal;
}

export interface ExecResult {
  /** As a shell says it: 128 + n for a signal n. */
  readonly exitCode: number;
}
