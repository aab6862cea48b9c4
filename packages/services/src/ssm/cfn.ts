/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ssm-parameter.html */
import type { ResourceRequest } from "@hakoniwa/cloudformation";
import type { Aws, SsmTypes } from "@hakoniwa/wire";
import { sameJson } from "../policy-documents.js";
import { resourceType } from "../resource-type.js";
import { unlessGone } from "../unless-gone.js";
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

const CARRIES = ["Name", "Type", "Value", "Description", "AllowedPattern", "DataType", "Tier", "Policies", "Tags"];

export const parameter = resourceType<ParameterProperties>("AWS::SSM::Parameter", CARRIES, {
  create(aws, properties, request) {
    const name = properties.Name ?? generatedName(request);
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

  read(aws, name, given) {
    const found = unlessGone(() => read(aws, name));
    const [told] = aws.ssm.DescribeParameters({ ParameterFilters: [{ Key: "Name", Option: "Equals", Values: [name] }] }).Parameters ?? [];
    if (!found || !told) return undefined;
    const policies = `[${(told.Policies ?? []).map(({ PolicyText = "" }) => PolicyText).join(",")}]`;
    return {
      Name: name,
      Type: found.Type ?? "",
      Value: found.Value ?? "",
      ...(told.Description === undefined ? {} : { Description: told.Description }),
      ...(told.AllowedPattern === undefined ? {} : { AllowedPattern: told.AllowedPattern }),
      DataType: found.DataType ?? "text",
      // What the service makes of Intelligent-Tiering is no change of it.
      Tier: given.Tier === "Intelligent-Tiering" ? given.Tier : (told.Tier ?? "Standard"),
      ...(policies === "[]" ? {} : { Policies: sameJson(given.Policies, policies) }),
      Tags: Object.fromEntries((aws.ssm.ListTagsForResource({ ResourceType: "Parameter", ResourceId: name }).TagList ?? []).map(({ Key, Value }) => [Key, Value])),
    };
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

/** `CFN-LOGICALID-RANDOM`: parameters' names are made otherwise than others'. */
function generatedName(request: ResourceRequest): string {
  const random = request.physicalName(512).split("-").at(-1);
  return `CFN-${request.logicalId}-${random}`;
}

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
