/** What an instance has used since it booted, read from what the kernel counts of its processes and of its network namespace. */
import { readFileSync } from "node:fs";
import type { WorkloadUsage } from "@hakoniwa/network";

/** Clock ticks of /proc in a second: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html (USER_HZ, 100 wherever Linux runs today). */
const TICKS = 100;
/** A tree of more is a bomb, whose counting must not take all our time. */
const MOST_PROCESSES = 5_000;

/** @param pid the instance's first process; undefined when it does not run any more */
export function usageOf(pid: number): WorkloadUsage | undefined {
  const network = networkOf(pid);
  if (!network) return undefined;
  let ticks = 0;
  const open = [pid];
  for (let seen = 0; open.length > 0 && seen < MOST_PROCESSES; seen++) {
    const process = open.pop()!;
    ticks += ticksOf(process);
    open.push(...childrenOf(process));
  }
  return { at: performance.now() / 1_000, cpuSeconds: ticks / TICKS, ...network };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // It ended meanwhile; what it used counts with its parent, which waited for it.
    return undefined;
  }
}

/** Its own time and that of the children it waited for. */
function ticksOf(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  // The command's name may hold anything, spaces and parentheses too.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields ? [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index] ?? 0), 0) : 0;
}

function childrenOf(pid: number): readonly number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`);
  return children?.split(" ").filter(Boolean).map(Number) ?? [];
}

function networkOf(pid: number): Omit<WorkloadUsage, "at" | "cpuSeconds"> | undefined {
  const lines = read(`/proc/${pid}/net/dev`)?.split("\n").slice(2).filter(Boolean);
  const counts = (lines ?? []).flatMap((line) => {
    const [name = "", rest = ""] = line.split(":");
    return name.trim() === "lo" ? [] : [rest.trim().split(/\s+/).map(Number)];
  });
  const sum = (index: number): number => counts.reduce((total, count) => total + (count[index] ?? 0), 0);
  return lines && { bytesIn: sum(0), packetsIn: sum(1), bytesOut: sum(8), packetsOut: sum(9) };
}
