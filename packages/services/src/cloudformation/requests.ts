/** From what a caller sends to a checked template with its parameters: nothing is touched before all of it holds. */
import { expandTemplate, makeGoal, MAX_TEMPLATE_BODY, parse, readHead, readTemplate, resolveParameters, transformsOf, type GivenParameter, type Goal, type ParsedTemplate, type Template } from "@hakoniwa/cloudformation";
import type { Reader } from "@hakoniwa/kernel";
import type { CloudformationTypes } from "@hakoniwa/wire";
import { environmentOf, parameterSources } from "./environment.js";
import { exportTaken, insufficientCapabilities, unsupportedSetting, validationError } from "./errors.js";
import { findExport } from "./find.js";
import type { Ground } from "./ground.js";
import { readRollback } from "./policies-rollback.js";
import type { Registry } from "./registry.js";
import { templates, type Capability, type Configuration, type Stack, type StackTemplate } from "./state.js";

/** The members that creating, updating and previewing share. */
export interface StackRequest {
  readonly TemplateBody?: string | undefined;
  readonly TemplateURL?: string | undefined;
  readonly UsePreviousTemplate?: boolean | undefined;
  readonly Parameters?: readonly CloudformationTypes.Parameter[] | undefined;
  readonly Tags?: readonly CloudformationTypes.Tag[] | undefined;
  readonly Capabilities?: readonly Capability[] | undefined;
  readonly NotificationARNs?: readonly string[] | undefined;
  readonly RollbackConfiguration?: CloudformationTypes.RollbackConfiguration | undefined;
  readonly ResourceTypes?: readonly string[] | undefined;
  readonly RoleARN?: string | undefined;
  readonly DeploymentConfig?: CloudformationTypes.DeploymentConfig | undefined;
}

export interface CheckedRequest {
  readonly body: string;
  /** What the transforms made of it; undefined when there are none. */
  readonly processed: string | undefined;
  readonly goal: Goal;
  readonly configuration: Omit<Configuration, "templateId">;
}

export interface CheckOptions {
  /** The stack as it is, when it is updated. */
  readonly previous?: Stack | undefined;
  /** What TemplateURL led to. */
  readonly fetched?: string | undefined;
  /** The changes are shown before they are made: transforms need no acknowledgement. */
  readonly reviewed?: boolean;
  /** Parameters whose values nobody knows before the stack around this one is updated. */
  readonly unknown?: readonly string[];
}

export function checkRequest(ground: Ground, registry: Registry, request: StackRequest, stack: { readonly id: string; readonly name: string }, options: CheckOptions = {}): CheckedRequest {
  const { previous } = options;
  refuseExpress(request.DeploymentConfig);
  const body = bodyOf(ground.db, request, options);
  const parsed = parse(body);
  const head = readHead(parsed);
  const known = new Map([...head.parameters].filter(([name]) => !options.unknown?.includes(name)));
  const parameters = resolveParameters(known, givenParameters(request, head, previous), parameterSources(ground.facts, ground.aws));
  const notificationArns = checkTopics(request.NotificationARNs) ?? previous?.configuration.notificationArns ?? [];
  // What a role that was passed may read is found out when it is assumed.
  const environment = environmentOf((request.RoleARN ?? previous?.roleArn) === undefined ? ground : { ...ground, aws: undefined }, stack, notificationArns);
  const capabilities = request.Capabilities ?? [];
  if (!options.reviewed && transformsOf(parsed).length > 0 && !capabilities.includes("CAPABILITY_AUTO_EXPAND")) throw insufficientCapabilities(["CAPABILITY_AUTO_EXPAND"]);
  const expanded = expandTemplate(parsed, parameters, environment);
  if (!expanded) throw validationError("Transform AWS::LanguageExtensions failed with: a collection of Fn::ForEach is not known before the stack is created.");
  const template = readTemplate(expanded);
  const goal = makeGoal(template, parameters, environment, registry.schemas);
  refuseTypes(request.ResourceTypes, template);
  checkCapabilities(template, capabilities);
  checkExports(ground.db, template, stack.id);
  const tags = request.Tags ? checkTags(request.Tags) : (previous?.configuration.tags ?? []);
  const configuration = { parameters: [...parameters.values()], tags, capabilities, imports: goal.imports, notificationArns, rollback: readRollback(request.RollbackConfiguration, ground.region, previous?.configuration.rollback) };
  return { body, processed: expanded === parsed ? undefined : JSON.stringify(expanded.root), goal, configuration };
}

/** The CDK CLI always says that it wants the usual mode. */
function refuseExpress({ Mode: mode = "STANDARD", DisableRollback: disableRollback }: CloudformationTypes.DeploymentConfig = {}): void {
  if (mode !== "STANDARD") throw unsupportedSetting(`the DeploymentConfig mode ${mode}`);
  if (disableRollback !== undefined) throw unsupportedSetting("DisableRollback of DeploymentConfig");
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html: NotificationARNs */
function checkTopics(arns: readonly string[] | undefined): readonly string[] | undefined {
  if (!arns) return undefined;
  if (arns.length > 5) {
    throw validationError(`1 validation error detected: Value '[${arns.join(", ")}]' at 'notificationARNs' failed to satisfy constraint: Member must have length less than or equal to 5`);
  }
  const strange = arns.find((arn) => !/^arn:aws:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?$/.test(arn));
  if (strange !== undefined) throw validationError(`Invalid parameter: ${JSON.stringify(strange)} in NotificationARNs is not the ARN of an SNS topic`);
  return arns;
}

const read = new WeakMap<StackTemplate, Template>();

/** The template of a stack, parsed once. */
export function templateOf(db: Reader, templateId: string): Template {
  const stored = db(templates).get(templateId);
  if (!stored) throw new Error(`the template ${templateId} is not there`);
  let template = read.get(stored);
  if (!template) read.set(stored, (template = readTemplate(processedOf(stored))));
  return template;
}

/** What transforms made has no lines of its own. */
function processedOf(stored: StackTemplate): ParsedTemplate {
  return stored.processed === undefined ? parse(stored.body) : { ...parse(stored.processed), position: () => undefined };
}

/** @throws AwsError ValidationError when it is too long */
export function checkedBody(body: string): string {
  const bytes = Buffer.byteLength(body, "utf8");
  if (bytes > MAX_TEMPLATE_BODY) {
    throw validationError(
      `1 validation error detected: Value of ${bytes} bytes at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to ${MAX_TEMPLATE_BODY}`,
    );
  }
  return body;
}

function bodyOf(db: Reader, request: StackRequest, { previous, fetched }: CheckOptions): string {
  const { TemplateBody: body, TemplateURL: url, UsePreviousTemplate: usePrevious } = request;
  if ([body, url, usePrevious || undefined].filter((given) => given !== undefined).length > 1) {
    throw validationError("Exactly one of TemplateBody, TemplateURL and UsePreviousTemplate may be specified.");
  }
  if (url !== undefined && fetched !== undefined) return fetched;
  if (body !== undefined) return checkedBody(body);
  const stored = usePrevious && previous ? db(templates).get(previous.configuration.templateId) : undefined;
  if (stored) return stored.body;
  throw validationError("Either Template URL or Template Body must be specified.");
}

function givenParameters(request: StackRequest, template: Pick<Template, "parameters">, previous: Stack | undefined): readonly GivenParameter[] {
  const given = new Map<string, string>();
  for (const { ParameterKey: key, ParameterValue: value, UsePreviousValue: usePrevious } of request.Parameters ?? []) {
    if (key === undefined) throw validationError("ParameterKey must be specified for every parameter.");
    if (given.has(key)) throw validationError(`Parameter ${key} is specified more than once.`);
    if (usePrevious) {
      const kept = previous?.configuration.parameters.find((parameter) => parameter.name === key);
      if (!kept) throw validationError(`Invalid input for parameter key ${key}. Cannot specify usePreviousValue as true for a parameter key not in the previous template`);
      if (value !== undefined) throw validationError(`Invalid input for parameter key ${key}. Cannot specify usePreviousValue as true and non empty value for a parameter`);
      // A parameter that the new template drops is given up silently, as AWS does.
      if (template.parameters.has(key)) given.set(key, kept.given);
    } else {
      given.set(key, value ?? "");
    }
  }
  return [...given].map(([key, value]) => ({ key, value }));
}

/** `ResourceTypes` limits what a template may hold: `*`, `AWS::*`, `AWS::EC2::*` or a type. */
function refuseTypes(allowed: readonly string[] | undefined, template: Template): void {
  if (!allowed?.length) return;
  const allows = (type: string): boolean => allowed.some((pattern) => (pattern.endsWith("*") ? type.startsWith(pattern.slice(0, -1)) : pattern === type));
  const refused = [...template.resources.values()].find((resource) => !allows(resource.type));
  if (refused) throw validationError(`Resource type ${refused.type} is not allowed by parameter ResourceTypes [${allowed.join(", ")}]`);
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-template.html */
const NAMES: Readonly<Record<string, string | undefined>> = {
  "AWS::IAM::Group": "GroupName",
  "AWS::IAM::InstanceProfile": "InstanceProfileName",
  "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
  "AWS::IAM::Policy": undefined,
  "AWS::IAM::Role": "RoleName",
  "AWS::IAM::User": "UserName",
};

/** What must be acknowledged, and because of which types. */
export function neededCapabilities(template: Pick<Template, "resources">): { readonly capability: "CAPABILITY_IAM" | "CAPABILITY_NAMED_IAM"; readonly types: readonly string[] } | undefined {
  const able = [...template.resources.values()].filter((resource) => Object.hasOwn(NAMES, resource.type));
  if (able.length === 0) return undefined;
  const named = able.some((resource) => {
    const member = NAMES[resource.type];
    return member !== undefined && Object.hasOwn(resource.properties, member);
  });
  return { capability: named ? "CAPABILITY_NAMED_IAM" : "CAPABILITY_IAM", types: [...new Set(able.map((resource) => resource.type))] };
}

function checkCapabilities(template: Template, given: readonly Capability[]): void {
  const needed = neededCapabilities(template)?.capability;
  if (needed && !given.includes(needed) && !given.includes("CAPABILITY_NAMED_IAM")) throw insufficientCapabilities([needed]);
}

function checkTags(tags: readonly CloudformationTypes.Tag[]): Configuration["tags"] {
  if (tags.length > 50) throw validationError(`${tags.length} tags are more than the 50 that a stack may have.`);
  const seen = new Set<string>();
  return tags.map(({ Key: key, Value: value }) => {
    if (key === undefined || key === "" || key.length > 128) throw validationError(`The tag key ${JSON.stringify(key)} must be 1 to 128 characters long.`);
    if ((value ?? "").length > 256) throw validationError(`The value of the tag ${key} must be at most 256 characters long.`);
    if (key.toLowerCase().startsWith("aws:")) throw validationError(`The tag key ${key} is reserved: keys must not start with aws:`);
    if (seen.has(key)) throw validationError(`Duplicate tag keys found: ${key}`);
    seen.add(key);
    return { Key: key, Value: value ?? "" };
  });
}

/** Names that are plain text can be checked before anything starts; the others when the stack is done. */
function checkExports(db: Reader, template: Template, stackId: string): void {
  for (const { exportName } of template.outputs.values()) {
    const taken = typeof exportName === "string" ? findExport(db, exportName) : undefined;
    if (taken && taken.stack.id !== stackId) throw exportTaken(exportName as string, taken.stack.name);
  }
}
