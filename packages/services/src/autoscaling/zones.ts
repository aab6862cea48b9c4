/** Where instances go, and how zones come back into balance: https://docs.aws.amazon.com/autoscaling/ec2/userguide/auto-scaling-benefits.html#arch-AutoScalingMultiAZ. Pure. */
import type { Group, GroupSubnet, Member } from "./state.js";
import { zoneSizes, zonesOf } from "./termination.js";

/** A group may grow beyond its capacity by this much to come into balance, and by one at least. */
const MARGIN = 0.1;

/**
 * Each in the zone that has fewest, and there in the subnet that has fewest; the order given decides between equals.
 * Where launches failed none is tried before its time, and other zones take its part unless they may not.
 */
export function chooseSubnets(group: Group, staying: readonly Member[], count: number, now: number): readonly GroupSubnet[] {
  const inZone = zoneSizes(staying);
  const inSubnet = new Map<string, number>();
  for (const { subnetId } of staying) inSubnet.set(subnetId, (inSubnet.get(subnetId) ?? 0) + 1);
  const open = openSubnets(group, now);
  const eligible = group.distribution === "balanced-only" ? group.subnets : open;
  const chosen: GroupSubnet[] = [];
  for (let i = 0; i < count; i++) {
    let best: GroupSubnet | undefined;
    for (const subnet of eligible) {
      if (!best || load(subnet) < load(best)) best = subnet;
    }
    if (!best || !open.includes(best)) break;
    chosen.push(best);
    inZone.set(best.availabilityZone, (inZone.get(best.availabilityZone) ?? 0) + 1);
    inSubnet.set(best.id, (inSubnet.get(best.id) ?? 0) + 1);
  }
  return chosen;

  /** The zone weighs more than any number of instances in a subnet. */
  function load(subnet: GroupSubnet): number {
    return (inZone.get(subnet.availabilityZone) ?? 0) * 1e6 + (inSubnet.get(subnet.id) ?? 0);
  }
}

export function openSubnets(group: Group, now: number): readonly GroupSubnet[] {
  const closed = new Set(group.closedSubnets.filter(({ until }) => until > now).map(({ id }) => id));
  return group.subnets.filter(({ id }) => !closed.has(id));
}

/** How many instances are to be launched for the sake of balance, before others leave for it. */
export function countRebalancing(group: Group, staying: readonly Member[], now: number): number {
  const own = zonesOf(group);
  const open = new Set(openSubnets(group, now).map(({ availabilityZone }) => availabilityZone));
  if (open.size === 0) return 0;
  const sizes = zoneSizes(staying);
  const movable = zoneSizes(staying.filter((member) => !member.protectedFromScaleIn));
  const size = (zone: string): number => sizes.get(zone) ?? 0;
  let moves = 0;
  for (;;) {
    const from = [...movable.keys()].filter((zone) => (movable.get(zone) ?? 0) > 0).sort((a, b) => weigh(b) - weigh(a))[0];
    const to = [...open].sort((a, b) => size(a) - size(b))[0];
    if (from === undefined || to === undefined || (own.has(from) && size(from) - size(to) < 2)) break;
    sizes.set(from, size(from) - 1);
    movable.set(from, (movable.get(from) ?? 0) - 1);
    sizes.set(to, size(to) + 1);
    moves++;
  }
  const room = group.desired + margin(group) - staying.length;
  return Math.max(0, Math.min(moves, room));

  function weigh(zone: string): number {
    return own.has(zone) ? size(zone) : Infinity;
  }
}

export function margin(group: Group): number {
  return Math.max(1, Math.floor(group.max * MARGIN));
}
