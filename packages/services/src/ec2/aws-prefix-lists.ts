/** The prefix lists that AWS itself keeps in every region: https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html */
import { createHash } from "node:crypto";

/** One of AWS's own lists. Nobody changes it, and it has no versions. */
export interface AwsPrefixList {
  readonly id: string;
  /** e.g. `com.amazonaws.ap-northeast-1.s3`. */
  readonly name: string;
  readonly service: string;
  readonly cidrs: readonly string[];
}

/** AWS's ids where they are known; a region without one gets an id of the same form that never changes. */
const IDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  s3: { "us-east-1": "pl-63a5400a", "us-east-2": "pl-7ba54012", "us-west-2": "pl-68a54001", "ap-northeast-1": "pl-61a54008", "eu-west-1": "pl-6da54004", "eu-central-1": "pl-6ea54007" },
  dynamodb: { "us-east-1": "pl-02cd2c6b", "us-east-2": "pl-4ca54025", "us-west-2": "pl-00a54069", "ap-northeast-1": "pl-78a54011", "eu-west-1": "pl-6fa54006", "eu-central-1": "pl-66a5400f" },
};

/** Some of the ranges from which AWS serves them: https://docs.aws.amazon.com/vpc/latest/userguide/aws-ip-ranges.html */
const RANGES: Readonly<Record<string, readonly string[]>> = {
  s3: ["3.5.152.0/21", "52.219.0.0/20", "52.219.16.0/22", "52.219.136.0/22"],
  dynamodb: ["52.94.8.0/24", "52.119.240.0/21"],
};

/** AWS's lists in a region. */
export function awsPrefixLists(region: string): readonly AwsPrefixList[] {
  return Object.entries(RANGES).map(([service, cidrs]) => {
    const name = `com.amazonaws.${region}.${service}`;
    return { id: known(service, region) ?? `pl-${createHash("sha256").update(name).digest("hex").slice(0, 8)}`, name, service, cidrs };
  });
}

function known(service: string, region: string): string | undefined {
  const ids = IDS[service] ?? {};
  return Object.hasOwn(ids, region) ? ids[region] : undefined;
}

/** One of AWS's lists by its id. */
export function awsPrefixList(region: string, id: string): AwsPrefixList | undefined {
  return awsPrefixLists(region).find((list) => list.id === id);
}
