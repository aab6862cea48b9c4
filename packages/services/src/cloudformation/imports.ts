/** Bringing resources that exist into a stack: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import.html */
import { propertiesOf } from "@hakoniwa/cloudformation";
import type { CloudformationTypes } from "@hakoniwa/wire";
import { environmentOf } from "./environment.js";
import { ownerOf } from "./find.js";
import { changesOf, type ResourceChange } from "./changes.js";
import { notImportable, validationError } from "./errors.js";
import type { Ground } from "./ground.js";
import type { Registry } from "./registry.js";
import type { CheckedRequest } from "./requests.js";
import type { Importing, Stack } from "./state.js";

/**
 * What an import brings in, when it brings in nothing else.
 * @throws AwsError ValidationError when the template does more, or less, than import what is named
 */
export function importsOf(
  ground: Ground,
  registry: Registry,
  stack: Stack,
  request: CheckedRequest,
  wanted: readonly CloudformationTypes.ResourceToImport[],
): { readonly importing: readonly Importing[]; readonly changes: readonly ResourceChange[] } {
  const { goal } = request;
  if (wanted.length === 0) throw validationError("ResourcesToImport must name at least one resource for the change set type IMPORT.");
  const importing = wanted.map(({ LogicalResourceId: logicalId, ResourceType: type, ResourceIdentifier: identifier }) => {
    const definition = goal.resources.get(logicalId ?? "")?.definition;
    if (!definition || logicalId === undefined) throw validationError(`ResourcesToImport: the resource ${logicalId} is not in the template.`);
    if (definition.type !== type) throw validationError(`ResourcesToImport: the resource ${logicalId} has the type ${definition.type} in the template, not ${type}.`);
    const schema = registry.schemas.get(type)!;
    if (!registry.resource(type).read || !schema.identifier) throw notImportable(type);
    const names = schema.identifier;
    const values = names.map((name) => identifier?.[name]);
    if (values.includes(undefined) || Object.keys(identifier ?? {}).length !== names.length) {
      throw validationError(`ResourcesToImport: the ResourceIdentifier of ${logicalId} must have exactly the keys [${names.join(", ")}].`);
    }
    const physicalId = values.join("|");
    const owner = ownerOf(ground.db, type, physicalId);
    if (owner !== undefined) throw validationError(`${physicalId} already exists in stack ${owner}`);
    return { logicalId, physicalId };
  });
  const ids = importing.map(({ logicalId }) => logicalId);
  const bare = ids.filter((id) => !goal.resources.get(id)!.definition.hasDeletionPolicy);
  if (bare.length > 0) throw validationError(`Resources [${bare.join(", ")}] to import must have the DeletionPolicy attribute specified in the template.`);
  const changes = changesOf(ground, registry, stack, goal, request.configuration);
  const others = changes.filter((change) => !(change.Action === "Add" && ids.includes(change.LogicalResourceId)));
  if (others.length > 0) {
    const named = others.map((change) => change.LogicalResourceId).join(", ");
    throw validationError(`You have modified resources [${named}] in your template that are not being imported. Update, create or delete operations cannot be executed during import operations.`);
  }
  const there = ids.find((id) => !changes.some((change) => change.LogicalResourceId === id));
  if (there !== undefined) throw validationError(`The resource ${there} is already in the stack ${stack.name}.`);
  return { importing, changes: withImports(changes, importing) };
}

/**
 * What a creation or update finds there already, as ImportExistingResources asks: resources that the template names itself and means to keep,
 * and that are in no stack. All others are made.
 */
export function existingOf(ground: Ground, registry: Registry, stack: Stack, { goal, configuration }: CheckedRequest, changes: readonly ResourceChange[]): readonly Importing[] {
  const environment = environmentOf({ ...ground, aws: undefined }, stack, configuration.notificationArns);
  return changes.flatMap(({ Action: action, LogicalResourceId: logicalId }) => {
    if (action !== "Add") return [];
    const { type, hasDeletionPolicy, deletionPolicy } = goal.resources.get(logicalId)!.definition;
    const { read } = registry.resource(type);
    const names = registry.schemas.get(type)!.identifier;
    if (!hasDeletionPolicy || deletionPolicy === "Delete" || !read || !names) return [];
    const properties = propertiesOf(goal, logicalId, environment, registry.schemas, () => undefined);
    const values = names.map((name) => properties[name]);
    if (!values.every((value) => typeof value === "string")) return [];
    const physicalId = values.join("|");
    const isThere = ownerOf(ground.db, type, physicalId) === undefined && read(ground.aws, physicalId, properties as never) !== undefined;
    return isThere ? [{ logicalId, physicalId }] : [];
  });
}

/** The changes, of which some are imports. */
export function withImports(changes: readonly ResourceChange[], importing: readonly Importing[]): readonly ResourceChange[] {
  return changes.map((change) => {
    const found = importing.find(({ logicalId }) => logicalId === change.LogicalResourceId);
    return found ? { ...change, Action: "Import", PhysicalResourceId: found.physicalId } : change;
  });
}
