/** The ranges that VPCs and subnets may have: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html */
import { AwsError } from "@hakoniwa/kernel";
import { canonicalCidr, contains, overlaps, prefixLength } from "@hakoniwa/network";
import { invalidParameter } from "./errors.js";

const LARGEST = 16;
const SMALLEST = 28;
/** Where AWS refuses to make a VPC, or the network of this box would break. */
const FORBIDDEN = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"];

/**
 * A range as EC2 keeps it, its host bits cut off.
 * @throws AwsError when the text is no range
 */
export function parsedCidr(text: string, parameter: string): string {
  const cidr = canonicalCidr(text);
  if (cidr === undefined) throw invalidParameter(text, parameter, "This is not a valid CIDR block.");
  return cidr;
}

/** @throws AwsError InvalidVpc.Range outside /16 … /28 or in a range that no VPC may have */
export function vpcCidr(text: string): string {
  const cidr = parsedCidr(text, "cidrBlock");
  const prefix = prefixLength(cidr);
  if (prefix < LARGEST || prefix > SMALLEST || FORBIDDEN.some((range) => overlaps(range, cidr))) {
    throw new AwsError("InvalidVpc.Range", `The CIDR '${text}' is invalid.`);
  }
  return cidr;
}

const RFC1918 = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
const ALWAYS_RESTRICTED = "198.19.0.0/16";

/**
 * Checks a further range of a VPC against the first one: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html#add-cidr-block-restrictions
 * @param cidrs the ranges that the VPC has, the primary one first
 * @throws AwsError InvalidVpc.Range
 */
export function secondaryCidr(text: string, cidrs: readonly string[]): string {
  const cidr = vpcCidr(text);
  if (cidrs.some((other) => overlaps(other, cidr))) {
    throw new AwsError("InvalidVpc.Range", `The CIDR '${text}' conflicts with another CIDR block of the VPC.`);
  }
  if (isRestricted(cidr, cidrs)) {
    throw new AwsError(
      "InvalidVpc.Range",
      `The CIDR '${text}' is restricted. Use a CIDR from the same private address range as the current VPC CIDR, or use a publicly-routable CIDR. ` +
        "For additional restrictions, see https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Subnets.html.",
    );
  }
  return cidr;
}

function isRestricted(cidr: string, cidrs: readonly string[]): boolean {
  const primary = cidrs[0] ?? "";
  const home = RFC1918.find((range) => contains(range, primary));
  if (RFC1918.some((range) => range !== home && overlaps(range, cidr))) return true;
  if (overlaps(ALWAYS_RESTRICTED, cidr) && !contains(ALWAYS_RESTRICTED, primary)) return true;
  if (home === "172.16.0.0/12") return overlaps("172.31.0.0/16", cidr);
  return home === "10.0.0.0/8" && cidrs.some((other) => overlaps("10.0.0.0/15", other)) && overlaps("10.0.0.0/16", cidr);
}

/**
 * @param vpc the VPC's ranges
 * @param others the ranges of its other subnets
 * @throws AwsError InvalidSubnet.Range or InvalidSubnet.Conflict
 */
export function subnetCidr(text: string, vpc: readonly string[], others: readonly string[]): string {
  const cidr = parsedCidr(text, "cidrBlock");
  const prefix = prefixLength(cidr);
  const fits = prefix >= LARGEST && prefix <= SMALLEST && vpc.some((range) => contains(range, cidr));
  if (!fits) throw new AwsError("InvalidSubnet.Range", `The CIDR '${text}' is invalid.`);
  if (others.some((other) => overlaps(other, cidr))) throw new AwsError("InvalidSubnet.Conflict", `The CIDR '${text}' conflicts with another subnet`);
  return cidr;
}
