/** Who besides its owner may use an image or a snapshot: other accounts, and the group `all`, which is everyone. */
import { AwsError } from "@hakoniwa/kernel";
import { invalidCombination, invalidValue, missingParameter } from "./errors.js";

/** How a request says it, old and new: `OperationType` with ids and groups, or `Add` and `Remove` of a permission. */
export interface PermissionChange {
  readonly OperationType?: string | undefined;
  readonly UserIds?: readonly string[] | undefined;
  readonly Groups?: readonly string[] | undefined;
  readonly Add?: readonly Grant[] | undefined;
  readonly Remove?: readonly Grant[] | undefined;
}

export interface Grant {
  readonly UserId?: string | undefined;
  readonly Group?: string | undefined;
}

/**
 * The permissions after a change, each once.
 * @throws AwsError for ids that are no account's, other groups than `all`, and changes that say nothing
 */
export function changedPermissions(now: readonly string[], change: PermissionChange): readonly string[] {
  const named = [...(change.UserIds ?? []), ...(change.Groups ?? [])];
  if (named.length > 0 && !change.OperationType) throw missingParameter("OperationType");
  if (change.OperationType !== undefined && !["add", "remove"].includes(change.OperationType)) {
    throw invalidValue(`Value (${change.OperationType}) for parameter operationType is invalid. It must be add or remove.`);
  }
  const grants = (list: readonly Grant[] | undefined): readonly string[] => (list ?? []).map(holderOf);
  const old = [...(change.UserIds ?? []).map((id) => holderOf({ UserId: id })), ...(change.Groups ?? []).map((group) => holderOf({ Group: group }))];
  const added = [...grants(change.Add), ...(change.OperationType === "add" ? old : [])];
  const removed = [...grants(change.Remove), ...(change.OperationType === "remove" ? old : [])];
  if (added.length + removed.length === 0) throw missingParameter("attribute, or at least one permission to add or remove");
  return [...new Set([...now, ...added])].filter((holder) => !removed.includes(holder));
}

/** As the API shows them. */
export function grantsOf(permissions: readonly string[]): readonly { readonly UserId?: string; readonly Group?: "all" }[] {
  return permissions.map((holder) => (holder === "all" ? { Group: "all" as const } : { UserId: holder }));
}

function holderOf({ UserId, Group }: Grant): string {
  if (UserId !== undefined && Group !== undefined) throw invalidCombination("A permission names a user ID or a group, not both.");
  if (Group !== undefined) {
    if (Group !== "all") throw invalidValue(`Value (${Group}) for parameter group is invalid. The only group is 'all'.`);
    return Group;
  }
  if (UserId === undefined || !/^\d{12}$/.test(UserId)) throw new AwsError("InvalidUserID.Malformed", `Invalid user id: "${UserId ?? ""}"`);
  return UserId;
}
