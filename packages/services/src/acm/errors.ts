/** The errors that ACM returns, with AWS's codes: https://docs.aws.amazon.com/acm/latest/APIReference/CommonErrors.html */
import { AwsError } from "@hakoniwa/kernel";
import { notYetIn } from "../not-implemented.js";

export const validation = (message: string): AwsError => new AwsError("ValidationException", message);
export const invalidParameter = (message: string): AwsError => new AwsError("InvalidParameterException", message);
export const invalidArgs = (message: string): AwsError => new AwsError("InvalidArgsException", message);
export const invalidArn = (arn: string): AwsError => new AwsError("InvalidArnException", `The ARN '${arn}' is not a certificate's`);
export const certificateNotFound = (arn: string): AwsError => new AwsError("ResourceNotFoundException", `Could not find certificate ${arn}.`);
export const certificateInUse = (arn: string, account: string): AwsError => new AwsError("ResourceInUseException", `Certificate ${arn} in account ${account} is in use.`);
export const requestInProgress = (arn: string): AwsError => new AwsError("RequestInProgressException", `The certificate request for ${arn} is in progress.`);
export const invalidState = (message: string): AwsError => new AwsError("InvalidStateException", message);
export const invalidDomainValidation = (): AwsError =>
  new AwsError("InvalidDomainValidationOptionsException", "One or more values in the DomainValidationOption structure is incorrect.");
export const tooManyCertificates = (): AwsError =>
  new AwsError("LimitExceededException", "You have reached the maximum number of certificates. Delete certificates that are not in use, or contact AWS Support to request an increase.");
export const tooManyNames = (): AwsError => new AwsError("LimitExceededException", "An ACM limit has been exceeded. Need to request SAN limit to be raised");
export const tooManyTags = (arn: string): AwsError => new AwsError("TooManyTagsException", `The certificate ${arn} may have at most 50 tags.`);
export const invalidTag = (message: string): AwsError => new AwsError("InvalidTagException", message);

export const notYet = notYetIn("acm");
