/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html and each operation's own. */
import { AwsError } from "@hakoniwa/kernel";
import { validationError } from "@hakoniwa/cloudformation";
import { notImplemented } from "../not-implemented.js";
import type { ChangeSet } from "./state.js";

export { validationError };

export const noSuchStack = (name: string): AwsError => validationError(`Stack with id ${name} does not exist`);

/** DescribeStackEvents and others word it so. */
export const noSuchStackNamed = (name: string): AwsError => validationError(`Stack [${name}] does not exist`);

export const alreadyExists = (name: string): AwsError => new AwsError("AlreadyExistsException", `Stack [${name}] already exists`);

export const insufficientCapabilities = (needed: readonly string[]): AwsError =>
  new AwsError("InsufficientCapabilitiesException", `Requires capabilities : [${needed.join(", ")}]`);

export const noUpdates = (): AwsError => validationError("No updates are to be performed.");

export const cannotUpdate = (stackId: string, status: string): AwsError => validationError(`Stack:${stackId} is in ${status} state and can not be updated.`);

export const cannotCancel = (): AwsError => validationError("CancelUpdateStack cannot be called from current stack status");

export const cannotContinue = (stackId: string, status: string): AwsError =>
  validationError(`Stack:${stackId} is in ${status} state and can not continue rollback. The stack must be in the UPDATE_ROLLBACK_FAILED state.`);

export const cannotRollBack = (stackId: string, status: string): AwsError =>
  validationError(`Stack:${stackId} is in ${status} state and can not be rolled back. The stack must be in the CREATE_FAILED or UPDATE_FAILED state.`);

export const cannotDelete = (stackId: string, status: string): AwsError => validationError(`Stack [${stackId}] cannot be deleted while in status ${status}`);

export const isProtected = (name: string): AwsError => validationError(`Stack [${name}] cannot be deleted while TerminationProtection is enabled`);

export const exportInUse = (name: string, stack: string): AwsError => validationError(`Export ${name} cannot be deleted as it is in use by ${stack}`);

export const exportChanged = (name: string, stack: string): AwsError => validationError(`Export ${name} cannot be updated as it is in use by ${stack}`);

export const exportTaken = (name: string, stack: string): AwsError => validationError(`Export with name ${name} is already exported by stack ${stack}.`);

export const noSuchResource = (logicalId: string, stack: string): AwsError => validationError(`Resource ${logicalId} does not exist for stack ${stack}`);

export const noSuchChangeSet = (name: string): AwsError => new AwsError("ChangeSetNotFoundException", `ChangeSet [${name}] does not exist`, { status: 404 });

export const changeSetExists = (name: string): AwsError => new AwsError("AlreadyExistsException", `ChangeSet ${name} cannot be created due to a mismatch with existing attribute Name`);

export const changeSetNotExecutable = ({ id, status, executionStatus }: Pick<ChangeSet, "id" | "status" | "executionStatus">): AwsError =>
  new AwsError(
    "InvalidChangeSetStatusException",
    executionStatus === "UNAVAILABLE" ? `ChangeSet [${id}] cannot be executed in its current status of [${status}]` : `ChangeSet [${id}] cannot be executed in its current execution status of [${executionStatus}]`,
  );

export const notImportable = (type: string): AwsError => validationError(`ResourceTypes [${type}] are not supported for Import`);

/** Taking a setting that we would then ignore would be a silent success. */
export const unsupportedSetting = (member: string): AwsError => notImplemented(`${member} of CloudFormation`);

export const templateUrl = (): AwsError => validationError("TemplateURL must be a supported URL.");

/** What S3 said, as CloudFormation passes it on. */
export const s3Failure = (message: string): AwsError =>
  validationError(`S3 error: ${message}\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html`);

/** @param limit in bytes */
export const templateTooLong = (limit: number): AwsError => validationError(`Template may not exceed ${limit} bytes in size.`);

export const cannotDetectDrift = (stackId: string, status: string): AwsError => validationError(`Drift detection is not supported for stack [${stackId}] in status [${status}]`);

export const driftDetectionGoesOn = (stackId: string): AwsError => validationError(`Drift detection is already in progress for stack [${stackId}]`);

export const noSuchDetection = (id: string): AwsError => validationError(`Drift detection with id ${id} does not exist`);

/** @param root the stack in which they are nested; undefined for all of a region */
export const tooManyStacks = (limit: number, root?: string): AwsError =>
  new AwsError("LimitExceededException", `Limit for stack has been exceeded: there may be ${limit} at most${root === undefined ? "" : ` nested in ${root}`}.`);

export const nestedOnly = (operation: string, root: string): AwsError => validationError(`${operation} cannot be called on a nested stack. Call it on its root stack ${root}.`);

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html */
export const customNamed = (name: string): string => `CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename ${name} and update the stack again.`;

export const tooManySignals = (): AwsError => new AwsError("Throttling", "Rate exceeded");
