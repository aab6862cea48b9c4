/** What AWS publishes under /aws/service/: https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters.html */
import type { Facts } from "../facts.js";

export interface PublishedValue {
  readonly value: string;
  readonly dataType: string;
}

/** The values of AWS's parameters, by name. */
export type Published = ReadonlyMap<string, PublishedValue>;

/** The regions that are here, by the names that AWS gives them. */
const REGIONS: Readonly<Record<string, string>> = {
  "ap-northeast-1": "Asia Pacific (Tokyo)",
  "ap-northeast-3": "Asia Pacific (Osaka)",
  "ap-southeast-1": "Asia Pacific (Singapore)",
  "eu-central-1": "Europe (Frankfurt)",
  "eu-west-1": "Europe (Ireland)",
  "us-east-1": "US East (N. Virginia)",
  "us-east-2": "US East (Ohio)",
  "us-west-2": "US West (Oregon)",
};

const GLOBAL = "/aws/service/global-infrastructure";
const text = (value: string): PublishedValue => ({ value, dataType: "text" });

const INFRASTRUCTURE: readonly (readonly [string, PublishedValue])[] = Object.entries(REGIONS).flatMap(([code, longName]) => [
  [`${GLOBAL}/regions/${code}`, text(code)] as const,
  [`${GLOBAL}/regions/${code}/longName`, text(longName)] as const,
  [`${GLOBAL}/regions/${code}/partition`, text("aws")] as const,
  [`${GLOBAL}/regions/${code}/domain`, text("amazonaws.com")] as const,
]);

/** Amazon's images in a region, and the regions. */
export function publishedParameters(facts: Facts): Published {
  const images = [...facts.ec2.publicImageParameters()].map(([name, value]) => [name, { value, dataType: "aws:ec2:image" }] as const);
  return new Map([...images, ...INFRASTRUCTURE]);
}
