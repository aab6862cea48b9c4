/**
 * Network namespaces and how to run something in one. Node needs no setns for that: a process starts through `nsenter`
 * (3–5 ms), and a socket comes from `socketsIn`.
 */
import { run } from "./run.js";

/** A network namespace: one named under /run/netns, or the one that a process is in. */
export type Namespace = { readonly name: string } | { readonly pid: number };

/** The file that stands for a namespace. */
export function namespacePath(namespace: Namespace): string {
  return "name" in namespace ? `/run/netns/${checkedName(namespace.name)}` : `/proc/${checkedPid(namespace.pid)}/ns/net`;
}

/** The argv that runs `argv` in a network namespace; undefined stands for our own. Nothing but the network changes. */
export function inNamespace(namespace: Namespace | undefined, argv: readonly string[]): [string, ...string[]] {
  const [command, ...rest] = argv;
  if (command === undefined) throw new RangeError("inNamespace: the command is empty");
  return namespace === undefined ? [command, ...rest] : ["nsenter", `--net=${namespacePath(namespace)}`, "--", command, ...rest];
}

/** How `ip link … netns` names a namespace. */
export function linkTarget(namespace: Namespace): string {
  return "name" in namespace ? checkedName(namespace.name) : String(checkedPid(namespace.pid));
}

/** Whether both are the same name or the same process. */
export function sameNamespace(one: Namespace, other: Namespace): boolean {
  return namespacePath(one) === namespacePath(other);
}

/**
 * Makes a named namespace, e.g. of a NAT gateway or a balancer node; its loopback is down.
 * @throws Error when there is one of this name
 */
export async function createNamespace(name: string): Promise<Namespace> {
  await run(["ip", "netns", "add", checkedName(name)]);
  return { name };
}

/**
 * Deletes a named namespace; deleting what is not there is no error. The kernel frees it later, and only when no process
 * is in it: unplug its interfaces first, or their names and addresses linger.
 */
export async function deleteNamespace(name: string): Promise<void> {
  try {
    await run(["ip", "netns", "delete", checkedName(name)]);
  } catch (error) {
    if (!String(error).includes("No such file or directory")) throw error;
  }
}

/** Names go into command lines that `ip` and `nft` parse, so nothing but plain ones may pass. A name of digits only would be taken for a process. */
function checkedName(name: string): string {
  if (!/^[A-Za-z][A-Za-z0-9_-]{0,62}$/.test(name)) throw new RangeError(`"${name}" cannot be the name of a network namespace`);
  return name;
}

function checkedPid(pid: number): number {
  if (!Number.isInteger(pid) || pid < 1) throw new RangeError(`${pid} is not a process id`);
  return pid;
}
