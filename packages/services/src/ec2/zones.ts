/** Regions, their Availability Zones and DNS suffixes: https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html */
import { AwsError } from "@hakoniwa/kernel";

export { internalDomain, privateDnsName, publicDnsName } from "@hakoniwa/network";

export interface Zone {
  readonly name: string;
  /** The same physical place for every account, unlike the name. */
  readonly id: string;
}

interface Region {
  /** As zone names for people begin, e.g. `Asia Pacific (Tokyo)`. */
  readonly place: string;
  /** What the ids of its zones begin with. */
  readonly short: string;
  /** A new account's zones by letter, with the number in the zone's id. */
  readonly zones: Readonly<Record<string, number>>;
  /** Regions since 2019 are used only after an account asked for them. */
  readonly optIn: boolean;
}

const enabled = (place: string, short: string, zones: Region["zones"]): Region => ({ place, short, zones, optIn: false });
const optional = (place: string, short: string): Region => ({ place, short, zones: { a: 1, b: 2, c: 3 }, optIn: true });

const ALL: Readonly<Record<string, Region>> = {
  "af-south-1": optional("Africa (Cape Town)", "afs1"),
  "ap-east-1": optional("Asia Pacific (Hong Kong)", "ape1"),
  "ap-east-2": optional("Asia Pacific (Taipei)", "ape2"),
  "ap-northeast-1": enabled("Asia Pacific (Tokyo)", "apne1", { a: 4, c: 1, d: 2 }),
  "ap-northeast-2": enabled("Asia Pacific (Seoul)", "apne2", { a: 1, b: 2, c: 3, d: 4 }),
  "ap-northeast-3": enabled("Asia Pacific (Osaka)", "apne3", { a: 3, b: 1, c: 2 }),
  "ap-south-1": enabled("Asia Pacific (Mumbai)", "aps1", { a: 1, b: 3, c: 2 }),
  "ap-south-2": optional("Asia Pacific (Hyderabad)", "aps2"),
  "ap-southeast-1": enabled("Asia Pacific (Singapore)", "apse1", { a: 2, b: 1, c: 3 }),
  "ap-southeast-2": enabled("Asia Pacific (Sydney)", "apse2", { a: 3, b: 1, c: 2 }),
  "ap-southeast-3": optional("Asia Pacific (Jakarta)", "apse3"),
  "ap-southeast-4": optional("Asia Pacific (Melbourne)", "apse4"),
  "ap-southeast-5": optional("Asia Pacific (Malaysia)", "apse5"),
  "ap-southeast-6": optional("Asia Pacific (New Zealand)", "apse6"),
  "ap-southeast-7": optional("Asia Pacific (Thailand)", "apse7"),
  "ca-central-1": enabled("Canada (Central)", "cac1", { a: 1, b: 2, d: 4 }),
  "ca-west-1": optional("Canada West (Calgary)", "caw1"),
  "eu-central-1": enabled("Europe (Frankfurt)", "euc1", { a: 2, b: 3, c: 1 }),
  "eu-central-2": optional("Europe (Zurich)", "euc2"),
  "eu-north-1": enabled("Europe (Stockholm)", "eun1", { a: 1, b: 2, c: 3 }),
  "eu-south-1": optional("Europe (Milan)", "eus1"),
  "eu-south-2": optional("Europe (Spain)", "eus2"),
  "eu-west-1": enabled("Europe (Ireland)", "euw1", { a: 1, b: 2, c: 3 }),
  "eu-west-2": enabled("Europe (London)", "euw2", { a: 2, b: 3, c: 1 }),
  "eu-west-3": enabled("Europe (Paris)", "euw3", { a: 1, b: 2, c: 3 }),
  "il-central-1": optional("Israel (Tel Aviv)", "ilc1"),
  "me-central-1": optional("Middle East (UAE)", "mec1"),
  "me-south-1": optional("Middle East (Bahrain)", "mes1"),
  "mx-central-1": optional("Mexico (Central)", "mxc1"),
  "sa-east-1": enabled("South America (Sao Paulo)", "sae1", { a: 1, b: 2, c: 3 }),
  "us-east-1": enabled("US East (N. Virginia)", "use1", { a: 1, b: 2, c: 4, d: 6, e: 3, f: 5 }),
  "us-east-2": enabled("US East (Ohio)", "use2", { a: 1, b: 2, c: 3 }),
  "us-west-1": enabled("US West (N. California)", "usw1", { a: 3, b: 1 }),
  "us-west-2": enabled("US West (Oregon)", "usw2", { a: 2, b: 1, c: 3, d: 4 }),
};

/** The codes of the regions that can be used: those that are on in a new account. */
export const REGIONS: readonly string[] = Object.keys(ALL).filter((name) => !ALL[name]!.optIn);

/** Every region of AWS's commercial partition, with those that an account would have to opt in to. */
export const EVERY_REGION: readonly { readonly name: string; readonly optIn: boolean }[] = Object.entries(ALL).map(([name, { optIn }]) => ({ name, optIn }));

/**
 * The zones of a region, by name.
 * @throws AwsError for a region that there is not, or that is not enabled
 */
export function zonesOf(region: string): readonly Zone[] {
  const known = Object.hasOwn(ALL, region) ? ALL[region]! : undefined;
  if (!known || known.optIn) throw new AwsError("InvalidParameterValue", `Hakoniwa has no region ${region}. It has: ${REGIONS.join(", ")}.`);
  return Object.entries(known.zones).map(([letter, number]) => ({ name: `${region}${letter}`, id: `${known.short}-az${number}` }));
}

/** How AWS names a region's zones for people, e.g. `Asia Pacific (Tokyo) 1`. */
export function zoneGroupName(region: string): string {
  return `${ALL[region]?.place ?? region} 1`;
}
