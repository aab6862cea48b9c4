/** An instance as a host: its life from boot to exit, and its registration with the metadata service. */
import type { InstanceWorkload, WorkloadStatus } from "@hakoniwa/network";
import type { Disks } from "../disks/disks.js";
import type { UidMode } from "../sandbox/uid-map.js";
import type { Consoles } from "./console.js";
import type { Ground, Host } from "./host.js";
import { REBOOT, startInstance } from "./instance.js";
import type { Ending, RunningInstance } from "./instance.js";
import type { SshInstance } from "../ssh/gate.js";
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

export class InstanceHost implements Host<InstanceWorkload> {
  spec: InstanceWorkload;
  readonly #id: string;
  readonly #ground: InstanceGround;
  readonly #changed: () => void;
  #status: WorkloadStatus = { state: "starting" };
  #running: RunningInstance | undefined;
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
    writeSeed(this.#id, seedFiles(this.#id, spec, vpc));
    ground.register(this.#id, spec);
    const options = {
      id: this.#id,
      spec,
      image,
      mode: ground.mode,
      consoles: ground.consoles,
      plug: (pid: number) => ground.plug(this.#id, { pid }, spec.interfaces),
    };
    const running = await startInstance(options);
    this.#running = running;
    ground.admit(this.#id, { pid: running.pid, memory: spec.memory, mode: ground.mode, resolver: vpc.dnsSupport ? resolverAddress(vpc) : undefined });
    this.#set({ state: "running", boot: spec.boot, health: new Map() });
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
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#kill();
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
    await this.#ground.unplug(this.#id);
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
