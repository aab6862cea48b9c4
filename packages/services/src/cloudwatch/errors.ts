/** The errors that CloudWatch returns, with AWS's codes: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CommonErrors.html */
import { AwsError } from "@hakoniwa/kernel";
import { notYetIn } from "../not-implemented.js";

export const invalidValue = (message: string): AwsError => new AwsError("InvalidParameterValue", message);
export const invalidCombination = (message: string): AwsError => new AwsError("InvalidParameterCombination", message);
export const missingParameter = (message: string): AwsError => new AwsError("MissingParameter", message);
export const validation = (message: string): AwsError => new AwsError("ValidationError", message);
export const invalidToken = (token: string): AwsError => new AwsError("InvalidNextToken", `The token ${token} is invalid.`);
export const alarmNotFound = (name: string): AwsError => new AwsError("ResourceNotFound", `Alarm ${name} does not exist`);
export const alarmsNotFound = (names: readonly string[]): AwsError => new AwsError("ResourceNotFound", `Alarms [${names.join(", ")}] do not exist`);
export const unknownResource = (arn: string): AwsError => new AwsError("ResourceNotFoundException", `Unknown resource: ${arn}`, { fields: { ResourceType: "Resource", ResourceId: arn } });
export const invalidFormat = (message: string): AwsError => new AwsError("InvalidFormat", message);
export const limitExceeded = (message: string): AwsError => new AwsError("LimitExceeded", message);
export const dashboardNotFound = (name: string): AwsError => new AwsError("ResourceNotFound", `Dashboard ${name} does not exist`, { status: 404 });
export const dashboardsNotFound = (names: readonly string[]): AwsError => new AwsError("ResourceNotFound", `Dashboards [${names.join(", ")}] do not exist`, { status: 404 });
export const invalidDashboard = (problems: readonly { readonly path: string; readonly message: string }[]): AwsError =>
  new AwsError("InvalidParameterInput", `The field DashboardBody must be a valid JSON object: ${problems.map(({ message }) => message).join("; ")}`, {
    fields: { dashboardValidationMessages: problems.map(({ path, message }) => ({ DataPath: path, Message: message })) },
  });

export const notYet = notYetIn("cloudwatch");
