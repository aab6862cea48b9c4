/** The errors of https://docs.aws.amazon.com/systems-manager/latest/APIReference/, with AWS's codes. */
import { AwsError } from "@hakoniwa/kernel";
import { notYetIn } from "../not-implemented.js";

/** AWS leaves this message empty; naming the parameter costs nothing and saves a search. */
export const parameterNotFound = (name: string): AwsError => new AwsError("ParameterNotFound", `Parameter ${name} not found.`);

export const parameterVersionNotFound = (name: string, selector: string): AwsError =>
  /^\d+$/.test(selector)
    ? new AwsError("ParameterVersionNotFound", `Systems Manager could not find version ${selector} of ${name}. Verify the version and try again.`)
    : new AwsError("ParameterVersionNotFound", `Systems Manager could not find version label ${selector} of ${name}. Verify the label and try again.`);

export const parameterAlreadyExists = (): AwsError =>
  new AwsError("ParameterAlreadyExists", "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.");

export const validation = (message: string): AwsError => new AwsError("ValidationException", message);

/** How AWS words a member that breaks its model's constraint. */
export const constraint = (member: string, value: string, rule: string): AwsError =>
  validation(`1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${rule}`);

export const reservedName = (name: string): AwsError => new AwsError("AccessDeniedException", `No access to reserved parameter name: ${name}.`);

export const hierarchyTooDeep = (name: string): AwsError =>
  new AwsError("HierarchyLevelLimitExceededException", `Parameter ${name}: a parameter hierarchy can have at most fifteen levels.`);

export const unsupportedType = (type: string): AwsError =>
  new AwsError("UnsupportedParameterType", `The parameter type '${type}' is not supported. It must be String, StringList or SecureString.`);

export const patternMismatch = (pattern: string): AwsError =>
  new AwsError("ParameterPatternMismatchException", `Parameter value, cannot be validated against allowedPattern: ${pattern}`);

export const invalidAllowedPattern = (pattern: string): AwsError =>
  new AwsError("InvalidAllowedPatternException", `The request does not meet the regular expression requirement: ${pattern}`);

export const invalidKeyId = (keyId: string): AwsError => new AwsError("InvalidKeyId", `Invalid keyId ${keyId}`);

export const invalidFilterKey = (key: string): AwsError => new AwsError("InvalidFilterKey", `The following filter key is not valid: ${key}.`);

export const invalidFilterOption = (key: string, option: string): AwsError =>
  new AwsError("InvalidFilterOption", `The following filter option is not valid: ${option}, for the filter key ${key}.`);

export const invalidFilterValue = (key: string, rule: string): AwsError => new AwsError("InvalidFilterValue", `The filter key ${key} ${rule}.`);

export const invalidNextToken = (): AwsError => new AwsError("InvalidNextToken", "The specified token isn't valid.");

export const invalidResourceId = (id: string): AwsError =>
  new AwsError("InvalidResourceId", `The resource ID "${id}" is not valid. Verify the ID and try again.`);

export const tooManyTags = (): AwsError => new AwsError("TooManyTagsError", "A parameter can have at most 50 tags.");

export const notYet = notYetIn("ssm");
