/** Deleting versions of launch templates, and making their data from an instance: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/manage-launch-template-versions.html */
import { AwsError } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { allows } from "./access.js";
import { needInstance } from "./instance-lookup.js";
import { cpuOptionsOf } from "./instance-view.js";
import { findTemplate, findVersion } from "./launch-template-lookup.js";
import { interfacesOf } from "./network-interfaces.js";
import { launchTemplateVersions, type Instance, type LaunchTemplate } from "./state-compute.js";
import { volumes } from "./state-disks.js";
import type { NetworkInterface } from "./state.js";
import { computeArn } from "./taggable.js";
import { tagsOf } from "./tags.js";

export const launchTemplateDataOperations = operations(Ec2, {
  DeleteLaunchTemplateVersions: {
    authorize: allows("DeleteLaunchTemplateVersions", (input) => [["launch-template", input.LaunchTemplateId, input.LaunchTemplateName]]),
    handle(ctx, input) {
      const template = findTemplate(ctx.db, input);
      const outcomes = input.Versions.map((wanted) => deleteVersion(ctx, template, wanted));
      return {
        SuccessfullyDeletedLaunchTemplateVersions: outcomes.filter((outcome) => outcome.ResponseError === undefined),
        UnsuccessfullyDeletedLaunchTemplateVersions: outcomes.filter((outcome) => outcome.ResponseError !== undefined),
      };
    },
  },

  GetLaunchTemplateData: {
    authorize: (input, asked) => ({ action: "ec2:GetLaunchTemplateData", resources: [computeArn(asked, "instance", input.InstanceId)] }),
    handle: (ctx, input) => ({ LaunchTemplateData: dataOf(ctx, needInstance(ctx.db, input.InstanceId)) }),
  },
});

interface Outcome extends Ec2Types.DeleteLaunchTemplateVersionsResponseErrorItem {
  readonly VersionNumber?: number | undefined;
}

/** Each version succeeds or fails alone. The default version stays. */
function deleteVersion(ctx: Context, template: LaunchTemplate, wanted: string): Outcome {
  const base = { LaunchTemplateId: template.id, LaunchTemplateName: template.name, ...(/^\d{1,9}$/.test(wanted) ? { VersionNumber: Number(wanted) } : {}) };
  const refused = (Code: Ec2Types.LaunchTemplateErrorCode, Message: string): Outcome => ({ ...base, ResponseError: { Code, Message } });
  try {
    const { version } = findVersion(ctx.db, template, wanted);
    if (version === template.defaultVersion) return refused("unexpectedError", `Version ${version} is the default version of the launch template and cannot be deleted.`);
    ctx.db(launchTemplateVersions).delete(`${template.id}/${version}`);
    return { ...base, VersionNumber: version };
  } catch (error) {
    if (error instanceof AwsError) return refused("launchTemplateVersionDoesNotExist", error.message);
    throw error;
  }
}

/** What would launch the like of an instance: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetLaunchTemplateData.html */
function dataOf(ctx: Context, instance: Instance): Ec2Types.ResponseLaunchTemplateData {
  const { metadataOptions } = instance;
  const tags = tagsOf(ctx.db, instance.id).filter((tag) => !tag.Key.startsWith("aws:"));
  return {
    ImageId: instance.imageId,
    InstanceType: instance.instanceType as Ec2Types._InstanceType,
    KeyName: instance.keyName,
    UserData: instance.userData,
    EbsOptimized: instance.ebsOptimized,
    IamInstanceProfile: instance.iamInstanceProfile && { Arn: instance.iamInstanceProfile.arn },
    Monitoring: { Enabled: instance.monitoring },
    Placement: { AvailabilityZone: instance.availabilityZone, GroupName: instance.placementGroup ?? "", Tenancy: instance.tenancy },
    DisableApiTermination: instance.disableApiTermination,
    DisableApiStop: instance.disableApiStop,
    InstanceInitiatedShutdownBehavior: instance.shutdownBehavior,
    CreditSpecification: instance.cpuCredits && { CpuCredits: instance.cpuCredits },
    CpuOptions: cpuOptionsOf(instance),
    CapacityReservationSpecification: { CapacityReservationPreference: "open" },
    HibernationOptions: { Configured: false },
    EnclaveOptions: { Enabled: false },
    MaintenanceOptions: { AutoRecovery: instance.autoRecovery },
    MetadataOptions: {
      State: "applied",
      HttpEndpoint: metadataOptions.endpoint,
      HttpTokens: metadataOptions.tokens,
      HttpPutResponseHopLimit: metadataOptions.hopLimit,
      InstanceMetadataTags: metadataOptions.tags,
      HttpProtocolIpv6: "disabled",
    },
    BlockDeviceMappings: ctx.db(volumes).where("instance", instance.id).map((volume) => ({
      DeviceName: volume.attachment?.device,
      Ebs: {
        DeleteOnTermination: volume.attachment?.deleteOnTermination,
        Encrypted: volume.encrypted,
        SnapshotId: volume.snapshotId,
        VolumeSize: volume.size,
        VolumeType: volume.type,
        Iops: volume.iops,
        Throughput: volume.throughput,
      },
    })),
    NetworkInterfaces: interfacesOf(ctx.db, instance.id).map(interfaceData),
    TagSpecifications: tags.length === 0 ? [] : [{ ResourceType: "instance", Tags: tags }],
  };
}

/** Without its addresses, which only one instance can have. */
function interfaceData(found: NetworkInterface): Ec2Types.LaunchTemplateInstanceNetworkInterfaceSpecification {
  return {
    AssociatePublicIpAddress: found.autoAssignPublicIp,
    DeleteOnTermination: found.attachment?.deleteOnTermination,
    Description: found.description,
    DeviceIndex: found.attachment?.deviceIndex,
    Groups: found.securityGroups,
    InterfaceType: "interface",
    NetworkCardIndex: 0,
    SecondaryPrivateIpAddressCount: found.privateIpAddresses.length > 1 ? found.privateIpAddresses.length - 1 : undefined,
    SubnetId: found.subnetId,
  };
}
