/** An instance as a host: its life from boot to exit, and its registration with the metadata service. */
import type { InstanceWorkload, WorkloadStatus } from "@hakoniwa/network";
import type { WardEvent } from "../attendant/ward.js";
import { planCloudInit } from "../cloud-init/plan.js";
import type { Disks } from "../disks/disks.js";
import type { UidMode } from "../sandbox/uid-map.js";
import type { Consoles } from "./console.js";
import type { ExecTarget } from "./exec.js";
import type { Ground, Host } from "./host.js";
import { REBOOT, startInstance } from "./instance.js";
import type { Ending, RunningInstance } from "./instance.js";
import type { SshInstance } from "../ssh/gate.js";
import { VolumeBay } from "./volume-bay.js";
import { removeSeed, resolverAddress, seedFiles, writeSeed } from "./seed.js";

export interface InstanceGround extends Ground {
  readonly mode: UidMode;
  readonly disks: Disks;
  readonly consoles: Consoles;
  /** The metadata service's registration of an instance; undefined ends it. */
  register(id: string, spec: InstanceWorkload | undefined): void;
  /** Opens the door to its users when it runs; undefined closes it. */
  admit(id: string, instance: SshInstance | undefined): void;
}

/** How often a volume that is to go is looked at while the instance still has it mounted, in milliseconds. */
const RELEASE_POLL = 200;

export class InstanceHost implements Host<InstanceWorkload> {
  spec: InstanceWorkload;
  readonly #id: string;
  readonly #ground: InstanceGround;
  readonly #changed: () => void;
  #status: WorkloadStatus = { state: "starting" };
  #running: RunningInstance | undefined;
  #bay: VolumeBay | undefined;
  /** Why it can't be reached although it runs. */
  #impaired: string | undefined;
  #release: NodeJS.Timeout | undefined;
  /** One at a time: an update and a look at what was held may meet. */
  #settling: Promise<void> = Promise.resolve();
  #stopping = false;
  /** What is being done about an end that came by itself. */
  #aftermath: Promise<void> = Promise.resolve();

  constructor(id: string, spec: InstanceWorkload, ground: InstanceGround, changed: () => void) {
    this.#id = id;
    this.spec = spec;
    this.#ground = ground;
    this.#changed = changed;
  }

  status(): WorkloadStatus {
    return this.#status;
  }

  /** The first process, while the instance runs. */
  get pid(): number | undefined {
    return this.#running?.pid;
  }

  async start(): Promise<void> {
    const { spec } = this;
    const ground = this.#ground;
    const vpc = ground.vpc(spec.vpc);
    if (vpc === undefined) {
      throw new Error(`${this.#id} can't start: its VPC ${spec.vpc} is not there`);
    }
    const image = ground.disks.image(spec.rootDisk);
    const plan = Object.entries(planCloudInit(spec.userData)).map(([path, content]) => [`cloud-init/${path}`, content] as const);
    writeSeed(this.#id, { ...seedFiles(this.#id, spec, vpc), "uid-mode": ground.mode, ...Object.fromEntries(plan) });
    const bay = new VolumeBay(this.#id, (disk) => ground.disks.data(disk));
    this.#bay = bay;
    ground.register(this.#id, spec);
    const options = {
      id: this.#id,
      spec,
      image,
      mode: ground.mode,
      consoles: ground.consoles,
      plug: (pid: number) => ground.plug(this.#id, { pid }, spec.interfaces),
      furnish: async (pid: number) => void (await bay.settle(this.#target(pid), spec.volumes ?? [], [])),
    };
    const running = await startInstance(options);
    this.#running = running;
    this.#impaired = undefined;
    ground.admit(this.#id, { pid: running.pid, memory: spec.memory, mode: ground.mode, resolver: vpc.dnsSupport ? resolverAddress(vpc) : undefined });
    this.#setRunning();
    this.#aftermath = running.ended.then((ending) => this.#ended(running, ending));
  }

  /** What lies in the past can't be changed: a boot that ended, or one that runs. */
  accepts(spec: InstanceWorkload): boolean {
    const { boot, rootDisk, vpc } = this.spec;
    return spec.boot <= boot && spec.rootDisk === rootDisk && spec.vpc === vpc;
  }

  async update(spec: InstanceWorkload): Promise<void> {
    const attached = spec.interfaces.join() !== this.spec.interfaces.join();
    this.spec = spec;
    if (this.#running === undefined) {
      return;
    }
    this.#ground.register(this.#id, spec);
    if (attached) {
      await this.#ground.plug(this.#id, { pid: this.#running.pid }, spec.interfaces);
    }
    this.#settling = this.#settling.catch(() => {}).then(() => this.#settleVolumes());
    await this.#settling;
  }

  /** Looks again while the instance holds what it should let go. */
  async #settleVolumes(): Promise<void> {
    clearTimeout(this.#release);
    const running = this.#running;
    const bay = this.#bay;
    if (running === undefined || bay === undefined) return;
    const before = bay.attached.join();
    const { volumes = [], released = [] } = this.spec;
    const settled = await bay.settle(this.#target(running.pid), volumes, released);
    if (this.#running !== running) return;
    if (bay.attached.join() !== before) this.#setRunning();
    if (settled) return;
    this.#release = setTimeout(() => {
      this.#settling = this.#settling.then(() => this.#settleVolumes()).catch((error: Error) => this.#ground.log(`${this.#id}: ${error.message}`));
    }, RELEASE_POLL);
  }

  heed(event: WardEvent): void {
    if (this.#running === undefined) return;
    if (event.kind === "line") {
      this.#ground.consoles.note(this.#id, event.text);
    } else {
      this.#impaired = event.reason;
      this.#setRunning();
    }
  }

  #target(pid: number): ExecTarget {
    return { pid, memory: this.spec.memory, mode: this.#ground.mode };
  }

  #setRunning(): void {
    this.#set({ state: "running", boot: this.spec.boot, health: new Map(), volumes: this.#bay?.attached ?? [], impaired: this.#impaired });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const running = this.#running;
    this.#running = undefined;
    await running?.shutDown();
    // A reboot by itself may be under way, whose outcome is to be ended too.
    await this.#aftermath;
    await this.#kill();
    await this.#leave();
  }

  async #kill(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.kill();
  }

  async #ended(running: RunningInstance, ending: Ending): Promise<void> {
    if (this.#running !== running) {
      return;
    }
    this.#running = undefined;
    this.#ground.admit(this.#id, undefined);
    const reason = reasonOf(ending);
    this.#ground.consoles.note(this.#id, `[ HOST ] ${reason}`);
    if (ending.code !== REBOOT) {
      this.#set({ state: "exited", boot: this.spec.boot, reason });
      await this.#leave().catch(() => {});
      return;
    }
    this.#set({ state: "starting" });
    try {
      await this.#clearBay();
      await this.#ground.unplug(this.#id);
      if (!this.#stopping) {
        await this.start();
      }
    } catch (error) {
      this.#set({ state: "exited", boot: this.spec.boot, reason: `it rebooted, and then: ${(error as Error).message}` });
    }
  }

  async #leave(): Promise<void> {
    this.#ground.admit(this.#id, undefined);
    this.#ground.register(this.#id, undefined);
    removeSeed(this.#id);
    await this.#clearBay();
    await this.#ground.unplug(this.#id);
  }

  async #clearBay(): Promise<void> {
    clearTimeout(this.#release);
    const bay = this.#bay;
    this.#bay = undefined;
    await this.#settling.catch(() => {});
    await bay?.close();
  }

  #set(status: WorkloadStatus): void {
    this.#status = status;
    this.#changed();
  }
}

function reasonOf({ code, signal }: Ending): string {
  if (code === 0) {
    return "it powered itself off";
  }
  if (code === REBOOT) {
    return "it rebooted itself";
  }
  return signal === null ? `its first process ended with exit code ${code}` : `its first process was killed by ${signal}`;
}
