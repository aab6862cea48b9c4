/** EC2's errors: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
import { AwsError } from "@hakoniwa/kernel";
import { notImplemented, refuseMembers } from "../not-implemented.js";

interface Wording {
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
  prefixList: { prefix: "pl", code: "InvalidPrefixListID", noun: "prefix list ID" },
  peering: { prefix: "pcx", code: "InvalidVpcPeeringConnectionID", noun: "vpcPeeringConnection ID" },
  vpcEndpoint: { prefix: "vpce", code: "InvalidVpcEndpointId", noun: "Vpc Endpoint Id" },
  flowLog: { prefix: "fl", code: "InvalidFlowLogId", noun: "flow log ID" },
  subnetReservation: { prefix: "scr", code: "InvalidSubnetCidrReservationID", noun: "subnet CIDR reservation ID" },
  vpcCidrAssociation: { prefix: "vpc-cidr-assoc", code: "InvalidVpcCidrBlockAssociationID", noun: "vpc CIDR block association ID" },
  instance: { prefix: "i", code: "InvalidInstanceID", noun: "instance ID" },
  image: { prefix: "ami", code: "InvalidAMIID", noun: "image id" },
  volume: { prefix: "vol", code: "InvalidVolume", noun: "volume" },
  snapshot: { prefix: "snap", code: "InvalidSnapshot", noun: "snapshot" },
} as const satisfies Record<string, Wording>;

export type Kind = keyof typeof KINDS;

/** What EC2 says of an id that can't be one of its kind; undefined when it can. */
function malformed(kind: Kind, id: string): AwsError | undefined {
  const { prefix, code, noun } = KINDS[kind];
  if (new RegExp(`^${prefix}-([0-9a-f]{8}|[0-9a-f]{17})$`).test(id)) return undefined;
  const message = `Invalid id: "${id}" (expecting "${prefix}-...")`;
  switch (kind) {
    case "volume":
    case "snapshot":
      return new AwsError("InvalidParameterValue", `Value (${id}) for parameter ${noun}Id is invalid. Expected: '${prefix}-...'.`);
    case "natGateway":
      return new AwsError("NatGatewayMalformed", message);
    case "securityGroup":
      return new AwsError("InvalidGroupId.Malformed", message);
    default:
      return new AwsError(`${code}.Malformed`, message);
  }
}

/** Refuses what can't be an id of its kind, as EC2 does before it looks anything up. */
export function checkId(kind: Kind, id: string): void {
  const wrong = malformed(kind, id);
  if (wrong) throw wrong;
}

/** The answer to an id that names nothing, or that can't be an id of its kind. EC2 names one missing id alone and several together. */
export function notFound(kind: Kind, ...ids: readonly string[]): AwsError {
  for (const id of ids) {
    const wrong = malformed(kind, id);
    if (wrong) return wrong;
  }
  const { code, noun } = KINDS[kind];
  const listed = ids.join(", ");
  const one = ids.length === 1;
  switch (kind) {
    case "natGateway":
      return new AwsError("NatGatewayNotFound", `NAT gateway ${listed} was not found`);
    case "image":
      return new AwsError("InvalidAMIID.NotFound", one ? `The image id '[${listed}]' does not exist` : `The image ids '[${listed}]' do not exist`);
    case "volume":
    case "snapshot":
      return new AwsError(`${code}.NotFound`, one ? `The ${noun} '${listed}' does not exist.` : `The ${noun} IDs '${listed}' do not exist.`);
    default:
      return new AwsError(`${code}.NotFound`, one ? `The ${noun} '${listed}' does not exist` : `The ${noun}s '${listed}' do not exist`);
  }
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
  return notImplemented(`the parameter ${parameter} of ec2:${operation}`);
}

/** @throws AwsError NotImplemented naming the first of `parameters` that the request has */
export function refuse(operation: string, input: object, parameters: readonly string[]): void {
  refuseMembers(input, parameters, (name) => unsupported(operation, name));
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

/** @param code e.g. `AddressLimitExceeded` */
export function limitExceeded(code: string, message: string): AwsError {
  return new AwsError(code, message);
}

export function cannotDelete(message: string): AwsError {
  return new AwsError("CannotDelete", message);
}

/** The answer to a user who touches what a service manages for him. */
export function managedByService(): AwsError {
  return new AwsError("AuthFailure", "You do not have permission to access the specified resource.");
}

export function incorrectInstanceState(message: string): AwsError {
  return new AwsError("IncorrectInstanceState", message);
}

export function operationNotPermitted(message: string): AwsError {
  return new AwsError("OperationNotPermitted", message);
}

export function keyPairNotFound(name: string): AwsError {
  return new AwsError("InvalidKeyPair.NotFound", `The key pair '${name}' does not exist`);
}

export function keyPairDuplicate(name: string): AwsError {
  return new AwsError("InvalidKeyPair.Duplicate", `The keypair already exists: ${name}`);
}

export function imageNameInUse(name: string, by: string): AwsError {
  return new AwsError("InvalidAMIName.Duplicate", `AMI name ${name} is already in use by AMI ${by}`);
}

export function idempotentMismatch(): AwsError {
  return new AwsError("IdempotentParameterMismatch", "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).");
}
