/** What a stack's status, exports and place let be done with it. */
import type { Template } from "@hakoniwa/cloudformation";
import type { Reader } from "@hakoniwa/kernel";
import { cannotUpdate, exportInUse, nestedOnly, tooManyStacks, validationError } from "./errors.js";
import { importersOf } from "./find.js";
import { templateOf } from "./requests.js";
import { isActive, stacks, type Stack } from "./state.js";

/** Statuses in which a stack can be updated. */
export const UPDATABLE: ReadonlySet<string> = new Set(["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_FAILED", "CREATE_FAILED", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"]);

/** Statuses in which something is going on that a deletion must not cross. */
export const UNDELETABLE: ReadonlySet<string> = new Set([
  "UPDATE_IN_PROGRESS",
  "UPDATE_ROLLBACK_IN_PROGRESS",
  "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
  "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
  "IMPORT_IN_PROGRESS",
  "IMPORT_ROLLBACK_IN_PROGRESS",
]);

/** @throws AwsError ValidationError */
export function requireUpdatable(stack: Stack): void {
  if (isActive(stack.status) || !UPDATABLE.has(stack.status)) throw cannotUpdate(stack.id, stack.status);
}

/** @throws AwsError ValidationError when another stack imports what this one exports */
export function checkExportsFree(db: Reader, stack: Stack): void {
  for (const { exportName } of stack.outputs) {
    const importer = exportName === undefined ? undefined : importersOf(db, exportName).find((other) => other.id !== stack.id);
    if (importer) throw exportInUse(exportName!, importer.name);
  }
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html: stacks of an account in a region. */
const MOST_STACKS = 2_000;
/** Stacks in one, those in them included: as many as a template may have resources. */
const MOST_NESTED = 500;
/** A template that names itself would never end. */
const DEEPEST = 10;

/**
 * @param parent the stack that it would be nested in
 * @throws AwsError LimitExceededException, or ValidationError when it would be nested too deeply
 */
export function requireRoom(db: Reader, parent?: Stack): void {
  let depth = 0;
  for (let outer = parent; outer !== undefined; outer = outer.parentId === undefined ? undefined : db(stacks).get(outer.parentId)) depth++;
  if (depth > DEEPEST) throw validationError(`Stack ${parent!.name} is nested ${DEEPEST} deep already; no stack can be nested in it.`);
  if (db(stacks).where("kept", "yes").length >= MOST_STACKS) throw tooManyStacks(MOST_STACKS);
}

/**
 * Looks ahead: where each of many stacks would find out by itself that there is no more room, all would be busy for minutes.
 * @param template of a stack that is to be nested in the parent
 * @throws AwsError LimitExceededException when the tree's templates name more stacks than it may have
 */
export function requireRoomFor(db: Reader, parent: Stack, template: Pick<Template, "resources">): void {
  const root = parent.rootId ?? parent.id;
  const tree = [db(stacks).get(root) ?? parent, ...db(stacks).where("root", root)].filter(({ configuration }) => configuration.templateId !== "");
  const named = tree.reduce((sum, { configuration }) => sum + nestedIn(templateOf(db, configuration.templateId)), nestedIn(template));
  if (named > MOST_NESTED) throw tooManyStacks(MOST_NESTED, root);
}

function nestedIn({ resources }: Pick<Template, "resources">): number {
  return [...resources.values()].filter(({ type }) => type === "AWS::CloudFormation::Stack").length;
}

/** Some operations are for whole trees of stacks. @throws AwsError ValidationError for a nested stack */
export function requireRoot(db: Reader, stack: Stack, operation: string): void {
  if (stack.rootId !== undefined) throw nestedOnly(operation, db(stacks).get(stack.rootId)?.name ?? stack.rootId);
}
