/** A template's sections, checked for their structure. */
import { formatError, TemplateError, templateError, validationError } from "./errors.js";
import type { ParsedTemplate } from "./parse.js";
import { readParameters, type ParameterDefinition } from "./parameters.js";
import { isExtended } from "./transforms.js";
import { isList, isMap, textOf, type Path, type Value, type ValueMap } from "./value.js";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const LIMITS = { Resources: 500, Parameters: 200, Mappings: 200, Outputs: 200, Conditions: 1000 } as const;

/** In bytes. */
const LONGEST_DESCRIPTION = 1024;

const SECTIONS = new Set(["AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Mappings", "Conditions", "Rules", "Transform", "Hooks", "Resources", "Outputs"]);
const RESOURCE_MEMBERS = new Set(["Type", "Properties", "DependsOn", "Condition", "Metadata", "Description", "DeletionPolicy", "UpdateReplacePolicy", "UpdatePolicy", "CreationPolicy"]);

/** Of which a snapshot can be taken before they go: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html */
const WITH_SNAPSHOTS: ReadonlySet<string> = new Set([
  "AWS::DocDB::DBCluster",
  "AWS::EC2::Volume",
  "AWS::ElastiCache::CacheCluster",
  "AWS::ElastiCache::ReplicationGroup",
  "AWS::Neptune::DBCluster",
  "AWS::RDS::DBCluster",
  "AWS::RDS::DBInstance",
  "AWS::Redshift::Cluster",
]);

/** `RetainExceptOnCreate` deletes only when the creation that made the resource is rolled back. */
export type DeletionPolicy = "Delete" | "Retain" | "RetainExceptOnCreate" | "Snapshot";

export interface ResourceDefinition {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: ValueMap;
  readonly dependsOn: readonly string[];
  readonly condition: string | undefined;
  readonly metadata: Value | undefined;
  readonly deletionPolicy: DeletionPolicy;
  /** It stands in the template: imports ask for that. */
  readonly hasDeletionPolicy: boolean;
  readonly updateReplacePolicy: DeletionPolicy;
  /** As it stands in the template; `readPolicies` makes sense of it. */
  readonly creationPolicy: Value | undefined;
  readonly updatePolicy: Value | undefined;
}

export interface OutputDefinition {
  readonly name: string;
  readonly value: Value;
  readonly description: string | undefined;
  readonly exportName: Value | undefined;
  readonly condition: string | undefined;
}

export interface RuleDefinition {
  readonly name: string;
  readonly condition: Value | undefined;
  readonly assertions: readonly { readonly assert: Value; readonly description: string | undefined }[];
}

export interface Template {
  readonly parsed: ParsedTemplate;
  /** Whether the functions of AWS::LanguageExtensions may be used. */
  readonly extended: boolean;
  readonly description: string | undefined;
  readonly metadata: Value | undefined;
  readonly parameters: ReadonlyMap<string, ParameterDefinition>;
  readonly mappings: ValueMap;
  readonly conditions: ValueMap;
  readonly rules: readonly RuleDefinition[];
  readonly resources: ReadonlyMap<string, ResourceDefinition>;
  readonly outputs: ReadonlyMap<string, OutputDefinition>;
}

/**
 * Reads the sections.
 * @throws AwsError ValidationError on unknown or malformed sections and members
 */
export function readTemplate(parsed: ParsedTemplate): Template {
  const { root } = parsed;
  if (!isMap(root)) throw formatError("unsupported structure.");
  const unknown = Object.keys(root).filter((name) => !SECTIONS.has(name));
  if (unknown.length > 0) throw validationError(`Invalid template property or properties [${unknown.join(", ")}]`);
  checkVersion(root["AWSTemplateFormatVersion"]);
  const extended = isExtended(parsed);
  if (root["Hooks"] !== undefined) throw new TemplateError("The section Hooks is not supported.", ["Hooks"], parsed.position(["Hooks"]));
  const resources = sectionOf(parsed, root, "Resources");
  if (Object.keys(resources).length === 0) throw formatError("At least one Resources member must be defined.");
  const description = root["Description"];
  if (description !== undefined && typeof description !== "string") throw formatError("every Description member must be a string.");
  if (description !== undefined && Buffer.byteLength(description) > LONGEST_DESCRIPTION) throw formatError(`'Description' length is greater than ${LONGEST_DESCRIPTION}.`);
  const conditions = sectionOf(parsed, root, "Conditions");
  return {
    parsed,
    extended,
    description,
    metadata: root["Metadata"],
    ...readHead(parsed),
    conditions,
    rules: readRules(parsed, sectionOf(parsed, root, "Rules")),
    resources: new Map(Object.entries(resources).map(([id, value]) => [id, readResource(parsed, id, value, conditions)])),
    outputs: new Map(Object.entries(sectionOf(parsed, root, "Outputs")).map(([name, value]) => [name, readOutput(parsed, name, value, conditions)])),
  };
}

/**
 * What a template says before its transforms are carried out.
 * @throws AwsError ValidationError
 */
export function readHead(parsed: ParsedTemplate): Pick<Template, "parameters" | "mappings"> {
  const { root } = parsed;
  if (!isMap(root)) throw formatError("unsupported structure.");
  return {
    parameters: readParameters(sectionOf(parsed, root, "Parameters"), (path) => parsed.position(path)),
    mappings: readMappings(parsed, sectionOf(parsed, root, "Mappings")),
  };
}

function checkVersion(version: Value | undefined): void {
  if (version !== undefined && version !== "2010-09-09") {
    throw formatError(`${JSON.stringify(version)} is not a supported value for AWSTemplateFormatVersion.`);
  }
}

function sectionOf(parsed: ParsedTemplate, root: ValueMap, name: string): ValueMap {
  const section = root[name] ?? {};
  if (!isMap(section)) throw formatError(`[/${name}] expected a map.`, parsed.position([name]));
  const names = Object.keys(section);
  const limit = Object.hasOwn(LIMITS, name) ? LIMITS[name as keyof typeof LIMITS] : undefined;
  if (limit !== undefined && names.length > limit) {
    throw formatError(`Number of ${name.toLowerCase()}, ${names.length}, is greater than maximum allowed, ${limit}`);
  }
  const wrong = names.find((id) => !/^[A-Za-z0-9]{1,255}$/.test(id));
  if (wrong !== undefined && name !== "Rules") throw formatError(`${name} name ${wrong} is non alphanumeric.`, parsed.position([name, wrong]));
  return section;
}

function readMappings(parsed: ParsedTemplate, section: ValueMap): ValueMap {
  for (const [name, mapping] of Object.entries(section)) {
    if (!isMap(mapping)) throw formatError(`Every Mappings member ${name} must be a map`, parsed.position(["Mappings", name]));
    for (const [key, attributes] of Object.entries(mapping)) {
      if (!isMap(attributes)) throw formatError(`Every Mappings attribute must be a map: ${name}/${key}`, parsed.position(["Mappings", name, key]));
      for (const [attribute, value] of Object.entries(attributes)) {
        const fine = textOf(value) !== undefined || (isList(value) && value.every((item) => textOf(item) !== undefined));
        if (!fine) throw formatError("Every Mappings attribute must be a String or a List.", parsed.position(["Mappings", name, key, attribute]));
      }
    }
  }
  return section;
}

function readResource(parsed: ParsedTemplate, logicalId: string, value: Value, conditions: ValueMap): ResourceDefinition {
  const path: Path = ["Resources", logicalId];
  if (!isMap(value)) throw formatError(`[/Resources/${logicalId}] resource definition is malformed`, parsed.position(path));
  const { Type: type, Properties: properties = {}, DependsOn: dependsOn = [], Condition: condition } = value;
  if (typeof type !== "string") throw formatError(`[/Resources/${logicalId}] Every Resources object must contain a Type member.`, parsed.position(path));
  const strange = Object.keys(value).find((member) => !RESOURCE_MEMBERS.has(member));
  if (strange !== undefined) throw new TemplateError(`Invalid template resource property '${strange}'`, [...path, strange], parsed.position([...path, strange]));
  if (!isMap(properties)) throw formatError(`[/Resources/${logicalId}/Properties] Properties must be a map.`, parsed.position([...path, "Properties"]));
  const after = isList(dependsOn) ? dependsOn : [dependsOn];
  if (!after.every((id) => typeof id === "string")) {
    throw formatError(`[/Resources/${logicalId}/DependsOn] every DependsOn value must be a string.`, parsed.position([...path, "DependsOn"]));
  }
  const deletionPolicy = policyOf(parsed, path, value, "DeletionPolicy");
  return {
    logicalId,
    type,
    properties,
    dependsOn: [...new Set(after)],
    condition: conditionOf(parsed, path, condition, conditions),
    metadata: value["Metadata"],
    deletionPolicy,
    hasDeletionPolicy: value["DeletionPolicy"] !== undefined,
    updateReplacePolicy: policyOf(parsed, path, value, "UpdateReplacePolicy"),
    creationPolicy: value["CreationPolicy"],
    updatePolicy: value["UpdatePolicy"],
  };
}

function policyOf(parsed: ParsedTemplate, path: Path, resource: ValueMap, name: "DeletionPolicy" | "UpdateReplacePolicy"): DeletionPolicy {
  const policy = resource[name] ?? "Delete";
  if (policy === "Delete" || policy === "Retain" || (policy === "RetainExceptOnCreate" && name === "DeletionPolicy")) return policy;
  const where = parsed.position([...path, name]);
  const type = textOf(resource["Type"]) ?? "";
  if (policy === "Snapshot" && WITH_SNAPSHOTS.has(type)) return policy;
  if (policy === "Snapshot") throw templateError(`resource type ${type} does not support ${name === "DeletionPolicy" ? "deletion" : "update replace"} policy Snapshot`, [...path, name], where);
  if (typeof policy !== "string") throw formatError(`Every ${name} member must be a string.`, where);
  throw formatError(`Unrecognized ${name} ${JSON.stringify(policy)} for resource ${path[1]}`, where);
}

function conditionOf(parsed: ParsedTemplate, path: Path, condition: Value | undefined, conditions: ValueMap): string | undefined {
  if (condition === undefined) return undefined;
  if (typeof condition !== "string") throw formatError("Every Condition member must be a string.", parsed.position([...path, "Condition"]));
  if (!Object.hasOwn(conditions, condition)) throw formatError(`Unresolved condition dependency ${condition} in the ${path[0]} block of the template`, parsed.position([...path, "Condition"]));
  return condition;
}

function readOutput(parsed: ParsedTemplate, name: string, value: Value, conditions: ValueMap): OutputDefinition {
  const path: Path = ["Outputs", name];
  if (!isMap(value)) throw formatError(`[/Outputs/${name}] every Outputs member must be a map.`, parsed.position(path));
  const strange = Object.keys(value).find((member) => !["Value", "Description", "Export", "Condition"].includes(member));
  if (strange !== undefined) throw new TemplateError(`Invalid template output property '${strange}'`, [...path, strange], parsed.position([...path, strange]));
  const { Value: given, Description: description, Export: exported, Condition: condition } = value;
  if (given === undefined) throw formatError(`Every Outputs member must contain a Value object: ${name}`, parsed.position(path));
  if (exported !== undefined && (!isMap(exported) || exported["Name"] === undefined)) {
    throw formatError(`[/Outputs/${name}/Export] an Export must contain a Name.`, parsed.position([...path, "Export"]));
  }
  return {
    name,
    value: given,
    description: typeof description === "string" ? description : undefined,
    exportName: isMap(exported) ? exported["Name"] : undefined,
    condition: conditionOf(parsed, path, condition, conditions),
  };
}

function readRules(parsed: ParsedTemplate, section: ValueMap): readonly RuleDefinition[] {
  return Object.entries(section).map(([name, rule]) => {
    const assertions = isMap(rule) ? rule["Assertions"] : undefined;
    if (!isMap(rule) || !isList(assertions)) throw formatError(`[/Rules/${name}] a rule must contain Assertions.`, parsed.position(["Rules", name]));
    return {
      name,
      condition: rule["RuleCondition"],
      assertions: assertions.map((item, i) => {
        if (!isMap(item) || item["Assert"] === undefined) throw formatError(`[/Rules/${name}/Assertions/${i}] must contain Assert.`, parsed.position(["Rules", name, "Assertions", i]));
        const description = item["AssertDescription"];
        return { assert: item["Assert"], description: typeof description === "string" ? description : undefined };
      }),
    };
  });
}
