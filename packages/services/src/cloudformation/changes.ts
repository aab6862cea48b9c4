/** What an update would change, as change sets show it: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html */
import { diff, equal, hasUnknown, outputsOf, propertiesOf, referencesIn, UNKNOWN, type Goal, type LiveResource, type PropertyChange, type ResourceDefinition, type Value, type ValueMap } from "@hakoniwa/cloudformation";
import type { CloudformationTypes } from "@hakoniwa/wire";
import { environmentOf } from "./environment.js";
import { resourcesOf } from "./find.js";
import type { Ground } from "./ground.js";
import type { Registry } from "./registry.js";
import { templateOf } from "./requests.js";
import { liveResources } from "./run.js";
import type { Configuration, Stack, StackResource } from "./state.js";

export type ResourceChange = CloudformationTypes.ResourceChange & { readonly LogicalResourceId: string; readonly Action: "Add" | "Modify" | "Remove" | "Import" };
type Detail = CloudformationTypes.ResourceChangeDetail;
type After = Pick<Configuration, "tags" | "parameters">;

/** Whether an update has anything to do. */
export function hasChanges(ground: Ground, registry: Registry, stack: Stack, goal: Goal, after: After): boolean {
  if (JSON.stringify(after.tags) !== JSON.stringify(stack.configuration.tags)) return true;
  return changesOf(ground, registry, stack, goal, after).length > 0 || outputsDiffer(ground, stack, goal);
}

function outputsDiffer(ground: Ground, stack: Stack, goal: Goal): boolean {
  const live = liveResources(resourcesOf(ground.db, stack.id));
  return JSON.stringify(outputsOf(goal, environmentOf(silent(ground), stack, stack.configuration.notificationArns), live)) !== JSON.stringify(stack.outputs);
}

/** Who may read the parameters that a template names was asked when it was checked. */
function silent(ground: Ground): Omit<Ground, "aws"> {
  const { account, region, db, facts, now, ids, caller } = ground;
  return { account, region, db, facts, now, ids, caller };
}

/** What an update would do to which resource. What depends on something that is to be made anew changes too. */
export function changesOf(ground: Ground, registry: Registry, stack: Stack, goal: Goal, after: After): readonly ResourceChange[] {
  return compared(ground, registry, stack, goal, after).changes;
}

export interface Compared {
  readonly changes: readonly ResourceChange[];
  /** The properties that a resource of the goal would have, with what can't be known yet left open. */
  next(logicalId: string): ValueMap;
}

export function compared(ground: Ground, registry: Registry, stack: Stack, goal: Goal, after: After): Compared {
  const current = new Map(resourcesOf(ground.db, stack.id).filter((resource) => resource.role === "current").map((resource) => [resource.logicalId, resource]));
  const comparison = new Comparison(ground, registry, stack, goal, after, current);
  const changed = [...goal.resources.keys()].map((logicalId) => comparison.change(logicalId)).filter((change) => change !== undefined);
  const removed = [...current.values()].filter((resource) => !goal.resources.has(resource.logicalId)).map(removal);
  return { changes: [...changed, ...removed], next: (logicalId) => comparison.next(logicalId) };
}

function removal({ logicalId, physicalId, type, deletionPolicy }: StackResource): ResourceChange {
  const PolicyAction = deletionPolicy === "Delete" ? "Delete" : deletionPolicy === "Snapshot" ? "Snapshot" : "Retain";
  return { PolicyAction, Action: "Remove", LogicalResourceId: logicalId, PhysicalResourceId: physicalId, ResourceType: type, Scope: [], Details: [] };
}

class Comparison {
  readonly #registry: Registry;
  readonly #goal: Goal;
  readonly #current: ReadonlyMap<string, StackResource>;
  readonly #environment: ReturnType<typeof environmentOf>;
  readonly #before: ReadonlyMap<string, ResourceDefinition>;
  readonly #changedParameters: ReadonlySet<string>;
  readonly #tagsChanged: boolean;
  readonly #live: (logicalId: string) => LiveResource | undefined;
  readonly #found = new Map<string, ResourceChange | undefined>();

  constructor(ground: Ground, registry: Registry, stack: Stack, goal: Goal, after: After, current: ReadonlyMap<string, StackResource>) {
    this.#registry = registry;
    this.#goal = goal;
    this.#current = current;
    this.#environment = environmentOf(silent(ground), stack, stack.configuration.notificationArns);
    this.#before = stack.configuration.templateId === "" ? new Map<string, ResourceDefinition>() : templateOf(ground.db, stack.configuration.templateId).resources;
    const old = new Map(stack.configuration.parameters.map((parameter) => [parameter.name, JSON.stringify(parameter.value)]));
    this.#changedParameters = new Set(after.parameters.filter(({ name, value }) => old.get(name) !== JSON.stringify(value)).map(({ name }) => name));
    this.#tagsChanged = JSON.stringify(after.tags) !== JSON.stringify(stack.configuration.tags);
    this.#live = liveResources([...current.values()]);
  }

  /** Those that it depends on are looked at first: the goal has no cycles. */
  change(logicalId: string): ResourceChange | undefined {
    if (this.#found.has(logicalId)) return this.#found.get(logicalId);
    const found = this.#changeOf(logicalId);
    this.#found.set(logicalId, found);
    return found;
  }

  #changeOf(logicalId: string): ResourceChange | undefined {
    const { definition, dependsOn } = this.#goal.resources.get(logicalId)!;
    for (const id of dependsOn) this.change(id);
    const resource = this.#current.get(logicalId);
    if (!resource) return { Action: "Add", LogicalResourceId: logicalId, ResourceType: definition.type, Scope: [], Details: [], AfterContext: context(this.next(logicalId)) };
    const next = this.next(logicalId);
    const schema = this.#registry.schemas.get(definition.type)!;
    const type = this.#registry.resource(definition.type);
    const differences = diff(schema, resource.properties, next);
    const before = this.#before.get(logicalId);
    const scope = new Set<NonNullable<ResourceChange["Scope"]>[number]>();
    const details = differences.flatMap((difference) => this.#details(difference, definition, before, next, difference.name === schema.tags?.property));
    for (const { Target } of details) if (Target?.Attribute) scope.add(Target.Attribute);
    if (this.#tagsChanged && schema.tags && type.update && !scope.has("Tags")) {
      scope.add("Tags");
      details.push({ Target: { Attribute: "Tags", RequiresRecreation: "Never" }, Evaluation: "Static", ChangeSource: "DirectModification" });
    }
    if (!equal(before?.metadata, definition.metadata)) scope.add("Metadata");
    if (!equal(before?.creationPolicy, definition.creationPolicy)) scope.add("CreationPolicy");
    if (!equal(before?.updatePolicy, definition.updatePolicy)) scope.add("UpdatePolicy");
    if (resource.deletionPolicy !== definition.deletionPolicy) scope.add("DeletionPolicy");
    if (resource.updateReplacePolicy !== definition.updateReplacePolicy) scope.add("UpdateReplacePolicy");
    if (type.refresh && details.length === 0) {
      scope.add("Properties");
      details.push({ Target: { Attribute: "Properties", RequiresRecreation: "Never" }, Evaluation: "Dynamic", ChangeSource: "Automatic" });
    }
    const broken = resource.status === "UPDATE_FAILED" || resource.status === "CREATE_FAILED";
    if (scope.size === 0 && !broken) return undefined;
    const replacement = replacementOf(differences, next, type.update !== undefined);
    return {
      Action: "Modify",
      LogicalResourceId: logicalId,
      PhysicalResourceId: resource.physicalId,
      ResourceType: definition.type,
      Replacement: replacement,
      ...(replacement === "False" ? {} : { PolicyAction: definition.updateReplacePolicy === "Delete" ? ("ReplaceAndDelete" as const) : ("ReplaceAndRetain" as const) }),
      Scope: [...scope],
      Details: details,
      BeforeContext: context(resource.properties),
      AfterContext: context(next),
    };
  }

  next(logicalId: string): ValueMap {
    return propertiesOf(this.#goal, logicalId, this.#environment, this.#registry.schemas, (id) => this.#after(id));
  }

  /** What `Ref` and `Fn::GetAtt` give when the update is done, as far as it can be told. */
  #after(logicalId: string): LiveResource | undefined {
    const change = this.#found.get(logicalId);
    const live = this.#live(logicalId);
    if (!change || !live) return live;
    if (change.Action !== "Modify" || change.Replacement !== "False") return undefined;
    const onlyPolicies = change.Scope?.every((scope) => scope !== "Properties");
    return onlyPolicies ? live : { ...live, attributesUnknown: true };
  }

  #details(difference: PropertyChange, definition: ResourceDefinition, before: ResourceDefinition | undefined, next: ValueMap, tags: boolean): readonly Detail[] {
    const { name, replaces } = difference;
    const RequiresRecreation = replaces === "yes" ? "Always" : replaces === "maybe" ? "Conditionally" : "Never";
    const Target = tags ? { Attribute: "Tags" as const, RequiresRecreation: RequiresRecreation as "Never" } : { Attribute: "Properties" as const, Name: name, RequiresRecreation: RequiresRecreation as "Never" };
    const given = definition.properties[name];
    const details: Detail[] = [];
    for (const { name: of, attribute } of given === undefined ? [] : referencesIn(given)) {
      if (attribute === undefined && this.#changedParameters.has(of)) details.push({ Target, Evaluation: "Static", ChangeSource: "ParameterReference", CausingEntity: of });
      const change = this.#found.get(of);
      if (!change) continue;
      if (attribute !== undefined) details.push({ Target, Evaluation: "Dynamic", ChangeSource: "ResourceAttribute", CausingEntity: `${of}.${attribute}` });
      else if (change.Replacement !== "False") details.push({ Target, Evaluation: "Dynamic", ChangeSource: "ResourceReference", CausingEntity: of });
    }
    if (details.length === 0 || !equal(before?.properties[name], given)) {
      details.push({ Target, Evaluation: hasUnknown(next[name]) ? "Dynamic" : "Static", ChangeSource: "DirectModification" });
    }
    return details;
  }
}

/** What only may change, as it hangs on what is not known yet, only may replace. */
function replacementOf(differences: readonly PropertyChange[], next: ValueMap, updatable: boolean): "True" | "False" | "Conditional" {
  const replacing = differences.filter((difference) => !updatable || difference.replaces === "yes");
  if (replacing.some((difference) => !hasUnknown(next[difference.name]))) return "True";
  return replacing.length > 0 || differences.some((difference) => difference.replaces === "maybe") ? "Conditional" : "False";
}

const LATER = "{{changeSet:KNOWN_AFTER_APPLY}}";

function context(properties: ValueMap): string {
  return JSON.stringify({ Properties: properties }, (_key, value: Value) => (value === UNKNOWN ? LATER : value));
}
