/** The errors of https://docs.aws.amazon.com/autoscaling/ec2/APIReference/, with AWS's codes and words. */
import { AwsError } from "@hakoniwa/kernel";
import { notYetIn, refuseMembers } from "../not-implemented.js";

export const validationError = (message: string): AwsError => new AwsError("ValidationError", message);

export const groupNotFound = (name: string): AwsError => validationError(`AutoScalingGroup name not found - AutoScalingGroup '${name}' not found`);

export const groupExists = (name: string): AwsError =>
  new AwsError("AlreadyExists", `AutoScalingGroup by this name already exists - A group with the name ${name} already exists`);

export const groupBeingDeleted = (name: string): AwsError =>
  new AwsError("ScalingActivityInProgress", `You cannot perform this action on AutoScalingGroup ${name} because it is pending delete.`);

export const groupHasInstances = (): AwsError =>
  new AwsError("ResourceInUse", "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.");

export const launchConfigurationNotFound = (name: string): AwsError =>
  validationError(`Launch configuration name not found - Launch configuration ${name} not found`);

export const launchConfigurationExists = (name: string): AwsError =>
  new AwsError("AlreadyExists", `Launch Configuration by this name already exists - A launch configuration already exists with the name ${name}`);

export const launchConfigurationInUse = (name: string, group: string): AwsError =>
  new AwsError("ResourceInUse", `Cannot delete launch configuration ${name} because it is attached to AutoScalingGroup ${group}`);

export const instanceNotManaged = (id: string): AwsError => validationError(`Instance Id not found - No managed instance found for instance ID ${id}`);

export const cooldownInProgress = (group: string): AwsError =>
  new AwsError("ScalingActivityInProgress", `Scaling activity is in progress and cooldown has not been fulfilled for AutoScalingGroup ${group}.`);

export const loadBalancersNotValid = (names: readonly string[]): AwsError =>
  validationError(`Provided Load Balancers may not be valid. Please ensure they exist and try again. (${names.join(", ")})`);

export const targetGroupsNotFound = (arns: readonly string[]): AwsError =>
  validationError(`Provided Target Groups may not be valid. Please ensure they exist and try again. (${arns.join(", ")})`);

export const hookNotFound = (name: string, group: string): AwsError => validationError(`No Lifecycle Hook found with name ${name} in the AutoScalingGroup ${group}.`);

export const noLifecycleAction = (what: string): AwsError => validationError(`No active Lifecycle Action found with ${what}`);

export const policyNotFound = (name: string): AwsError => validationError(`ScalingPolicy name not found - ${name} not found`);

export const scheduledActionNotFound = (name: string): AwsError => validationError(`Scheduled action name not found - ${name}`);

export const scheduledTimeTaken = (name: string): AwsError =>
  new AwsError("AlreadyExists", `There is already a scheduled action, '${name}', at this time.`);

export const deletionProtected = (group: string, protection: string): AwsError =>
  new AwsError("ResourceInUse", `The AutoScalingGroup ${group} has the deletion protection ${protection} and cannot be deleted.`);

export const refreshInProgress = (): AwsError => new AwsError("InstanceRefreshInProgress", "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.");

export const refreshConfigures = (): AwsError =>
  validationError(
    "An active instance refresh with a desired configuration exists. All configuration options derived from the desired configuration are not available for update while the instance refresh is active.",
  );

export const noActiveRefresh = (): AwsError => new AwsError("ActiveInstanceRefreshNotFound", "No in progress or pending Instance Refresh found.");

export const irreversibleRefresh = (why: string): AwsError => new AwsError("IrreversibleInstanceRefresh", why);

export const limitExceeded = (what: string, most: number): AwsError => new AwsError("LimitExceeded", `You may have at most ${most} ${what}.`);

export const invalidNextToken = (token: string): AwsError => new AwsError("InvalidNextToken", `The token '${token}' is invalid.`);

export const notYet = notYetIn("autoscaling");

/**
 * Refuses members that would be silently ignored.
 * @throws NotImplemented for the first one that says something
 */
export function refuse<In extends object>(input: In, names: readonly (keyof In & string)[]): void {
  refuseMembers(input, names, (name) => notYet(`the parameter ${name}`));
}
