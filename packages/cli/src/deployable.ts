/** What `up` deploys: one stack, wherever its template comes from. */

export interface Deployable {
  readonly stackName: string;
  /** Where it must be; undefined for the command's own region. */
  readonly region?: string | undefined;
  readonly body: string;
  /** The template's file as the user named it, for messages; undefined where there is none that people read. */
  readonly file?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  /** Values for parameters that whoever made the template has chosen already. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly terminationProtection: boolean;
  /** Whether everything outside the template that it speaks of is named by its content, so that the same template means the same. */
  readonly namesContents: boolean;
  /** Where a resource comes from, for a failure's message: a file's line, or a construct's path. */
  placeOf(logicalId: string): string | undefined;
  /** Files that must be in S3 before. */
  readonly assets: readonly FileAsset[];
}

export interface FileAsset {
  /** What it is, for people. */
  readonly name: string;
  /** A file, or a folder that is packed as a ZIP archive. */
  readonly path: string;
  readonly packaging: "file" | "zip";
  readonly bucket: string;
  readonly key: string;
}

/** A stack with nothing but its template. */
export function plainStack(stackName: string, body: string, more: Pick<Deployable, "file" | "placeOf">): Deployable {
  return { stackName, body, tags: {}, parameters: {}, terminationProtection: false, namesContents: false, assets: [], ...more };
}
