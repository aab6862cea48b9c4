/** Instances that have lived long enough: https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-max-instance-lifetime.html. Pure. */
import type { Group, Member } from "./state.js";

/** So much of a group is replaced at once, and one at least. */
const AT_ONCE = 0.1;

/** Those to be replaced now, the oldest first, and when the next one will be. */
export function lifetimeOver(group: Group, members: readonly Member[], now: number): { readonly retire: readonly Member[]; readonly again: number | undefined } {
  const { maxInstanceLifetime: seconds } = group;
  if (seconds === undefined) return { retire: [], again: undefined };
  const ends = (member: Member): number => member.launched + seconds * 1000;
  const oldest = members.filter((member) => !member.protectedFromScaleIn).sort((a, b) => a.launched - b.launched);
  const due = oldest.filter((member) => ends(member) <= now);
  const next = oldest[due.length];
  return { retire: due.slice(0, Math.max(1, Math.floor(group.desired * AT_ONCE))), again: next && ends(next) };
}
