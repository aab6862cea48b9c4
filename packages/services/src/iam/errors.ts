/** The errors of https://docs.aws.amazon.com/IAM/latest/APIReference/, with AWS's codes. */
import { AwsError } from "@hakoniwa/kernel";
import { notYetIn } from "../not-implemented.js";

const noSuchEntity = (message: string): AwsError => new AwsError("NoSuchEntity", message, { status: 404 });
const alreadyExists = (message: string): AwsError => new AwsError("EntityAlreadyExists", message, { status: 409 });
const conflict = (message: string): AwsError => new AwsError("DeleteConflict", message, { status: 409 });

export type EntityKind = "user" | "group" | "role" | "instance-profile";

const NOUNS: Readonly<Record<EntityKind, string>> = { user: "user", group: "group", role: "role", "instance-profile": "Instance Profile" };

export const entityNotFound = (kind: EntityKind, name: string): AwsError =>
  noSuchEntity(kind === "instance-profile" ? `Instance Profile ${name} cannot be found.` : `The ${NOUNS[kind]} with name ${name} cannot be found.`);

export function entityExists(kind: EntityKind, name: string): AwsError {
  if (kind === "instance-profile") return alreadyExists(`Instance Profile ${name} already exists.`);
  return alreadyExists(`${NOUNS[kind][0]!.toUpperCase()}${NOUNS[kind].slice(1)} with name ${name} already exists.`);
}

export const accessKeyNotFound = (id: string): AwsError => noSuchEntity(`The Access Key with id ${id} cannot be found.`);
export const inlinePolicyNotFound = (kind: EntityKind, name: string): AwsError => noSuchEntity(`The ${kind} policy with name ${name} cannot be found.`);
export const policyNotFound = (arn: string): AwsError => noSuchEntity(`Policy ${arn} was not found.`);
export const policyNotAttachable = (arn: string): AwsError => noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
export const policyVersionNotFound = (arn: string, version: string): AwsError =>
  noSuchEntity(`Policy ${arn} version ${version} does not exist or is not attachable.`);
export const policyExists = (name: string): AwsError => alreadyExists(`A policy called ${name} already exists. Duplicate names are not allowed.`);
export const notInGroup = (user: string, group: string): AwsError => noSuchEntity(`The user with name ${user} is not in the group with name ${group}.`);
export const roleNotInProfile = (role: string, profile: string): AwsError => noSuchEntity(`Role ${role} in Instance Profile ${profile} cannot be found.`);
export const aliasNotFound = (alias: string): AwsError => noSuchEntity(`The account alias ${alias} cannot be found.`);
export const aliasExists = (alias: string): AwsError => alreadyExists(`The account alias ${alias} already exists.`);

export const mustFirst = (what: string): AwsError => conflict(`Cannot delete entity, must ${what} first.`);
export const policyAttached = (): AwsError => conflict("Cannot delete a policy attached to entities.");
export const policyHasVersions = (): AwsError =>
  conflict(
    "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
  );
export const isDefaultVersion = (): AwsError => conflict("Cannot delete the default version of a policy.");

export const quotaExceeded = (quota: string, limit: number): AwsError =>
  new AwsError("LimitExceeded", `Cannot exceed quota for ${quota}: ${limit}`, { status: 409 });
export const tooManyVersions = (limit: number): AwsError =>
  new AwsError(
    "LimitExceeded",
    `A managed policy can have up to ${limit} versions. Before you create a new version, you must delete an existing version.`,
    { status: 409 },
  );

export const malformed = (message: string): AwsError => new AwsError("MalformedPolicyDocument", message);
export const validation = (message: string): AwsError => new AwsError("ValidationError", message);
export const invalidInput = (message: string): AwsError => new AwsError("InvalidInput", message);
export const needsUserName = (): AwsError => validation("Must specify userName when calling with non-User credentials");
export const awsOwned = (arn: string, action: string, caller: string): AwsError =>
  new AwsError("AccessDenied", `User: ${caller} is not authorized to perform: iam:${action} on resource: policy ${arn}`, { status: 403 });

export const notYet = notYetIn("iam");
