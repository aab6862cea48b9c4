import type { Database, Reader } from "@hakoniwa/kernel";
import type { Cloud } from "../define.js";
import { certificateNotFound, invalidArn } from "./errors.js";
import { certificates, type Certificate } from "./state.js";

/** @throws AwsError InvalidArnException, ResourceNotFoundException */
export function findCertificate(db: Database | Reader, arn: string): Certificate {
  const found = db(certificates).get(arn);
  if (found) return found;
  if (!/^arn:aws[\w-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[\w-]+$/.test(arn)) throw invalidArn(arn);
  throw certificateNotFound(arn);
}

/** The ARNs of the load balancers that show it. */
export function usersOf({ elb, elbv2 }: Cloud["Facts"], arn: string): readonly string[] {
  return [...elb.certificateUsers(arn), ...elbv2.certificateUsers(arn)];
}
