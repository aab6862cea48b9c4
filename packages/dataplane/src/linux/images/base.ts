/**
 * The base layer that every instance's root disk lies upon: `root` below "/", `usr` between the host's /usr and the disk.
 * Built once for each version of its contents; files belong to the instances' root.
 */
import { createHash } from "node:crypto";
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync } from "node:fs";
import { readFileSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { chown, lchown, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { instanceRoot } from "../sandbox/uid-map.js";
import type { UidMode } from "../sandbox/uid-map.js";
import { asset } from "./assets.js";
import { FROM_HOST, ownFiles } from "./etc.js";
import { addTrusted } from "./trust.js";
import { builtScript } from "../tools/package-root.js";

const DIRECTORIES = [
  "dev",
  "etc/hakoniwa/enabled",
  "etc/hakoniwa/units",
  "etc/systemd/system",
  "home",
  "media",
  "mnt",
  "opt/aws/bin",
  "proc",
  "run",
  "srv",
  "sys",
  "tmp",
  "usr",
  "var/cache",
  "var/lib/cloud/instances",
  "var/lib/hakoniwa/packages",
  "var/log",
  "var/spool",
  "var/tmp",
  "var/www",
];
/** These must be ours on the /usr overlay, or the instance's root could not add files there: the host's belong to nobody it knows. */
const USR_DIRECTORIES = ["bin", "sbin", "lib/hakoniwa", "lib/systemd/system", "libexec", "local/bin", "local/sbin", "local/lib", "local/share", "share", "src"];
const EC2_USER = 1000;
const WHEEL = 10;
/** CloudFormation's helper scripts, which are one program. */
const HELPERS = ["cfn-get-metadata", "cfn-hup", "cfn-init", "cfn-signal"];
/** Names of our commands, and the asset each is. */
const COMMANDS: Readonly<Record<string, string>> = {
  "bin/amazon-linux-extras": "amazon-linux-extras",
  "bin/cloud-init": "cloud-init",
  "bin/journalctl": "journalctl",
  "bin/systemctl": "systemctl",
  "sbin/service": "service",
  "sbin/chkconfig": "chkconfig",
  "bin/sudo": "sudo",
  "bin/su": "su",
  "bin/yum": "yum",
  "bin/dnf": "yum",
  // Beside the host's own, which they end in when no volume is meant.
  "local/bin/blkid": "blkid",
  "local/bin/lsblk": "lsblk",
  "local/bin/mount": "mount",
  "local/bin/umount": "umount",
  "local/sbin/mkfs": "mkfs",
  "local/sbin/mkfs.ext2": "mkfs",
  "local/sbin/mkfs.ext3": "mkfs",
  "local/sbin/mkfs.ext4": "mkfs",
  "local/sbin/mkfs.xfs": "mkfs",
  "sbin/poweroff": "poweroff",
  "sbin/halt": "poweroff",
  "sbin/reboot": "poweroff",
  "sbin/shutdown": "poweroff",
};

/**
 * Makes the base layer below `directory` unless this very version is there, and removes other versions.
 * @param trusted the certificate, in PEM, of an authority that instances believe beside the host's
 * @returns the layer's path, with `root` and `usr` in it
 */
export async function buildBase(directory: string, mode: UidMode, trusted?: string): Promise<string> {
  const owner = instanceRoot(mode);
  const name = `base-${mode}-${fingerprint(mode, trusted)}`;
  const path = join(directory, name);
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  for (const other of await readdir(directory)) {
    if (other.startsWith("base-") && other !== name) {
      // One that was made with other users may be out of reach, and does no harm.
      await rm(join(directory, other), { recursive: true, force: true }).catch(() => {});
    }
  }
  if (existsSync(path)) {
    return path;
  }
  const building = `${path}.new`;
  makeRoot(join(building, "root"), mode);
  if (trusted !== undefined) addTrusted(join(building, "root"), trusted);
  makeDev(join(building, "dev"));
  makeUsr(join(building, "usr"));
  await giveAway(building, owner);
  if (mode === "range") {
    await chown(join(building, "root/home/ec2-user"), owner + EC2_USER, owner + EC2_USER);
    await makeBecome(join(building, "usr/lib/hakoniwa/become"), owner);
  }
  await rename(building, path);
  return path;
}

/** What an instance's /dev is besides devices: files and directories to mount upon, and links. */
function makeDev(dev: string): void {
  for (const directory of ["pts", "shm", ".volumes"]) {
    mkdirSync(join(dev, directory), { recursive: true, mode: 0o755 });
  }
  for (const device of ["null", "zero", "full", "random", "urandom", "tty"]) {
    writeFileSync(join(dev, device), "");
  }
  const links = { ptmx: "pts/ptmx", fd: "/proc/self/fd", stdin: "/proc/self/fd/0", stdout: "/proc/self/fd/1", stderr: "/proc/self/fd/2" };
  for (const [name, target] of Object.entries(links)) {
    symlinkSync(target, join(dev, name));
  }
}

function makeRoot(root: string, mode: UidMode): void {
  for (const directory of DIRECTORIES) {
    mkdirSync(join(root, directory), { recursive: true, mode: 0o755 });
  }
  mkdirSync(join(root, "root"), { mode: 0o700 });
  mkdirSync(join(root, "home/ec2-user"), { mode: 0o700 });
  chmodSync(join(root, "var/tmp"), 0o1777);
  symlinkSync("../run", join(root, "var/run"));
  for (const name of ["bin", "sbin", "lib", "lib32", "lib64", "libx32"]) {
    if (existsSync(`/${name}`) && lstatSync(`/${name}`).isSymbolicLink()) {
      symlinkSync(readlinkSync(`/${name}`).replace(/^\//, ""), join(root, name));
    }
  }
  for (const path of FROM_HOST) {
    copyFromHost(join("/etc", path), join(root, "etc", path));
  }
  for (const [path, content] of Object.entries(ownFiles(mode))) {
    writeFileSync(join(root, "etc", path), content, { mode: 0o644 });
  }
  for (const helper of HELPERS) {
    cpSync(asset("instance/bin/cfn"), join(root, "opt/aws/bin", helper));
    chmodSync(join(root, "opt/aws/bin", helper), 0o755);
  }
  // Amazon's images come with them.
  cpSync(asset("instance/packages/aws-cfn-bootstrap/version"), join(root, "var/lib/hakoniwa/packages/aws-cfn-bootstrap"));
}

/** Leaves out what is missing, and what this user may not read. */
function copyFromHost(from: string, to: string): void {
  if (!existsSync(from)) {
    return;
  }
  mkdirSync(dirname(to), { recursive: true, mode: 0o755 });
  cpSync(from, to, { recursive: true, verbatimSymlinks: true });
}

function makeUsr(usr: string): void {
  for (const directory of ["", ...USR_DIRECTORIES]) {
    mkdirSync(join(usr, directory), { recursive: true, mode: 0o755 });
  }
  const own = join(usr, "lib/hakoniwa");
  for (const script of ["boot", "cloud-init", "nat", "shutdown"]) {
    cpSync(asset(`instance/${script}`), join(own, script));
    chmodSync(join(own, script), 0o755);
  }
  cpSync(asset("instance/bin/cfn"), join(own, "cfn"));
  for (const part of ["agent-socket.mjs", "volumes"]) {
    cpSync(asset(`instance/${part}`), join(own, part));
  }
  cpSync(asset("instance/packages"), join(own, "packages"), { recursive: true });
  cpSync(instancePrograms(), join(own, "instance"), { recursive: true, filter: (path) => !/\.(d\.ts|map)$/.test(path) });
  writeFileSync(join(own, "instance/package.json"), '{ "type": "module" }\n', { mode: 0o644 });
  cpSync(asset("instance/cfn-hup.service"), join(usr, "lib/systemd/system/cfn-hup.service"));
  for (const [command, source] of Object.entries(COMMANDS)) {
    cpSync(asset(`instance/bin/${source}`), join(usr, command));
    chmodSync(join(usr, command), 0o755);
  }
  // The host's Node binary is mounted upon this file in every instance.
  writeFileSync(join(own, "node"), "", { mode: 0o755 });
}

/** Where the programs are that instances run with their own Node. */
function instancePrograms(): string {
  return dirname(dirname(builtScript("instance/cfn/main.js")));
}

/**
 * What `sudo` becomes another user with: the host's setuid programs belong to a user that instances don't have, so it is a
 * copy of setpriv that belongs to their root, and that only the group wheel may run.
 */
async function makeBecome(path: string, owner: number): Promise<void> {
  cpSync("/usr/bin/setpriv", path);
  await chown(path, owner, owner + WHEEL);
  chmodSync(path, 0o4750);
}

async function giveAway(path: string, owner: number): Promise<void> {
  await lchown(path, owner, owner);
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    await lchown(join(entry.parentPath, entry.name), owner, owner);
  }
}

/** Changes with everything the layer is made of, the host's part by its dates. */
function fingerprint(mode: UidMode, trusted = ""): string {
  const hash = createHash("sha256").update(JSON.stringify([trusted, ownFiles(mode), FROM_HOST, DIRECTORIES, USR_DIRECTORIES, COMMANDS]));
  const root = asset("instance");
  for (const folder of [root, instancePrograms()]) {
    for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted()) {
      const file = join(folder, path);
      hash.update(path).update(lstatSync(file).isFile() ? readFileSync(file) : "");
    }
  }
  for (const path of ["ld.so.cache", "ssl/certs", "alternatives"]) {
    const file = join("/etc", path);
    hash.update(existsSync(file) ? String(lstatSync(file).mtimeMs) : "none");
  }
  return hash.digest("hex").slice(0, 16);
}
