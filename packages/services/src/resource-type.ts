/** How services define CloudFormation's resource types: what they don't carry out is refused by name, never passed over. */
import { AwsError } from "@hakoniwa/kernel";
import { resource, type AsynchronousResource, type Resource, type SynchronousResource } from "@hakoniwa/cloudformation";
import { refuseProperties } from "./not-implemented.js";
import { inWordsOf } from "./template-words.js";

type Given = "type" | "carries";
type Definition<P> = Omit<SynchronousResource<P>, Given> | Omit<AsynchronousResource<P>, Given>;

/**
 * Defines a resource type of which only some properties are carried out.
 * @param carries their paths: `Tags`, `Ebs.VolumeSize`; a path stands for all below it. Whatever else a template gives fails the creation or
 * update with the property's place
 */
export function resourceType<P extends object>(type: string, carries: readonly string[], definition: Definition<P>): Resource {
  const check = (properties: P): void => {
    refuseProperties(type, properties, carries);
    refuseSystemTags((properties as { readonly Tags?: unknown }).Tags);
  };
  const { update, read } = definition;
  const updating: Pick<SynchronousResource<P>, "update"> = update
    ? {
        update(aws, id, next, previous, request) {
          check(next);
          update(aws, id, next, previous, request);
        },
      }
    : {};
  const reading: Pick<SynchronousResource<P>, "read"> = read
    ? {
        read(aws, id, given) {
          const live = read(aws, id, given);
          return live && (Object.fromEntries(Object.entries(live).map(([name, value]) => [name, inWordsOf((given as Readonly<Record<string, unknown>>)[name], value)])) as Partial<P>);
        },
      }
    : {};
  if ("createAsync" in definition) {
    return resource<P>(type, {
      ...definition,
      ...updating,
      ...reading,
      carries,
      async createAsync(aws, properties, request) {
        check(properties);
        return definition.createAsync(aws, properties, request);
      },
    });
  }
  return resource<P>(type, {
    ...definition,
    ...updating,
    ...reading,
    carries,
    create(aws, properties, request) {
      check(properties);
      return definition.create(aws, properties, request);
    },
  });
}

/** What a template says is a user's word: only CloudFormation itself gives system tags. */
function refuseSystemTags(tags: unknown): void {
  if (typeof tags !== "object" || tags === null) return;
  const keys = Array.isArray(tags) ? tags.map((tag: { readonly Key?: unknown }) => tag.Key) : Object.keys(tags);
  if (keys.some((key) => typeof key === "string" && /^aws:/i.test(key))) throw new AwsError("InvalidRequest", "Tag keys starting with 'aws:' are reserved for internal use");
}

/** For operations that would quietly take over what somebody else has made by that name: a stack owns what it creates. */
export function alreadyExists(type: string, id: string): AwsError {
  return new AwsError("AlreadyExists", `Resource of type '${type}' with identifier '${id}' already exists.`);
}
