/** Intrinsic functions. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html */
import { cidrBlocks } from "./cidr.js";
import { templateError, type Position } from "./errors.js";
import { equal, isList, isMap, textOf, UNKNOWN, type Path, type Value, type ValueMap } from "./value.js";

/** What functions may ask about the world around the template. */
export interface Scope {
  /** A parameter, pseudo parameter or resource; undefined for `AWS::NoValue`. */
  ref(name: string, path: Path): Value | undefined;
  getAtt(logicalId: string, attribute: string, path: Path): Value;
  condition(name: string, path: Path): boolean | typeof UNKNOWN;
  readonly mappings: ValueMap;
  importValue(name: string, path: Path): Value;
  availabilityZones(region: string, path: Path): Value;
  /** `ssm:name:version` of `{{resolve:ssm:name:version}}`. */
  dynamicReference(reference: string, path: Path): string;
  position(path: Path): Position | undefined;
}

type Argument = Value | undefined;

/** How a function is carried out: `arg` is what stands in the template, not evaluated yet. */
type Intrinsic = (arg: Value, scope: Scope, path: Path) => Argument;

/**
 * The value with all functions carried out. What depends on something that only the running stack knows is UNKNOWN.
 * @returns undefined for `AWS::NoValue`; members and items of that value are left out
 * @throws TemplateError
 */
export function evaluate(value: Value, scope: Scope, path: Path): Argument {
  if (typeof value === "string") return value.includes("{{resolve:") ? resolveDynamic(value, scope, path) : value;
  if (typeof value !== "object" || value === null) return value;
  if (isList(value)) {
    return value.map((item, i) => evaluate(item, scope, [...path, i])).filter((item): item is Value => item !== undefined);
  }
  const name = functionOf(value as ValueMap);
  if (name !== undefined) return call(name, (value as ValueMap)[name]!, scope, [...path, name]);
  const map: Record<string, Value> = {};
  for (const [key, item] of Object.entries(value)) {
    const evaluated = evaluate(item as Value, scope, [...path, key]);
    if (evaluated !== undefined) map[key] = evaluated;
  }
  return map;
}

/** The name of the function that a map calls; undefined when it is an ordinary map. */
export function functionOf(value: ValueMap): string | undefined {
  const keys = Object.keys(value);
  const name = keys[0];
  if (keys.length !== 1 || name === undefined) return undefined;
  return name === "Ref" || name.startsWith("Fn::") || (name === "Condition" && typeof value[name] === "string") ? name : undefined;
}

function call(name: string, arg: Value, scope: Scope, path: Path): Argument {
  const intrinsic = Object.hasOwn(INTRINSICS, name) ? INTRINSICS[name] : undefined;
  if (!intrinsic) throw templateError(`the function ${name} is not supported`, path, scope.position(path));
  return intrinsic(arg, scope, path);
}

/** As long as a template itself may be: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const LONGEST_TEXT = 1_000_000;

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref(arg, scope, path) {
    if (typeof arg !== "string" || arg === "") throw fail(scope, path, "every Ref object must have a single String value.");
    return scope.ref(arg, path);
  },

  "Fn::GetAtt"(arg, scope, path) {
    const [logicalId, attribute] = getAttArguments(arg) ?? [];
    const wrong = "every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute";
    if (logicalId === undefined || attribute === undefined) throw fail(scope, path, wrong);
    const name = evaluate(attribute, scope, path);
    if (name === UNKNOWN) return UNKNOWN;
    if (typeof name !== "string" || name === "") throw fail(scope, path, wrong);
    return scope.getAtt(logicalId, name, path);
  },

  Condition(arg, scope, path) {
    if (typeof arg !== "string") throw fail(scope, path, "every Condition object must have a single String value.");
    return scope.condition(arg, path);
  },

  "Fn::Sub"(arg, scope, path) {
    const template: Argument = isList(arg) ? arg[0] : arg;
    const extra: Argument = isList(arg) ? arg[1] : undefined;
    if (typeof template !== "string" || (isList(arg) && (arg.length !== 2 || !isMap(extra)))) {
      throw fail(
        scope,
        path,
        "One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string",
      );
    }
    const own = isMap(extra) ? extra : {};
    const parts = subParts(template).map((part) => {
      if (typeof part === "string") return part;
      if (Object.hasOwn(own, part.variable)) return evaluate(own[part.variable]!, scope, [...path, 1, part.variable]);
      const dot = part.variable.indexOf(".");
      return dot < 0 ? scope.ref(part.variable, path) : scope.getAtt(part.variable.slice(0, dot), part.variable.slice(dot + 1), path);
    });
    const text = concat(parts, "", scope, path, "Fn::Sub variables must be strings");
    return typeof text === "string" && text.includes("{{resolve:") ? resolveDynamic(text, scope, path) : text;
  },

  "Fn::Join"(arg, scope, path) {
    const wrong =
      "every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.";
    if (!isList(arg) || arg.length !== 2) throw fail(scope, path, wrong);
    const [delimiter, items] = arg.map((item, i) => evaluate(item, scope, [...path, i]));
    if (items === UNKNOWN || delimiter === UNKNOWN) return UNKNOWN;
    if (typeof delimiter !== "string" || !isList(items)) throw fail(scope, path, wrong);
    return concat(items, delimiter, scope, path, wrong);
  },

  "Fn::Select"(arg, scope, path) {
    const wrong = "Fn::Select requires a list argument with two elements: an integer index and a list";
    if (!isList(arg) || arg.length !== 2) throw fail(scope, path, wrong);
    const [given, items] = arg.map((item, i) => evaluate(item, scope, [...path, i]));
    if (items === UNKNOWN || given === UNKNOWN) return UNKNOWN;
    const index = /^\d+$/.test(textOf(given) ?? "") ? Number(given) : undefined;
    if (index === undefined || !isList(items)) throw fail(scope, path, wrong);
    if (index >= items.length) throw fail(scope, path, `Fn::Select cannot select nonexistent value at index ${index}`);
    return items[index];
  },

  "Fn::Split"(arg, scope, path) {
    const wrong = "every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns a string to be split.";
    if (!isList(arg) || arg.length !== 2) throw fail(scope, path, wrong);
    const [delimiter, text] = arg.map((item, i) => evaluate(item, scope, [...path, i]));
    if (text === UNKNOWN || delimiter === UNKNOWN) return UNKNOWN;
    if (typeof delimiter !== "string" || delimiter === "" || typeof text !== "string") throw fail(scope, path, wrong);
    return text.split(delimiter);
  },

  "Fn::If"(arg, scope, path) {
    if (!isList(arg) || arg.length !== 3 || typeof arg[0] !== "string") {
      throw fail(scope, path, "Fn::If requires a list argument with three elements, the first being a condition's name");
    }
    const holds = scope.condition(arg[0], path);
    if (holds === UNKNOWN) return UNKNOWN;
    return evaluate(arg[holds ? 1 : 2]!, scope, [...path, holds ? 1 : 2]);
  },

  "Fn::Equals"(arg, scope, path) {
    if (!isList(arg) || arg.length !== 2) throw fail(scope, path, "every Fn::Equals object requires a list of 2 string parameters.");
    const [a, b] = arg.map((item, i) => evaluate(item, scope, [...path, i]));
    if (a === UNKNOWN || b === UNKNOWN) return UNKNOWN;
    return equal(textOf(a) ?? a, textOf(b) ?? b);
  },

  "Fn::And": (arg, scope, path) => combine("Fn::And", false, arg, scope, path),
  "Fn::Or": (arg, scope, path) => combine("Fn::Or", true, arg, scope, path),

  "Fn::Not"(arg, scope, path) {
    if (!isList(arg) || arg.length !== 1) throw fail(scope, path, "every Fn::Not object requires one boolean parameter.");
    const value = truth(evaluate(arg[0]!, scope, [...path, 0]));
    if (value === undefined) throw fail(scope, path, "every Fn::Not object requires one boolean parameter.");
    return value === UNKNOWN ? UNKNOWN : !value;
  },

  "Fn::Contains"(arg, scope, path) {
    if (!isList(arg) || arg.length !== 2) throw fail(scope, path, "every Fn::Contains object requires a list of strings and a string.");
    const [items, wanted] = arg.map((item, i) => evaluate(item, scope, [...path, i]));
    if (items === UNKNOWN || wanted === UNKNOWN) return UNKNOWN;
    if (!isList(items)) throw fail(scope, path, "every Fn::Contains object requires a list of strings and a string.");
    return items.some((item) => textOf(item) === textOf(wanted));
  },

  "Fn::FindInMap"(arg, scope, path) {
    const wrong = "every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value";
    if (!isList(arg) || arg.length < 3 || arg.length > 4) throw fail(scope, path, wrong);
    const keys = arg.slice(0, 3).map((item, i) => evaluate(item, scope, [...path, i]));
    if (keys.includes(UNKNOWN)) return UNKNOWN;
    const [name, first, second] = keys.map(textOf);
    if (name === undefined || first === undefined || second === undefined) throw fail(scope, path, wrong);
    const mapping = own(scope.mappings, name);
    const fallback = isMap(arg[3]) ? arg[3]["DefaultValue"] : undefined;
    const found = own(own(mapping, first), second);
    if (found !== undefined) return found;
    if (fallback !== undefined) return evaluate(fallback, scope, [...path, 3, "DefaultValue"]);
    if (mapping === undefined) throw fail(scope, path, `Mapping named '${name}' is not present in the 'Mappings' section of template.`);
    throw fail(scope, path, `Unable to get mapping for ${name}::${first}::${second}`);
  },

  "Fn::Base64"(arg, scope, path) {
    const text = evaluate(arg, scope, path);
    if (text === UNKNOWN) return UNKNOWN;
    if (typeof text !== "string") throw fail(scope, path, "every Fn::Base64 object must have a String-typed value.");
    return Buffer.from(text, "utf8").toString("base64");
  },

  "Fn::Cidr"(arg, scope, path) {
    const wrong = "every Fn::Cidr object requires two or three parameters: an IPv4 block, a count from 1 to 256 and the number of subnet bits";
    if (!isList(arg) || arg.length < 2 || arg.length > 3) throw fail(scope, path, wrong);
    const values = arg.map((item, i) => evaluate(item, scope, [...path, i]));
    if (values.includes(UNKNOWN)) return UNKNOWN;
    const blocks = cidrBlocks(textOf(values[0]) ?? "", Number(values[1]), values[2] === undefined ? 8 : Number(values[2]));
    if (typeof blocks === "string") throw fail(scope, path, `${wrong}; ${blocks}`);
    return blocks;
  },

  "Fn::GetAZs"(arg, scope, path) {
    const region = evaluate(arg, scope, path);
    if (region === UNKNOWN) return UNKNOWN;
    if (typeof region !== "string") throw fail(scope, path, "every Fn::GetAZs object requires the name of a region.");
    return scope.availabilityZones(region, path);
  },

  "Fn::ImportValue"(arg, scope, path) {
    const name = evaluate(arg, scope, path);
    if (name === UNKNOWN) return UNKNOWN;
    if (typeof name !== "string") throw fail(scope, path, "the attribute in Fn::ImportValue must not depend on any resources, imported values, or Fn::GetAZs and must be a string.");
    return scope.importValue(name, path);
  },
};

/** `["Web", "Arn"]` or `"Web.Arn"`. */
export function getAttArguments(arg: Value): readonly [string, Value] | undefined {
  if (typeof arg === "string") {
    const dot = arg.indexOf(".");
    return dot > 0 && dot < arg.length - 1 ? [arg.slice(0, dot), arg.slice(dot + 1)] : undefined;
  }
  const [logicalId, attribute] = isList(arg) && arg.length === 2 ? arg : [];
  return typeof logicalId === "string" && logicalId !== "" && attribute !== undefined ? [logicalId, attribute] : undefined;
}

/** The literal parts and the `${variables}` of an Fn::Sub string; `${!literal}` gives `${literal}`. */
export function subParts(template: string): readonly (string | { readonly variable: string })[] {
  const parts: (string | { readonly variable: string })[] = [];
  let end = 0;
  for (const match of template.matchAll(/\$\{([^}]*)\}/g)) {
    parts.push(template.slice(end, match.index));
    const inside = match[1]!.trim();
    parts.push(inside.startsWith("!") ? `\${${match[1]!.slice(match[1]!.indexOf("!") + 1)}}` : { variable: inside });
    end = match.index + match[0].length;
  }
  parts.push(template.slice(end));
  return parts;
}

function combine(name: string, decisive: boolean, arg: Value, scope: Scope, path: Path): Argument {
  const wrong = `every ${name} object requires a list of at least 2 and at most 10 boolean parameters.`;
  if (!isList(arg) || arg.length < 2 || arg.length > 10) throw fail(scope, path, wrong);
  const values = arg.map((item, i) => truth(evaluate(item, scope, [...path, i])));
  if (values.includes(undefined)) throw fail(scope, path, wrong);
  if (values.includes(decisive)) return decisive;
  return values.includes(UNKNOWN) ? UNKNOWN : !decisive;
}

/** undefined when it is not a boolean. */
export function truth(value: Argument): boolean | typeof UNKNOWN | undefined {
  if (value === UNKNOWN || typeof value === "boolean") return value;
  return value === "true" ? true : value === "false" ? false : undefined;
}

function concat(parts: readonly Argument[], delimiter: string, scope: Scope, path: Path, wrong: string): Argument {
  // A list parameter in Fn::Sub is written as AWS writes it: with commas.
  const texts = parts.map((part) => (part === UNKNOWN ? UNKNOWN : isList(part) && part.every((item) => typeof item === "string") ? part.join(",") : textOf(part)));
  if (texts.includes(undefined)) throw fail(scope, path, wrong);
  if (texts.includes(UNKNOWN)) return UNKNOWN;
  // Nested functions multiply what they repeat: a few lines of template can ask for more than there is memory.
  const length = texts.reduce<number>((sum, text) => sum + (text as string).length + delimiter.length, 0);
  if (length > LONGEST_TEXT) throw fail(scope, path, `the string would have ${length} characters; at most ${LONGEST_TEXT} are possible`);
  return texts.join(delimiter);
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html */
function resolveDynamic(text: string, scope: Scope, path: Path): Value {
  const parts: (string | typeof UNKNOWN)[] = [];
  let end = 0;
  for (const match of text.matchAll(/\{\{resolve:([^}]*)\}\}/g)) {
    const reference = match[1]!;
    if (!reference.startsWith("ssm:")) throw fail(scope, path, `the dynamic reference {{resolve:${reference}}} is not supported: only ssm is`);
    parts.push(text.slice(end, match.index), scope.dynamicReference(reference, path));
    end = match.index + match[0].length;
  }
  parts.push(text.slice(end));
  return parts.includes(UNKNOWN) ? UNKNOWN : parts.join("");
}

function own(map: Value | undefined, key: string): Value | undefined {
  return isMap(map) && Object.hasOwn(map, key) ? map[key] : undefined;
}

function fail(scope: Scope, path: Path, message: string): Error {
  return templateError(message, path, scope.position(path));
}
