/** CloudFormation's resource types of instances and of what they are made from. */
import { resource, type Resource } from "@hakoniwa/cloudformation";
import type { Aws, Ec2Types } from "@hakoniwa/wire";
import { unlessGone } from "../unless-gone.js";
import { runInstancesInput, type InstanceProperties } from "./cfn-instance.js";
import { updateInstance } from "./cfn-instance-update.js";
import { keyPair } from "./cfn-key-pair.js";
import { tagsFor, updateTags } from "./cfn-tags.js";
import { placementGroup, volume, volumeAttachment } from "./cfn-volumes.js";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-instance.html */
const instance = resource<InstanceProperties>("AWS::EC2::Instance", {
  create(aws, properties, request) {
    const id = aws.ec2.RunInstances(runInstancesInput(properties, request)).Instances?.[0]?.InstanceId ?? "";
    if (properties.SourceDestCheck !== undefined) aws.ec2.ModifyInstanceAttribute({ InstanceId: id, SourceDestCheck: { Value: properties.SourceDestCheck } });
    return id;
  },
  settled(aws, id) {
    const found = describe(aws, id);
    const state = found?.State?.Name;
    if (state === "running") return true;
    if (state === "pending") return false;
    return { failed: `Instance ${id} did not stabilize: it is ${state ?? "gone"}. ${found?.StateReason?.Message ?? ""}`.trim() };
  },
  attributes(aws, id) {
    const found = describe(aws, id);
    return {
      InstanceId: id,
      AvailabilityZone: found?.Placement?.AvailabilityZone,
      PrivateDnsName: found?.PrivateDnsName,
      PrivateIp: found?.PrivateIpAddress,
      PublicDnsName: found?.PublicDnsName,
      PublicIp: found?.PublicIpAddress,
      VpcId: found?.VpcId,
      State: { Code: String(found?.State?.Code), Name: found?.State?.Name },
    };
  },
  // Only whether a volume goes with its instance can be changed of a launched instance's devices.
  replaces(next, previous, changed) {
    return changed.includes("BlockDeviceMappings") ? devices(next) !== devices(previous) : changed.includes("Tenancy");
  },
  update: updateInstance,
  delete(aws, id) {
    unlessGone(() => aws.ec2.TerminateInstances({ InstanceIds: [id] }));
  },
  gone(aws, id) {
    const state = describe(aws, id)?.State?.Name;
    return state === undefined || state === "terminated";
  },
});

interface LaunchTemplateProperties {
  readonly LaunchTemplateName?: string;
  readonly VersionDescription?: string;
  readonly LaunchTemplateData: Ec2Types.RequestLaunchTemplateData;
  readonly TagSpecifications?: readonly Ec2Types.TagSpecification[];
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-launchtemplate.html */
const launchTemplate = resource<LaunchTemplateProperties>("AWS::EC2::LaunchTemplate", {
  create(aws, properties, request) {
    const made = aws.ec2.CreateLaunchTemplate({
      LaunchTemplateName: properties.LaunchTemplateName ?? request.physicalName(128),
      VersionDescription: properties.VersionDescription,
      LaunchTemplateData: properties.LaunchTemplateData,
      TagSpecifications: tagsFor("launch-template", ownTags(properties), request),
    });
    return made.LaunchTemplate?.LaunchTemplateId ?? "";
  },
  attributes(aws, id) {
    const found = aws.ec2.DescribeLaunchTemplates({ LaunchTemplateIds: [id] }).LaunchTemplates?.[0];
    return { LaunchTemplateId: id, DefaultVersionNumber: String(found?.DefaultVersionNumber), LatestVersionNumber: String(found?.LatestVersionNumber) };
  },
  // A changed template gets a new version; its default version stays, as in AWS.
  update(aws, id, next, previous, request) {
    const content = ({ VersionDescription, LaunchTemplateData }: LaunchTemplateProperties): string => JSON.stringify([VersionDescription, LaunchTemplateData]);
    if (content(next) !== content(previous)) {
      aws.ec2.CreateLaunchTemplateVersion({ LaunchTemplateId: id, VersionDescription: next.VersionDescription, LaunchTemplateData: next.LaunchTemplateData });
    }
    updateTags(aws, id, ownTags(next), ownTags(previous), request);
  },
  delete(aws, id) {
    unlessGone(() => aws.ec2.DeleteLaunchTemplate({ LaunchTemplateId: id }));
  },
});

/** Those of the template itself, not of what is launched by it. */
function ownTags({ TagSpecifications }: LaunchTemplateProperties): readonly Ec2Types.Tag[] | undefined {
  return TagSpecifications?.find((each) => each.ResourceType === "launch-template")?.Tags;
}

/** What of the block device mappings only a new instance can have. */
function devices({ BlockDeviceMappings }: InstanceProperties): string {
  return JSON.stringify((BlockDeviceMappings ?? []).map(({ Ebs, ...mapping }) => [mapping, { ...Ebs, DeleteOnTermination: undefined }]));
}

function describe(aws: Aws, id: string): Ec2Types.Instance | undefined {
  return unlessGone(() => aws.ec2.DescribeInstances({ InstanceIds: [id] }))?.Reservations?.[0]?.Instances?.[0];
}

export const computeResources: readonly Resource[] = [instance, keyPair, launchTemplate, placementGroup, volume, volumeAttachment];
