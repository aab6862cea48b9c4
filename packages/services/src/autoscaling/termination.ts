/** Which instances go first: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html. Pure. */
import type { Member, TerminationPolicy } from "./state.js";

const HOUR = 3_600_000;

/** `count` members to terminate, chosen one after the other; protected ones never. */
export function chooseForTermination(policies: readonly TerminationPolicy[], members: readonly Member[], count: number, now: number): readonly Member[] {
  const chosen: Member[] = [];
  for (let i = 0; i < count; i++) {
    const left = members.filter((member) => !chosen.includes(member));
    const next = chooseOne(policies, left, now);
    if (!next) break;
    chosen.push(next);
  }
  return chosen;
}

function chooseOne(policies: readonly TerminationPolicy[], members: readonly Member[], now: number): Member | undefined {
  let candidates = inFullestZone(members);
  for (const policy of policies.length > 0 ? policies : (["Default"] as const)) {
    for (const rank of RANKS[policy]) candidates = lowest(candidates, (member) => rank(member, now));
  }
  // Where AWS chooses at random, the older one goes: a run then repeats exactly.
  return [...candidates].sort((a, b) => a.launched - b.launched || (a.instanceId < b.instanceId ? -1 : 1))[0];
}

/** Zones stay balanced before any policy counts; zones in which all are protected don't take part. */
function inFullestZone(members: readonly Member[]): readonly Member[] {
  const open = members.filter((member) => !member.protectedFromScaleIn);
  const sizeOfZone = (member: Member): number => members.filter((m) => m.availabilityZone === member.availabilityZone).length;
  return lowest(open, (member) => -sizeOfZone(member));
}

type Rank = (member: Member, now: number) => number;

const oldestConfiguration: Rank = (member) => member.launchedFrom.age;
const nearestHour: Rank = (member, now) => HOUR - ((now - member.launched) % HOUR);

const RANKS: Readonly<Record<TerminationPolicy, readonly Rank[]>> = {
  // It aligns Spot and On-Demand Instances; all of ours are On-Demand.
  AllocationStrategy: [],
  Default: [oldestConfiguration, nearestHour],
  OldestInstance: [(member) => member.launched],
  NewestInstance: [(member) => -member.launched],
  OldestLaunchConfiguration: [oldestConfiguration],
  OldestLaunchTemplate: [oldestConfiguration],
  ClosestToNextInstanceHour: [nearestHour],
};

function lowest(members: readonly Member[], rank: (member: Member) => number): readonly Member[] {
  const least = Math.min(...members.map(rank));
  return members.filter((member) => rank(member) === least);
}
