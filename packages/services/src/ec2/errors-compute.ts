/** EC2's errors about instances and what they are made from: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
import { AwsError } from "@hakoniwa/kernel";

interface Kind {
  readonly prefix: string;
  readonly code: string;
  readonly noun: string;
}

const KINDS = {
  instance: { prefix: "i", code: "InvalidInstanceID", noun: "instance" },
  image: { prefix: "ami", code: "InvalidAMIID", noun: "image" },
  volume: { prefix: "vol", code: "InvalidVolume", noun: "volume" },
  snapshot: { prefix: "snap", code: "InvalidSnapshot", noun: "snapshot" },
} as const satisfies Record<string, Kind>;

export type ComputeKind = keyof typeof KINDS;

/** Refuses what can't be an id of its kind, as EC2 does before it looks anything up. */
export function checkId(kind: ComputeKind, id: string): void {
  const { prefix, code, noun } = KINDS[kind];
  if (new RegExp(`^${prefix}-([0-9a-f]{8}|[0-9a-f]{17})$`).test(id)) return;
  if (kind === "volume" || kind === "snapshot") {
    throw new AwsError("InvalidParameterValue", `Value (${id}) for parameter ${noun}Id is invalid. Expected: '${prefix}-...'.`);
  }
  throw new AwsError(`${code}.Malformed`, `Invalid id: "${id}" (expecting "${prefix}-...")`);
}

/** EC2 names one missing id alone and several together. */
export function notFound(kind: ComputeKind, ids: readonly string[]): AwsError {
  const { code, noun } = KINDS[kind];
  if (kind === "image") {
    const listed = `[${ids.join(", ")}]`;
    return new AwsError("InvalidAMIID.NotFound", ids.length === 1 ? `The image id '${listed}' does not exist` : `The image ids '${listed}' do not exist`);
  }
  const stop = kind === "instance" ? "" : ".";
  return ids.length === 1
    ? new AwsError(`${code}.NotFound`, `The ${noun} ${noun === "instance" ? "ID " : ""}'${ids[0]}' does not exist${stop}`)
    : new AwsError(`${code}.NotFound`, `The ${noun} IDs '${ids.join(", ")}' do not exist${stop}`);
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
