/** Parameter names and hierarchies: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html */
import type { Scope } from "@hakoniwa/kernel";
import { constraint, hierarchyTooDeep, reservedName, validation } from "./errors.js";

export interface Reference {
  readonly name: string;
  /** A version's number or label, after the colon. */
  readonly selector: string | undefined;
}

/** The whole length of the ARN that a name may make. */
const LONGEST_ARN = 1011;
const DEEPEST = 15;
const PUBLIC = "/aws/service/";

export const isPublic = (name: string): boolean => name.startsWith(PUBLIC);

/** The ARN of a parameter; those under `/aws/service/` belong to no account. */
export function parameterArn(scope: Scope, name: string): string {
  const account = isPublic(name) ? "" : scope.account;
  return `arn:aws:ssm:${scope.region}:${account}:parameter${name.startsWith("/") ? "" : "/"}${name}`;
}

/**
 * Reads what a caller names a parameter by: its name or ARN, with `:version` or `:label` or neither.
 * A whole ARN is of a hierarchy's name or a plain one; the latter wins when `exists` knows it.
 */
export function parseReference(text: string, scope: Scope, exists: (name: string) => boolean): Reference {
  const prefixes = [`arn:aws:ssm:${scope.region}:${scope.account}:parameter`, `arn:aws:ssm:${scope.region}::parameter`];
  const prefix = prefixes.find((p) => text.startsWith(`${p}/`));
  const local = prefix ? text.slice(prefix.length) : text;
  const [path = "", selector, ...rest] = local.split(":");
  if (rest.length > 0) {
    throw validation(`Parameter name: '${text}' may have one colon at most, before a version or label.`);
  }
  const name = prefix && exists(path.slice(1)) ? path.slice(1) : path;
  return { name, selector };
}

/**
 * Checks the name of a parameter to be made.
 * @throws ValidationException, HierarchyLevelLimitExceededException, AccessDeniedException for names that AWS keeps for itself
 */
export function checkName(name: string, scope: Scope): void {
  if (name.length < 1 || name.length > 2048) {
    throw constraint("name", name.slice(0, 100), "Member must have length between 1 and 2048, inclusive");
  }
  const isPath = name.includes("/");
  const bare = name.replace(/^\//, "").toLowerCase();
  if (isPath && /^aws(\/|$)/.test(bare)) throw reservedName(name);
  if (/^(aws|ssm)/.test(bare) || !/^[A-Za-z0-9_./-]+$/.test(name)) {
    throw validation(
      `Parameter name: can't be prefixed with "aws" or "ssm" (case-insensitive). If formed as a path, it can consist of ` +
        `sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_`,
    );
  }
  if (isPath && !name.startsWith("/")) throw validation("Parameter name must be a fully qualified name.");
  if (isPath && /\/\/|\/$/.test(name)) throw validation(`Parameter name: '${name}' has an empty sub-path.`);
  if (isPath && name.split("/").length - 1 > DEEPEST) throw hierarchyTooDeep(name);
  if (parameterArn(scope, name).length > LONGEST_ARN) {
    throw validation(`Parameter name: '${name.slice(0, 100)}…' makes an ARN longer than ${LONGEST_ARN} characters.`);
  }
}

/** Whether a parameter lies under a path, at any depth or directly in it. */
export function liesUnder(name: string, path: string, recursive: boolean): boolean {
  const folder = path.endsWith("/") ? path : `${path}/`;
  if (!name.startsWith(folder)) return false;
  return recursive || !name.slice(folder.length).includes("/");
}

/** @throws ValidationException */
export function checkPath(path: string): void {
  if (!/^\/([A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*\/?)?$/.test(path)) {
    throw validation(
      `The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash "/". ` +
        `It can't be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the following symbols: . (period), - (hyphen), _ (underscore). ` +
        `Special characters are not allowed. All sub-paths, if specified, must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_. Given: '${path}'`,
    );
  }
}
