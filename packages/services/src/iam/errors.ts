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
export const serverCertificateInUse = (id: string, user: string): AwsError =>
  conflict(`Certificate: ${id} is currently in use by ${user}. Please remove it first before deleting it from IAM.`);
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

/** What is linked to a service is the service's to change. */
export const protectedRole = (role: string): AwsError =>
  new AwsError("UnmodifiableEntity", `Cannot perform the operation on the protected role '${role}' - this role is only modifiable by AWS`);
export const suffixTaken = (role: string): AwsError =>
  invalidInput(`Service role name ${role} has been taken in this account, please try a different suffix.`);
export const suffixNotAllowed = (service: string): AwsError => invalidInput(`Custom suffix is not allowed for ${service}`);
export const unknownLinkedService = (service: string): AwsError =>
  invalidInput(`Service-linked roles of the service ${service} are not known here.`);
export const deletionNotFound = (task: string): AwsError => noSuchEntity(`Deletion task ${task} cannot be found.`);
export const notAttachable = (arn: string): AwsError => noSuchEntity(`Scope ARN: ${arn} does not exist or is not attachable.`);
export const invalidBoundary = (arn: string): AwsError => validation(`Value (${arn.slice(0, 150)}) for parameter PermissionsBoundary is invalid.`);

export const loginProfileNotFound = (user: string): AwsError => noSuchEntity(`Login Profile for User ${user} cannot be found.`);
export const loginProfileExists = (user: string): AwsError => alreadyExists(`Login Profile for user ${user} already exists.`);
export const passwordViolation = (message: string): AwsError => new AwsError("PasswordPolicyViolation", message);
export const passwordPolicyNotFound = (account: string): AwsError => noSuchEntity(`The Password Policy with domain name ${account} cannot be found.`);
export const wrongPassword = (): AwsError => new AwsError("AccessDenied", "The old password was incorrect.", { status: 403 });
export const onlyUsersChange = (): AwsError => new AwsError("InvalidUserType", "Only IAM Users can change their own password.");
export const changedMeanwhile = (what: string): AwsError =>
  new AwsError("EntityTemporarilyUnmodifiable", `${what} changed while the request was carried out. Please try again.`, { status: 409 });

export const deviceExists = (): AwsError => alreadyExists("MFADevice entity at the same path and name already exists.");
export const deviceNotFound = (serial: string): AwsError => noSuchEntity(`VirtualMFADevice with serial number ${serial} doesn't exist.`);
export const deviceInUse = (): AwsError => conflict("MFA VirtualDevice in use. Must deactivate first.");
export const deviceEnabled = (): AwsError => alreadyExists("MFA Device is already in use.");
export const invalidCode = (): AwsError =>
  new AwsError("InvalidAuthenticationCode", "Authentication code for device is not valid.", { status: 403 });

export const serverCertificateNotFound = (name: string): AwsError => noSuchEntity(`The Server Certificate with name ${name} cannot be found.`);
export const serverCertificateExists = (name: string): AwsError => alreadyExists(`The Server Certificate with name ${name} already exists.`);
export const certificateNotFound = (id: string): AwsError => noSuchEntity(`The Certificate with id ${id} cannot be found.`);
export const malformedCertificate = (message: string): AwsError => new AwsError("MalformedCertificate", message);
export const keyPairMismatch = (): AwsError => new AwsError("KeyPairMismatch", "Private key does not match the certificate's public key.");
export const duplicateCertificate = (): AwsError =>
  new AwsError("DuplicateCertificate", "The certificate is already associated with an IAM user in this account.", { status: 409 });

export const sshKeyNotFound = (id: string): AwsError => noSuchEntity(`The SSH Public Key with id ${id} cannot be found.`);
export const invalidSshKey = (message: string): AwsError => new AwsError("InvalidPublicKey", message);
export const duplicateSshKey = (): AwsError => new AwsError("DuplicateSSHPublicKey", "The SSH public key is already associated with the user.");

export const reportNotPresent = (): AwsError => new AwsError("ReportNotPresent", "No credential report is available. Call GenerateCredentialReport first.", { status: 410 });
export const reportExpired = (): AwsError => new AwsError("ReportExpired", "The credential report has expired. Call GenerateCredentialReport to make a new one.", { status: 410 });

export const malformed = (message: string): AwsError => new AwsError("MalformedPolicyDocument", message);
export const validation = (message: string): AwsError => new AwsError("ValidationError", message);
export const invalidInput = (message: string): AwsError => new AwsError("InvalidInput", message);

/** How AWS words a member that breaks its model's constraint. */
export const constraint = (member: string, value: string | number, rule: string): AwsError =>
  validation(`1 validation error detected: Value '${String(value).slice(0, 150)}' at '${member}' failed to satisfy constraint: Member must ${rule}`);
export const needsUserName = (): AwsError => validation("Must specify userName when calling with non-User credentials");
export const awsOwned = (arn: string, action: string, caller: string): AwsError =>
  new AwsError("AccessDenied", `User: ${caller} is not authorized to perform: iam:${action} on resource: policy ${arn}`, { status: 403 });

export const notYet = notYetIn("iam");
