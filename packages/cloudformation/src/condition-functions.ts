/** Functions that conditions and rules are made of: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-rules.html */
import { templateError } from "./errors.js";
import { equal, isList, isMap, textOf, UNKNOWN, type Path, type Value } from "./value.js";
import type { Argument, Evaluate, Intrinsic, Scope } from "./function.js";

export const CONDITION_FUNCTIONS: Readonly<Record<string, Intrinsic>> = {
  Condition(arg, scope, path) {
    if (typeof arg !== "string") throw fail(scope, path, "every Condition object must have a single String value.");
    return scope.condition(arg, path);
  },

  "Fn::Equals"(arg, scope, path, evaluate) {
    if (!isList(arg) || arg.length !== 2) throw fail(scope, path, "every Fn::Equals object requires a list of 2 string parameters.");
    const [a, b] = arg.map((item, i) => evaluate(item, scope, [...path, i]));
    if (hasUnknown(a) || hasUnknown(b)) return UNKNOWN;
    return equal(textOf(a) ?? a, textOf(b) ?? b);
  },

  "Fn::And": (arg, scope, path, evaluate) => combine("Fn::And", false, arg, scope, path, evaluate),
  "Fn::Or": (arg, scope, path, evaluate) => combine("Fn::Or", true, arg, scope, path, evaluate),

  "Fn::Not"(arg, scope, path, evaluate) {
    if (!isList(arg) || arg.length !== 1) throw fail(scope, path, "every Fn::Not object requires one boolean parameter.");
    const value = truth(evaluate(arg[0]!, scope, [...path, 0]));
    if (value === undefined) throw fail(scope, path, "every Fn::Not object requires one boolean parameter.");
    return value === UNKNOWN ? UNKNOWN : !value;
  },

  "Fn::Contains"(arg, scope, path, evaluate) {
    const wrong = "every Fn::Contains object requires a list of strings and a string.";
    const [items, wanted] = pair(arg, scope, path, evaluate, wrong);
    if (hasUnknown(items) || wanted === UNKNOWN) return UNKNOWN;
    return texts(items, scope, path, wrong).includes(text(wanted, scope, path, wrong));
  },

  "Fn::EachMemberEquals"(arg, scope, path, evaluate) {
    const wrong = "every Fn::EachMemberEquals object requires a list of strings and a string.";
    const [items, wanted] = pair(arg, scope, path, evaluate, wrong);
    if (hasUnknown(items) || wanted === UNKNOWN) return UNKNOWN;
    const value = text(wanted, scope, path, wrong);
    return texts(items, scope, path, wrong).every((item) => item === value);
  },

  "Fn::EachMemberIn"(arg, scope, path, evaluate) {
    const wrong = "every Fn::EachMemberIn object requires two lists of strings.";
    const [items, allowed] = pair(arg, scope, path, evaluate, wrong);
    if (hasUnknown(items) || hasUnknown(allowed)) return UNKNOWN;
    const choice = new Set(texts(allowed, scope, path, wrong));
    return texts(items, scope, path, wrong).every((item) => choice.has(item));
  },

  "Fn::RefAll"(arg, scope, path) {
    if (typeof arg !== "string") throw fail(scope, path, "every Fn::RefAll object requires the name of a parameter type.");
    return scope.parametersOf(arg).flatMap(({ value }) => value);
  },

  "Fn::ValueOf"(arg, scope, path) {
    const [name, attribute] = isList(arg) && arg.length === 2 ? arg : [];
    if (typeof name !== "string" || typeof attribute !== "string") throw fail(scope, path, "every Fn::ValueOf object requires the name of a parameter and an attribute.");
    return attributesOf(scope.parametersOf(undefined).filter((parameter) => parameter.name === name), attribute, scope, path);
  },

  "Fn::ValueOfAll"(arg, scope, path) {
    const [type, attribute] = isList(arg) && arg.length === 2 ? arg : [];
    if (typeof type !== "string" || typeof attribute !== "string") throw fail(scope, path, "every Fn::ValueOfAll object requires a parameter type and an attribute.");
    return attributesOf(scope.parametersOf(type), attribute, scope, path, true);
  },
};

/** Only in rules. */
export const RULE_FUNCTIONS: ReadonlySet<string> = new Set(["Fn::EachMemberEquals", "Fn::EachMemberIn", "Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll", "Fn::Contains"]);

/** A list where there is more than one value. */
function attributesOf(parameters: ReturnType<Scope["parametersOf"]>, attribute: string, scope: Scope, path: Path, all = false): Argument {
  const values = parameters.flatMap(({ name, type, value }) =>
    (typeof value === "string" ? [value] : value).map((one) => {
      const found = scope.parameterAttribute(type, one, attribute);
      if (found === undefined) throw fail(scope, path, `the parameter ${name} of type ${type} has no attribute ${attribute}`);
      return found;
    }),
  );
  const single = parameters.length === 1 && typeof parameters[0]!.value === "string";
  return single && !all ? values[0] : values;
}

function pair(arg: Value, scope: Scope, path: Path, evaluate: Evaluate, wrong: string): readonly Argument[] {
  if (!isList(arg) || arg.length !== 2) throw fail(scope, path, wrong);
  return arg.map((item, i) => evaluate(item, scope, [...path, i]));
}

function texts(value: Argument, scope: Scope, path: Path, wrong: string): readonly string[] {
  if (!isList(value)) throw fail(scope, path, wrong);
  return value.map((item) => text(item, scope, path, wrong));
}

function text(value: Argument, scope: Scope, path: Path, wrong: string): string {
  const found = value === UNKNOWN ? undefined : textOf(value);
  if (found === undefined) throw fail(scope, path, wrong);
  return found;
}

function combine(name: string, decisive: boolean, arg: Value, scope: Scope, path: Path, evaluate: Evaluate): Argument {
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

/** Whether something in the value is known only when the stack runs. */
export function hasUnknown(value: Argument): boolean {
  if (value === UNKNOWN) return true;
  if (isList(value)) return value.some(hasUnknown);
  return isMap(value) && Object.values(value).some(hasUnknown);
}

function fail(scope: Scope, path: Path, message: string): Error {
  return templateError(message, path, scope.position(path));
}
