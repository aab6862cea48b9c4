/** What templates may know of the cloud around them. */
import type { Environment, ParameterSources } from "@hakoniwa/cloudformation";
import { AwsError, type Reader, type Scope } from "@hakoniwa/kernel";
import type { Aws } from "@hakoniwa/wire";
import type { Facts } from "../facts.js";
import { findExport } from "./find.js";

interface Sources extends Scope {
  readonly db: Reader;
  readonly facts: Facts;
  /** Calls as whoever must be allowed to read the parameters that templates name; without them no template's caller sees what is read. */
  readonly aws?: Aws | undefined;
}

export function environmentOf(from: Sources, stack: { readonly id: string; readonly name: string }, notificationArns: readonly string[]): Environment {
  const { account, region, facts, db, aws } = from;
  return {
    account,
    region,
    stackName: stack.name,
    stackId: stack.id,
    notificationArns,
    availabilityZones: () => facts.ec2.availabilityZones(),
    ssm: (name) => (aws ? storedValue(facts, aws, name) || undefined : facts.ssm.parameter(name)?.value),
    exportValue: (name) => findExport(db, name)?.value,
    parameterAttribute: (type, value, attribute) => parameterAttribute(facts, type, value, attribute),
  };
}

/** https://docs.aws.amazon.com/servicecatalog/latest/adminguide/intrinsic-function-reference-rules.html#fn-valueof */
function parameterAttribute(facts: Facts, type: string, id: string, attribute: string): string | undefined {
  if (attribute.startsWith("Tags.")) return facts.ec2.tags(id)[attribute.slice("Tags.".length)];
  if (type === "AWS::EC2::Subnet::Id" && attribute === "AvailabilityZone") return facts.ec2.subnet(id)?.availabilityZone;
  if (type === "AWS::EC2::Subnet::Id" && attribute === "VpcId") return facts.ec2.subnet(id)?.vpcId;
  if (type === "AWS::EC2::VPC::Id" && attribute === "DefaultSecurityGroup") return facts.ec2.defaultSecurityGroup(id);
  return undefined;
}

/** @returns false when it is secret */
function storedValue(facts: Facts, aws: Aws, name: string): string | false | undefined {
  // AWS's own are public: CDK's deploying role names an image by one, and may read no parameter but the bootstrap's version.
  if (name.startsWith("/aws/")) return facts.ssm.parameter(name)?.value;
  const found = aws.ssm.GetParameters({ Names: [name] }).Parameters?.[0];
  return found?.Type === "SecureString" ? false : found?.Value;
}

/** Looks up what parameters of SSM's and EC2's types name, as the caller. */
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
    ssm: (name) => storedValue(facts, aws, name),
    exists(type, value, stored) {
      if (type === "AWS::EC2::AvailabilityZone::Name") return facts.ec2.availabilityZones().includes(value);
      try {
        lookups[type]?.(value);
        return true;
      } catch (error) {
        if (error instanceof AwsError && /NotFound|Malformed/.test(error.code)) return false;
        // CDK's deploying role may create change sets, but not look at images; the resource's own call judges then.
        if (stored && error instanceof AwsError && error.code === "UnauthorizedOperation") return true;
        throw error;
      }
    },
  };
}
