/** Changing an AWS::EC2::Instance in place. */
import type { Advanced, Change, ResourceRequest, Settled } from "@hakoniwa/cloudformation";
import { AwsError } from "@hakoniwa/kernel";
import type { Aws, Ec2Types } from "@hakoniwa/wire";
import { unlessGone } from "../unless-gone.js";
import type { InstanceProperties } from "./cfn-instance.js";
import { updateTags } from "./cfn-tags.js";

type Name = keyof InstanceProperties;

/** For these an instance is stopped and started again: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-instance.html */
const NEEDS_A_STOP = ["InstanceType", "UserData", "EbsOptimized"] as const satisfies readonly Name[];

export function updateInstance(aws: Aws, id: string, next: InstanceProperties, previous: InstanceProperties, request: ResourceRequest): void {
  const changed = (name: Name): boolean => JSON.stringify(next[name]) !== JSON.stringify(previous[name]);
  const modify = (change: Omit<Ec2Types.ModifyInstanceAttributeRequest, "InstanceId">): void => void aws.ec2.ModifyInstanceAttribute({ InstanceId: id, ...change });
  if (changed("SourceDestCheck")) modify({ SourceDestCheck: { Value: next.SourceDestCheck ?? true } });
  if (changed("DisableApiTermination")) modify({ DisableApiTermination: { Value: next.DisableApiTermination ?? false } });
  if (changed("InstanceInitiatedShutdownBehavior")) modify({ InstanceInitiatedShutdownBehavior: { Value: next.InstanceInitiatedShutdownBehavior ?? "stop" } });
  if (changed("SecurityGroupIds")) modify({ Groups: next.SecurityGroupIds?.length ? next.SecurityGroupIds : defaultGroup(aws, id) });
  if (changed("BlockDeviceMappings")) modify({ BlockDeviceMappings: (next.BlockDeviceMappings ?? []).filter(({ NoDevice }) => NoDevice === undefined).map(termination) });
  if (changed("MetadataOptions") && next.MetadataOptions) aws.ec2.ModifyInstanceMetadataOptions({ InstanceId: id, ...next.MetadataOptions });
  if (changed("Monitoring")) aws.ec2[next.Monitoring === true ? "MonitorInstances" : "UnmonitorInstances"]({ InstanceIds: [id] });
  if (changed("CreditSpecification")) setCredits(aws, id, next);
  if (changed("IamInstanceProfile")) setProfile(aws, id, next.IamInstanceProfile);
  updateTags(aws, id, next.Tags, previous.Tags, request);
  if (!NEEDS_A_STOP.some(changed)) return;
  const state = describeInstance(aws, id)?.State?.Name;
  if (state === "running") aws.ec2.StopInstances({ InstanceIds: [id] });
  else if (state === "stopped") changeAndStart(aws, id, next);
}

/** Goes on with a change that needs a stop: once stopped, the instance is changed and started. One that was stopped by others stays so. */
export function advanceInstance(aws: Aws, id: string, { properties, progress }: Pick<Change<InstanceProperties>, "properties" | "progress">): Advanced {
  const found = describeInstance(aws, id);
  const state = found?.State?.Name;
  const on = (settled: Settled, next: Advanced["state"]): Advanced => ({ settled, told: [], state: next, again: undefined });
  if (state === "running" || (state === "stopped" && progress !== RESTARTING)) return on(true, null);
  if (state === "pending") return on(false, progress ?? null);
  if (state === "stopping") return on(false, RESTARTING);
  if (state !== "stopped") return on({ failed: `Instance ${id} did not stabilize: it is ${state ?? "gone"}. ${found?.StateReason?.Message ?? ""}`.trim() }, null);
  changeAndStart(aws, id, properties);
  return on(false, RESTARTING);
}

const RESTARTING = "restarting";

function changeAndStart(aws: Aws, id: string, wanted: InstanceProperties): void {
  for (const change of changesWhileStopped(aws, id, wanted)) aws.ec2.ModifyInstanceAttribute({ InstanceId: id, ...change });
  aws.ec2.StartInstances({ InstanceIds: [id] });
}

function changesWhileStopped(aws: Aws, id: string, { InstanceType, UserData, EbsOptimized, LaunchTemplate }: InstanceProperties): readonly Omit<Ec2Types.ModifyInstanceAttributeRequest, "InstanceId">[] {
  const now = describeInstance(aws, id);
  // What the instance has of its launch template stays where its own properties say nothing.
  const standard = LaunchTemplate === undefined;
  const userData = UserData ?? (standard ? "" : undefined);
  const ebsOptimized = EbsOptimized ?? (standard ? false : undefined);
  return [
    ...(InstanceType !== undefined && InstanceType !== now?.InstanceType ? [{ InstanceType: { Value: InstanceType } }] : []),
    ...(userData !== undefined && userData !== userDataOf(aws, id) ? [{ UserData: { Value: Buffer.from(userData, "base64") } }] : []),
    ...(ebsOptimized !== undefined && ebsOptimized !== now?.EbsOptimized ? [{ EbsOptimized: { Value: ebsOptimized } }] : []),
  ];
}

export function userDataOf(aws: Aws, InstanceId: string): string {
  return aws.ec2.DescribeInstanceAttribute({ InstanceId, Attribute: "userData" }).UserData?.Value ?? "";
}

export function describeInstance(aws: Aws, id: string): Ec2Types.Instance | undefined {
  return unlessGone(() => aws.ec2.DescribeInstances({ InstanceIds: [id] }))?.Reservations?.[0]?.Instances?.[0];
}

function defaultGroup(aws: Aws, id: string): readonly string[] {
  const Filters = [{ Name: "vpc-id", Values: [describeInstance(aws, id)?.VpcId ?? ""] }, { Name: "group-name", Values: ["default"] }];
  return (aws.ec2.DescribeSecurityGroups({ Filters }).SecurityGroups ?? []).map(({ GroupId }) => GroupId!);
}

function termination({ DeviceName, Ebs }: Pick<Ec2Types.BlockDeviceMapping, "DeviceName" | "Ebs">): Ec2Types.InstanceBlockDeviceMappingSpecification {
  return { DeviceName, Ebs: { DeleteOnTermination: Ebs?.DeleteOnTermination } };
}

function setCredits(aws: Aws, id: string, next: InstanceProperties): void {
  const CpuCredits = next.CreditSpecification?.CPUCredits;
  if (CpuCredits === undefined) return;
  const refused = aws.ec2.ModifyInstanceCreditSpecification({ InstanceCreditSpecifications: [{ InstanceId: id, CpuCredits }] }).UnsuccessfulInstanceCreditSpecifications?.[0];
  if (refused) throw new AwsError(refused.Error?.Code ?? "InvalidParameterValue", refused.Error?.Message ?? `The credits of ${id} can't be changed.`);
}

function setProfile(aws: Aws, id: string, name: string | undefined): void {
  const now = aws.ec2.DescribeIamInstanceProfileAssociations({ Filters: [{ Name: "instance-id", Values: [id] }] }).IamInstanceProfileAssociations?.[0]?.AssociationId;
  if (now !== undefined && name === undefined) aws.ec2.DisassociateIamInstanceProfile({ AssociationId: now });
  else if (now !== undefined) aws.ec2.ReplaceIamInstanceProfileAssociation({ AssociationId: now, IamInstanceProfile: { Name: name } });
  else if (name !== undefined) aws.ec2.AssociateIamInstanceProfile({ InstanceId: id, IamInstanceProfile: { Name: name } });
}
