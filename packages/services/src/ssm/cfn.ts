/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ssm-parameter.html */
import { resource } from "@hakoniwa/cloudformation";
import type { Aws, SsmTypes } from "@hakoniwa/wire";
import { validation } from "./errors.js";

export interface ParameterProperties {
  readonly Name?: string;
  readonly Type: string;
  readonly Value: string;
  readonly Description?: string;
  readonly AllowedPattern?: string;
  readonly DataType?: string;
  readonly Tier?: string;
  readonly Policies?: string;
  readonly Tags?: Readonly<Record<string, string>>;
}

export const parameter = resource<ParameterProperties>("AWS::SSM::Parameter", {
  create(aws, properties, request) {
    const name = properties.Name ?? request.physicalName(512);
    aws.ssm.PutParameter({ ...input(name, properties), Tags: wantedTags(properties, request.tags) });
    return name;
  },

  update(aws, name, next, previous, request) {
    // PutParameter keeps what it isn't given; what the template no longer has goes.
    const { Description = "", AllowedPattern = "", Policies = previous.Policies === undefined ? undefined : "[]", ...rest } = input(name, next);
    aws.ssm.PutParameter({ ...rest, Description, AllowedPattern, Policies, Overwrite: true });
    const wanted = wantedTags(next, request.tags);
    const now = aws.ssm.ListTagsForResource({ ResourceType: "Parameter", ResourceId: name }).TagList ?? [];
    const leaving = now.map((tag) => tag.Key).filter((key) => !wanted.some((tag) => tag.Key === key));
    if (leaving.length > 0) aws.ssm.RemoveTagsFromResource({ ResourceType: "Parameter", ResourceId: name, TagKeys: leaving });
    if (wanted.length > 0) aws.ssm.AddTagsToResource({ ResourceType: "Parameter", ResourceId: name, Tags: wanted });
  },

  // Unlike DeleteParameter it accepts that there is none.
  delete(aws, name) {
    aws.ssm.DeleteParameters({ Names: [name] });
  },

  attributes(aws, name) {
    const found = read(aws, name);
    return { Type: found.Type, Value: found.Value, Arn: found.ARN };
  },
});

function input(name: string, properties: ParameterProperties): SsmTypes.PutParameterRequest {
  // CloudFormation can't make SecureStrings: their values would stand in templates.
  if (properties.Type !== "String" && properties.Type !== "StringList") {
    throw validation(`Property validation failure: The value of property {/Type} '${properties.Type}' is not one of String, StringList.`);
  }
  const { Type, Value, Description, AllowedPattern, DataType, Tier, Policies } = properties;
  return { Name: name, Type, Value, Description, AllowedPattern, DataType, Policies, Tier: Tier as SsmTypes.ParameterTier | undefined };
}

function wantedTags(properties: ParameterProperties, more: readonly SsmTypes.Tag[]): readonly SsmTypes.Tag[] {
  const own = Object.entries(properties.Tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
  return [...own, ...more.filter((tag) => !own.some(({ Key }) => Key === tag.Key))];
}

function read(aws: Aws, name: string): SsmTypes.Parameter {
  const found = aws.ssm.GetParameter({ Name: name }).Parameter;
  if (!found) throw new Error(`GetParameter answered nothing for ${name}`);
  return found;
}
