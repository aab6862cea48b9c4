/** Intrinsic functions. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html */
import { cidrBlocks } from "./cidr.js";
import { CONDITION_FUNCTIONS, hasUnknown, RULE_FUNCTIONS } from "./condition-functions.js";
import { templateError } from "./errors.js";
import type { Argument, Intrinsic, Scope } from "./function.js";
import { marksIn } from "./marks.js";
import { LANGUAGE_EXTENSIONS } from "./transforms.js";
import { isList, isMap, textOf, UNKNOWN, type Path, type Value, type ValueMap } from "./value.js";

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
  if (!scope.extended && EXTENDED.has(name)) throw templateError(`${name} needs the transform ${LANGUAGE_EXTENSIONS}, which the template does not declare`, path, scope.position(path));
  const intrinsic = Object.hasOwn(INTRINSICS, name) ? INTRINSICS[name] : undefined;
  if (!intrinsic) throw templateError(`the function ${name} is not supported`, path, scope.position(path));
  if (RULE_FUNCTIONS.has(name) && path[0] !== "Rules") throw templateError(`${name} may be used in rules only`, path, scope.position(path));
  return intrinsic(arg, scope, path, evaluate);
}

const EXTENDED: ReadonlySet<string> = new Set(["Fn::Length", "Fn::ToJsonString"]);

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  ...CONDITION_FUNCTIONS,

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
    scope.write(text.length, path);
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

  "Fn::FindInMap"(arg, scope, path) {
    const wrong = "every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value";
    if (!isList(arg) || arg.length < 3 || arg.length > (scope.extended ? 4 : 3)) throw fail(scope, path, wrong);
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

  "Fn::Transform"(arg, scope, path) {
    const name = isMap(arg) ? arg["Name"] : undefined;
    throw fail(scope, path, typeof name === "string" ? `No transform named ${name} found: AWS::Include is not supported, and macros need Lambda, which there is not.` : "every Fn::Transform object requires a Name and Parameters.");
  },

  "Fn::Length"(arg, scope, path) {
    const items = evaluate(arg, scope, path);
    if (items === UNKNOWN) return UNKNOWN;
    if (!isList(items)) throw fail(scope, path, "Fn::Length expects a list of elements or an intrinsic function returning a list of elements.");
    return items.length;
  },

  "Fn::ToJsonString"(arg, scope, path) {
    if (!isList(arg) && !isMap(arg)) throw fail(scope, path, "Fn::ToJsonString expects an object or an array.");
    const value = evaluate(arg, scope, path);
    if (value === undefined || hasUnknown(value)) return UNKNOWN;
    scope.write(lettersIn(value), path);
    const text = JSON.stringify(value);
    scope.write(text.length, path);
    return text;
  },

  "Fn::Base64"(arg, scope, path) {
    const text = evaluate(arg, scope, path);
    if (text === UNKNOWN) return UNKNOWN;
    if (typeof text !== "string") throw fail(scope, path, "every Fn::Base64 object must have a String-typed value.");
    const bytes = Buffer.from(text, "utf8");
    scope.write(Math.ceil(bytes.length / 3) * 4, path);
    return bytes.toString("base64");
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
  return marksIn(template, "${", "}").map((part) => {
    if (typeof part === "string") return part;
    const inside = part.inside.trim();
    return inside.startsWith("!") ? `\${${part.inside.slice(part.inside.indexOf("!") + 1)}}` : { variable: inside };
  });
}

/** How long all strings in a value are together. */
function lettersIn(value: Value): number {
  if (typeof value === "string") return value.length;
  return typeof value === "object" && value !== null ? Object.values(value).reduce<number>((sum, item) => sum + lettersIn(item as Value), 0) : 0;
}

function concat(parts: readonly Argument[], delimiter: string, scope: Scope, path: Path, wrong: string): Argument {
  // A list parameter in Fn::Sub is written as AWS writes it: with commas.
  const texts = parts.map((part) => (part === UNKNOWN ? UNKNOWN : isList(part) && part.every((item) => typeof item === "string") ? part.join(",") : textOf(part)));
  if (texts.includes(undefined)) throw fail(scope, path, wrong);
  if (texts.includes(UNKNOWN)) return UNKNOWN;
  scope.write(texts.reduce<number>((sum, text) => sum + (text as string).length + delimiter.length, 0), path);
  return texts.join(delimiter);
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html */
function resolveDynamic(text: string, scope: Scope, path: Path): Value {
  const parts = marksIn(text, "{{resolve:", "}}").map((part) => {
    const resolved = typeof part === "string" ? part : part.inside.startsWith("ssm-secure:") ? scope.secureReference(part.whole, path) : plainReference(part.inside, scope, path);
    scope.write(resolved.length, path);
    return resolved;
  });
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  scope.write(length, path);
  return parts.join("");
}

function plainReference(reference: string, scope: Scope, path: Path): string {
  if (reference.startsWith("secretsmanager:")) throw fail(scope, path, `{{resolve:${reference}}} needs Secrets Manager, which Hakoniwa does not implement yet`);
  if (!/^ssm:[a-zA-Z0-9_.\-/]+(?::\d+)?$/.test(reference)) {
    throw fail(scope, path, `Could not parse the dynamic reference {{resolve:${reference}}}: it must be {{resolve:ssm:name:version}}, the version being optional`);
  }
  return scope.dynamicReference(reference, path);
}

function own(map: Value | undefined, key: string): Value | undefined {
  return isMap(map) && Object.hasOwn(map, key) ? map[key] : undefined;
}

function fail(scope: Scope, path: Path, message: string): Error {
  return templateError(message, path, scope.position(path));
}
