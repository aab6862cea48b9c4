/** What templates may know of the cloud around them. */
import type { Environment, ParameterSources } from "@hakoniwa/cloudformation";
import { AwsError, type Reader, type Scope } from "@hakoniwa/kernel";
import type { Aws } from "@hakoniwa/wire";
import type { Facts } from "../facts.js";
import { findExport } from "./find.js";

interface Sources extends Scope {
  readonly db: Reader;
  readonly facts: Facts;
}

export function environmentOf(from: Sources, stack: { readonly id: string; readonly name: string }): Environment {
  const { account, region, facts, db } = from;
  return {
    account,
    region,
    stackName: stack.name,
    stackId: stack.id,
    notificationArns: [],
    availabilityZones: () => facts.ec2.availabilityZones(),
    ssm: (name) => facts.ssm.parameter(name)?.value,
    exportValue: (name) => findExport(db, name)?.value,
  };
}

/** Looks up what parameters of EC2's types name, as the caller. */
export function parameterSources(facts: Facts, aws: Aws): ParameterSources {
  const lookups: Readonly<Record<string, (value: string) => unknown>> = {
    "AWS::EC2::VPC::Id": (id) => aws.ec2.DescribeVpcs({ VpcIds: [id] }),
    "AWS::EC2::Subnet::Id": (id) => aws.ec2.DescribeSubnets({ SubnetIds: [id] }),
    "AWS::EC2::SecurityGroup::Id": (id) => aws.ec2.DescribeSecurityGroups({ GroupIds: [id] }),
    "AWS::EC2::SecurityGroup::GroupName": (name) => aws.ec2.DescribeSecurityGroups({ GroupNames: [name] }),
    "AWS::EC2::KeyPair::KeyName": (name) => aws.ec2.DescribeKeyPairs({ KeyNames: [name] }),
    "AWS::EC2::Instance::Id": (id) => aws.ec2.DescribeInstances({ InstanceIds: [id] }),
    "AWS::EC2::Image::Id": (id) => aws.ec2.DescribeImages({ ImageIds: [id] }),
    "AWS::EC2::Volume::Id": (id) => aws.ec2.DescribeVolumes({ VolumeIds: [id] }),
  };
  return {
    ssm: (name) => facts.ssm.parameter(name)?.value,
    exists(type, value) {
      if (type === "AWS::EC2::AvailabilityZone::Name") return facts.ec2.availabilityZones().includes(value);
      try {
        lookups[type]?.(value);
        return true;
      } catch (error) {
        if (error instanceof AwsError && /NotFound|Malformed/.test(error.code)) return false;
        throw error;
      }
    },
  };
}
