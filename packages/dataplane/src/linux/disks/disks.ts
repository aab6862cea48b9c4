/**
 * Disks, as folders in the data directory: of a root disk the upper directories of its overlays, with everything that an instance wrote;
 * of a data volume one folder.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { lchown, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Disk, DiskStatus, Port } from "@hakoniwa/network";
import { Lanes, Watchers } from "../hosts/lanes.js";
import { imageName } from "../images/catalogue.js";
import type { ImageName } from "../images/catalogue.js";
import { instanceRoot } from "../sandbox/uid-map.js";
import type { UidMode } from "../sandbox/uid-map.js";
import { run } from "../tools/run.js";
import { settleOwnership } from "./ownership.js";

export interface Disks extends Port<Disk, DiskStatus> {
  /** The directory that holds every volume, by id. */
  readonly directory: string;
  /**
   * The image that a volume started as, itself or the one its snapshot was taken of.
   * @throws Error when the volume is not there or is empty, so that nothing can boot from it
   */
  image(volume: string): ImageName;
  /**
   * The folder that is a data volume, as an instance gets it.
   * @throws Error when the volume is not there, or was made of an image
   */
  data(volume: string): string;
}

/** The overlay's layers and work directories, for "/" and for /usr. Work directories hold nothing to keep. */
const LAYERS = ["upper", "uupper"];
const WORK = ["work", "uwork"];
const DATA = ["data"];
const IMAGE_FILE = "image";
const EMPTY = "empty";

/**
 * The `disks` port on `<dataDir>/disks` and `<dataDir>/snapshots`. Snapshots are removed by their own id.
 * What a crash left half-made is swept here.
 */
export async function createDisks(dataDir: string, mode: UidMode): Promise<Disks> {
  const directory = join(dataDir, "disks");
  const snapshots = join(dataDir, "snapshots");
  // Passable by instances' roots through a mount; the data directory above is not.
  mkdirSync(directory, { recursive: true, mode: 0o711 });
  mkdirSync(snapshots, { recursive: true, mode: 0o700 });
  for (const root of [directory, snapshots]) {
    await sweep(root);
    await settleOwnership(root, mode);
  }
  const lanes = new Lanes();
  const watchers = new Watchers();
  const owner = instanceRoot(mode);
  const present = new Set(readdirSync(directory));

  async function ensure(volume: string, disk: Disk): Promise<void> {
    const path = join(directory, checked(volume));
    if (!present.has(volume)) {
      await create(path, disk);
      present.add(volume);
      watchers.tell(volume);
    }
    for (const snapshot of disk.snapshots) {
      const copy = join(snapshots, checked(snapshot));
      if (!existsSync(copy)) {
        await copyTo(path, copy);
      }
    }
  }

  async function create(path: string, disk: Disk): Promise<void> {
    if (disk.source.kind === "snapshot") {
      const from = join(snapshots, checked(disk.source.id));
      if (!existsSync(from)) {
        throw new Error(`there is no content of the snapshot ${disk.source.id}`);
      }
      return copyTo(from, path);
    }
    const image = disk.source.kind === "image" ? imageName(disk.source.name) : EMPTY;
    const building = `${path}.new`;
    await rm(building, { recursive: true, force: true });
    await mkdir(building, { mode: 0o711 });
    await makeDirectories(building, image === EMPTY ? DATA : [...LAYERS, ...WORK]);
    writeFileSync(join(building, IMAGE_FILE), image);
    await rename(building, path);
  }

  async function copyTo(from: string, to: string): Promise<void> {
    const building = `${to}.new`;
    await rm(building, { recursive: true, force: true });
    await mkdir(building, { mode: 0o711 });
    // Deletions and opaque directories of an overlay are device nodes and extended attributes: `cp -a` keeps both.
    const empty = readFileSync(join(from, IMAGE_FILE), "utf8") === EMPTY;
    await run(["cp", "-a", "--reflink=auto", ...[...(empty ? DATA : LAYERS), IMAGE_FILE].map((name) => join(from, name)), building]);
    if (!empty) await makeDirectories(building, WORK);
    await rename(building, to);
  }

  async function makeDirectories(path: string, names: readonly string[]): Promise<void> {
    for (const name of names) {
      await mkdir(join(path, name), { mode: 0o755 });
      await lchown(join(path, name), owner, owner);
    }
  }

  async function remove(id: string): Promise<void> {
    present.delete(id);
    for (const root of [directory, snapshots]) {
      const path = join(root, checked(id));
      if (existsSync(path)) {
        // Renamed first: after a crash in the middle no half of it must look whole.
        await rename(path, `${path}.old`);
        await rm(`${path}.old`, { recursive: true, force: true });
      }
    }
    watchers.tell(id);
  }

  /** What a volume started as. */
  function kindOf(volume: string, what: string): string {
    if (!present.has(volume)) {
      throw new Error(`the ${what} ${volume} is not there`);
    }
    return readFileSync(join(directory, checked(volume), IMAGE_FILE), "utf8");
  }

  return {
    directory,
    ensure: (volume, disk) => lanes.submit(volume, () => ensure(volume, disk)),
    remove: (volume) => lanes.submit(volume, () => remove(volume)),
    observe: (volume) => (present.has(volume) ? { ready: true } : undefined),
    keys: () => [...present],
    watch: (changed) => watchers.watch(changed),
    image(volume) {
      const name = kindOf(volume, "root disk");
      if (name === EMPTY) {
        throw new Error(`the root disk ${volume} is empty: it can't be booted from`);
      }
      return imageName(name);
    },
    data(volume) {
      if (kindOf(volume, "volume") !== EMPTY) {
        throw new Error(`the volume ${volume} holds a root file system: an instance can boot from it, but not use it as a data volume`);
      }
      return join(directory, checked(volume), ...DATA);
    },
  };
}

async function sweep(root: string): Promise<void> {
  for (const name of readdirSync(root)) {
    if (name.endsWith(".new") || name.endsWith(".old")) {
      await rm(join(root, name), { recursive: true, force: true });
    }
  }
}

/** Ids become file names. */
function checked(id: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/.test(id)) {
    throw new Error(`${JSON.stringify(id)} can't be a disk's id`);
  }
  return id;
}
