/** Tags of resources in stacks. */

interface Tag {
  readonly Key: string;
  readonly Value: string;
}

/** A resource's own tags, and of the stack's those whose keys it does not have itself. */
export function withStackTags<T extends { readonly Key?: string | undefined }>(own: readonly T[] | undefined, { tags }: { readonly tags: readonly Tag[] }): readonly (T | Tag)[] {
  return [...(own ?? []), ...tags.filter(({ Key }) => !own?.some((tag) => tag.Key === Key))];
}
