/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-launchtemplate.html */
import type { Ec2Types } from "@hakoniwa/wire";
import { propertyNotImplemented } from "../not-implemented.js";
import { resourceType } from "../resource-type.js";
import { unlessGone } from "../unless-gone.js";
import { tagsFor, updateTags } from "./cfn-tags.js";

interface LaunchTemplateProperties {
  readonly LaunchTemplateName?: string;
  readonly VersionDescription?: string;
  readonly LaunchTemplateData: Ec2Types.RequestLaunchTemplateData;
  readonly TagSpecifications?: readonly Ec2Types.TagSpecification[];
}

const TYPE = "AWS::EC2::LaunchTemplate";
const below = (property: string, members: readonly string[]): readonly string[] => members.map((member) => `${property}.${member}`);
const DATA = [
  "CreditSpecification", "DisableApiStop", "DisableApiTermination", "EbsOptimized", "IamInstanceProfile", "ImageId", "InstanceInitiatedShutdownBehavior", "InstanceType", "KeyName", "MaintenanceOptions",
  "Monitoring", "PrivateDnsNameOptions.HostnameType", "SecurityGroupIds", "SecurityGroups", "TagSpecifications", "UserData",
  ...below("BlockDeviceMappings", ["DeviceName", "NoDevice"]),
  ...below("BlockDeviceMappings.Ebs", ["DeleteOnTermination", "Encrypted", "Iops", "KmsKeyId", "SnapshotId", "Throughput", "VolumeSize", "VolumeType"]),
  ...below("CpuOptions", ["CoreCount", "ThreadsPerCore"]),
  ...below("MetadataOptions", ["HttpEndpoint", "HttpProtocolIpv6", "HttpPutResponseHopLimit", "HttpTokens", "InstanceMetadataTags"]),
  ...below("NetworkInterfaces", [
    "AssociatePublicIpAddress", "DeleteOnTermination", "Description", "DeviceIndex", "Groups", "InterfaceType", "NetworkInterfaceId", "PrivateIpAddress", "PrivateIpAddresses", "SecondaryPrivateIpAddressCount", "SubnetId",
  ]),
  ...below("Placement", ["AvailabilityZone", "GroupId", "GroupName", "Tenancy"]),
];

/** Of what a template launches with, what a launch carries out: the rest would fail every launch. */
const CARRIES = ["LaunchTemplateName", "VersionDescription", "TagSpecifications", ...below("LaunchTemplateData", DATA)];

export const launchTemplate = resourceType<LaunchTemplateProperties>(TYPE, CARRIES, {
  customName: "LaunchTemplateName",
  create(aws, properties, request) {
    refuseIpv6(properties);
    const made = aws.ec2.CreateLaunchTemplate({
      LaunchTemplateName: properties.LaunchTemplateName ?? request.physicalName(128),
      VersionDescription: properties.VersionDescription,
      LaunchTemplateData: properties.LaunchTemplateData,
      // Others than the template's own are the operation's to refuse.
      TagSpecifications: [...tagsFor("launch-template", ownTags(properties), request), ...(properties.TagSpecifications ?? []).filter(({ ResourceType }) => ResourceType !== "launch-template")],
    });
    return made.LaunchTemplate?.LaunchTemplateId ?? "";
  },
  attributes(aws, id) {
    const found = aws.ec2.DescribeLaunchTemplates({ LaunchTemplateIds: [id] }).LaunchTemplates?.[0];
    return { LaunchTemplateId: id, DefaultVersionNumber: String(found?.DefaultVersionNumber), LatestVersionNumber: String(found?.LatestVersionNumber) };
  },
  // A changed template gets a new version; its default version stays, as in AWS.
  update(aws, id, next, previous, request) {
    refuseIpv6(next);
    const content = ({ VersionDescription, LaunchTemplateData }: LaunchTemplateProperties): string => JSON.stringify([VersionDescription, LaunchTemplateData]);
    if (content(next) !== content(previous)) {
      aws.ec2.CreateLaunchTemplateVersion({ LaunchTemplateId: id, VersionDescription: next.VersionDescription, LaunchTemplateData: next.LaunchTemplateData });
    }
    updateTags(aws, id, ownTags(next), ownTags(previous), request);
  },
  read(aws, id) {
    const found = unlessGone(() => aws.ec2.DescribeLaunchTemplates({ LaunchTemplateIds: [id] }))?.LaunchTemplates?.[0];
    if (!found) return undefined;
    const [latest] = aws.ec2.DescribeLaunchTemplateVersions({ LaunchTemplateId: id, Versions: ["$Latest"] }).LaunchTemplateVersions ?? [];
    return {
      LaunchTemplateName: found.LaunchTemplateName!,
      ...(latest?.VersionDescription === undefined ? {} : { VersionDescription: latest.VersionDescription }),
      LaunchTemplateData: (latest?.LaunchTemplateData ?? {}) as Ec2Types.RequestLaunchTemplateData,
      TagSpecifications: [{ ResourceType: "launch-template", Tags: (found.Tags ?? []).filter(({ Key }) => !Key?.startsWith("aws:")) }],
    };
  },
  delete(aws, id) {
    unlessGone(() => aws.ec2.DeleteLaunchTemplate({ LaunchTemplateId: id }));
  },
});

/** A launch would refuse it. */
function refuseIpv6({ LaunchTemplateData: { MetadataOptions: options } }: LaunchTemplateProperties): void {
  if (options?.HttpProtocolIpv6 === "enabled") throw propertyNotImplemented(TYPE, "LaunchTemplateData/MetadataOptions/HttpProtocolIpv6");
}

/** Those of the template itself, not of what is launched by it. */
function ownTags({ TagSpecifications }: LaunchTemplateProperties): readonly Ec2Types.Tag[] | undefined {
  return TagSpecifications?.find((each) => each.ResourceType === "launch-template")?.Tags;
}
