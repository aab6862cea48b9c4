/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-get-metadata.html */
import { createApi } from "./api.js";
import { COMMON, helped, parseOptions, UsageError, type OptionSpec } from "./options.js";

const SPECS: Readonly<Record<string, OptionSpec>> = { ...COMMON, stack: { short: "s" }, resource: { short: "r" }, key: { short: "k" } };

export async function getMetadata(args: readonly string[]): Promise<number> {
  const parsed = parseOptions(args, SPECS);
  if (helped(parsed, "cfn-get-metadata [options]", SPECS)) return 0;
  const { stack, resource, key } = parsed.options;
  if (stack === undefined || resource === undefined) throw new UsageError("A stack (--stack) and a logical resource id (--resource) are needed");
  const { metadata } = await (await createApi(parsed)).describe(stack, resource);
  const value = key === undefined ? metadata : valueAt(metadata, key);
  if (value === undefined) throw new Error(`No value at key ${key}`);
  console.log(JSON.stringify(value, undefined, 4));
  return 0;
}

/** `a.b.c` */
export function valueAt(root: unknown, path: string): unknown {
  let value = root;
  for (const part of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[part];
  }
  return value;
}
