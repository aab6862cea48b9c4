/** Changing an AWS::EC2::Instance in place. */
import type { ResourceRequest } from "@hakoniwa/cloudformation";
import { AwsError } from "@hakoniwa/kernel";
import type { Aws, Ec2Types } from "@hakoniwa/wire";
import { notImplemented } from "../not-implemented.js";
import type { InstanceProperties } from "./cfn-instance.js";
import { updateTags } from "./cfn-tags.js";

type Name = keyof InstanceProperties;

/** AWS stops the instance for these and starts it again; here that is not done yet, and so refused by name. */
const NEEDS_A_STOP = ["InstanceType", "UserData", "EbsOptimized"] as const satisfies readonly Name[];

export function updateInstance(aws: Aws, id: string, next: InstanceProperties, previous: InstanceProperties, request: ResourceRequest): void {
  const changed = (name: Name): boolean => JSON.stringify(next[name]) !== JSON.stringify(previous[name]);
  const refused = NEEDS_A_STOP.find(changed);
  if (refused !== undefined) throw notImplemented(`changing ${refused} of AWS::EC2::Instance in place`);
  const modify = (change: Omit<Ec2Types.ModifyInstanceAttributeRequest, "InstanceId">): void => void aws.ec2.ModifyInstanceAttribute({ InstanceId: id, ...change });
  if (changed("SourceDestCheck")) modify({ SourceDestCheck: { Value: next.SourceDestCheck ?? true } });
  if (changed("DisableApiTermination")) modify({ DisableApiTermination: { Value: next.DisableApiTermination ?? false } });
  if (changed("InstanceInitiatedShutdownBehavior")) modify({ InstanceInitiatedShutdownBehavior: { Value: next.InstanceInitiatedShutdownBehavior ?? "stop" } });
  if (changed("SecurityGroupIds") && next.SecurityGroupIds?.length) modify({ Groups: next.SecurityGroupIds });
  if (changed("BlockDeviceMappings")) modify({ BlockDeviceMappings: (next.BlockDeviceMappings ?? []).map(termination) });
  if (changed("MetadataOptions")) aws.ec2.ModifyInstanceMetadataOptions({ InstanceId: id, ...next.MetadataOptions });
  if (changed("Monitoring")) aws.ec2[next.Monitoring === true ? "MonitorInstances" : "UnmonitorInstances"]({ InstanceIds: [id] });
  if (changed("CreditSpecification")) setCredits(aws, id, next);
  if (changed("IamInstanceProfile")) setProfile(aws, id, next.IamInstanceProfile);
  updateTags(aws, id, next.Tags, previous.Tags, request);
}

function termination({ DeviceName, Ebs }: Ec2Types.BlockDeviceMapping): Ec2Types.InstanceBlockDeviceMappingSpecification {
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
