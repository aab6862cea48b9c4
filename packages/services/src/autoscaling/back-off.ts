/** How a group slows down when its launches fail: AWS does so too, without saying how much. */
import { groups, type Group, type GroupSubnet, type Member } from "./state.js";
import type { Work } from "./work.js";

const FIRST_RETRY = 10_000;
const LAST_RETRY = 300_000;
/** So many instances in a row may die at once before launches slow down, and what "at once" is. */
const EARLY_DEATHS = 2;
const EARLY = 60_000;

/** The next launch waits, longer after every failure. */
export function backOff(work: Work, group: Group): void {
  const launchFailures = group.launchFailures + 1;
  work.db(groups).put({ ...group, launchFailures, retryAt: work.now + delayAfter(launchFailures) });
}

function delayAfter(failures: number): number {
  return Math.min(LAST_RETRY, FIRST_RETRY * 2 ** (failures - 1));
}

/** No launch is tried there for a while; other zones take its part. */
export function closeSubnet(work: Work, group: Group, subnet: GroupSubnet): void {
  const failures = (group.closedSubnets.find(({ id }) => id === subnet.id)?.failures ?? 0) + 1;
  const closed = { id: subnet.id, until: work.now + delayAfter(failures), failures };
  work.db(groups).put({ ...group, closedSubnets: [...group.closedSubnets.filter(({ id }) => id !== subnet.id), closed] });
}

/** Instances that end as soon as they serve slow the group down like launches that fail; one that lived lets it begin anew. */
export function noteDeath(work: Work, group: Group, member: Member): Group {
  const lived = work.now - (member.inService ?? work.now);
  const earlyDeaths = lived >= EARLY ? 0 : group.earlyDeaths + 1;
  if (earlyDeaths === 0 && group.earlyDeaths === 0) return group;
  const retryAt = earlyDeaths > EARLY_DEATHS ? work.now + delayAfter(earlyDeaths - EARLY_DEATHS) : group.retryAt;
  return work.db(groups).put({ ...group, earlyDeaths, retryAt });
}
