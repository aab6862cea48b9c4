/** What an instance's processes may take together, and what is done about it. Pure. */

/** One process of an instance. */
export interface Seen {
  readonly pid: number;
  /** Bytes of memory that it alone has, as far as a cheap look tells. */
  readonly memory: number;
}

export interface Limits {
  /** Bytes. */
  readonly memory: number;
  readonly processes: number;
}

/** Processes of an instance, all its users together: twice what one user of it may have (`init`), so that this is for runaways only. */
export function mostProcesses(memory: number): number {
  return 2 * Math.min(4096, Math.floor(memory / 262_144));
}

/** Whether it is worth a closer look, which costs more: at once, and soon again. */
export function isNear(processes: readonly Seen[], files: number, limits: Limits): boolean {
  return files + total(processes) > limits.memory / 2 || processes.length > limits.processes / 2;
}

/**
 * Which processes have to end, the first one apart: the largest when memory is exceeded, as the kernel's OOM killer does, and the newest
 * (the highest numbers) when there are too many.
 * @param files bytes in the instance's file systems in memory
 */
export function victims(first: number, processes: readonly Seen[], files: number, limits: Limits): readonly Seen[] {
  const others = processes.filter(({ pid }) => pid !== first);
  const surplus = processes.length - limits.processes;
  if (surplus > 0) return others.toSorted((one, other) => other.pid - one.pid).slice(0, surplus);
  if (files + total(processes) <= limits.memory) return [];
  const largest = others.reduce<Seen | undefined>((found, one) => (found && found.memory >= one.memory ? found : one), undefined);
  return largest === undefined ? [] : [largest];
}

function total(processes: readonly Seen[]): number {
  return processes.reduce((sum, { memory }) => sum + memory, 0);
}

/** Why an instance can't be reached, as the check of its status would find; undefined when all is well. */
export function impairment(state: string | undefined, routes: string | undefined): string | undefined {
  if (state === "T" || state === "t") return "its first process is stopped";
  // The kernel takes an interface's routes away when it goes down.
  if (routes !== undefined && routes.trim().split("\n").length < 2) return "its network is down";
  return undefined;
}
