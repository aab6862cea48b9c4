/** The transforms that a template declares. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/transform-reference.html */
import { formatError, TemplateError } from "./errors.js";
import type { ParsedTemplate } from "./parse.js";
import { isList, isMap, type Value } from "./value.js";

export const LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions";

/**
 * The names in the section Transform.
 * @throws AwsError ValidationError for a transform that we can't carry out, by its name
 */
export function transformsOf(parsed: ParsedTemplate): readonly string[] {
  const { root } = parsed;
  if (!isMap(root) || root["Transform"] === undefined) return [];
  const given: Value = root["Transform"];
  const names = (isList(given) ? given : [given as Value]).map((one) => nameOf(one, parsed));
  const foreign = names.find((name) => name !== LANGUAGE_EXTENSIONS);
  if (foreign !== undefined) {
    throw new TemplateError(`No transform named ${foreign} found: of AWS's transforms there is ${LANGUAGE_EXTENSIONS}, and macros need Lambda, which there is not.`, ["Transform"], parsed.position(["Transform"]));
  }
  return names;
}

function nameOf(transform: Value, parsed: ParsedTemplate): string {
  const name = isMap(transform) ? transform["Name"] : transform;
  if (typeof name !== "string") throw formatError("every Transform must be a String or a map with a Name.", parsed.position(["Transform"]));
  return name;
}

/** Whether the functions of AWS::LanguageExtensions may be used. */
export function isExtended(parsed: ParsedTemplate): boolean {
  return transformsOf(parsed).includes(LANGUAGE_EXTENSIONS);
}
