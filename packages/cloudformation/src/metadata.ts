/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-metadata.html: functions in it are carried out when it is read. */
import { evaluate } from "./intrinsics.js";
import type { ResolvedParameter } from "./parameters.js";
import { createScope, type Environment, type LiveResource } from "./scope.js";
import type { Template } from "./template.js";
import { UNKNOWN, type Value } from "./value.js";

export interface MetadataSources {
  readonly template: Template;
  readonly parameters: ReadonlyMap<string, ResolvedParameter>;
  readonly environment: Environment;
  live(logicalId: string): LiveResource | undefined;
}

/** A resource's metadata with what is known by now; undefined when it has none. What does not exist (yet) is left out. */
export function metadataOf(sources: MetadataSources, logicalId: string): Value | undefined {
  const metadata = sources.template.resources.get(logicalId)?.metadata;
  if (metadata === undefined) return undefined;
  const value = evaluate(metadata, createScope(sources), ["Resources", logicalId, "Metadata"]);
  return value === UNKNOWN ? undefined : value;
}
