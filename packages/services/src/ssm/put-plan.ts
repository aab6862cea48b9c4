/** What PutParameter makes of a request and of what is there. Pure. */
import type { SsmTypes } from "@hakoniwa/wire";
import { checkAllowedPattern } from "./allowed-pattern.js";
import { constraint, parameterAlreadyExists, policiesNeedAdvanced, typeMismatch, unsupportedType, validation } from "./errors.js";
import { asksForPolicies, parsePolicies } from "./policies.js";
import { DEFAULT_KEY, checkKeyId } from "./secrets.js";
import type { ParameterPolicy, ParameterTier, ParameterType, ParameterVersion } from "./state.js";

export type NewVersion = Omit<ParameterVersion, "modified" | "modifiedBy">;

const STANDARD_LIMIT = 4096;
const ADVANCED_LIMIT = 8192;
const DATA_TYPES = ["text", "aws:ec2:image"];

/**
 * The next version, its value in plain text.
 * @param previous the newest version there is
 * @throws what PutParameter throws: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
 */
export function nextVersion(input: SsmTypes.PutParameterRequest, previous: ParameterVersion | undefined): NewVersion {
  if (input.Overwrite && input.Tags?.length) {
    throw validation(
      "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. " +
        "To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
    );
  }
  if (previous && !input.Overwrite) throw parameterAlreadyExists();
  const type = typeOf(input.Type, previous);
  if (/\{\{.*\}\}/s.test(input.Value)) throw validation('Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.');
  if ((input.Description ?? "").length > 1024) throw constraint("description", `${input.Description!.slice(0, 100)}…`, "Member must have length less than or equal to 1024");
  if (input.KeyId !== undefined && type !== "SecureString") throw validation(`KeyId is required for SecureString type parameter only.`);
  const keyId = type === "SecureString" ? (input.KeyId ?? previous?.keyId ?? DEFAULT_KEY) : undefined;
  if (keyId !== undefined) checkKeyId(keyId);
  // What an update doesn't give stays as it was; an empty text takes it away.
  const allowedPattern = input.AllowedPattern ?? previous?.allowedPattern;
  if (allowedPattern) checkAllowedPattern(allowedPattern, input.Value);
  const description = input.Description ?? previous?.description;
  const tier = tierOf(input, previous);
  return {
    name: input.Name,
    version: (previous?.version ?? 0) + 1,
    type,
    value: input.Value,
    ...(keyId === undefined ? {} : { keyId }),
    ...(description ? { description } : {}),
    ...(allowedPattern ? { allowedPattern } : {}),
    tier,
    dataType: dataTypeOf(input, type, previous),
    labels: [],
    policies: policiesOf(input.Policies, tier, previous),
  };
}

function typeOf(asked: string | undefined, previous: ParameterVersion | undefined): ParameterType {
  const type = asked ?? previous?.type;
  if (type === undefined) throw validation("A parameter type is required when you create a parameter.");
  if (type !== "String" && type !== "StringList" && type !== "SecureString") throw unsupportedType(type);
  if (previous && previous.type !== type) throw typeMismatch();
  return type;
}

function tierOf(input: SsmTypes.PutParameterRequest, previous: ParameterVersion | undefined): ParameterTier {
  const asked = input.Tier ?? previous?.tier ?? "Standard";
  if (asked !== "Standard" && asked !== "Advanced" && asked !== "Intelligent-Tiering") {
    throw constraint("tier", String(asked), "Member must satisfy enum value set: [Standard, Advanced, Intelligent-Tiering]");
  }
  const size = Buffer.byteLength(input.Value);
  if (size === 0) throw constraint("value", "", "Member must have length greater than or equal to 1");
  const wants = size > STANDARD_LIMIT || (input.Policies !== undefined && asksForPolicies(input.Policies));
  const grows = asked === "Intelligent-Tiering" && (wants || previous?.tier === "Advanced");
  const tier = asked === "Advanced" || grows ? "Advanced" : "Standard";
  if (tier === "Standard" && previous?.tier === "Advanced") {
    throw validation(
      "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the " +
        "standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter.",
    );
  }
  if (tier === "Standard" && size > STANDARD_LIMIT) {
    throw validation(
      `Standard tier parameters support a maximum parameter value of ${STANDARD_LIMIT} characters. To create a larger parameter value, upgrade the ` +
        "parameter to use the advanced-parameter tier. For more information, see " +
        "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html",
    );
  }
  if (size > ADVANCED_LIMIT) throw validation(`Advanced tier parameters support a maximum parameter value of ${ADVANCED_LIMIT} characters.`);
  return tier;
}

function policiesOf(text: string | undefined, tier: ParameterTier, previous: ParameterVersion | undefined): readonly ParameterPolicy[] {
  if (text === undefined) return previous?.policies ?? [];
  if (!asksForPolicies(text)) return [];
  if (tier !== "Advanced") throw policiesNeedAdvanced();
  return parsePolicies(text);
}

function dataTypeOf(input: SsmTypes.PutParameterRequest, type: ParameterType, previous: ParameterVersion | undefined): string {
  const dataType = input.DataType ?? previous?.dataType ?? "text";
  if (!DATA_TYPES.includes(dataType)) {
    throw validation(`The following data type is not supported: ${dataType} (Data type names are all lowercase.)`);
  }
  if (dataType !== "text" && type !== "String") throw validation(`The data type ${dataType} is only supported for String type parameters.`);
  if (dataType === "aws:ec2:image" && !/^ami-([0-9a-f]{8}|[0-9a-f]{17})$/.test(input.Value)) {
    throw validation(`The parameter value '${input.Value.slice(0, 100)}' is not an AMI ID, as the data type aws:ec2:image asks for.`);
  }
  return dataType;
}
