/** Tags of load balancers, target groups and listeners in templates. */
import type { Aws, Elbv2Types } from "@hakoniwa/wire";

export type TagList = readonly Elbv2Types.Tag[];

export function tagsOf(aws: Aws, arn: string): TagList {
  return aws.elbv2.DescribeTags({ ResourceArns: [arn] }).TagDescriptions?.[0]?.Tags ?? [];
}

/** Gives the resource these tags, and no others. */
export function replaceTags(aws: Aws, arn: string, wanted: TagList): void {
  const leaving = tagsOf(aws, arn).filter((tag) => !wanted.some(({ Key }) => Key === tag.Key)).map(({ Key }) => Key);
  if (leaving.length > 0) aws.elbv2.RemoveTags({ ResourceArns: [arn], TagKeys: leaving });
  if (wanted.length > 0) aws.elbv2.AddTags({ ResourceArns: [arn], Tags: wanted });
}
