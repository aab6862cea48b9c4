/** The errors that SNS returns, with AWS's codes: https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html */
import { AwsError } from "@hakoniwa/kernel";
import { notYetIn } from "../not-implemented.js";

export const invalidParameter = (what: string): AwsError => new AwsError("InvalidParameter", `Invalid parameter: ${what}`, { status: 400 });
export const notAuthorized = (): AwsError => new AwsError("AuthorizationError", "You are not authorized to perform this operation", { status: 403 });
export const topicNotFound = (): AwsError => new AwsError("NotFound", "Topic does not exist", { status: 404 });
export const subscriptionNotFound = (): AwsError => new AwsError("NotFound", "Subscription does not exist", { status: 404 });
export const resourceNotFound = (): AwsError => new AwsError("ResourceNotFound", "Resource does not exist", { status: 404 });
export const tagLimit = (): AwsError => new AwsError("TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded", { status: 400 });
export const emptyBatch = (): AwsError => new AwsError("EmptyBatchRequest", "The batch request doesn't contain any entries.", { status: 400 });
export const tooManyEntries = (): AwsError => new AwsError("TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.", { status: 400 });
export const idsNotDistinct = (): AwsError => new AwsError("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.", { status: 400 });
export const batchTooLong = (): AwsError => new AwsError("BatchRequestTooLong", "The length of all the batch messages put together is more than the limit.", { status: 400 });
export const invalidEntryId = (): AwsError => new AwsError("InvalidBatchEntryId", "The Id of a batch entry in a batch request doesn't abide by the specification.", { status: 400 });

export const notYet = notYetIn("sns");
