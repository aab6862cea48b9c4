/** Addresses that have a meaning everywhere in the box. */

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html */
export const METADATA_ADDRESS = "169.254.169.254";
/** The resolver, besides base+2: https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html */
export const DNS_ADDRESS = "169.254.169.253";

/** The two ends of a VPC's link to the internet. Link-local, so no VPC's range can hold them; every VPC has the same. */
export const ROUTER_SIDE = "169.254.0.1";
export const INTERNET_SIDE = "169.254.0.2";

/** A machine on the box's internet: where `hakoniwa internet CMD` and whatever we start there comes from. */
export const INTERNET_CLIENT = "203.0.113.1";
/** Where connections from the host's site ports come from. */
export const EDGE_ADDRESS = "203.0.113.10";
/** A well-known host that answers ping (S4-36). */
export const WELL_KNOWN_HOST = "8.8.8.8";
/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/set-time.html */
export const TIME_ADDRESS = "169.254.169.123";

/** The AWS API on the box's internet, of a range for documentation (RFC 5737) that no Elastic IP comes from. */
export const API_ADDRESS = "192.0.2.10";
/** Services with a prefix list of their own, at an address in it: what has a gateway endpoint must be told from the rest by its address. */
export const SERVICE_ADDRESSES: Readonly<Record<string, string>> = { s3: "52.219.0.10", dynamodb: "52.94.8.10" };

/** Where a service is that has a gateway endpoint; undefined for another. */
export function serviceAddress(service: string): string | undefined {
  return Object.hasOwn(SERVICE_ADDRESSES, service) ? SERVICE_ADDRESSES[service] : undefined;
}
