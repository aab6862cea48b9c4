/**
 * Watches over running instances: nobody takes more than its type gives it, and one that hangs is noticed. Where the kernel gives no
 * cgroups, as to ordinary users, this is the limit of an instance as a whole; `init` limits each process and user at once.
 */
import { statfs } from "node:fs/promises";
import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { impairment, isNear, mostProcesses, victims } from "./ward-plan.js";
import type { Limits, Seen } from "./ward-plan.js";

export interface Watched {
  /** The instance's first process. */
  readonly pid: number;
  /** Bytes. */
  readonly memory: number;
}

/** What is told of an instance: a line for its console, or how it is from now on. */
export type WardEvent = { readonly kind: "line"; readonly text: string } | { readonly kind: "impaired"; readonly reason: string | undefined };

interface Kept extends Watched {
  readonly namespace: string;
  near: boolean;
  /** Bytes in its file systems in memory. */
  files: number;
  impaired: string | undefined;
}

/** Milliseconds between two looks, when all is well and when an instance is at half of what it may have. */
const CALM = 1000;
const TENSE = 100;
const PAGE = 4096;
/** Numbers of processes come again. */
const FORGET_AFTER = 30;
const MEMORY_FILES = ["tmp", "run", "dev/shm"];

export class Ward {
  readonly #tell: (id: string, event: WardEvent) => void;
  readonly #instances = new Map<string, Kept>();
  /** Whose each process is; undefined for those of nobody. A process never changes sides. */
  #owners = new Map<number, string | undefined>();
  #looks = 0;
  /** A look is to come. */
  #waiting = false;

  constructor(tell: (id: string, event: WardEvent) => void) {
    this.#tell = tell;
  }

  /** An instance runs, or no longer. */
  set(id: string, watched: Watched | undefined): void {
    this.#owners.clear();
    const namespace = watched && linkOf(watched.pid, "ns/pid");
    if (watched === undefined || namespace === undefined) {
      this.#instances.delete(id);
      return;
    }
    this.#instances.set(id, { ...watched, namespace, near: false, files: 0, impaired: undefined });
    if (!this.#waiting) this.#later(CALM);
  }

  #later(milliseconds: number): void {
    this.#waiting = true;
    setTimeout(() => {
      this.#waiting = false;
      this.#look();
      const near = [...this.#instances.values()].some((kept) => kept.near);
      if (this.#instances.size > 0) this.#later(near ? TENSE : CALM);
    }, milliseconds).unref();
  }

  #look(): void {
    const found = this.#processes();
    for (const [id, kept] of this.#instances) {
      const processes = found.get(id) ?? [];
      // An instance that is gone is told of by its parent.
      if (processes.length === 0) continue;
      this.#check(id, kept);
      const limits = { memory: kept.memory, processes: mostProcesses(kept.memory) };
      void this.#measureFiles(kept);
      kept.near = isNear(processes, kept.files, limits);
      if (kept.near) this.#hold(id, kept, processes, limits);
    }
  }

  /** Ends what is too much, after a look that counts shared memory once. */
  #hold(id: string, kept: Kept, processes: readonly Seen[], limits: Limits): void {
    if (victims(kept.pid, processes, kept.files, limits).length === 0) return;
    const exact = processes.length > limits.processes ? processes : processes.map(({ pid, memory }) => ({ pid, memory: ownMemory(pid) ?? memory }));
    for (const { pid, memory } of victims(kept.pid, exact, kept.files, limits)) {
      this.#owners.delete(pid);
      if (this.#ownerOf(pid) !== id) continue;
      const name = textOf(pid, "comm")?.trim() ?? "?";
      const end = kill(pid);
      if (end) this.#tell(id, { kind: "line", text: exact === processes ? `Too many processes: Killed process ${pid} (${name})` : `Out of memory: Killed process ${pid} (${name}) anon-rss:${Math.round(memory / 1024)}kB` });
    }
  }

  #check(id: string, kept: Kept): void {
    const reason = impairment(stateOf(kept.pid), textOf(kept.pid, "net/route"));
    if (reason === kept.impaired) return;
    kept.impaired = reason;
    this.#tell(id, { kind: "impaired", reason });
  }

  #processes(): Map<string, Seen[]> {
    this.#looks += 1;
    if (this.#looks % FORGET_AFTER === 0) this.#owners.clear();
    const owners = new Map<number, string | undefined>();
    const found = new Map<string, Seen[]>();
    const numbers = readdirSync("/proc").filter((name) => name.charCodeAt(0) <= 0x39).map(Number);
    for (const pid of numbers) {
      const owner = this.#ownerOf(pid);
      owners.set(pid, owner);
      if (owner === undefined) continue;
      const list = found.get(owner);
      const seen = { pid, memory: cheapMemory(pid) };
      if (list === undefined) found.set(owner, [seen]);
      else list.push(seen);
    }
    this.#owners = owners;
    return found;
  }

  /** By its pid namespace, or by its parent's: an instance may make namespaces of its own within. */
  #ownerOf(pid: number, depth = 0): string | undefined {
    if (this.#owners.has(pid)) return this.#owners.get(pid);
    const namespace = linkOf(pid, "ns/pid");
    let owner = [...this.#instances].find(([, kept]) => kept.namespace === namespace)?.[0];
    if (owner === undefined && namespace !== OURS && depth < 64) {
      const parent = parentOf(pid);
      owner = parent === undefined ? undefined : this.#ownerOf(parent, depth + 1);
    }
    this.#owners.set(pid, owner);
    return owner;
  }

  /** Told at the next look: a file system may take its time. */
  async #measureFiles(kept: Kept): Promise<void> {
    const sizes = await Promise.all(
      MEMORY_FILES.map((name) => statfs(`/proc/${kept.pid}/root/${name}`).then((found) => (found.type === TMPFS ? (found.blocks - found.bfree) * found.bsize : 0), () => 0)),
    );
    kept.files = sizes.reduce((sum, size) => sum + size, 0);
  }
}

const TMPFS = 0x01021994;
const OURS = linkOf("self", "ns/pid");

/** Resident memory that is not a file's: what a cheap look tells, counting pages twice that two processes share since a fork. */
function cheapMemory(pid: number): number {
  const [, resident = 0, shared = 0] = (textOf(pid, "statm") ?? "").split(" ").map(Number);
  return Math.max(0, resident - shared) * PAGE;
}

function ownMemory(pid: number): number | undefined {
  const kilobytes = /^Pss_Anon:\s+(\d+)/m.exec(textOf(pid, "smaps_rollup") ?? "")?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** The fields after the name, which may hold anything: state and parent (proc(5)). */
function statOf(pid: number): readonly string[] {
  const text = textOf(pid, "stat") ?? "";
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

function stateOf(pid: number): string | undefined {
  return statOf(pid)[0];
}

function parentOf(pid: number): number | undefined {
  const parent = Number(statOf(pid)[1]);
  return parent > 1 ? parent : undefined;
}

function textOf(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}

function linkOf(pid: number | "self", file: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/${file}`);
  } catch {
    return undefined;
  }
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
}
