/**
 * Does the real operations once in a throwaway sandbox: flags and versions don't tell, e.g. AppArmor lets `unshare` succeed and
 * denies the rest.
 */
import { existsSync, lstatSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { spawnSandbox } from "./spawn.js";

export interface PreflightProblem {
  /** The step that failed, e.g. `overlay mount`. */
  readonly step: string;
  /** What the system said. */
  readonly message: string;
  /** What to do about it; a command where one is known. */
  readonly cure: string;
}

/** Commands we need, with Debian's package that holds each. */
const COMMANDS: Readonly<Record<string, string>> = {
  bash: "bash",
  unshare: "util-linux",
  nsenter: "util-linux",
  setpriv: "util-linux",
  prlimit: "util-linux",
  mount: "mount",
  ip: "iproute2",
  nft: "nftables",
  sysctl: "procps",
};

interface Step {
  readonly name: string;
  readonly script: string;
  readonly cure?: string;
}

const NFT_TABLE = `table ip t {
  map m { type ifname : verdict; }
  set d { type iface_index . ipv4_addr . ipv4_addr . inet_service . inet_service; flags dynamic,timeout; timeout 9s; size 9; }
  chain c { type filter hook forward priority 0; ct state established accept
    iifname vmap @m
    ip protocol tcp update @d { iif . ip saddr . ip daddr . tcp sport . tcp dport counter }
  }
}`;

/** `$1` is a writable directory on the disk that will hold the instances' root disks. */
const STEPS: readonly Step[] = [
  { name: "mount in a user namespace", script: "mount -t tmpfs tmpfs /run" },
  { name: "network namespace", script: "ip netns add x" },
  { name: "veth pair", script: "ip link add name pfa type veth peer name pfb netns x", cure: "modprobe veth (as root), or use a kernel that has it" },
  { name: "policy routing", script: "ip -n x rule add fwmark 1/0xfff lookup 100" },
  { name: "IP forwarding", script: "ip netns exec x sysctl -qw net.ipv4.ip_forward=1" },
  { name: "nftables", script: `nft -f - <<'NFT'\n${NFT_TABLE}\nNFT`, cure: "modprobe nf_tables nft_ct (as root), or use a kernel that has them" },
  {
    name: "overlay mount",
    script: `mkdir "$1/u" "$1/w" "$1/m" &&
      mount -t overlay overlay -o "lowerdir=/usr,upperdir=$1/u,workdir=$1/w,userxattr" "$1/m" &&
      touch "$1/m/x" && umount "$1/m"`,
    cure: "a kernel from 5.11 on, and a data directory on ext4, xfs or btrfs (not on another overlay, nor on NFS)",
  },
  {
    name: "nested user namespace",
    script: `mkfifo /run/ready /run/go
      unshare --user sh -c 'echo >/run/ready; read -r x </run/go' & holder=$!
      read -r x </run/ready
      if [ "$HAKONIWA_UID_MODE" = range ]; then map="0 1 65536"; keep=; else map="0 0 1"; keep=--preserve-credentials; fi
      echo "$map" >/proc/$holder/uid_map && echo "$map" >/proc/$holder/gid_map &&
      nsenter --user=/proc/$holder/ns/user $keep unshare --net --mount --pid --uts --ipc --fork --kill-child sh -ec '
        mount -t proc proc /proc
        mkdir -p /run/pts; mount -t tmpfs tmpfs /run; mkdir /run/pts; mount -t devpts -o newinstance devpts /run/pts
        hostname inner'
      result=$?; echo >/run/go; test $result = 0`,
  },
];

/** What keeps this machine from carrying the data plane; undefined when nothing does. Takes about 0.1 s and leaves nothing. */
export async function preflight(options: { readonly dataDir?: string } = {}): Promise<PreflightProblem | undefined> {
  const outside = checkOutside(options.dataDir);
  if (outside !== undefined) {
    return outside;
  }
  const scratch = mkdtempSync(join(nearestDirectory(options.dataDir ?? tmpdir()), ".preflight-"));
  try {
    return await trySteps(scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The directory itself, or the one that it would be made in. */
function nearestDirectory(path: string): string {
  return existsSync(path) ? path : nearestDirectory(dirname(path));
}

function checkOutside(dataDir: string | undefined): PreflightProblem | undefined {
  if (process.platform !== "linux") {
    const message = `the data plane is the Linux kernel, and this is ${process.platform}`;
    return { step: "operating system", message, cure: "run it in a Linux container or virtual machine, or use HAKONIWA_DATAPLANE=paper" };
  }
  const missing = Object.keys(COMMANDS).filter((name) => spawnSync("sh", ["-c", `command -v ${name}`]).status !== 0);
  if (missing.length > 0) {
    const packages = [...new Set(missing.map((name) => COMMANDS[name]))];
    return { step: "commands", message: `missing: ${missing.join(", ")}`, cure: `sudo apt-get install -y ${packages.join(" ")}` };
  }
  if (!lstatSync("/bin").isSymbolicLink()) {
    return { step: "merged /usr", message: "/bin is not a link to /usr/bin, and instances see only /usr", cure: "sudo apt-get install -y usrmerge" };
  }
  if (dataDir !== undefined && /^\/run(\/|$)/.test(dataDir)) {
    return { step: "data directory", message: `${dataDir} lies in /run, which is replaced inside`, cure: "choose a data directory elsewhere" };
  }
  return undefined;
}

async function trySteps(scratch: string): Promise<PreflightProblem | undefined> {
  const script = STEPS.map((step) => `{ ${step.script}\n} || { echo "FAILED AT: ${step.name}" >&2; exit 9; }`).join("\n");
  let said: string;
  try {
    const child = await spawnSandbox({ command: "sh", args: ["-c", script, "sh", scratch], stdio: ["ignore", "ignore", "pipe"] });
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    said = child.stderr === null ? "" : await text(child.stderr);
    if ((await ended) === 0) {
      return undefined;
    }
  } catch (error) {
    return { step: "user namespace", message: (error as Error).message, cure: kernelCure() };
  }
  const failed = STEPS.find((step) => said.includes(`FAILED AT: ${step.name}`));
  const message = said.replace(/FAILED AT: .*/g, "").trim();
  return { step: failed?.name ?? "sandbox", message: message === "" ? "no reason was given" : message, cure: failed?.cure ?? kernelCure() };
}

/** The setting that most likely forbids user namespaces here. */
function kernelCure(): string {
  if (setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") === "1") {
    return "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0 (AppArmor forbids user namespaces to ordinary programs)";
  }
  if (setting("/proc/sys/kernel/unprivileged_userns_clone") === "0") {
    return "sudo sysctl kernel.unprivileged_userns_clone=1";
  }
  if (setting("/proc/sys/user/max_user_namespaces") === "0") {
    return "sudo sysctl user.max_user_namespaces=15000";
  }
  if (existsSync("/.dockerenv") || existsSync("/run/.containerenv")) {
    return "start the container with --privileged (a default container may neither mount nor make namespaces)";
  }
  return "a Linux kernel from 5.11 on that lets this user make user namespaces";
}

function setting(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}
