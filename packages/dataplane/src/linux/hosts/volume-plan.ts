/** What is to be done about an instance's data volumes, and what their devices are called in it. Pure. */
import type { AttachedDisk } from "@hakoniwa/network";

export interface BayPlan {
  readonly attach: readonly AttachedDisk[];
  readonly detach: readonly AttachedDisk[];
}

/** A volume that changed its device goes and comes; a device is free only when what had it has gone. */
export function planBay(attached: readonly AttachedDisk[], wanted: readonly AttachedDisk[]): BayPlan {
  const same = (one: AttachedDisk) => (other: AttachedDisk) => one.disk === other.disk && placeOf(one.device).place === placeOf(other.device).place;
  const detach = attached.filter((one) => !wanted.some(same(one)));
  const kept = attached.filter((one) => !detach.includes(one));
  const taken = new Set([...kept, ...detach].map(({ device }) => placeOf(device).place));
  const attach = wanted.filter((one) => !attached.some(same(one)) && !taken.has(placeOf(one.device).place) && !detach.some(({ disk }) => disk === one.disk));
  return { attach, detach };
}

/**
 * The names of a device in an instance: `/dev/sdf` is `xvdf` too, as Amazon Linux links them
 * (https://docs.aws.amazon.com/ebs/latest/userguide/device_naming.html).
 * @throws Error for what is no device's name, because it becomes a file's
 */
export function placeOf(device: string): { readonly place: string; readonly alias: string } {
  const name = device.replace(/^\/dev\//, "");
  if (!/^(sd|xvd)[a-z]{1,2}\d{0,2}$/.test(name)) {
    throw new Error(`${JSON.stringify(device)} can't be a volume's device`);
  }
  const rest = name.replace(/^(sd|xvd)/, "");
  return { place: `xvd${rest}`, alias: `sd${rest}` };
}

/** Where a volume's content is mounted, besides the bay, by a process's /proc/…/mountinfo (proc(5)). */
export function mountsOf(mountinfo: string, disk: string): readonly string[] {
  return mountinfo.split("\n").flatMap((line) => {
    const [, , , root = "", target = ""] = line.split(" ");
    return root.includes(`/disks/${disk}/data/`) ? [target.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))] : [];
  });
}
