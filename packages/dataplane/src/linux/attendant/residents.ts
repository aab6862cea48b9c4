/** Who has an address in a VPC, and so a name there that no record tells. */
import type { Address, Vpc } from "@hakoniwa/network";
import { privateDnsName, publicDnsName } from "@hakoniwa/network";

/** Plain objects, as they go from process to process. */
export interface Residents {
  readonly region: string;
  /** The workload that holds each private address. */
  readonly holders: Readonly<Record<Address, string>>;
  /** The private address behind each public one. */
  readonly behind: Readonly<Record<Address, Address>>;
  /** Names that mean something else in this VPC than everywhere: private DNS of its interface endpoints. */
  readonly privateNames?: Readonly<Record<string, readonly Address[]>>;
}

export function residentsOf(vpc: Vpc): Residents {
  const holders: Record<Address, string> = {};
  const behind: Record<Address, Address> = {};
  for (const { addresses, attachment } of vpc.interfaces.values()) {
    if (attachment === undefined) continue;
    for (const address of addresses) {
      holders[address.private] = attachment.workload;
      if (address.public !== undefined) behind[address.public] = address.private;
    }
  }
  return { region: vpc.region, holders, behind, privateNames: Object.fromEntries(vpc.privateNames ?? []) };
}

const NAMED = /^(ip|ec2)-(\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3})\./;

/**
 * What the VPC's resolver answers for `ip-10-0-1-4.ap-northeast-1.compute.internal`, and for the public name of a resident: from
 * inside, that leads to the private address (https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html).
 * @param name in lower case
 */
export function privateAddressOf(name: string, { region, holders, behind }: Residents): Address | undefined {
  const [, kind, dashed = ""] = NAMED.exec(name) ?? [];
  const address = dashed.replaceAll("-", ".");
  if (kind === "ip" && Object.hasOwn(holders, address)) return privateDnsName(address, region) === name ? address : undefined;
  if (kind === "ec2" && Object.hasOwn(behind, address)) return publicDnsName(address, region) === name ? behind[address] : undefined;
  return undefined;
}

/** What a private name of the VPC leads to; one for all names below (`*.s3.…`) too. */
export function privatelyNamed(name: string, { privateNames = {} }: Residents): readonly Address[] | undefined {
  for (const key of [name, `*${name.slice(name.indexOf("."))}`]) if (Object.hasOwn(privateNames, key)) return privateNames[key];
  return undefined;
}

/** The name of a resident's private address. */
export function privateNameOf(address: Address, { region, holders }: Residents): string | undefined {
  return Object.hasOwn(holders, address) ? privateDnsName(address, region) : undefined;
}
