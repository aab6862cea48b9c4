/** Which instances go first: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html. Pure. */
import type { Group, Member, TerminationPolicy } from "./state.js";

const HOUR = 3_600_000;

/** `count` members to terminate, chosen one after the other; protected ones never. */
export function chooseForTermination(group: Pick<Group, "terminationPolicies" | "subnets" | "launch">, members: readonly Member[], count: number, now: number): ReadonlySet<Member> {
  const chosen = new Set<Member>();
  const sizes = zoneSizes(members);
  const left = new Map<string, Member[]>();
  for (const member of members) {
    if (member.protectedFromScaleIn) continue;
    const inZone = left.get(member.availabilityZone);
    if (inZone) inZone.push(member);
    else left.set(member.availabilityZone, [member]);
  }
  const own = zonesOf(group);
  const template = group.launch.kind === "configuration" ? undefined : group.launch.id;
  while (chosen.size < count && left.size > 0) {
    const next = chooseOne(group.terminationPolicies, fullest(left, sizes, own), { now, template });
    if (!next) break;
    chosen.add(next);
    take(left, sizes, next);
  }
  return chosen;
}

export function zonesOf(group: Pick<Group, "subnets">): ReadonlySet<string> {
  return new Set(group.subnets.map(({ availabilityZone }) => availabilityZone));
}

export function zoneSizes(members: readonly Member[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { availabilityZone: zone } of members) sizes.set(zone, (sizes.get(zone) ?? 0) + 1);
  return sizes;
}

/** Zones stay balanced before any policy counts; those that the group has left come first, and those in which all are protected don't take part. */
function fullest(left: ReadonlyMap<string, readonly Member[]>, sizes: ReadonlyMap<string, number>, own: ReadonlySet<string>): readonly Member[] {
  const weight = (zone: string): number => (own.has(zone) ? (sizes.get(zone) ?? 0) : Infinity);
  const most = Math.max(...[...left.keys()].map(weight));
  return [...left].filter(([zone]) => weight(zone) === most).flatMap(([, members]) => members);
}

function take(left: Map<string, Member[]>, sizes: Map<string, number>, member: Member): void {
  const zone = member.availabilityZone;
  const others = (left.get(zone) ?? []).filter((other) => other !== member);
  if (others.length > 0) left.set(zone, others);
  else left.delete(zone);
  sizes.set(zone, (sizes.get(zone) ?? 1) - 1);
}

function chooseOne(policies: readonly TerminationPolicy[], members: readonly Member[], at: Moment): Member | undefined {
  let candidates = members;
  for (const policy of policies.length > 0 ? policies : (["Default"] as const)) {
    for (const rank of RANKS[policy]) candidates = lowest(candidates, (member) => rank(member, at));
  }
  // Where AWS chooses at random, the older one goes: a run then repeats exactly.
  return candidates.reduce<Member | undefined>((best, member) => (best && comesFirst(best, member) ? best : member), undefined);
}

function comesFirst(a: Member, b: Member): boolean {
  return a.launched === b.launched ? a.instanceId < b.instanceId : a.launched < b.launched;
}

interface Moment {
  readonly now: number;
  /** The id of the template that the group launches from today. */
  readonly template: string | undefined;
}

type Rank = (member: Member, at: Moment) => number;

const ofConfiguration: Rank = (member) => (member.launchedFrom.configuration === undefined ? 1 : 0);
const configurationAge: Rank = (member) => (member.launchedFrom.configuration === undefined ? 0 : member.launchedFrom.age);
const ofToday: Rank = (member, { template }) => (member.launchedFrom.template?.id === template ? 1 : 0);
const templateAge: Rank = (member) => (member.launchedFrom.template === undefined ? 0 : member.launchedFrom.age);
const nearestHour: Rank = (member, { now }) => HOUR - ((now - member.launched) % HOUR);

const RANKS: Readonly<Record<TerminationPolicy, readonly Rank[]>> = {
  // It aligns Spot and On-Demand Instances; all of ours are On-Demand.
  AllocationStrategy: [],
  // Those of a launch configuration go before those of a template, and each kind by its age.
  Default: [ofConfiguration, configurationAge, ofToday, templateAge, nearestHour],
  OldestInstance: [(member) => member.launched],
  NewestInstance: [(member) => -member.launched],
  OldestLaunchConfiguration: [ofConfiguration, configurationAge],
  OldestLaunchTemplate: [(member) => (member.launchedFrom.template === undefined ? 1 : 0), ofToday, templateAge],
  ClosestToNextInstanceHour: [nearestHour],
};

function lowest(members: readonly Member[], rank: (member: Member) => number): readonly Member[] {
  let least = Infinity;
  for (const member of members) least = Math.min(least, rank(member));
  return members.filter((member) => rank(member) === least);
}
