/** What sets of DHCP options may say, and what they tell instances: https://docs.aws.amazon.com/vpc/latest/userguide/DHCPOptionSetConcepts.html */
import { AwsError } from "@hakoniwa/kernel";
import { parseAddress, type DhcpSettings } from "@hakoniwa/network";
import type { Ec2Types } from "@hakoniwa/wire";
import { missingParameter, unsupported } from "./errors.js";
import type { DhcpOptions } from "./state.js";

const AMAZON_DNS = "AmazonProvidedDNS";
const MOST_ADDRESSES = 4;
const NODE_TYPES = ["1", "2", "4", "8"];
const KEYS = ["domain-name", "domain-name-servers", "ntp-servers", "netbios-name-servers", "netbios-node-type"];
const DOMAIN = /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})?)*\.?$/;

/** @throws AwsError for a key that there isn't, one that comes twice, or a value that it can't have */
export function checkedOptions(asked: readonly Ec2Types.NewDhcpConfiguration[] | undefined): DhcpOptions["configurations"] {
  if (!asked?.length) throw missingParameter("dhcpConfiguration");
  const seen = new Set<string>();
  return asked.map(({ Key: key, Values: given }) => {
    if (!key) throw missingParameter("dhcpConfiguration.key");
    if (key === "ipv6-address-preferred-lease-time") throw unsupported("CreateDhcpOptions", key);
    if (!KEYS.includes(key)) throw invalid(key, "key", "Unknown DHCP option.");
    if (seen.has(key)) throw invalid(key, "key", "Each DHCP option can be specified only once.");
    seen.add(key);
    // AWS takes several addresses in one value, too.
    const values = key === "domain-name" ? (given ?? []) : (given ?? []).flatMap((value) => value.split(/\s*,\s*/));
    if (values.length === 0 || values.includes("")) throw invalid(values.join(","), key, "It must have at least one value.");
    check(key, values);
    return { key, values };
  });
}

function check(key: string, values: readonly string[]): void {
  switch (key) {
    case "domain-name": {
      if (values.length > 1) throw invalid(values.join(","), key, "It must have one value.");
      const wrong = values[0]!.split(" ").find((name) => name.length > 253 || !DOMAIN.test(name));
      if (wrong !== undefined) throw invalid(wrong, key, "It must be a domain name.");
      return;
    }
    case "netbios-node-type":
      if (values.length > 1 || !NODE_TYPES.includes(values[0]!)) throw invalid(values.join(","), key, "It must be 1, 2, 4 or 8.");
      return;
    default: {
      if (values.length > MOST_ADDRESSES) throw invalid(values.join(","), key, `It must have at most ${MOST_ADDRESSES} addresses.`);
      const wrong = values.find((value) => parseAddress(value) === undefined && !(key === "domain-name-servers" && value === AMAZON_DNS));
      if (wrong !== undefined) throw invalid(wrong, key, "It must be an IPv4 address.");
    }
  }
}

function invalid(value: string, name: string, why: string): AwsError {
  return new AwsError("InvalidParameterValue", `Value (${value}) for parameter ${name} is invalid. ${why}`);
}

/** The search domain; empty when the options name none, or there are none. */
export function domainNameOf(options: DhcpOptions | undefined): string {
  return valuesOf(options, "domain-name")[0] ?? "";
}

/** What DHCP tells beyond the domain name. Without options (`default`) instances learn of no resolver. */
export function dhcpSettingsOf(options: DhcpOptions | undefined): DhcpSettings {
  const nodeType = valuesOf(options, "netbios-node-type")[0];
  return {
    domainNameServers: valuesOf(options, "domain-name-servers"),
    ntpServers: valuesOf(options, "ntp-servers"),
    netbiosNameServers: valuesOf(options, "netbios-name-servers"),
    netbiosNodeType: nodeType === undefined ? undefined : Number(nodeType),
  };
}

function valuesOf(options: DhcpOptions | undefined, key: string): readonly string[] {
  return options?.configurations.find((c) => c.key === key)?.values ?? [];
}
