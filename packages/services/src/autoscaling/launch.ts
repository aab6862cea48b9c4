/** What RunInstances is asked for, for one instance of a group. */
import type { Database, Reader } from "@hakoniwa/kernel";
import type { Aws, AutoscalingTypes, Ec2Types } from "@hakoniwa/wire";
import type { Facts } from "../facts.js";
import { launchConfigurationNotFound, validationError } from "./errors.js";
import { launchConfigurations, type Group, type GroupSubnet, type LaunchConfiguration, type LaunchedFrom, type LaunchSource, type TemplateSource } from "./state.js";

export interface LaunchRequest {
  readonly input: Ec2Types.RunInstancesRequest;
  readonly from: LaunchedFrom;
}

/**
 * What may be asked for, one after the other until EC2 takes one: a mixed group has several types.
 * @throws AwsError when what the group launches from no longer exists
 */
export function launchRequests(db: Reader | Database, facts: Facts, aws: Aws, group: Group, source: LaunchSource, subnet: GroupSubnet): readonly LaunchRequest[] {
  const Placement = group.placementGroup === undefined ? undefined : { GroupName: group.placementGroup };
  const common = { MinCount: 1, MaxCount: 1, TagSpecifications: [{ ResourceType: "instance" as const, Tags: instanceTags(group) }], ...(Placement ? { Placement } : {}) };
  if (source.kind === "configuration") {
    const configuration = db(launchConfigurations).get(source.name);
    if (!configuration) throw launchConfigurationNotFound(source.name);
    const tenancy = configuration.placementTenancy === undefined ? {} : { Placement: { ...Placement, Tenancy: configuration.placementTenancy as Ec2Types.Tenancy } };
    return [
      {
        input: { ...common, ...fromConfiguration(configuration, subnet), ...tenancy },
        from: { configuration: configuration.name, template: undefined, age: configuration.created },
      },
    ];
  }
  const overrides = source.kind === "mixed" && source.overrides.length > 0 ? source.overrides : [undefined];
  return overrides.map((override) => {
    const { input, from } = fromTemplate(facts, aws, override?.template ?? source, subnet);
    const type = override?.instanceType as Ec2Types.RunInstancesRequest["InstanceType"];
    return { input: { ...common, ...input, ...(type === undefined ? {} : { InstanceType: type }) }, from };
  });
}

function fromTemplate(facts: Facts, aws: Aws, { id, version }: TemplateSource, subnet: GroupSubnet): { readonly input: Partial<Ec2Types.RunInstancesRequest>; readonly from: LaunchedFrom } {
  const template = facts.ec2.launchTemplate(id, version);
  if (!template) throw validationError(`The specified launch template, with template ID ${id}, does not have version ${version}.`);
  const exact = { LaunchTemplateId: template.id, Version: String(template.version) };
  return {
    input: { LaunchTemplate: exact, ...placement(templateInterface(aws, exact), subnet) },
    from: { configuration: undefined, template: { id: template.id, name: template.name, version: exact.Version }, age: template.version },
  };
}

/** https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-tagging.html */
export function instanceTags(group: Group): readonly Ec2Types.Tag[] {
  const propagated = group.tags.filter((tag) => tag.propagate).map((tag) => ({ Key: tag.key, Value: tag.value }));
  return [...propagated, { Key: "aws:autoscaling:groupName", Value: group.name }];
}

function fromConfiguration(configuration: LaunchConfiguration, subnet: GroupSubnet): Partial<Ec2Types.RunInstancesRequest> {
  const groups = configuration.securityGroups;
  const profile = configuration.iamInstanceProfile;
  const inSubnet =
    configuration.associatePublicIpAddress === undefined
      ? { SubnetId: subnet.id, ...(groups.length > 0 ? { SecurityGroupIds: groups } : {}) }
      : {
          NetworkInterfaces: [
            {
              DeviceIndex: 0,
              SubnetId: subnet.id,
              AssociatePublicIpAddress: configuration.associatePublicIpAddress,
              DeleteOnTermination: true,
              ...(groups.length > 0 ? { Groups: groups } : {}),
            },
          ],
        };
  return {
    ImageId: configuration.imageId,
    InstanceType: configuration.instanceType as Ec2Types.RunInstancesRequest["InstanceType"],
    KeyName: configuration.keyName,
    UserData: configuration.userData,
    IamInstanceProfile: profile === undefined ? undefined : profile.startsWith("arn:") ? { Arn: profile } : { Name: profile },
    BlockDeviceMappings: configuration.blockDeviceMappings.length > 0 ? configuration.blockDeviceMappings.map(blockDevice) : undefined,
    MetadataOptions: configuration.metadataOptions,
    Monitoring: { Enabled: configuration.monitoring },
    EbsOptimized: configuration.ebsOptimized || undefined,
    ...inSubnet,
  };
}

function blockDevice(mapping: AutoscalingTypes.BlockDeviceMapping): Ec2Types.BlockDeviceMapping {
  return {
    DeviceName: mapping.DeviceName,
    VirtualName: mapping.VirtualName,
    // EC2 takes an empty text where Auto Scaling takes a truth.
    NoDevice: mapping.NoDevice ? "" : undefined,
    Ebs: mapping.Ebs && { ...mapping.Ebs, VolumeType: mapping.Ebs.VolumeType as Ec2Types.VolumeType },
  };
}

/** The template's primary network interface, where it has one: the group's subnet goes in there. */
function templateInterface(
  aws: Aws,
  template: { readonly LaunchTemplateId: string; readonly Version: string },
): Ec2Types.InstanceNetworkInterfaceSpecification | undefined {
  const found = aws.ec2.DescribeLaunchTemplateVersions({ LaunchTemplateId: template.LaunchTemplateId, Versions: [template.Version] });
  const [primary] = found.LaunchTemplateVersions?.[0]?.LaunchTemplateData?.NetworkInterfaces ?? [];
  if (!primary) return undefined;
  return {
    DeviceIndex: primary.DeviceIndex ?? 0,
    AssociatePublicIpAddress: primary.AssociatePublicIpAddress,
    DeleteOnTermination: primary.DeleteOnTermination,
    Description: primary.Description,
    Groups: primary.Groups,
  };
}

function placement(primary: Ec2Types.InstanceNetworkInterfaceSpecification | undefined, subnet: GroupSubnet): Partial<Ec2Types.RunInstancesRequest> {
  return primary ? { NetworkInterfaces: [{ ...primary, SubnetId: subnet.id }] } : { SubnetId: subnet.id };
}
