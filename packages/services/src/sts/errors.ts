/** The errors of https://docs.aws.amazon.com/STS/latest/APIReference/, with AWS's codes. */
import { AwsError } from "@hakoniwa/kernel";
import { notYetIn } from "../not-implemented.js";

const FORBIDDEN = { status: 403 };

export const mayNotAssume = (caller: string, role: string): AwsError =>
  new AwsError("AccessDenied", `User: ${caller} is not authorized to perform: sts:AssumeRole on resource: ${role}`, FORBIDDEN);

export const noSessionTokens = (): AwsError => new AwsError("AccessDenied", "Cannot call GetSessionToken with session credentials", FORBIDDEN);

export const validation = (message: string): AwsError => new AwsError("ValidationError", message);

export const constraint = (member: string, value: string | number, rule: string): AwsError =>
  validation(`1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${rule}`);

export const notYet = notYetIn("sts");
