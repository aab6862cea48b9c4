/** Entries of network ACLs as the API speaks of them. */
import type { Ec2Types } from "@hakoniwa/wire";
import { parsedCidr } from "./cidrs.js";
import { invalidParameter, missingParameter, refuse } from "./errors.js";
import type { NetworkAcl, NetworkAclEntry } from "./state.js";

const LAST_NUMBER = 32_766;
/** The entry that AWS shows at the end of every list: what no other entry took is denied. */
const FINAL_NUMBER = 32_767;
const NUMBERS: Readonly<Record<string, string>> = { tcp: "6", udp: "17", icmp: "1", all: "-1" };

/**
 * An entry as a request gives it, checked.
 * @throws AwsError for numbers, protocols, ranges and ports that can't be
 */
export function aclEntryOf(input: Ec2Types.CreateNetworkAclEntryRequest | Ec2Types.ReplaceNetworkAclEntryRequest): NetworkAclEntry {
  refuse("CreateNetworkAclEntry", input, ["Ipv6CidrBlock"]);
  const number = input.RuleNumber;
  if (!Number.isInteger(number) || number < 1 || number > LAST_NUMBER) throw invalidParameter(number, "ruleNumber", `It must be between 1 and ${LAST_NUMBER}.`);
  if (input.RuleAction !== "allow" && input.RuleAction !== "deny") throw invalidParameter(input.RuleAction, "ruleAction", "It must be allow or deny.");
  if (!input.CidrBlock) throw missingParameter("cidrBlock");
  const protocol = protocolNumber(input.Protocol);
  return {
    number,
    egress: input.Egress,
    action: input.RuleAction,
    protocol,
    cidr: parsedCidr(input.CidrBlock, "cidrBlock"),
    ports: protocol === "6" || protocol === "17" ? ports(input.PortRange) : undefined,
    icmp: protocol === "1" ? icmp(input.IcmpTypeCode) : undefined,
  };
}

/** All entries of an ACL, by direction and number, the final denials included. */
export function describedEntries(acl: NetworkAcl): readonly Ec2Types.NetworkAclEntry[] {
  return [true, false].flatMap((egress) => [
    ...acl.entries
      .filter((e) => e.egress === egress)
      .toSorted((a, b) => a.number - b.number)
      .map(described),
    { CidrBlock: "0.0.0.0/0", Egress: egress, Protocol: "-1", RuleAction: "deny" as const, RuleNumber: FINAL_NUMBER },
  ]);
}

function described(entry: NetworkAclEntry): Ec2Types.NetworkAclEntry {
  return {
    CidrBlock: entry.cidr,
    Egress: entry.egress,
    Protocol: entry.protocol,
    RuleAction: entry.action,
    RuleNumber: entry.number,
    PortRange: entry.ports && { From: entry.ports.from, To: entry.ports.to },
    IcmpTypeCode: entry.icmp && { Type: entry.icmp.type, Code: entry.icmp.code },
  };
}

function protocolNumber(text: string | undefined): string {
  if (!text) throw missingParameter("protocol");
  const lower = text.toLowerCase();
  const number = Object.hasOwn(NUMBERS, lower) ? NUMBERS[lower]! : lower;
  if (number !== "-1" && !(/^\d{1,3}$/.test(number) && Number(number) <= 255)) throw invalidParameter(text, "protocol", "Unknown protocol.");
  return number;
}

function ports(range: Ec2Types.PortRange | undefined): NetworkAclEntry["ports"] {
  const { From: from, To: to } = range ?? {};
  if (from === undefined || to === undefined) throw missingParameter("portRange");
  for (const port of [from, to]) {
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw invalidParameter(port, "portRange", "It must be between 0 and 65535.");
  }
  if (from > to) throw invalidParameter(`${from}-${to}`, "portRange", "The first port must not be greater than the last.");
  return { from, to };
}

function icmp(asked: Ec2Types.IcmpTypeCode | undefined): NetworkAclEntry["icmp"] {
  const { Type: type, Code: code } = asked ?? {};
  if (type === undefined || code === undefined) throw missingParameter("icmpTypeCode");
  for (const value of [type, code]) {
    if (!Number.isInteger(value) || value < -1 || value > 255) throw invalidParameter(value, "icmpTypeCode", "It must be between -1 and 255.");
  }
  return { type, code };
}
