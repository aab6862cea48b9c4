/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html and each operation's own. */
import { AwsError } from "@hakoniwa/kernel";
import { validationError } from "@hakoniwa/cloudformation";
import { notImplemented } from "../not-implemented.js";

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

export const cannotDelete = (stackId: string, status: string): AwsError => validationError(`Stack [${stackId}] cannot be deleted while in status ${status}`);

export const isProtected = (name: string): AwsError => validationError(`Stack [${name}] cannot be deleted while TerminationProtection is enabled`);

export const exportInUse = (name: string, stack: string): AwsError => validationError(`Export ${name} cannot be deleted as it is in use by ${stack}`);

export const exportChanged = (name: string, stack: string): AwsError => validationError(`Export ${name} cannot be updated as it is in use by ${stack}`);

export const exportTaken = (name: string, stack: string): AwsError => validationError(`Export with name ${name} is already exported by stack ${stack}.`);

export const noSuchResource = (logicalId: string, stack: string): AwsError => validationError(`Resource ${logicalId} does not exist for stack ${stack}`);

export const noSuchChangeSet = (name: string): AwsError => new AwsError("ChangeSetNotFoundException", `ChangeSet [${name}] does not exist`, { status: 404 });

export const changeSetExists = (name: string): AwsError => new AwsError("AlreadyExistsException", `ChangeSet ${name} cannot be created due to a mismatch with existing attribute Name`);

export const changeSetNotExecutable = (id: string, status: string): AwsError =>
  new AwsError("InvalidChangeSetStatusException", `ChangeSet [${id}] cannot be executed in its current status of [${status}]`);

/** Taking a setting that we would then ignore would be a silent success. */
export const unsupportedSetting = (member: string): AwsError => notImplemented(`${member} of CloudFormation`);

export const templateUrl = (): AwsError =>
  validationError("TemplateURL is not supported yet: it needs S3, which Hakoniwa does not have. Pass the template as TemplateBody.");

