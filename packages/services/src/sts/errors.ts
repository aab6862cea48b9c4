/** The errors of https://docs.aws.amazon.com/STS/latest/APIReference/, with AWS's codes. */
import { AwsError } from "@hakoniwa/kernel";
import { notYetIn } from "../not-implemented.js";

const denied = (message: string): AwsError => new AwsError("AccessDenied", message, { status: 403 });

export const rootMayNotAssume = (): AwsError => denied("Roles may not be assumed by root accounts.");
export const mayNotAssume = (caller: string, role: string): AwsError => denied(`User: ${caller} is not authorized to perform: sts:AssumeRole on resource: ${role}`);
export const notWithSession = (operation: string): AwsError => denied(`Cannot call ${operation} with session credentials`);
export const wrongCode = (): AwsError => denied("MultiFactorAuthentication failed with invalid MFA one time pass code.");
export const halfMfa = (): AwsError => denied("MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.");
export const otherSourceIdentity = (): AwsError => denied("The source identity that is set in the calling session can't be changed.");

export const validation = (message: string): AwsError => new AwsError("ValidationError", message);
export const invalidTags = (message: string): AwsError => new AwsError("InvalidParameterValue", message);
export const malformed = (message: string): AwsError => new AwsError("MalformedPolicyDocument", message);
export const tooLarge = (percent: number): AwsError =>
  new AwsError("PackedPolicyTooLarge", `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`);
export const invalidMessage = (): AwsError => new AwsError("InvalidAuthorizationMessageException", "The authorization message is not valid.");

export const constraint = (member: string, value: string | number, rule: string): AwsError =>
  validation(`1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${rule}`);

export const notYet = notYetIn("sts");
