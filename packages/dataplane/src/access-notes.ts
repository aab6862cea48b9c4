/** Holds what nodes noted of requests until somebody keeps it. */
import { randomUUID } from "node:crypto";
import type { AccessEntry, AccessLogs, AccessReading } from "@hakoniwa/network";

/** Entries of all nodes together: about 50 MB. Nobody reads more than a few seconds late, so that more is too much to hold. */
const MOST = 100_000;
/** A reading tells no more at once. */
const MOST_READ = 10_000;

/** An entry with its end on the clock of the notes. */
export interface AccessNote extends Omit<AccessEntry, "age"> {
  readonly endedAt: number;
}

interface Held {
  /** How many were kept elsewhere, or given up: the first one's number. */
  first: number;
  notes: AccessNote[];
}

export class AccessNotes implements AccessLogs {
  readonly #life = randomUUID();
  readonly #nodes = new Map<string, Held>();
  readonly #now: () => number;
  readonly #timeScale: number;
  #count = 0;

  /**
   * @param now milliseconds, on the clock of `endedAt`
   * @param timeScale how many times faster the cloud's time runs
   */
  constructor(now: () => number, timeScale = 1) {
    this.#now = now;
    this.#timeScale = timeScale;
  }

  /** @returns how many were too many and are lost */
  add(node: string, notes: readonly AccessNote[]): number {
    const held = this.#nodes.get(node) ?? { first: 0, notes: [] };
    this.#nodes.set(node, held);
    const room = notes.slice(0, MOST - this.#count);
    held.notes.push(...room);
    this.#count += room.length;
    return notes.length - room.length;
  }

  async read(node: string, after: string | undefined): Promise<AccessReading> {
    const held = this.#nodes.get(node);
    if (held === undefined) {
      return { name: `${this.#life} 0`, entries: [] };
    }
    const [life, number] = (after ?? "").split(" ");
    if (life === this.#life) {
      const kept = held.notes.splice(0, Math.max(0, Number(number) - held.first)).length;
      held.first += kept;
      this.#count -= kept;
    }
    const now = this.#now();
    const told = held.notes.slice(0, MOST_READ);
    const entries = told.map(({ endedAt, ...note }): AccessEntry => ({ ...note, age: Math.max(0, now - endedAt) * this.#timeScale }));
    return { name: `${this.#life} ${held.first + told.length}`, entries };
  }
}
