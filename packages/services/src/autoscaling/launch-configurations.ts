import { AwsError } from "@hakoniwa/kernel";
import { Autoscaling, type AutoscalingTypes } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { onLaunchConfiguration, onNewLaunchConfiguration } from "./access.js";
import { launchConfigurationExists, launchConfigurationInUse, launchConfigurationNotFound, limitExceeded, refuse, validationError } from "./errors.js";
import { page } from "./paging.js";
import { groups, launchConfigurations, type LaunchConfiguration } from "./state.js";

/** https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html */
export const LAUNCH_CONFIGURATIONS_PER_REGION = 200;
const MOST_USER_DATA = 16_384;

export const launchConfigurationOperations = operations(Autoscaling, {
  CreateLaunchConfiguration: {
    authorize: onNewLaunchConfiguration,
    handle(ctx, input) {
      refuse(input, ["InstanceId", "SpotPrice", "ClassicLinkVPCId", "ClassicLinkVPCSecurityGroups", "KernelId", "RamdiskId"]);
      const name = input.LaunchConfigurationName;
      if (name.length < 1 || name.length > 255) throw validationError(`LaunchConfigurationName '${name}' must be 1 to 255 characters long.`);
      const table = ctx.db(launchConfigurations);
      if (table.get(name)) throw launchConfigurationExists(name);
      if (table.list().length >= LAUNCH_CONFIGURATIONS_PER_REGION) throw limitExceeded("launch configurations", LAUNCH_CONFIGURATIONS_PER_REGION);
      table.put(compose(ctx, input));
      return {};
    },
  },

  DescribeLaunchConfigurations: {
    authorize: onEverything("autoscaling:DescribeLaunchConfigurations"),
    handle(ctx, input) {
      const wanted = input.LaunchConfigurationNames;
      const all = ctx.db(launchConfigurations).list().filter((configuration) => !wanted?.length || wanted.includes(configuration.name));
      const { records, NextToken } = page(all, input, { key: ({ name }) => name });
      return { LaunchConfigurations: records.map(show), NextToken };
    },
  },

  DeleteLaunchConfiguration: {
    authorize: onLaunchConfiguration("DeleteLaunchConfiguration"),
    handle(ctx, input) {
      const name = input.LaunchConfigurationName;
      const [user] = ctx.db(groups).where("launchConfiguration", name);
      if (user) throw launchConfigurationInUse(name, user.name);
      if (!ctx.db(launchConfigurations).delete(name)) throw launchConfigurationNotFound(name);
      return {};
    },
  },
});

function compose(ctx: Context, input: AutoscalingTypes.CreateLaunchConfigurationType): LaunchConfiguration {
  const { LaunchConfigurationName: name, ImageId: imageId, InstanceType: instanceType } = input;
  if (!imageId || !instanceType) {
    throw validationError("Valid requests must contain either the InstanceID parameter or both the ImageId and InstanceType parameters.");
  }
  for (const group of input.SecurityGroups ?? []) {
    if (!/^sg-[0-9a-f]+$/.test(group)) {
      throw validationError(`SecurityGroups '${group}' must be a security group's ID: names are for EC2-Classic only.`);
    }
    if (!ctx.facts.ec2.securityGroup(group)) throw validationError(`The security group '${group}' does not exist`);
  }
  asValidationError(() => ctx.aws.ec2.DescribeImages({ ImageIds: [imageId] }));
  if (input.KeyName !== undefined) asValidationError(() => ctx.aws.ec2.DescribeKeyPairs({ KeyNames: [input.KeyName!] }));
  checkUserData(input.UserData);
  return {
    name,
    arn: `arn:aws:autoscaling:${ctx.region}:${ctx.account}:launchConfiguration:${ctx.ids.uuid()}:launchConfigurationName/${name}`,
    created: ctx.now,
    imageId,
    instanceType,
    keyName: input.KeyName,
    securityGroups: input.SecurityGroups ?? [],
    userData: input.UserData,
    iamInstanceProfile: input.IamInstanceProfile,
    blockDeviceMappings: input.BlockDeviceMappings ?? [],
    monitoring: input.InstanceMonitoring?.Enabled ?? true,
    ebsOptimized: input.EbsOptimized ?? false,
    associatePublicIpAddress: input.AssociatePublicIpAddress,
    placementTenancy: input.PlacementTenancy,
    metadataOptions: input.MetadataOptions,
  };
}

/** What EC2 refuses, Auto Scaling calls a validation error. */
function asValidationError(check: () => unknown): void {
  try {
    check();
  } catch (error) {
    throw error instanceof AwsError && error.code.startsWith("Invalid") ? validationError(error.message) : error;
  }
}

function checkUserData(userData: string | undefined): void {
  if (userData === undefined) return;
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(userData)) throw validationError("Invalid BASE64 encoding of user data.");
  if (Buffer.byteLength(userData, "base64") > MOST_USER_DATA) throw validationError(`User data is limited to ${MOST_USER_DATA} bytes.`);
}

function show(configuration: LaunchConfiguration): AutoscalingTypes.LaunchConfiguration {
  return {
    LaunchConfigurationName: configuration.name,
    LaunchConfigurationARN: configuration.arn,
    ImageId: configuration.imageId,
    InstanceType: configuration.instanceType,
    KeyName: configuration.keyName ?? "",
    SecurityGroups: configuration.securityGroups,
    ClassicLinkVPCSecurityGroups: [],
    UserData: configuration.userData ?? "",
    KernelId: "",
    RamdiskId: "",
    IamInstanceProfile: configuration.iamInstanceProfile,
    BlockDeviceMappings: configuration.blockDeviceMappings,
    InstanceMonitoring: { Enabled: configuration.monitoring },
    EbsOptimized: configuration.ebsOptimized,
    AssociatePublicIpAddress: configuration.associatePublicIpAddress,
    PlacementTenancy: configuration.placementTenancy,
    MetadataOptions: configuration.metadataOptions,
    CreatedTime: new Date(configuration.created),
  };
}
