/** The errors of https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/, with AWS's codes and messages. */
import { AwsError } from "@hakoniwa/kernel";
import { notYetIn } from "../not-implemented.js";

export const invalidParameter = (message: string): AwsError => new AwsError("InvalidParameterException", message);

/** How AWS words a member that breaks its model's constraint. */
export const constraint = (member: string, value: string | number, rule: string): AwsError =>
  invalidParameter(`1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${rule}`);

export const groupNotFound = (): AwsError => new AwsError("ResourceNotFoundException", "The specified log group does not exist.");
export const streamNotFound = (): AwsError => new AwsError("ResourceNotFoundException", "The specified log stream does not exist.");
export const filterNotFound = (): AwsError => new AwsError("ResourceNotFoundException", "The specified metric filter does not exist.");
export const resourceNotFound = (arn: string): AwsError => new AwsError("ResourceNotFoundException", `The specified resource does not exist: ${arn}`);
export const groupExists = (): AwsError => new AwsError("ResourceAlreadyExistsException", "The specified log group already exists");
export const streamExists = (): AwsError => new AwsError("ResourceAlreadyExistsException", "The specified log stream already exists");
export const limitExceeded = (): AwsError => new AwsError("LimitExceededException", "Resource limit exceeded.");
export const invalidToken = (): AwsError => invalidParameter("The specified nextToken is invalid.");
export const invalidPattern = (): AwsError => invalidParameter("Invalid filter pattern");
export const invalidTerm = (term: string): AwsError => invalidParameter(`Invalid character(s) in term '${term}'`);
export const tooManyTags = (): AwsError => new AwsError("TooManyTagsException", "A log group can have at most 50 tags.");

export const notYet = notYetIn("logs");
