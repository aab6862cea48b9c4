/**
 * The data volumes of one running instance. A volume's folder is mounted in the instance's bay, a directory of the sandbox that the
 * instance has as /dev/.volumes; the kernel propagates what is mounted there later. In the instance a volume is `DEVICE/`, its name
 * `DEVICE.volume` holds its id and size.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AttachedDisk } from "@hakoniwa/network";
import { STAGE } from "../sandbox/enter.js";
import { run } from "../tools/run.js";
import { insideInstance, runQuietly } from "./exec.js";
import type { ExecTarget } from "./exec.js";
import { mountsOf, placeOf, planBay } from "./volume-plan.js";

const BAYS = join(STAGE, "bays");
/** The same, read-only, for the instances: where they are the same user as we are (one-uid mode), they could lead us elsewhere by links. */
const SHOWN = join(STAGE, "bays-shown");
/** An instance that does not answer must not hold up what is done with its volumes, in milliseconds. */
const PATIENCE = 5_000;
/** Links a device's name in /dev, or takes it away: the part of udev. Arguments: add or remove, place, and the other name. */
const UDEV = `case $1 in
add) ln -sfn ".volumes/$2" "/dev/$2"; ln -sfn ".volumes/$2" "/dev/$3" ;;
remove) rm -f "/dev/$2" "/dev/$3" ;;
esac`;

/** Makes the place of all bays: a mount of its own that shares what is mounted in it with the instances. Once for a sandbox. */
export function prepareBays(): void {
  mkdirSync(BAYS, { mode: 0o755 });
  execFileSync("mount", ["-t", "tmpfs", "-o", "mode=755,nosuid,nodev,size=1m", "bays", BAYS]);
  execFileSync("mount", ["--make-shared", BAYS]);
  mkdirSync(SHOWN, { mode: 0o755 });
  execFileSync("mount", ["--bind", BAYS, SHOWN]);
  execFileSync("mount", ["-o", "remount,bind,ro", SHOWN]);
}

export class VolumeBay {
  readonly #path: string;
  readonly #folderOf: (disk: string) => string;
  readonly #attached = new Map<string, AttachedDisk>();

  /**
   * @param id the instance's
   * @param folderOf where a data volume lies; throws when it is none
   */
  constructor(id: string, folderOf: (disk: string) => string) {
    this.#path = join(BAYS, id);
    this.#folderOf = folderOf;
    mkdirSync(this.#path, { recursive: true, mode: 0o755 });
  }

  /** The disks that the instance has now. */
  get attached(): readonly string[] {
    return [...this.#attached.keys()];
  }

  /**
   * Attaches what is wanted, and lets go what is not unless the instance has it mounted.
   * @param forced disks to be taken away whoever uses them
   * @returns whether all is as wanted; if not, ask again
   * @throws Error saying which volume can't be attached, when the others are as wanted
   */
  async settle(target: ExecTarget, wanted: readonly AttachedDisk[], forced: readonly string[]): Promise<boolean> {
    const { attach, detach } = planBay([...this.#attached.values()], wanted);
    const held = await Promise.all(detach.map((volume) => this.#detach(target, volume, forced.includes(volume.disk))));
    const failures: Error[] = [];
    for (const volume of attach) {
      await this.#attach(target, volume).catch((error: Error) => failures.push(error));
    }
    if (failures[0] !== undefined) throw failures[0];
    return held.every((gone) => gone);
  }

  async #attach(target: ExecTarget, volume: AttachedDisk): Promise<void> {
    const { place, alias } = placeOf(volume.device);
    const folder = this.#folderOf(volume.disk);
    const bay = join(this.#path, place);
    mkdirSync(bay, { mode: 0o755 });
    try {
      await run(["mount", "--bind", folder, bay]);
    } catch (error) {
      rmdirSync(bay);
      throw error;
    }
    writeFileSync(`${bay}.volume`, `${volume.disk} ${volume.size ?? 0}\n`);
    this.#attached.set(volume.disk, volume);
    await this.#tellInstance(target, "add", place, alias);
  }

  /** Whether it could be let go. */
  async #detach(target: ExecTarget, volume: AttachedDisk, force: boolean): Promise<boolean> {
    const { place, alias } = placeOf(volume.device);
    const bay = join(this.#path, place);
    const mounts = mountsOf(mountinfoOf(target.pid), volume.disk);
    if (mounts.length > 0) {
      if (!force) return false;
      await runQuietly(insideInstance(target, [], ["umount", "-l", "--", ...mounts]), PATIENCE);
    }
    // Lazily, when somebody only looks at it: nothing that it holds is mounted any more.
    await run(["umount", "-l", bay]);
    rmdirSync(bay);
    rmSync(`${bay}.volume`, { force: true });
    this.#attached.delete(volume.disk);
    await this.#tellInstance(target, "remove", place, alias);
    return true;
  }

  /** Its /dev is its own affair: one that takes no names has its volumes all the same. */
  async #tellInstance(target: ExecTarget, verb: "add" | "remove", place: string, alias: string): Promise<void> {
    await runQuietly(insideInstance(target, ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], ["sh", "-c", UDEV, "udev", verb, place, alias]), PATIENCE);
  }

  /** Takes everything away from an instance that is gone. */
  async close(): Promise<void> {
    for (const { device } of this.#attached.values()) {
      await run(["umount", "-l", join(this.#path, placeOf(device).place)]);
    }
    this.#attached.clear();
    rmSync(this.#path, { recursive: true, force: true });
  }
}

/** The mounts that an instance's first process sees; none when it is gone. */
function mountinfoOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/mountinfo`, "utf8");
  } catch {
    return "";
  }
}

