/** The network interfaces that a launch asks for. */
import { AwsError, type Reader } from "@hakoniwa/kernel";
import type { Ec2Types } from "@hakoniwa/wire";
import { invalidCombination, invalidValue, refuse } from "./errors.js";
import type { InstanceType } from "./instance-types.js";
import { checkedGroups } from "./network-interfaces.js";
import { securityGroups, subnets, type Subnet } from "./state.js";

export interface LaunchInterface {
  readonly deviceIndex: number;
  /** An interface that exists already; everything else is as it is then. */
  readonly existing: string | undefined;
  readonly subnetId: string;
  readonly groups: readonly string[];
  readonly privateIpAddress: string | undefined;
  readonly secondaryAddresses: readonly string[];
  readonly secondaryCount: number;
  readonly publicAddress: boolean;
  readonly deleteOnTermination: boolean;
  readonly description: string | undefined;
}

const UNSUPPORTED = ["AssociateCarrierIpAddress", "Ipv6AddressCount", "Ipv6Addresses", "Ipv4Prefixes", "Ipv4PrefixCount", "Ipv6Prefixes", "Ipv6PrefixCount", "PrimaryIpv6", "EnaSrdSpecification"];

/** @param subnet the first interface's */
export function launchInterfaces(db: Reader, input: Ec2Types.RunInstancesRequest, subnet: Subnet, type: InstanceType, count: number): readonly LaunchInterface[] {
  const specs = input.NetworkInterfaces ?? [];
  if (specs.length === 0) return [plain(db, input, subnet, count)];
  if (input.SecurityGroupIds?.length || input.SecurityGroups?.length) {
    throw invalidCombination("Network interfaces and an instance-level security groups may not be specified on the same request");
  }
  if (input.SubnetId !== undefined) throw invalidCombination("Network interfaces and an instance-level subnet ID may not be specified on the same request");
  if (input.PrivateIpAddress !== undefined) throw invalidCombination("Network interfaces and an instance-level private address may not be specified on the same request");
  if (specs.length > type.interfaces) {
    throw new AwsError("AttachmentLimitExceeded", `Interface count ${specs.length} exceeds the limit for ${type.name}`);
  }
  const wanted = specs.map((spec) => specified(db, spec, subnet, specs.length, count)).toSorted((a, b) => a.deviceIndex - b.deviceIndex);
  for (const { secondaryAddresses, secondaryCount } of wanted) {
    if (1 + secondaryAddresses.length + secondaryCount > type.addressesPerInterface) {
      throw new AwsError("PrivateIpAddressLimitExceeded", `Number of private addresses will exceed limit. An interface of ${type.name} has ${type.addressesPerInterface} at most.`);
    }
  }
  wanted.forEach((each, index) => {
    if (each.deviceIndex !== index) throw invalidValue(`Each network interface requires a unique device index, from 0 on without gaps; there is none at ${index}.`);
  });
  return wanted;
}

function plain(db: Reader, input: Ec2Types.RunInstancesRequest, subnet: Subnet, count: number): LaunchInterface {
  if (input.SecurityGroups?.length && input.SubnetId !== undefined) throw invalidCombination("The parameter groupName cannot be used with the parameter subnet");
  if (input.PrivateIpAddress !== undefined && count > 1) throw invalidCombination("A private address can't be given to more than one instance");
  return {
    deviceIndex: 0,
    existing: undefined,
    subnetId: subnet.id,
    groups: groupIds(db, subnet.vpcId, input.SecurityGroupIds, input.SecurityGroups),
    privateIpAddress: input.PrivateIpAddress,
    secondaryAddresses: [],
    secondaryCount: 0,
    publicAddress: subnet.mapPublicIpOnLaunch,
    deleteOnTermination: true,
    description: undefined,
  };
}

function specified(db: Reader, spec: Ec2Types.InstanceNetworkInterfaceSpecification, first: Subnet, specs: number, count: number): LaunchInterface {
  refuse("RunInstances", spec, UNSUPPORTED);
  const deviceIndex = spec.DeviceIndex ?? 0;
  const subnet = spec.SubnetId === undefined ? first : db(subnets).get(spec.SubnetId);
  if (!subnet) throw new AwsError("InvalidSubnetID.NotFound", `The subnet ID '${spec.SubnetId}' does not exist`);
  if (subnet.availabilityZone !== first.availabilityZone) throw invalidCombination("Network interfaces of one instance must be in the same Availability Zone");
  if (spec.AssociatePublicIpAddress !== undefined && (specs > 1 || deviceIndex !== 0)) {
    throw invalidCombination("The associatePublicIPAddress parameter can only be specified for the network interface with the device index 0, and not together with others.");
  }
  if (spec.NetworkInterfaceId !== undefined) checkExisting(spec, count);
  if (spec.PrivateIpAddresses?.length && spec.SecondaryPrivateIpAddressCount !== undefined) {
    throw invalidCombination("The parameter privateIpAddresses cannot be used with the parameter secondaryPrivateIpAddressCount");
  }
  const primary = spec.PrivateIpAddress ?? spec.PrivateIpAddresses?.find((each) => each.Primary === true)?.PrivateIpAddress;
  const others = (spec.PrivateIpAddresses ?? []).filter((each) => each.Primary !== true).flatMap((each) => each.PrivateIpAddress ?? []);
  if ((primary !== undefined || others.length > 0) && count > 1) throw invalidCombination("A private address can't be given to more than one instance");
  return {
    deviceIndex,
    existing: spec.NetworkInterfaceId,
    subnetId: subnet.id,
    groups: checkedGroups(db, subnet.vpcId, spec.Groups ?? []),
    privateIpAddress: primary,
    secondaryAddresses: others,
    secondaryCount: spec.SecondaryPrivateIpAddressCount ?? 0,
    publicAddress: spec.NetworkInterfaceId === undefined && deviceIndex === 0 && specs === 1 && (spec.AssociatePublicIpAddress ?? subnet.mapPublicIpOnLaunch),
    // An interface made for the launch goes with the instance; one that was there before stays.
    deleteOnTermination: spec.DeleteOnTermination ?? spec.NetworkInterfaceId === undefined,
    description: spec.Description,
  };
}

function checkExisting(spec: Ec2Types.InstanceNetworkInterfaceSpecification, count: number): void {
  if (count > 1) throw invalidCombination("A network interface can't be attached to more than one instance");
  const also = (["SubnetId", "Groups", "PrivateIpAddress", "PrivateIpAddresses", "Description", "AssociatePublicIpAddress"] as const).find((name) => spec[name] !== undefined);
  if (also) throw invalidCombination(`A network interface may not specify both a network interface ID and ${also}`);
}

/** Groups by id and by name; names are looked up in the subnet's VPC. */
function groupIds(db: Reader, vpcId: string, ids: readonly string[] | undefined, names: readonly string[] | undefined): readonly string[] {
  const named = (names ?? []).map((name) => {
    const found = db(securityGroups).where("vpc", vpcId).find((group) => group.name === name);
    if (!found) throw new AwsError("InvalidGroup.NotFound", `The security group '${name}' does not exist in VPC '${vpcId}'`);
    return found.id;
  });
  return checkedGroups(db, vpcId, [...(ids ?? []), ...named]);
}
