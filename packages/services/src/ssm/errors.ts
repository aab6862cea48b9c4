/** The errors of https://docs.aws.amazon.com/systems-manager/latest/APIReference/, with AWS's codes. */
import { AwsError } from "@hakoniwa/kernel";
import { notYetIn } from "../not-implemented.js";

/** Systems Manager answers all its errors with 400, whatever its model for SDKs says (404 for ParameterNotFound). */
const error = (code: string, message: string): AwsError => new AwsError(code, message, { status: 400 });

/** AWS leaves this message empty; naming the parameter costs nothing and saves a search. */
export const parameterNotFound = (name: string): AwsError => error("ParameterNotFound", `Parameter ${name} not found.`);

export const parameterVersionNotFound = (name: string, selector: string): AwsError =>
  /^\d+$/.test(selector)
    ? error("ParameterVersionNotFound", `Systems Manager could not find version ${selector} of ${name}. Verify the version and try again.`)
    : error("ParameterVersionNotFound", `Systems Manager could not find version label ${selector} of ${name}. Verify the label and try again.`);

export const parameterAlreadyExists = (): AwsError =>
  error("ParameterAlreadyExists", "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.");

export const validation = (message: string): AwsError => error("ValidationException", message);

/** How AWS words a member that breaks its model's constraint. */
export const constraint = (member: string, value: string, rule: string): AwsError =>
  validation(`1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${rule}`);

export const reservedName = (name: string): AwsError => error("AccessDeniedException", `No access to reserved parameter name: ${name}.`);

export const hierarchyTooDeep = (name: string): AwsError =>
  error("HierarchyLevelLimitExceededException", `Parameter ${name}: a parameter hierarchy can have at most fifteen levels.`);

export const unsupportedType = (type: string): AwsError =>
  error("UnsupportedParameterType", `The parameter type '${type}' is not supported. It must be String, StringList or SecureString.`);

export const patternMismatch = (pattern: string): AwsError =>
  error("ParameterPatternMismatchException", `Parameter value, cannot be validated against allowedPattern: ${pattern}`);

export const invalidAllowedPattern = (pattern: string): AwsError =>
  error("InvalidAllowedPatternException", `The request does not meet the regular expression requirement: ${pattern}`);

export const invalidKeyId = (keyId: string): AwsError => error("InvalidKeyId", `Invalid keyId ${keyId}`);

export const invalidFilterKey = (key: string): AwsError => error("InvalidFilterKey", `The following filter key is not valid: ${key}.`);

export const invalidFilterOption = (key: string, option: string): AwsError =>
  error("InvalidFilterOption", `The following filter option is not valid: ${option}, for the filter key ${key}.`);

export const invalidFilterValue = (key: string, rule: string): AwsError => error("InvalidFilterValue", `The filter key ${key} ${rule}.`);

export const invalidNextToken = (): AwsError => error("InvalidNextToken", "The specified token isn't valid.");

export const invalidResourceId = (id: string): AwsError =>
  error("InvalidResourceId", `The resource ID "${id}" is not valid. Verify the ID and try again.`);

export const tooManyTags = (): AwsError => error("TooManyTagsError", "A parameter can have at most 50 tags.");

export const policiesNeedAdvanced = (): AwsError =>
  validation("Parameter policies are only supported for advanced-tier parameters. Set the parameter's tier to Advanced, and try again.");
export const invalidPolicyType = (type: string): AwsError => error("InvalidPolicyTypeException", `The policy type '${type}' is not supported. Parameter Store supports Expiration, ExpirationNotification and NoChangeNotification.`);
export const invalidPolicyAttribute = (message: string): AwsError => error("InvalidPolicyAttributeException", message);
export const incompatiblePolicies = (message: string): AwsError => error("IncompatiblePolicyException", message);
export const typeMismatch = (): AwsError =>
  error("HierarchyTypeMismatchException", "Parameter Store doesn't support changing a parameter type in a hierarchy. For example, you can't change a parameter from a String type to a SecureString type.");
export const imageNotFound = (id: string): AwsError => validation(`The parameter value '${id}' is not an AMI that is available to this account, as the data type aws:ec2:image asks for.`);
export const tooManyPolicies = (limit: number): AwsError => error("PoliciesLimitExceededException", `A parameter can have at most ${limit} policies.`);

export const oldestHasLabel = (name: string, version: number): AwsError =>
  error(
    "ParameterMaxVersionLimitExceeded",
    `You attempted to create a new version of ${name} by calling the PutParameter API with the overwrite flag. Version ${version}, the oldest version, ` +
      "can't be deleted because it has a label associated with it. Move the label to another version of the parameter, and try again.",
  );
export const tooManyLabels = (): AwsError =>
  error("ParameterVersionLabelLimitExceeded", "A parameter version can have maximum 10 labels. Move one or more labels to another version and try again.");
export const tooManyParameters = (limit: number): AwsError =>
  error("ParameterLimitExceeded", `You have exceeded the maximum number of parameters for this AWS account: ${limit}. Delete one or more parameters and try again.`);

export const notYet = notYetIn("ssm");
