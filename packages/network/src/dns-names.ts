/** The names that AWS gives to addresses: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html */
import type { Address } from "./model.js";

/** What instances append to short names. */
export function internalDomain(region: string): string {
  return region === "us-east-1" ? "ec2.internal" : `${region}.compute.internal`;
}

/** e.g. `ip-10-0-0-5.ap-northeast-1.compute.internal`. */
export function privateDnsName(address: Address, region: string): string {
  return `ip-${address.replaceAll(".", "-")}.${internalDomain(region)}`;
}

/** e.g. `ec2-198-51-100-7.ap-northeast-1.compute.amazonaws.com`. */
export function publicDnsName(address: Address, region: string): string {
  const suffix = region === "us-east-1" ? "compute-1" : `${region}.compute`;
  return `ec2-${address.replaceAll(".", "-")}.${suffix}.amazonaws.com`;
}
