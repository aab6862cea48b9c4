/** Availability Zones and DNS suffixes of the regions. */
import { AwsError } from "@hakoniwa/kernel";

export { internalDomain, privateDnsName, publicDnsName } from "@hakoniwa/network";

export interface Zone {
  readonly name: string;
  /** The same physical place for every account, unlike the name. */
  readonly id: string;
}

/** A new account's zones by letter, with the number in the zone's id. */
const ZONES: Readonly<Record<string, { readonly short: string; readonly zones: Readonly<Record<string, number>> }>> = {
  "ap-northeast-1": { short: "apne1", zones: { a: 4, c: 1, d: 2 } },
  "ap-northeast-2": { short: "apne2", zones: { a: 1, b: 2, c: 3, d: 4 } },
  "ap-northeast-3": { short: "apne3", zones: { a: 3, b: 1, c: 2 } },
  "ap-southeast-1": { short: "apse1", zones: { a: 2, b: 1, c: 3 } },
  "ap-southeast-2": { short: "apse2", zones: { a: 3, b: 1, c: 2 } },
  "eu-central-1": { short: "euc1", zones: { a: 2, b: 3, c: 1 } },
  "eu-west-1": { short: "euw1", zones: { a: 1, b: 2, c: 3 } },
  "us-east-1": { short: "use1", zones: { a: 1, b: 2, c: 4, d: 6, e: 3, f: 5 } },
  "us-east-2": { short: "use2", zones: { a: 1, b: 2, c: 3 } },
  "us-west-2": { short: "usw2", zones: { a: 2, b: 1, c: 3, d: 4 } },
};

/** The codes of every region that there is. */
export const REGIONS: readonly string[] = Object.keys(ZONES);

/**
 * The zones of a region, by name.
 * @throws AwsError for a region that we don't have
 */
export function zonesOf(region: string): readonly Zone[] {
  const known = Object.hasOwn(ZONES, region) ? ZONES[region] : undefined;
  if (!known) throw new AwsError("InvalidParameterValue", `Hakoniwa has no region ${region}. It has: ${REGIONS.join(", ")}.`);
  return Object.entries(known.zones).map(([letter, number]) => ({ name: `${region}${letter}`, id: `${known.short}-az${number}` }));
}
