/** Whose the files of a disk are: that changes when a user gets, or loses, a range of subordinate users between two starts. */
import { existsSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { instanceRoot } from "../sandbox/uid-map.js";
import type { UidMode } from "../sandbox/uid-map.js";
import { run } from "../tools/run.js";

/**
 * What to do with a disk whose root directory belongs to `uid`, in terms of the sandbox: `keep` it, or `give` what one-uid mode wrote, all
 * of it root's, to the root that instances have now.
 * @throws Error when its users are not in the sandbox's map
 */
export function planOwnership(disk: string, uid: number, mode: UidMode): "keep" | "give" {
  if (uid === instanceRoot(mode)) return "keep";
  if (mode === "range" && uid === instanceRoot("one")) return "give";
  throw new Error(
    `the disk ${disk} was written with users that you may not act for now: start the cloud as who made it, with the lines in /etc/subuid and ` +
      "/etc/subgid and the programs newuidmap and newgidmap (package uidmap) of that time; or choose another --data-dir",
  );
}

/** Gives every disk below `root` to whom instances' roots are now. After a crash in the middle the next start does the rest. */
export async function settleOwnership(root: string, mode: UidMode): Promise<void> {
  const owner = instanceRoot(mode);
  for (const disk of readdirSync(root)) {
    const top = ["upper", "data"].map((name) => join(root, disk, name)).find((path) => existsSync(path));
    if (top === undefined || planOwnership(disk, lstatSync(top).uid, mode) === "keep") continue;
    // The directory that the plan looks at comes last.
    const parts = ["uupper", "work", "uwork", "upper", "data"].map((name) => join(root, disk, name)).filter((path) => existsSync(path));
    await run(["find", ...parts, "-depth", "-exec", "chown", "-h", `${owner}:${owner}`, "{}", "+"]);
  }
}
