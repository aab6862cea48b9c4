/** Parameters: their definitions, and the values that a call gives them. */
import { runInNewContext } from "node:vm";
import { formatError, validationError, type Position } from "./errors.js";
import { isList, isMap, textOf, type Path, type Value, type ValueMap } from "./value.js";

export interface ParameterDefinition {
  readonly name: string;
  readonly type: string;
  readonly default: string | undefined;
  readonly description: string | undefined;
  readonly noEcho: boolean;
  readonly allowedValues: readonly string[] | undefined;
  readonly allowedPattern: string | undefined;
  readonly minLength: number | undefined;
  readonly maxLength: number | undefined;
  readonly minValue: number | undefined;
  readonly maxValue: number | undefined;
  readonly constraintDescription: string | undefined;
}

/** AWS's own types whose values must exist. */
const AWS_TYPES = new Set(
  ["AvailabilityZone::Name", "Image::Id", "Instance::Id", "KeyPair::KeyName", "SecurityGroup::GroupName", "SecurityGroup::Id", "Subnet::Id", "VPC::Id", "Volume::Id"].map((name) => `AWS::EC2::${name}`),
);

const MEMBERS = new Set(["Type", "Default", "Description", "NoEcho", "AllowedValues", "AllowedPattern", "MinLength", "MaxLength", "MinValue", "MaxValue", "ConstraintDescription"]);

/** @throws AwsError ValidationError */
export function readParameters(section: ValueMap, position: (path: Path) => Position | undefined): ReadonlyMap<string, ParameterDefinition> {
  return new Map(Object.entries(section).map(([name, value]) => [name, readParameter(name, value, position)]));
}

function readParameter(name: string, value: Value, position: (path: Path) => Position | undefined): ParameterDefinition {
  const at = (member?: string): Position | undefined => position(member === undefined ? ["Parameters", name] : ["Parameters", name, member]);
  if (!isMap(value) || typeof value["Type"] !== "string") throw formatError(`Every Parameters object must contain a Type member: ${name}.`, at());
  const strange = Object.keys(value).find((member) => !MEMBERS.has(member));
  if (strange !== undefined) throw formatError(`Invalid template parameter property '${strange}'`, at(strange));
  const type = value["Type"];
  if (!isKnownType(type)) throw formatError(`Unrecognized parameter type: ${type}`, at("Type"));
  const { Default: given, AllowedValues: allowed, AllowedPattern: pattern } = value;
  const fallback = isList(given) ? undefined : textOf(given);
  if (given !== undefined && fallback === undefined) throw formatError(`Every Default member must be a string: ${name}.`, at("Default"));
  if (allowed !== undefined && !isList(allowed)) throw formatError(`Every AllowedValues member must be a list: ${name}.`, at("AllowedValues"));
  if (pattern !== undefined && !isPattern(pattern)) {
    throw formatError(`AllowedPattern of parameter ${name} is not a regular expression: ${textOf(pattern) ?? JSON.stringify(pattern)}`, at("AllowedPattern"));
  }
  const number = (member: string): number | undefined => {
    const text = textOf(value[member]);
    if (value[member] === undefined) return undefined;
    if (text === undefined || !Number.isFinite(Number(text)) || text.trim() === "") throw formatError(`${member} of parameter ${name} must be a number.`, at(member));
    return Number(text);
  };
  return {
    name,
    type,
    default: fallback,
    description: textOf(value["Description"]),
    noEcho: textOf(value["NoEcho"]) === "true",
    allowedValues: allowed?.map((item) => textOf(item) ?? JSON.stringify(item)),
    allowedPattern: textOf(pattern),
    minLength: number("MinLength"),
    maxLength: number("MaxLength"),
    minValue: number("MinValue"),
    maxValue: number("MaxValue"),
    constraintDescription: textOf(value["ConstraintDescription"]),
  };
}

function isKnownType(type: string): boolean {
  const ssm = /^AWS::SSM::Parameter::Value<(.+)>$/.exec(type)?.[1];
  if (ssm !== undefined) return isKnownType(ssm);
  const list = /^List<(.+)>$/.exec(type)?.[1];
  if (list !== undefined) return list === "Number" || list === "String" || AWS_TYPES.has(list);
  return type === "String" || type === "Number" || type === "CommaDelimitedList" || type === "AWS::SSM::Parameter::Name" || AWS_TYPES.has(type);
}

/** What the engine must ask the cloud while it reads parameters. */
export interface ParameterSources {
  /** The value of an SSM parameter, `name` or `name:version`; false when it is secret. */
  ssm(name: string): string | false | undefined;
  /** Whether a value of one of EC2's types exists. @param stored it stands in Parameter Store: callers need no right to look it up */
  exists(type: string, value: string, stored: boolean): boolean;
}

export interface GivenParameter {
  readonly key: string;
  readonly value: string;
}

export interface ResolvedParameter {
  readonly name: string;
  /** As it was given: an SSM parameter's name for SSM types. */
  readonly given: string;
  /** What `Ref` gives. */
  readonly value: string | readonly string[];
}

/**
 * Gives every parameter its value.
 * @throws AwsError ValidationError naming the parameter and what it breaks
 */
export function resolveParameters(definitions: ReadonlyMap<string, ParameterDefinition>, given: readonly GivenParameter[], sources: ParameterSources): ReadonlyMap<string, ResolvedParameter> {
  const values = new Map(given.map(({ key, value }) => [key, value]));
  const extra = [...values.keys()].filter((key) => !definitions.has(key));
  if (extra.length > 0) throw validationError(`Parameters: [${extra.join(", ")}] do not exist in the template`);
  const missing = [...definitions.values()].filter((definition) => !values.has(definition.name) && definition.default === undefined);
  if (missing.length > 0) throw validationError(`Parameters: [${missing.map((definition) => definition.name).join(", ")}] must have values`);
  const patience: Patience = { left: PATTERNS_LIMIT };
  return new Map([...definitions.values()].map((definition) => [definition.name, resolve(definition, values.get(definition.name) ?? definition.default!, sources, patience)]));
}

function resolve(definition: ParameterDefinition, given: string, sources: ParameterSources, patience: Patience): ResolvedParameter {
  checkConstraints(definition, given, patience);
  const { name, type } = definition;
  const inner = /^AWS::SSM::Parameter::Value<(.+)>$/.exec(type)?.[1];
  let text = given;
  if (inner !== undefined) {
    const found = sources.ssm(given);
    if (found === undefined) throw validationError(`Unable to fetch parameters [${given}] from parameter store for this account.`);
    if (found === false) throw validationError(`Parameters [${given}] referenced by template have types not supported by CloudFormation.`);
    text = found;
  }
  const of = inner ?? type;
  const element = /^List<(.+)>$/.exec(of)?.[1];
  const value = of === "CommaDelimitedList" || element !== undefined ? split(text) : text;
  for (const item of typeof value === "string" ? [value] : value) {
    if ((element ?? of) === "Number" && !isNumber(item)) throw validationError(`Parameter '${name}' must be a number`);
    if (AWS_TYPES.has(element ?? of) && !sources.exists(element ?? of, item, inner !== undefined)) {
      throw validationError(`Parameter validation failed: parameter value ${item} for parameter name ${name} does not exist`);
    }
  }
  return { name, given, value };
}

function split(text: string): readonly string[] {
  return text === "" ? [] : text.split(",").map((item) => item.trim());
}

function isNumber(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(Number(text));
}

function isPattern(pattern: Value): boolean {
  if (typeof pattern !== "string") return false;
  try {
    anchored(pattern);
    return true;
  } catch {
    return false;
  }
}

/** In bytes: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const LONGEST_VALUE = 4096;

/** Milliseconds. A pattern such as (a+)+ needs longer than anybody lives, and everybody would wait. */
const PATTERN_LIMIT = 1_000;
/** For all of a template's together: each could be just quick enough. */
const PATTERNS_LIMIT = 4_000;

/** How long patterns may go on being matched. */
interface Patience {
  left: number;
}

/** @throws AwsError ValidationError when the pattern takes too long to tell */
function matches(pattern: string, given: string, name: string, patience: Patience): boolean {
  const begun = performance.now();
  try {
    return runInNewContext("pattern.test(given)", { pattern: anchored(pattern), given }, { timeout: Math.max(1, Math.min(PATTERN_LIMIT, Math.ceil(patience.left))) }) as boolean;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
    throw validationError(`AllowedPattern of parameter ${name} takes too long to match its value: ${pattern}`);
  } finally {
    patience.left -= performance.now() - begun;
  }
}

/** Patterns match the whole value. */
function anchored(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`);
}

function checkConstraints(definition: ParameterDefinition, given: string, patience: Patience): void {
  const { name, allowedValues, allowedPattern, minLength, maxLength, minValue, maxValue, constraintDescription } = definition;
  const fail = (message: string): never => {
    throw validationError(constraintDescription === undefined ? message : `Parameter '${name}' failed to satisfy constraint: ${constraintDescription}`);
  };
  if (Buffer.byteLength(given) > LONGEST_VALUE) throw validationError(`Parameter '${name}' has a value of ${Buffer.byteLength(given)} bytes; at most ${LONGEST_VALUE} are allowed`);
  if (definition.type === "Number" && !isNumber(given)) throw validationError(`Parameter '${name}' must be a number`);
  const list = definition.type === "CommaDelimitedList" || definition.type.startsWith("List<");
  if (allowedValues && !(list ? split(given) : [given]).every((item) => allowedValues.includes(item))) fail(`Parameter '${name}' must be one of AllowedValues`);
  if (allowedPattern !== undefined && !matches(allowedPattern, given, name, patience)) fail(`Parameter '${name}' must match pattern ${allowedPattern}`);
  if (minLength !== undefined && given.length < minLength) fail(`Parameter '${name}' must contain at least ${minLength} characters`);
  if (maxLength !== undefined && given.length > maxLength) fail(`Parameter '${name}' must contain at most ${maxLength} characters`);
  if (minValue !== undefined && Number(given) < minValue) fail(`Parameter '${name}' must be a number not less than ${minValue}`);
  if (maxValue !== undefined && Number(given) > maxValue) fail(`Parameter '${name}' must be a number not greater than ${maxValue}`);
}
