/** The DNS names of load balancers, of whichever generation. */
import type { Ids } from "@hakoniwa/kernel";

/** e.g. `web-1234567890.ap-northeast-1.elb.amazonaws.com`; with `internal-` in front for an internal balancer. */
export function makeDnsName(ids: Ids, name: string, region: string, scheme: "internet-facing" | "internal"): string {
  const number = ids.text(1, "123456789") + ids.text(9, "0123456789");
  const prefix = scheme === "internal" ? "internal-" : "";
  return `${prefix}${name}-${number}.${region}.elb.amazonaws.com`;
}

/** https://docs.aws.amazon.com/general/latest/gr/elb.html */
const HOSTED_ZONES: Readonly<Record<string, string>> = {
  "ap-northeast-1": "Z14GRHDCWA56QT",
  "ap-northeast-2": "ZWKZPGTI48KDX",
  "ap-northeast-3": "Z5LXEXXYW11ES",
  "ap-south-1": "ZP97RAFLXTNZK",
  "ap-southeast-1": "Z1LMS91P8CMLE5",
  "ap-southeast-2": "Z1GM3OXH4ZPM65",
  "eu-central-1": "Z215JYRZR1TBD5",
  "eu-west-1": "Z32O12XQLNTSW2",
  "us-east-1": "Z35SXDOTRQ7X7K",
  "us-east-2": "Z3AADJGX6KTTL2",
  "us-west-1": "Z368ELLRRE2KJ0",
  "us-west-2": "Z1H1FL5HABSF5",
};

/** Undefined for a region that is not here. */
export function canonicalHostedZone(region: string): string | undefined {
  return HOSTED_ZONES[region];
}
