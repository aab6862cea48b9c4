/** What a stack is to become: a template with its parameters' values, checked before anything is touched. */
import { formatError, validationError } from "./errors.js";
import { cycle } from "./graph.js";
import { truth } from "./condition-functions.js";
import { evaluate } from "./intrinsics.js";
import type { ResolvedParameter } from "./parameters.js";
import { readPolicies, type ResourcePolicies } from "./policies.js";
import { checkProperties, describeProblem } from "./properties.js";
import { checkReferences } from "./references.js";
import { refuseMissingTypes, refuseUnknownTypes } from "./resource-types.js";
import type { ResourceSchema, Schemas } from "./schema.js";
import { createScope, type Environment, type LiveResource, type StackScope } from "./scope.js";
import type { ResourceDefinition, Template } from "./template.js";
import { pointer, textOf, UNKNOWN, type Path, type Value, type ValueMap } from "./value.js";

export interface GoalResource {
  readonly definition: ResourceDefinition;
  /** Everything that must exist before it: by DependsOn, Ref, Fn::GetAtt and Fn::Sub. */
  readonly dependsOn: readonly string[];
}

export interface Goal {
  readonly template: Template;
  readonly parameters: ReadonlyMap<string, ResolvedParameter>;
  /** The resources whose conditions hold. */
  readonly resources: ReadonlyMap<string, GoalResource>;
  /** The exports of other stacks that it imports. */
  readonly imports: readonly string[];
}

export interface GoalOutput {
  readonly name: string;
  readonly value: string;
  readonly description: string | undefined;
  readonly exportName: string | undefined;
}

/** How many problems one error tells of. */
const TOLD = 20;

/**
 * Checks what can be known without values: types, references, cycles through any branch's DependsOn.
 * @throws AwsError ValidationError
 */
export function checkTemplate(template: Template, schemas: Schemas): void {
  refuseUnknownTypes(template, schemas);
  refuseMissingTypes(template, [...template.resources.values()].filter(({ condition }) => condition === undefined), schemas);
  checkReferences(template, schemas);
}

/**
 * Decides conditions, finds dependencies and checks every property, with what is not known yet left open.
 * @throws AwsError ValidationError
 */
export function makeGoal(template: Template, parameters: ReadonlyMap<string, ResolvedParameter>, environment: Environment, schemas: Schemas): Goal {
  checkTemplate(template, schemas);
  let touched = new Set<string>();
  const imports = new Set<string>();
  const scope = createScope({
    template,
    parameters,
    environment,
    live: () => undefined,
    touch: (logicalId) => touched.add(logicalId),
    imports: (name) => imports.add(name),
  });
  checkRules(template, scope);
  refuseMissingTypes(template, [...template.resources.values()].filter(({ logicalId }) => scope.enabled(logicalId)), schemas);
  const resources = new Map<string, GoalResource>();
  const problems: string[] = [];
  for (const definition of template.resources.values()) {
    if (!scope.enabled(definition.logicalId)) continue;
    touched = new Set(definition.dependsOn.filter((id) => scope.enabled(id)));
    problems.push(...problemsOf(definition, scope, schemas.get(definition.type)!));
    readPolicies(definition, scope);
    const { metadata } = definition;
    const named = touched;
    touched = new Set();
    if (metadata !== undefined) evaluate(metadata, scope, ["Resources", definition.logicalId, "Metadata"]);
    // Whoever reads it must find what it names; its own resource is there by then.
    touched = new Set([...named, ...[...touched].filter((id) => id !== definition.logicalId)]);
    resources.set(definition.logicalId, { definition, dependsOn: [...touched] });
  }
  if (problems.length > 0) throw validationError([...problems.slice(0, TOLD), ...(problems.length > TOLD ? [`and ${problems.length - TOLD} more problems`] : [])].join("\n"));
  const circle = cycle(new Map([...resources].map(([logicalId, { dependsOn }]) => [logicalId, dependsOn])));
  if (circle.length > 0) throw validationError(`Circular dependency between resources: [${circle.join(", ")}]`);
  const goal: Goal = { template, parameters, resources, imports: [] };
  outputsIn(goal, scope);
  return { ...goal, imports: [...imports] };
}

/** One resource's properties with everything resolved; all it depends on must be live. */
export function propertiesOf(goal: Goal, logicalId: string, environment: Environment, schemas: Schemas, live: (logicalId: string) => LiveResource | undefined): ValueMap {
  const { definition } = goal.resources.get(logicalId)!;
  const scope = createScope({ template: goal.template, parameters: goal.parameters, environment, live });
  const path: Path = ["Resources", logicalId, "Properties"];
  const { value, problems } = checkProperties(schemas.get(definition.type)!, evaluate(definition.properties, scope, path) ?? {});
  if (problems.length > 0) throw validationError(problems.map((problem) => `Properties validation failed for resource ${logicalId} with message: ${describeProblem(problem)}`).join("\n"));
  return value as ValueMap;
}

/** One resource's policies with everything resolved. */
export function policiesOf(goal: Goal, logicalId: string, environment: Environment, live: (logicalId: string) => LiveResource | undefined): ResourcePolicies | undefined {
  return readPolicies(goal.resources.get(logicalId)!.definition, createScope({ template: goal.template, parameters: goal.parameters, environment, live }));
}

/** The outputs with everything resolved. */
export function outputsOf(goal: Goal, environment: Environment, live: (logicalId: string) => LiveResource | undefined): readonly GoalOutput[] {
  const { template, parameters } = goal;
  return outputsIn(goal, createScope({ template, parameters, environment, live }));
}

function problemsOf(definition: ResourceDefinition, scope: StackScope, schema: ResourceSchema): readonly string[] {
  const path: Path = ["Resources", definition.logicalId, "Properties"];
  const { problems } = checkProperties(schema, evaluate(definition.properties, scope, path) ?? {});
  return problems.map((problem) => {
    const at = [...path, ...problem.path];
    const position = scope.position(at);
    const where = position ? `, line ${position.line}, column ${position.column}` : "";
    return `Properties validation failed for resource ${definition.logicalId} with message: ${describeProblem(problem)} [${pointer(at)}${where}]`;
  });
}

function checkRules(template: Template, scope: StackScope): void {
  for (const { name, condition, assertions } of template.rules) {
    const holds = condition === undefined || truth(evaluate(condition, scope, ["Rules", name, "RuleCondition"]));
    if (holds === false) continue;
    assertions.forEach(({ assert, description }, i) => {
      if (truth(evaluate(assert, scope, ["Rules", name, "Assertions", i, "Assert"])) === false) {
        throw validationError(`Template error: rule ${name} is not satisfied${description === undefined ? "" : `: ${description}`}`);
      }
    });
  }
}

function outputsIn(goal: Goal, scope: StackScope): readonly GoalOutput[] {
  const outputs: GoalOutput[] = [];
  const exported = new Set<string>();
  for (const { name, value, description, exportName, condition } of goal.template.outputs.values()) {
    if (condition !== undefined && scope.condition(condition, ["Outputs", name, "Condition"]) === false) continue;
    const text = outputText(name, evaluate(value, scope, ["Outputs", name, "Value"]));
    const given = exportName === undefined ? undefined : evaluate(exportName, scope, ["Outputs", name, "Export", "Name"]);
    const exports = given === undefined || given === UNKNOWN ? undefined : textOf(given);
    if (exportName !== undefined && given !== UNKNOWN && !exports) throw validationError(`Cannot export output ${name}. Exported names must be non-empty strings.`);
    if (exports !== undefined && exported.has(exports)) throw validationError(`Duplicate Export names ${exports} in stack.`);
    if (exports !== undefined) exported.add(exports);
    outputs.push({ name, value: text, description, exportName: exports });
  }
  return outputs;
}

function outputText(name: string, value: Value | undefined): string {
  if (value === UNKNOWN) return "";
  const text = textOf(value);
  if (text === undefined) throw formatError(`The Value field of every Outputs member must evaluate to a String: ${name}.`);
  return text;
}
