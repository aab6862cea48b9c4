/** Tags of EC2 resources in stacks. */
import type { ResourceRequest } from "@hakoniwa/cloudformation";
import type { Aws, Ec2Types } from "@hakoniwa/wire";
import { withStackTags } from "../stack-tags.js";

export function tagsFor(type: Ec2Types.ResourceType, own: readonly Ec2Types.Tag[] | undefined, request: ResourceRequest): readonly Ec2Types.TagSpecification[] {
  const tags = withStackTags(own, request);
  return tags.length === 0 ? [] : [{ ResourceType: type, Tags: tags }];
}

/** Sets what the template says now, and takes away what only the earlier one said. */
export function updateTags(aws: Aws, id: string, next: readonly Ec2Types.Tag[] | undefined, previous: readonly Ec2Types.Tag[] | undefined, request: ResourceRequest): void {
  const wanted = withStackTags(next, request);
  const dropped = (previous ?? []).filter((tag) => !wanted.some((other) => other.Key === tag.Key));
  if (dropped.length > 0) aws.ec2.DeleteTags({ Resources: [id], Tags: dropped.map((tag) => ({ Key: tag.Key })) });
  if (wanted.length > 0) aws.ec2.CreateTags({ Resources: [id], Tags: wanted });
}
