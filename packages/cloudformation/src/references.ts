/** Names that a template uses and does not have. Looks into every branch, taken or not. */
import { formatError, place, templateError } from "./errors.js";
import { functionOf, getAttArguments, subParts } from "./intrinsics.js";
import type { Schemas } from "./schema.js";
import type { Template } from "./template.js";
import { isList, isMap, type Path, type Value, type ValueMap } from "./value.js";

/** How many places one error tells of. */
const TOLD = 20;

export const PSEUDO_PARAMETERS = new Set(["AccountId", "NoValue", "NotificationARNs", "Partition", "Region", "StackId", "StackName", "URLSuffix"].map((name) => `AWS::${name}`));

/** Every name that a value refers to, with the attribute that it asks for. */
export function referencesIn(value: Value): readonly { readonly name: string; readonly attribute: string | undefined }[] {
  const found: { readonly name: string; readonly attribute: string | undefined }[] = [];
  walk(value, [], {
    ref: (name) => void found.push({ name, attribute: undefined }),
    getAtt: (name, attribute) => void found.push({ name, attribute: attribute ?? "" }),
    condition: () => undefined,
  });
  return found;
}

/** @throws AwsError ValidationError on the first block with names that nothing defines */
export function checkReferences(template: Template, schemas: Schemas): void {
  checkConditions(template);
  /** With the first place of each. */
  const missing = { Resources: new Map<string, Path>(), Outputs: new Map<string, Path>() };
  const check = (block: keyof typeof missing, value: Value, path: Path): void =>
    walk(value, path, {
      ref(name, at) {
        if (!isDefined(template, name) && !missing[block].has(name)) missing[block].set(name, at);
      },
      getAtt(logicalId, attribute, at) {
        const resource = template.resources.get(logicalId);
        if (!resource) throw templateError(`instance of Fn::GetAtt references undefined resource ${logicalId}`, at, template.parsed.position(at));
        const schema = schemas.get(resource.type);
        if (schema && attribute !== undefined && !schema.attributes.includes(attribute) && !isOutput(resource.type, attribute)) {
          throw templateError(`resource ${logicalId} does not support attribute type ${attribute} in Fn::GetAtt`, at, template.parsed.position(at));
        }
      },
      condition(name, at) {
        if (!Object.hasOwn(template.conditions, name)) throw templateError(`unresolved condition dependency ${name} in Fn::If`, at, template.parsed.position(at));
      },
    });
  for (const { logicalId, properties, metadata, dependsOn, creationPolicy, updatePolicy } of template.resources.values()) {
    check("Resources", properties, ["Resources", logicalId, "Properties"]);
    if (metadata !== undefined) check("Resources", metadata, ["Resources", logicalId, "Metadata"]);
    if (creationPolicy !== undefined) check("Resources", creationPolicy, ["Resources", logicalId, "CreationPolicy"]);
    if (updatePolicy !== undefined) check("Resources", updatePolicy, ["Resources", logicalId, "UpdatePolicy"]);
    for (const id of dependsOn) if (!template.resources.has(id)) missing.Resources.set(id, ["Resources", logicalId, "DependsOn"]);
  }
  for (const { name, value, exportName } of template.outputs.values()) {
    check("Outputs", value, ["Outputs", name, "Value"]);
    if (exportName !== undefined) check("Outputs", exportName, ["Outputs", name, "Export", "Name"]);
  }
  for (const [block, names] of Object.entries(missing)) {
    if (names.size === 0) continue;
    const places = [...names.values()].slice(0, TOLD).map((path) => place(path, template.parsed.position(path)));
    throw formatError(`Unresolved resource dependencies [${[...names.keys()].join(", ")}] in the ${block} block of the template ${places.join(" ")}`);
  }
}

/** What a nested stack gives is known only when it is there. */
function isOutput(type: string, attribute: string): boolean {
  return type === "AWS::CloudFormation::Stack" && /^Outputs\.[A-Za-z0-9]+$/.test(attribute);
}

function isDefined(template: Template, name: string): boolean {
  return template.parameters.has(name) || template.resources.has(name) || PSEUDO_PARAMETERS.has(name);
}

/** Conditions are decided before there are resources. */
function checkConditions(template: Template): void {
  const missing = new Set<string>();
  const names = (value: Value, path: Path): void =>
    walk(value, path, {
      ref(name) {
        if (!template.parameters.has(name) && !PSEUDO_PARAMETERS.has(name)) missing.add(name);
      },
      getAtt: (logicalId) => void missing.add(logicalId),
      condition(name, at) {
        if (!Object.hasOwn(template.conditions, name)) throw templateError(`unresolved condition dependency ${name}`, at, template.parsed.position(at));
      },
    });
  for (const [name, value] of Object.entries(template.conditions)) names(value, ["Conditions", name]);
  for (const rule of template.rules) rule.assertions.forEach(({ assert }, i) => names(assert, ["Rules", rule.name, "Assertions", i, "Assert"]));
  if (missing.size > 0) throw formatError(`Unresolved dependencies [${[...missing].join(", ")}]. Cannot reference resources in the Conditions block of the template`);
}

interface Visitor {
  ref(name: string, path: Path): void;
  /** `attribute` is undefined when it is computed. */
  getAtt(logicalId: string, attribute: string | undefined, path: Path): void;
  condition(name: string, path: Path): void;
}

function walk(value: Value, path: Path, visit: Visitor): void {
  if (isList(value)) return value.forEach((item, i) => walk(item, [...path, i], visit));
  if (!isMap(value)) return;
  const name = functionOf(value);
  const arg = name === undefined ? undefined : value[name];
  if (name === "Ref") return typeof arg === "string" ? visit.ref(arg, [...path, name]) : undefined;
  if (name === "Condition") return typeof arg === "string" ? visit.condition(arg, [...path, name]) : undefined;
  if (name === "Fn::GetAtt" && arg !== undefined) {
    const [logicalId, attribute] = getAttArguments(arg) ?? [];
    if (logicalId !== undefined) visit.getAtt(logicalId, typeof attribute === "string" ? attribute : undefined, [...path, name]);
  }
  if (name === "Fn::Sub") walkSub(arg!, [...path, name], visit);
  if (name === "Fn::If" && isList(arg) && typeof arg[0] === "string") visit.condition(arg[0], [...path, name]);
  for (const [key, item] of Object.entries(value)) walk(item, [...path, key], visit);
}

function walkSub(arg: Value, path: Path, visit: Visitor): void {
  const template: Value | undefined = isList(arg) ? arg[0] : arg;
  const extra: Value | undefined = isList(arg) ? arg[1] : undefined;
  if (typeof template !== "string") return;
  const own: ValueMap = isMap(extra) ? extra : {};
  for (const part of subParts(template)) {
    if (typeof part === "string" || Object.hasOwn(own, part.variable)) continue;
    const dot = part.variable.indexOf(".");
    if (dot < 0) visit.ref(part.variable, path);
    else visit.getAtt(part.variable.slice(0, dot), part.variable.slice(dot + 1), path);
  }
}
