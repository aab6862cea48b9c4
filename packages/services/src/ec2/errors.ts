/** EC2's errors about networks: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
import { AwsError } from "@hakoniwa/kernel";

interface Kind {
  readonly prefix: string;
  readonly code: string;
  readonly noun: string;
}

const KINDS = {
  vpc: { prefix: "vpc", code: "InvalidVpcID", noun: "vpc ID" },
  subnet: { prefix: "subnet", code: "InvalidSubnetID", noun: "subnet ID" },
  internetGateway: { prefix: "igw", code: "InvalidInternetGatewayID", noun: "internetGateway ID" },
  routeTable: { prefix: "rtb", code: "InvalidRouteTableID", noun: "routeTable ID" },
  routeTableAssociation: { prefix: "rtbassoc", code: "InvalidAssociationID", noun: "association ID" },
  networkAcl: { prefix: "acl", code: "InvalidNetworkAclID", noun: "networkAcl ID" },
  networkAclAssociation: { prefix: "aclassoc", code: "InvalidAssociationID", noun: "association ID" },
  networkInterface: { prefix: "eni", code: "InvalidNetworkInterfaceID", noun: "networkInterface ID" },
  attachment: { prefix: "eni-attach", code: "InvalidAttachmentID", noun: "networkInterface attachment ID" },
  securityGroup: { prefix: "sg", code: "InvalidGroup", noun: "security group" },
  securityGroupRule: { prefix: "sgr", code: "InvalidSecurityGroupRuleId", noun: "security group rule ID" },
  allocation: { prefix: "eipalloc", code: "InvalidAllocationID", noun: "allocation ID" },
  addressAssociation: { prefix: "eipassoc", code: "InvalidAssociationID", noun: "association ID" },
  natGateway: { prefix: "nat", code: "NatGateway", noun: "Nat Gateway" },
  dhcpOptions: { prefix: "dopt", code: "InvalidDhcpOptionID", noun: "dhcpOption ID" },
  instance: { prefix: "i", code: "InvalidInstanceID", noun: "instance ID" },
} as const satisfies Record<string, Kind>;

export type NetworkKind = keyof typeof KINDS;

/** The answer to an id that names nothing, or that can't be an id of its kind. */
export function notFound(kind: NetworkKind, id: string): AwsError {
  const { prefix, code, noun } = KINDS[kind];
  if (!new RegExp(`^${prefix}-([0-9a-f]{8}|[0-9a-f]{17})$`).test(id)) {
    const malformed = kind === "natGateway" ? "NatGatewayMalformed" : kind === "securityGroup" ? "InvalidGroupId.Malformed" : `${code}.Malformed`;
    return new AwsError(malformed, `Invalid id: "${id}" (expecting "${prefix}-...")`);
  }
  if (kind === "natGateway") return new AwsError("NatGatewayNotFound", `NAT gateway ${id} was not found`);
  return new AwsError(`${code}.NotFound`, `The ${noun} '${id}' does not exist`);
}

export function missingParameter(name: string): AwsError {
  return new AwsError("MissingParameter", `The request must contain the parameter ${name}`);
}

export function invalidValue(message: string): AwsError {
  return new AwsError("InvalidParameterValue", message);
}

export function invalidParameter(value: unknown, name: string, why: string): AwsError {
  return new AwsError("InvalidParameterValue", `Value (${String(value)}) for parameter ${name} is invalid. ${why}`);
}

export function invalidCombination(message: string): AwsError {
  return new AwsError("InvalidParameterCombination", message);
}

/** A parameter of AWS's whose effect we don't have: to take it in silence would be a lie. */
export function unsupported(operation: string, parameter: string): AwsError {
  return new AwsError("NotImplemented", `Hakoniwa does not implement the parameter ${parameter} of ec2:${operation} yet. docs/coverage.md lists what it does.`, { status: 501 });
}

/** @throws AwsError NotImplemented naming the first of `parameters` that the request has */
export function refuse(operation: string, input: object, parameters: readonly string[]): void {
  for (const name of parameters) {
    const value = (input as Record<string, unknown>)[name];
    if (value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0)) throw unsupported(operation, name);
  }
}

export function hasDependencies(noun: string, id: string): AwsError {
  return new AwsError("DependencyViolation", `The ${noun} '${id}' has dependencies and cannot be deleted.`);
}

export function hasDependent(id: string): AwsError {
  return new AwsError("DependencyViolation", `resource ${id} has a dependent object`);
}

export function alreadyAssociated(message: string): AwsError {
  return new AwsError("Resource.AlreadyAssociated", message);
}

export function notAttached(message: string): AwsError {
  return new AwsError("Gateway.NotAttached", message);
}

export function dryRun(): AwsError {
  return new AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", { status: 412 });
}

export function cannotDelete(message: string): AwsError {
  return new AwsError("CannotDelete", message);
}

/** The answer to a user who touches what a service manages for him. */
export function managedByService(): AwsError {
  return new AwsError("AuthFailure", "You do not have permission to access the specified resource.");
}
