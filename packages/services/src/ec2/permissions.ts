/** The rules of security groups as the API speaks of them: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html */
import { AwsError } from "@hakoniwa/kernel";
import { canonicalCidr } from "@hakoniwa/network";
import type { Ec2Types } from "@hakoniwa/wire";
import type { Context } from "../define.js";
import { invalidCombination, invalidParameter, invalidValue, missingParameter, notFound, unsupported } from "./errors.js";
import { activePeer, peeringIdsOf } from "./peering-state.js";
import { needPrefixList } from "./prefix-lists.js";
import { securityGroups, type RulePeer, type SecurityGroup, type SecurityGroupRule } from "./state.js";

/** A rule before it has an id. */
export type RuleSpec = Omit<SecurityGroupRule, "id" | "egress">;

/** What Authorize and Revoke say, in the modern way or the old one. */
export interface PermissionRequest {
  readonly IpPermissions?: readonly Ec2Types.IpPermission[] | undefined;
  readonly IpProtocol?: string | undefined;
  readonly FromPort?: number | undefined;
  readonly ToPort?: number | undefined;
  readonly CidrIp?: string | undefined;
  readonly SourceSecurityGroupName?: string | undefined;
  readonly SourceSecurityGroupOwnerId?: string | undefined;
}

const NAMES: Readonly<Record<string, string>> = { "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", all: "-1" };
const DESCRIPTION = /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{0,255}$/;

/**
 * The single rules that a request means.
 * @throws AwsError for protocols, ports, ranges and groups that can't be
 */
export function rulesOf(ctx: Context, operation: string, group: SecurityGroup, input: PermissionRequest): readonly RuleSpec[] {
  const permissions = input.IpPermissions?.length ? input.IpPermissions : oldStyle(input);
  return permissions.flatMap((permission) => rulesOfPermission(ctx, operation, group, permission));
}

/** Whether two rules let the same packets through; descriptions don't count. */
export function sameRule(a: RuleSpec, b: RuleSpec): boolean {
  return ruleKey(a) === ruleKey(b);
}

/** How AWS's errors write a rule, e.g. `peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW`. */
export function ruleText(rule: RuleSpec): string {
  const peer = peerText(rule.peer);
  const protocol = rule.protocol === "-1" ? "ALL" : rule.protocol.toUpperCase();
  const ports = rule.from === undefined ? "" : `, from port: ${rule.from}, to port: ${rule.to}`;
  return `peer: ${peer}, ${protocol}${ports}, ALLOW`;
}

/** A group's rules of one direction as the API shows them: one permission for each protocol and range of ports. */
export function permissionsOf(rules: readonly SecurityGroupRule[], account: string): readonly Ec2Types.IpPermission[] {
  const grouped = new Map<string, SecurityGroupRule[]>();
  for (const rule of rules) {
    const key = `${rule.protocol}/${rule.from}/${rule.to}`;
    grouped.set(key, [...(grouped.get(key) ?? []), rule]);
  }
  return [...grouped.values()].map((same) => {
    const { protocol, from, to } = same[0]!;
    return {
      IpProtocol: protocol,
      FromPort: from,
      ToPort: to,
      IpRanges: same.flatMap((r) => (r.peer.kind === "cidr" ? { CidrIp: r.peer.cidr, Description: r.description } : [])),
      UserIdGroupPairs: same.flatMap((r) => (r.peer.kind === "group" ? { ...groupPair(r.peer, account), Description: r.description } : [])),
      Ipv6Ranges: [],
      PrefixListIds: same.flatMap((r) => (r.peer.kind === "prefix-list" ? { PrefixListId: r.peer.id, Description: r.description } : [])),
    };
  });
}

/** A group as rules show it; one of a peered VPC with the connection that leads there. */
export function groupPair(peer: Extract<RulePeer, { readonly kind: "group" }>, account: string): Ec2Types.UserIdGroupPair {
  return { GroupId: peer.id, UserId: account, ...(peer.peered ? { VpcId: peer.peered.vpcId, VpcPeeringConnectionId: peer.peered.connectionId } : {}) };
}

/** @throws AwsError for a description that EC2 does not take */
export function checkedRuleDescription(text: string | undefined): string | undefined {
  if (text !== undefined && !DESCRIPTION.test(text)) {
    throw invalidValue("Invalid rule description. Valid descriptions are strings less than 256 characters from the following set: a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*");
  }
  return text;
}

/** @throws AwsError for a group's description that EC2 does not take: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html */
export function checkGroupText(text: string | undefined, parameter: "GroupName" | "GroupDescription"): void {
  if (!text) throw missingParameter(parameter);
  // eslint-disable-next-line no-control-regex
  if (/[^\x00-\x7f]/.test(text)) throw invalidParameter(text, parameter, "Character sets beyond ASCII are not supported.");
  if (DESCRIPTION.test(text)) return;
  const noun = parameter === "GroupName" ? "name" : "description";
  throw invalidValue(`Invalid security group ${noun}. Valid ${noun}s are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*`);
}

/** The protocol as it is kept, and its ports checked: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroupRuleRequest.html */
export function protocolAndPorts(asked: { readonly IpProtocol?: string | undefined; readonly FromPort?: number | undefined; readonly ToPort?: number | undefined }): Pick<RuleSpec, "protocol" | "from" | "to"> {
  if (!asked.IpProtocol) throw missingParameter("IpProtocol");
  const lower = asked.IpProtocol.toLowerCase();
  const protocol = Object.hasOwn(NAMES, lower) ? NAMES[lower]! : lower;
  const known = ["-1", "tcp", "udp", "icmp", "icmpv6"].includes(protocol) || (/^\d{1,3}$/.test(protocol) && Number(protocol) <= 255);
  if (!known) throw new AwsError("InvalidPermission.Malformed", `Invalid value '${asked.IpProtocol}' for IP protocol. Unknown protocol.`);
  if (protocol === "icmpv6") throw unsupported("AuthorizeSecurityGroupIngress", "IpProtocol icmpv6");
  if (protocol === "tcp" || protocol === "udp") return { protocol, ...checkedPorts(asked.FromPort, asked.ToPort) };
  if (protocol === "icmp") return { protocol, ...checkedIcmp(asked.FromPort, asked.ToPort) };
  return { protocol, from: undefined, to: undefined };
}

/** @throws AwsError for a range that is none */
export function checkedRange(text: string): string {
  const cidr = canonicalCidr(text);
  if (cidr === undefined) throw invalidValue(`CIDR block ${text} is malformed`);
  return cidr;
}

/**
 * The group that a rule names, in the rule's own VPC or one that is peered with it: https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html
 * @throws AwsError when it does not exist, or lies in a VPC that is not peered in this region
 */
export function checkedPeerGroup(ctx: Pick<Context, "db" | "find" | "now">, group: SecurityGroup, id: string): RulePeer {
  const peer = ctx.db(securityGroups).get(id);
  if (!peer) throw notFound("securityGroup", id);
  if (peer.vpcId === group.vpcId) return { kind: "group", id };
  const connectionId = peeringIdsOf(ctx.db, group.vpcId).find((each) => activePeer(ctx.find, each, group.vpcId, ctx.now)?.vpc === peer.vpcId);
  if (connectionId === undefined) throw invalidValue(`You have specified two resources that belong to different networks.`);
  return { kind: "group", id, peered: { vpcId: peer.vpcId, connectionId } };
}

function ruleKey(rule: RuleSpec): string {
  const peer = peerText(rule.peer);
  return `${rule.protocol}/${rule.from}/${rule.to}/${peer}`;
}

function peerText(peer: RulePeer): string {
  return peer.kind === "cidr" ? peer.cidr : peer.id;
}

function oldStyle(input: PermissionRequest): readonly Ec2Types.IpPermission[] {
  if (!input.IpProtocol && !input.CidrIp && !input.SourceSecurityGroupName) throw missingParameter("ipPermissions");
  return [
    {
      // A group as the source without a protocol means everything from it.
      IpProtocol: input.IpProtocol ?? "-1",
      FromPort: input.FromPort,
      ToPort: input.ToPort,
      IpRanges: input.CidrIp ? [{ CidrIp: input.CidrIp }] : [],
      UserIdGroupPairs: input.SourceSecurityGroupName ? [{ GroupName: input.SourceSecurityGroupName, UserId: input.SourceSecurityGroupOwnerId }] : [],
    },
  ];
}

function rulesOfPermission(ctx: Context, operation: string, group: SecurityGroup, permission: Ec2Types.IpPermission): readonly RuleSpec[] {
  if (permission.Ipv6Ranges?.length) throw unsupported(operation, "Ipv6Ranges");
  const what = protocolAndPorts(permission);
  const ranges = (permission.IpRanges ?? []).map((range) => ({
    ...what,
    peer: { kind: "cidr", cidr: checkedRange(range.CidrIp ?? "") } as const,
    description: checkedRuleDescription(range.Description),
  }));
  const groups = (permission.UserIdGroupPairs ?? []).map((pair) => ({
    ...what,
    peer: checkedPeerGroup(ctx, group, groupIdOf(ctx, group, pair)),
    description: checkedRuleDescription(pair.Description),
  }));
  const lists = (permission.PrefixListIds ?? []).map((list) => ({
    ...what,
    peer: { kind: "prefix-list", id: needPrefixList(ctx, list.PrefixListId ?? "") } as const,
    description: checkedRuleDescription(list.Description),
  }));
  if (ranges.length + groups.length + lists.length === 0) throw missingParameter("ipRanges, groups, or prefixListIds, of an IpPermission");
  return [...ranges, ...groups, ...lists];
}

function groupIdOf({ db, account }: Context, group: SecurityGroup, pair: Ec2Types.UserIdGroupPair): string {
  if (pair.UserId !== undefined && pair.UserId !== "" && pair.UserId !== account) {
    throw new AwsError("InvalidGroup.NotFound", `The security group '${pair.GroupId ?? pair.GroupName}' of the account ${pair.UserId} does not exist`);
  }
  if (pair.GroupId) return pair.GroupId;
  if (!pair.GroupName) throw missingParameter("groupId");
  const [found] = db(securityGroups).where("name", `${group.vpcId}/${pair.GroupName}`);
  if (!found) throw new AwsError("InvalidGroup.NotFound", `The security group '${pair.GroupName}' does not exist`);
  return found.id;
}

function checkedPorts(from: number | undefined, to: number | undefined): { readonly from: number; readonly to: number } {
  // -1 for both is AWS's way to say every port.
  if (from === -1 && (to === -1 || to === undefined)) return { from: 0, to: 65_535 };
  if (from === undefined || to === undefined) throw invalidCombination("When protocol is TCP or UDP, both FromPort and ToPort must be specified.");
  for (const port of [from, to]) {
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw invalidValue(`Invalid value '${port}' for portRange. Must specify port numbers between 0 and 65535.`);
  }
  if (from > to) throw invalidValue(`Invalid value '${from}-${to}' for portRange. The first port must not be greater than the last.`);
  return { from, to };
}

function checkedIcmp(type: number | undefined, code: number | undefined): { readonly from: number; readonly to: number } {
  if (type === undefined) throw invalidCombination("When protocol is ICMP, FromPort is the ICMP type and must be specified.");
  const from = type;
  const to = code ?? -1;
  for (const value of [from, to]) {
    if (!Number.isInteger(value) || value < -1 || value > 255) throw invalidValue(`Invalid value '${value}' for ICMP type or code. It must be between -1 and 255.`);
  }
  if (from === -1 && to !== -1) throw invalidValue(`ICMP code (${to}) given without an ICMP type.`);
  return { from, to };
}
