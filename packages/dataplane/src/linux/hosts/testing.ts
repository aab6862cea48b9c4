/** For tests: a data plane in a sandbox of its own, and a small VPC to put into it. */
import { mkdtempSync } from "node:fs";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InstanceWorkload, NetworkInterface, Vpc, WorkloadStatus } from "@hakoniwa/network";
import { eraseDataDir } from "../sandbox/erase.js";
import { spawnSandbox } from "../sandbox/spawn.js";
import { builtScript } from "../tools/package-root.js";

export type PortName = "networks" | "workloads" | "names" | "disks";

export type TestCall =
  | { readonly kind: "ensure"; readonly port: PortName; readonly key: string; readonly spec: unknown }
  | { readonly kind: "remove" | "observe"; readonly port: PortName; readonly key: string }
  | { readonly kind: "console"; readonly workload: string }
  | { readonly kind: "exec" | "internet" | "sandbox"; readonly workload: string; readonly command: readonly string[] }
  | { readonly kind: "close" | "uidMode" };

export type TestAnswer =
  | { readonly kind: "ready" }
  | { readonly kind: "changed"; readonly key: string; readonly status: WorkloadStatus | undefined }
  | { readonly kind: "result"; readonly id: number; readonly value: unknown }
  | { readonly kind: "error"; readonly id: number; readonly message: string };

export interface TestOutput {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface TestBox {
  readonly dataDir: string;
  readonly pid: number;
  call(call: TestCall): Promise<unknown>;
  /** A shell script as the instance's root. */
  exec(instance: string, script: string): Promise<TestOutput>;
  /** A shell script on the box's internet. */
  internet(script: string): Promise<TestOutput>;
  /** A shell script beside the data plane itself. */
  sandbox(script: string): Promise<TestOutput>;
  /** Resolves when the workload's status satisfies `wanted`. */
  until(workload: string, wanted: (status: WorkloadStatus | undefined) => boolean): Promise<void>;
  /** Kills everything as a crash would, and deletes the data directory. */
  end(): Promise<void>;
}

/** @param site a listening socket of the host for the edge; it is handed over */
export async function startTestBox(site?: Server): Promise<TestBox> {
  const dataDir = mkdtempSync(join(tmpdir(), "hakoniwa-test-"));
  const child = await spawnSandbox({ command: process.execPath, args: [builtScript("linux/hosts/testing-agent.js"), dataDir] });
  child.send("site", site, () => site?.close());
  const calls = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  const statuses = new Map<string, WorkloadStatus | undefined>();
  const waiting = new Set<() => void>();
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let last = 0;
  const ready = new Promise<void>((resolve, reject) => {
    child.on("message", (answer: TestAnswer) => {
      if (answer.kind === "ready") {
        resolve();
      } else if (answer.kind === "changed") {
        statuses.set(answer.key, answer.status);
        waiting.forEach((look) => look());
      } else {
        const call = calls.get(answer.id);
        calls.delete(answer.id);
        if (answer.kind === "result") {
          call?.resolve(answer.value);
        } else {
          call?.reject(new Error(answer.message));
        }
      }
    });
    void exited.then(() => {
      reject(new Error("the sandbox ended"));
      calls.forEach(({ reject: fail }) => fail(new Error("the sandbox ended")));
    });
  });
  await ready;
  const call = (what: TestCall): Promise<unknown> =>
    new Promise((resolve, reject) => {
      last += 1;
      calls.set(last, { resolve, reject });
      child.send({ id: last, call: what });
    });
  const shell = (kind: "exec" | "internet" | "sandbox", workload: string, script: string): Promise<TestOutput> =>
    call({ kind, workload, command: ["sh", "-c", script] }) as Promise<TestOutput>;
  return {
    dataDir,
    pid: child.pid ?? 0,
    call,
    exec: (instance, script) => shell("exec", instance, script),
    internet: (script) => shell("internet", "", script),
    sandbox: (script) => shell("sandbox", "", script),
    until: (workload, wanted) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (wanted(statuses.get(workload))) {
            waiting.delete(look);
            resolve();
          }
        };
        waiting.add(look);
        look();
      }),
    async end() {
      child.kill("SIGKILL");
      await exited;
      await eraseDataDir(dataDir);
    },
  };
}

/** A VPC 10.0.0.0/16 with one public subnet, everything open, and these interfaces. */
export function testVpc(interfaces: readonly NetworkInterface[]): Vpc {
  const open = { id: "sgr-1", protocol: "all", peer: { kind: "cidr", cidr: "0.0.0.0/0" } } as const;
  const entry = { number: 100, action: "allow", protocol: "all", cidr: "0.0.0.0/0" } as const;
  return {
    id: "vpc-1",
    region: "ap-northeast-1",
    cidrs: ["10.0.0.0/16"],
    dnsSupport: true,
    domainName: "ap-northeast-1.compute.internal",
    internetGateway: "igw-1",
    subnets: new Map([["subnet-1", { id: "subnet-1", cidr: "10.0.0.0/24", availabilityZone: "ap-northeast-1a", routeTable: "rtb-1", networkAcl: "acl-1" }]]),
    routeTables: new Map([["rtb-1", { id: "rtb-1", routes: [{ destination: "0.0.0.0/0", target: { kind: "internet-gateway", id: "igw-1" } }] }]]),
    securityGroups: new Map([["sg-1", { id: "sg-1", ingress: [open], egress: [open] }]]),
    networkAcls: new Map([["acl-1", { id: "acl-1", ingress: [entry], egress: [entry] }]]),
    interfaces: new Map(interfaces.map((one) => [one.id, one])),
  };
}

/** The n-th interface, held by a workload: 10.0.0.n, with a public address when asked. */
export function testInterface(n: number, workload: string, publicAddress?: string): NetworkInterface {
  return {
    id: `eni-${n}`,
    subnet: "subnet-1",
    macAddress: `06:00:00:00:00:${n.toString(16).padStart(2, "0")}`,
    addresses: [{ private: `10.0.0.${n}`, public: publicAddress }],
    securityGroups: ["sg-1"],
    sourceDestCheck: true,
    managed: undefined,
    attachment: { workload, deviceIndex: 0 },
  };
}

/** An instance that holds the n-th interface and boots from the disk `vol-n`. */
export function testInstance(n: number, more: Partial<InstanceWorkload> = {}): InstanceWorkload {
  return {
    kind: "instance",
    vpc: "vpc-1",
    interfaces: [`eni-${n}`],
    boot: 1,
    rootDisk: `vol-${n}`,
    hostname: `ip-10-0-0-${n}`,
    memory: 1024 ** 3,
    userData: undefined,
    authorizedKeys: [],
    metadata: { "meta-data/instance-id": `i-${n}`, "meta-data/local-ipv4": `10.0.0.${n}`, "meta-data/placement/region": "ap-northeast-1" },
    metadataOptions: { enabled: true, tokens: "required", hopLimit: 2 },
    ...more,
  };
}
