/** CloudFormation's resource types of instances and of what they are made from. */
import type { Resource } from "@hakoniwa/cloudformation";
import { resourceType } from "../resource-type.js";
import { unlessGone } from "../unless-gone.js";
import { INSTANCE, runInstancesInput, type InstanceProperties } from "./cfn-instance.js";
import { readInstance } from "./cfn-instance-read.js";
import { advanceInstance, describeInstance as describe, updateInstance } from "./cfn-instance-update.js";
import { keyPair } from "./cfn-key-pair.js";
import { launchTemplate } from "./cfn-launch-template.js";
import { snapshotBlockPublicAccess } from "./cfn-settings.js";
import { placementGroup, volume, volumeAttachment } from "./cfn-volumes.js";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-instance.html */
const instance = resourceType<InstanceProperties>("AWS::EC2::Instance", INSTANCE, {
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
    return (changed.includes("BlockDeviceMappings") && devices(next) !== devices(previous)) || (next.Tenancy ?? "default") !== (previous.Tenancy ?? "default");
  },
  update: updateInstance,
  advance: advanceInstance,
  read: readInstance,
  delete(aws, id) {
    unlessGone(() => aws.ec2.TerminateInstances({ InstanceIds: [id] }));
  },
  gone(aws, id) {
    const state = describe(aws, id)?.State?.Name;
    return state === undefined || state === "terminated";
  },
});

/** What of the block device mappings only a new instance can have. */
function devices({ BlockDeviceMappings }: InstanceProperties): string {
  return JSON.stringify((BlockDeviceMappings ?? []).map(({ Ebs, ...mapping }) => [mapping, { ...Ebs, DeleteOnTermination: undefined }]));
}

export const computeResources: readonly Resource[] = [instance, keyPair, launchTemplate, placementGroup, snapshotBlockPublicAccess, volume, volumeAttachment];
