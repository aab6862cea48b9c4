/** Who the users inside the sandbox are outside of it, and who an instance's users are inside the sandbox. */

/** `range`: an instance has 65,536 users of its own. `one`: only its root exists, so `chown`, `sudo` and `setgroups` fail in it. */
export type UidMode = "range" | "one";

/** How many users an instance has in mode `range`. */
export const INSTANCE_UIDS = 65_536;
/** The first uid outside that root's sandbox gives to instances: far above people and system services. */
const FIRST_OUTSIDE = 1_000_000;

/** What the decision rests on, as read from this machine. */
export interface UidFacts {
  readonly uid: number;
  readonly gid: number;
  readonly userName: string;
  /** Contents of /etc/subuid and /etc/subgid; empty when they are missing. */
  readonly subuid: string;
  readonly subgid: string;
  /** Contents of /proc/self/uid_map and gid_map. */
  readonly uidMap: string;
  readonly gidMap: string;
  readonly newuidmap: boolean;
}

export interface UidMapPlan {
  readonly mode: UidMode;
  /** Lines for uid_map and gid_map: inside, outside, count. */
  readonly uid: readonly MapLine[];
  readonly gid: readonly MapLine[];
  /** An ordinary user may not write more than one line; the setuid program `newuidmap` does it. */
  readonly writer: "self" | "newuidmap";
}

export type MapLine = readonly [inside: number, outside: number, count: number];

/**
 * The map of the sandbox. Uid 0 inside is whoever starts it, so that the data directory is writable; 1 and up are for instances.
 * @throws Error when root can't have a range of its own, because an instance's root must never be root outside
 */
export function planUidMap(facts: UidFacts): UidMapPlan {
  if (facts.uid === 0) {
    if (!covers(facts.uidMap, FIRST_OUTSIDE) || !covers(facts.gidMap, FIRST_OUTSIDE)) {
      const last = FIRST_OUTSIDE + INSTANCE_UIDS - 1;
      throw new Error(`root has no users ${FIRST_OUTSIDE} to ${last} in this container, which instances need; start it as an ordinary user instead`);
    }
    const map: readonly MapLine[] = [
      [0, 0, 1],
      [1, FIRST_OUTSIDE, INSTANCE_UIDS],
    ];
    return { mode: "range", uid: map, gid: map, writer: "self" };
  }
  const uids = subordinate(facts.subuid, facts.userName, facts.uid);
  const gids = subordinate(facts.subgid, facts.userName, facts.uid);
  if (uids !== undefined && gids !== undefined && facts.newuidmap) {
    return {
      mode: "range",
      uid: [
        [0, facts.uid, 1],
        [1, uids, INSTANCE_UIDS],
      ],
      gid: [
        [0, facts.gid, 1],
        [1, gids, INSTANCE_UIDS],
      ],
      writer: "newuidmap",
    };
  }
  return { mode: "one", uid: [[0, facts.uid, 1]], gid: [[0, facts.gid, 1]], writer: "self" };
}

/** The map of one instance, in terms of the sandbox's users. */
export function instanceUidMap(mode: UidMode): readonly MapLine[] {
  return mode === "range" ? [[0, 1, INSTANCE_UIDS]] : [[0, 0, 1]];
}

/** Who owns an instance's files in terms of the sandbox: its root. */
export function instanceRoot(mode: UidMode): number {
  return mode === "range" ? 1 : 0;
}

/** As the files uid_map and gid_map want it. */
export function formatMap(lines: readonly MapLine[]): string {
  return lines.map((line) => `${line.join(" ")}\n`).join("");
}

function covers(map: string, first: number): boolean {
  return map.split("\n").some((line) => {
    const [inside, , count] = line.trim().split(/\s+/).map(Number);
    return inside !== undefined && count !== undefined && inside <= first && inside + count >= first + INSTANCE_UIDS;
  });
}

/** The first id of a wide enough range in a file like /etc/subuid (`name:first:count`). */
function subordinate(file: string, name: string, uid: number): number | undefined {
  for (const line of file.split("\n")) {
    const [owner, first, count] = line.trim().split(":");
    if ((owner === name || owner === String(uid)) && Number(count) >= INSTANCE_UIDS) {
      return Number(first);
    }
  }
  return undefined;
}
